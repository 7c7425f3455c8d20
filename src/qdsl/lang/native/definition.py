"""One function of core IR as one `define` of LLVM, in one mode.

    define internal { i1, R... } @"careful.NAME" (parameters..., ptr %out0..., ptr %context) {
    entry:    slots for small arrays; where they are many, a frame from the arena
    body:     the operations, by `native.body`
              the results, and the arena back to where it stood
    interrupted, failed:    the flag set, the rest without meaning
    }

The result is a struct of a flag (failed, or in fast mode suspect) and the numbers and arena arrays; small arrays are
written to the addresses `%out0`, ... that the caller passes.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import FAILURES, ArrayType, Code, Function, Type
from qdsl.lang.native import arrays
from qdsl.lang.native.abi import CHUNK, CODE, INTERRUPTED, STARTED, TOP
from qdsl.lang.native.body import Body, Slot
from qdsl.lang.native.interruption import PATIENCE
from qdsl.lang.native.places import flat, flattened, rebuilt, result_struct
from qdsl.lang.native.program import Mode, Program, in_arena, is_small
from qdsl.lang.native.sites import Site
from qdsl.lang.native.writer import symbol

STACK_BYTES = 4096
"""Stack for the arrays of one call; a function that needs more takes a frame from the arena. With the limit on nested
calls it bounds what recursion takes of the stack."""


def defined(program: Program, function: Function, mode: Mode) -> str:
    """The text of the definition."""
    body = Body(program, function, mode)
    names = _parameter_names(function)
    arguments = [
        rebuilt([name for _, name in parts], value.type)
        for parts, value in zip(names, function.parameters, strict=True)
    ]
    body.run(function.body, arguments)
    rewind = _return(body)
    frame = _frame_bytes(body.slots)
    if _gives_back(program, function, frame):
        body.writer.fill(rewind, "call void @qdsl.rewind(ptr %context, ptr %mark.chunk, i64 %mark.top)")
    outs = [f"ptr %out{i}" for i, type_ in enumerate(function.result_types) if is_small(type_)]
    parameters = ", ".join([*(f"{t} {n}" for parts in names for t, n in parts), *outs, "ptr %context"])
    struct = result_struct(function.result_types)
    attributes = "nounwind alwaysinline" if mode is Mode.FAST else "nounwind"
    head = f"define internal {struct} {symbol(f'{mode.value}.{function.name}')} ({parameters}) {attributes} {{"
    ends = [*INTERRUPTED_END] if body.polls else []
    ends += ["failed:", f"  ret {struct} {_failed(function.result_types)}"] if mode is not Mode.FAST else []
    return "\n".join([head, *_entry(body, frame), *body.writer.lines, *ends, "}", ""])


INTERRUPTED_END = (
    "interrupted:",
    f"  %code.at = getelementptr inbounds %context, ptr %context, i32 0, i32 {CODE}",
    f"  store i32 {INTERRUPTED}, ptr %code.at",
    "  br label %failed",
)
"""Where a poll goes."""


def _parameter_names(function: Function) -> list[list[tuple[str, str]]]:
    """For each parameter the LLVM types and names it comes in as."""
    return [
        [(part, f"%a{i}.{j}") for j, part in enumerate(flat(value.type))] for i, value in enumerate(function.parameters)
    ]


def _return(body: Body) -> int:
    """Write the results and the return; the line kept for giving arena memory back."""
    w = body.writer
    function = body.function
    parts: list[str] = []
    for i, value in enumerate(function.body.yields):
        if is_small(value.type) and isinstance(value.type, ArrayType):
            w.do(arrays.copy_instruction(f"%out{i}", body.array(value).data, value.type))
        else:
            parts += flattened(arrays.take(body, function.body, i, value.type), value.type)
    rewind = w.reserve()
    struct = result_struct(function.result_types)
    flag = "false" if body.mode is not Mode.FAST else w.load("i1", "%suspect")
    types = ["i1", *(part for t in function.result_types if not is_small(t) for part in flat(t))]
    result = "poison"
    for field, (type_, value_) in enumerate(zip(types, [flag, *parts], strict=True)):
        result = w.value(f"insertvalue {struct} {result}, {type_} {value_}, {field}")
    w.do(f"ret {struct} {result}")
    return rewind


def _failed(types: Sequence[Type]) -> str:
    parts = ["i1 true", *(f"{part} poison" for t in types if not is_small(t) for part in flat(t))]
    return "{ " + ", ".join(parts) + " }"


def _gives_back(program: Program, function: Function, frame: int) -> bool:
    """A function that took arena memory gives it back, unless its results lie there."""
    return (frame > 0 or function.name in program.allocating) and not any(map(in_arena, function.result_types))


# ── the entry block ──────────────────────────────────────────────────────────────────────────────────────────────


def _frame_bytes(slots: Sequence[Slot]) -> int:
    """How much arena memory the slots take: none while they fit the stack."""
    total = sum(slot.bytes for slot in slots)
    return total if total > STACK_BYTES else 0


def _entry(body: Body, frame: int) -> list[str]:
    """What comes before the operations: memory for slots, the arena's mark, the flag of fast mode."""
    lines = ["entry:"]
    if body.mode is Mode.FAST:
        return [*lines, "  %suspect = alloca i1", "  store i1 false, ptr %suspect", "  br label %body", "body:"]
    if _gives_back(body.program, body.function, frame):
        lines += [*_loaded("mark.chunk", "ptr", CHUNK), *_loaded("mark.top", "i64", TOP)]
    if body.polls:
        lines += [*_loaded("started", "i64", STARTED), "  %patience = alloca i64"]
        lines.append(f"  store i64 {PATIENCE}, ptr %patience")
    if frame:
        return lines + _frame(body, frame)
    lines += [f"  {slot.name} = alloca [{slot.count} x {slot.element}], align 16" for slot in body.slots]
    return [*lines, "  br label %body", "body:"]


def _loaded(name: str, type_: str, field: int) -> list[str]:
    """A field of the context, under that name."""
    at = f"%{name}.at"
    return [
        f"  {at} = getelementptr inbounds %context, ptr %context, i32 0, i32 {field}",
        f"  %{name} = load {type_}, ptr {at}",
    ]


def _frame(body: Body, frame: int) -> list[str]:
    """All slots in one piece of arena memory."""
    failure = FAILURES[Code.MEMORY]
    site = body.program.sites.number(Site(failure.code, failure.message, (), body.function.span))
    lines = [f"  %frame = call ptr @qdsl.allocate(ptr %context, i64 {frame})"]
    offset = 0
    for slot in body.slots:
        lines.append(f"  {slot.name} = getelementptr inbounds i8, ptr %frame, i64 {offset}")
        offset += slot.bytes
    return [
        *lines,
        "  %no.frame = icmp eq ptr %frame, null",
        "  br i1 %no.frame, label %frame.failed, label %body, !prof !1",
        "frame.failed:",
        f"  call void @qdsl.stop(ptr %context, i32 {failure.code.value}, i32 {site}, i64 0, i64 0, i64 0, i64 0)",
        "  br label %failed",
        "body:",
    ]
