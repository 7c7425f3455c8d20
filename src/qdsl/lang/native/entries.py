"""The functions that callers outside reach: `call` for one set of arguments, `loop` and `map` for columns of them.

    loop.f(columns, n, strides, results, context):
        for each block of 256 elements:   lay out what is not contiguous; run block.f over it, in fast mode
                                          if anything was suspect: element.f for each, which stops with a message

`element.f` is the careful function with the rule that a result must be finite if all arguments are. `block.f` is one
straight loop over the fast function, which LLVM turns into vector instructions; its columns never overlap. The
layouts are those of `native.abi`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Code, Function, Scalar, Type
from qdsl.lang.native import interruption
from qdsl.lang.native.abi import (
    CODE,
    DEPTH,
    ELEMENT_BYTES,
    ELEMENT_TYPE,
    INDEX,
    INTERRUPTED,
    KEEP,
    PATIENCE,
    STARTED,
    VALUES_KEPT,
    words,
)
from qdsl.lang.native.interruption import COUNTER, poll
from qdsl.lang.native.places import flat, result_struct
from qdsl.lang.native.program import Mode, Program, is_small
from qdsl.lang.native.sites import Site
from qdsl.lang.native.writer import LLVM_TYPE, Writer, real, symbol

BETWEEN_POLLS = 1 << 13
"""Elements of columns between two polls for interrupts, in fast mode; careful elements are taken to be slower."""

BLOCK = 256
"""Elements that are done in one go: enough to forget the call, few enough for the first-level cache."""


def written(program: Program, function: Function, elementwise: bool, quick: bool) -> list[str]:
    """The entries of one function. `quick`: it may run in fast mode."""
    entry = _Entry(program, function)
    if not elementwise:
        return [entry.call(entry.careful()), *([entry.map()] if entry.gives_numbers() else [])]
    parts = [entry.element(), entry.call(symbol(f"element.{function.name}"))]
    return parts + ([entry.block(), entry.loop_in_blocks()] if quick else [entry.loop()])


class _Entry:
    """What the entries of one function share."""

    def __init__(self, program: Program, function: Function) -> None:
        self.program, self.function = program, function
        self.parameters: list[Type] = [value.type for value in function.parameters]
        self.results = function.result_types
        self.struct = result_struct(self.results)

    def careful(self) -> str:
        return symbol(f"{Mode.CAREFUL.value}.{self.function.name}")

    def named(self, kind: str) -> str:
        return symbol(f"{kind}.{self.function.name}")

    def gives_numbers(self) -> bool:
        return all(isinstance(type_, Scalar) for type_ in self.results)

    # ── one element ──────────────────────────────────────────────────────────

    def element(self) -> str:
        """The careful function, then the rule of finite results."""
        w = Writer()
        names = [f"%a{i}" for i in range(len(self.parameters))]
        arguments = [(LLVM_TYPE[t], n) for t, n in zip(self._scalars(), names, strict=True)]
        returned = w.call(self.struct, self.careful(), *arguments, ("ptr", "%context"))
        w.branch(w.value(f"extractvalue {self.struct} {returned}, 0"), "done", "finished", unlikely=True)
        w.begin("finished")
        fields = [w.value(f"extractvalue {self.struct} {returned}, {i + 1}") for i in range(len(self.results))]
        w.branch(_any_nonfinite(w, self.results, fields), "asked", "done", unlikely=True)
        w.begin("asked")
        keep = w.load("i64", _field(w, KEEP))
        excused = w.value(f"icmp ne i64 {keep}, 0")
        excused = w.value(f"or i1 {excused}, {_any_nonfinite(w, self.parameters, names)}")
        w.branch(excused, "done", "refused")
        w.begin("refused")
        self._stop_nonfinite(w, names)
        failed = w.value(f"insertvalue {self.struct} {returned}, i1 true, 0")
        w.do(f"ret {self.struct} {failed}")
        w.begin("done")
        w.do(f"ret {self.struct} {returned}")
        parameters = ", ".join([f"{t} {n}" for t, n in arguments] + ["ptr %context"])
        return _define(f"internal {self.struct} {self.named('element')} ({parameters}) nounwind noinline", w)

    def _stop_nonfinite(self, w: Writer, names: Sequence[str]) -> None:
        types = self._scalars()[:VALUES_KEPT]
        shown = [value.hint or f"argument {i + 1}" for i, value in enumerate(self.function.parameters)][:VALUES_KEPT]
        where = ", ".join(f"{name} = {{{i}}}" for i, name in enumerate(shown))
        message = f"the result of {self.function.name} is not finite" + (f" at {where}" if where else "")
        site = self.program.sites.number(Site(Code.NONFINITE, message, tuple(types), self.function.span))
        raw = [_to_word(w, type_, name) for type_, name in zip(types, names, strict=False)]
        numbers = ", ".join(f"i64 {word}" for word in (*raw, *["0"] * (VALUES_KEPT - len(raw))))
        w.do(f"call void @qdsl.stop(ptr %context, i32 {Code.NONFINITE.value}, i32 {site}, {numbers})")

    def _scalars(self) -> list[Scalar]:
        return [type_ for type_ in self.parameters if isinstance(type_, Scalar)]

    def _scalar_results(self) -> list[Scalar]:
        return [type_ for type_ in self.results if isinstance(type_, Scalar)]

    # ── call ─────────────────────────────────────────────────────────────────

    def call(self, target: str) -> str:
        """Arguments and results as words in memory."""
        w = Writer()
        self._start(w)
        arguments, at = [], 0
        for type_ in self.parameters:
            arguments += self._read_words(w, type_, at)
            at += words(type_)
        outs = self._small_results(w)
        returned = w.call(self.struct, target, *arguments, *outs.values(), ("ptr", "%context"))
        w.branch(w.value(f"extractvalue {self.struct} {returned}, 0"), "failed", "finished", unlikely=True)
        w.begin("finished")
        self._write_words(w, returned, outs)
        w.do("ret i32 0")
        _return_code(w)
        return _define(f"i32 {self.named('call')} (ptr %arguments, ptr %results, ptr %context) nounwind", w)

    def _read_words(self, w: Writer, type_: Type, at: int) -> list[tuple[str, str]]:
        if isinstance(type_, ArrayType):
            lengths = [at + 1 + axis for axis, n in enumerate(type_.shape) if n is None]
            return [
                ("ptr", w.load("ptr", w.at("%arguments", at))),
                *(("i64", w.load("i64", w.at("%arguments", length))) for length in lengths),
            ]
        if type_ is BOOL:
            word = w.load("i64", w.at("%arguments", at))
            return [("i1", w.value(f"icmp ne i64 {word}, 0"))]
        return [(LLVM_TYPE[type_], w.load(LLVM_TYPE[type_], w.at("%arguments", at)))]

    def _small_results(self, w: Writer) -> dict[int, tuple[str, str]]:
        """Where small array results are written: the caller gives the address in the word that is theirs."""
        outs: dict[int, tuple[str, str]] = {}
        at = 0
        for i, type_ in enumerate(self.results):
            if is_small(type_):
                outs[i] = ("ptr", w.load("ptr", w.at("%results", at)))
            at += words(type_)
        return outs

    def _write_words(self, w: Writer, returned: str, outs: dict[int, tuple[str, str]]) -> None:
        at, field = 0, 1
        for i, type_ in enumerate(self.results):
            if not isinstance(type_, ArrayType):
                value = w.value(f"extractvalue {self.struct} {returned}, {field}")
                w.store("i64", _to_word(w, type_, value), w.at("%results", at))
                at, field = at + 1, field + 1
                continue
            if i in outs:
                parts = [outs[i][1]]
            else:
                parts = [
                    w.value(f"extractvalue {self.struct} {returned}, {field + j}") for j in range(len(flat(type_)))
                ]
                field += len(parts)
            w.store("ptr", parts[0], w.at("%results", at))
            unknown = iter(parts[1:])
            for axis, n in enumerate(type_.shape):
                w.store("i64", next(unknown) if n is None else str(n), w.at("%results", at + 1 + axis))
            at += 1 + len(type_.shape)

    # ── map ──────────────────────────────────────────────────────────────────

    def map(self) -> str:
        """The careful function for each element of the columns that stand for its numbers; its arrays stay the same."""
        w = Writer()
        self._start(w)
        fixed: dict[int, list[tuple[str, str]]] = {}
        columns: dict[int, tuple[str, str]] = {}
        at = 0
        for i, type_ in enumerate(self.parameters):
            if isinstance(type_, ArrayType):
                fixed[i] = self._read_words(w, type_, at)
            else:
                columns[i] = w.load("ptr", w.at("%arguments", at)), w.load("i64", w.at("%strides", at))
            at += words(type_)
        outs = [w.load("ptr", w.at("%results", i, "ptr")) for i in range(len(self.results))]

        def element(index: str) -> str:
            arguments: list[tuple[str, str]] = []
            for i, type_ in enumerate(self.parameters):
                if isinstance(type_, ArrayType):
                    arguments += fixed[i]
                    continue
                column, stride = columns[i]
                arguments.append((LLVM_TYPE[type_], _load(w, type_, _strided(w, column, index, stride))))
            return w.call(self.struct, self.careful(), *arguments, ("ptr", "%context"))

        self._each(w, element, outs, "0", "%n", "finished", polls=True)
        self._finished(w)
        return self._loop_definition(w, "map")

    # ── loop ─────────────────────────────────────────────────────────────────

    def block(self) -> str:
        """A straight loop over the fast function; whether anything was suspect."""
        w = Writer()
        w.jump("head")
        w.begin("head")
        index, suspect = w.open_phi("i64"), w.open_phi("i1")
        arguments = [
            (LLVM_TYPE[t], _load(w, t, w.at(f"%a{i}", index.name, ELEMENT_TYPE[t])))
            for i, t in enumerate(self._scalars())
        ]
        name = symbol(f"{Mode.FAST.value}.{self.function.name}")
        returned = w.call(self.struct, name, *arguments, ("ptr", "%context"))
        doubt = w.value(f"extractvalue {self.struct} {returned}, 0")
        fields = [w.value(f"extractvalue {self.struct} {returned}, {i + 1}") for i in range(len(self.results))]
        doubt = w.value(f"or i1 {doubt}, {_any_nonfinite(w, self.results, fields)}")
        for i, (type_, value) in enumerate(zip(self._scalar_results(), fields, strict=True)):
            _store(w, type_, value, w.at(f"%r{i}", index.name, ELEMENT_TYPE[type_]))
        so_far = w.value(f"or i1 {suspect.name}, {doubt}")
        following = w.integer("add nuw nsw", index.name, 1)
        w.close_phi(index, [("0", "body"), (following, "head")])
        w.close_phi(suspect, [("false", "body"), (so_far, "head")])
        w.branch(w.value(f"icmp eq i64 {following}, %n"), "done", "head")
        w.begin("done")
        w.do(f"ret i1 {so_far}")
        columns = [f"ptr noalias %a{i}" for i in range(len(self.parameters))]
        columns += [f"ptr noalias %r{i}" for i in range(len(self.results))]
        return _define(
            f"internal i1 {self.named('block')} ({', '.join([*columns, 'i64 %n, ptr %context'])}) nounwind", w
        )

    def loop_in_blocks(self) -> str:
        w = Writer()
        columns, strides, outs = self._columns(w)
        buffers = [w.value(f"alloca [{BLOCK} x {ELEMENT_TYPE[t]}], align 64") for t in self._scalars()]
        self._start(w)
        before = w.block
        w.jump("blocks")
        w.begin("blocks")
        start = w.open_phi("i64")
        left = w.integer("sub", "%n", start.name)
        w.branch(w.value(f"icmp sgt i64 {left}, 0"), "lay", "finished")
        w.begin("lay")
        self._poll_each(w, BETWEEN_POLLS, BLOCK, start.name)
        count = w.value(f"call i64 @llvm.smin.i64(i64 {left}, i64 {BLOCK})")
        laid = [
            self._laid_out(w, type_, column, stride, buffer, start.name, count)
            for type_, column, stride, buffer in zip(self._scalars(), columns, strides, buffers, strict=True)
        ]
        targets = [w.at(out, start.name, ELEMENT_TYPE[t]) for out, t in zip(outs, self._scalar_results(), strict=True)]
        pointers = [("ptr", each) for each in (*laid, *targets)]
        doubt = w.call("i1", self.named("block"), *pointers, ("i64", count), ("ptr", "%context"))
        end = w.integer("add", start.name, count)
        w.branch(doubt, "again", "next", unlikely=True)
        w.begin("again")
        self._each(w, self._one_of(w, columns, strides), outs, start.name, end, "next")
        w.begin("next")
        w.close_phi(start, [("0", before), (end, "next")])
        w.jump("blocks")
        self._finished(w)
        return self._loop_definition(w, "loop")

    def loop(self) -> str:
        """The careful loop alone."""
        w = Writer()
        columns, strides, outs = self._columns(w)
        self._start(w)
        self._each(w, self._one_of(w, columns, strides), outs, "0", "%n", "finished", polls=True)
        self._finished(w)
        return self._loop_definition(w, "loop")

    def _laid_out(self, w: Writer, type_: Scalar, column: str, stride: str, buffer: str, start: str, count: str) -> str:
        """Where elements `start`... of a column are contiguous: in place, or copied to the buffer."""
        size = ELEMENT_BYTES[type_]
        moved = w.at(column, w.integer("mul", start, stride), "i8")
        contiguous = w.value(f"icmp eq i64 {stride}, {size}")
        ready, copy, laid = w.label("ready"), w.label("copy"), w.label("laid")
        before = w.block
        w.branch(contiguous, laid, ready)
        w.begin(ready)
        same = w.value(f"icmp eq i64 {stride}, 0")
        later = w.value(f"icmp ne i64 {start}, 0")
        w.branch(w.value(f"and i1 {same}, {later}"), laid, copy)
        w.begin(copy)
        w.do(f"call void @qdsl.gather{size}(ptr {buffer}, ptr {moved}, i64 {stride}, i64 {count})")
        w.jump(laid)
        w.begin(laid)
        return w.phi("ptr", [(moved, before), (buffer, ready), (buffer, copy)])

    def _each(
        self,
        w: Writer,
        element: Callable[[str], str],
        outs: Sequence[str],
        start: str,
        end: str,
        then: str,
        polls: bool = False,
    ) -> None:
        """`element(index) -> struct` from start to end; on to `then`, or to `failed` with the index kept."""
        before = w.block
        head, inside, kept, stopped = (w.label(hint) for hint in ("each", "one", "kept", "stopped"))
        w.jump(head)
        w.begin(head)
        index = w.open_phi("i64")
        w.branch(w.value(f"icmp slt i64 {index.name}, {end}"), inside, then)
        w.begin(inside)
        if polls:
            self._poll_each(w, BETWEEN_POLLS // 8, 1, index.name)
        returned = element(index.name)
        w.branch(w.value(f"extractvalue {self.struct} {returned}, 0"), stopped, kept, unlikely=True)
        w.begin(stopped)
        w.store("i64", index.name, _field(w, INDEX))
        w.jump("failed")
        w.begin(kept)
        for i, (type_, out) in enumerate(zip(self._scalar_results(), outs, strict=True)):
            value = w.value(f"extractvalue {self.struct} {returned}, {i + 1}")
            _store(w, type_, value, w.at(out, index.name, ELEMENT_TYPE[type_]))
        w.close_phi(index, [(start, before), (w.integer("add", index.name, 1), kept)])
        w.jump(head)

    def _one_of(self, w: Writer, columns: Sequence[str], strides: Sequence[str]) -> Callable[[str], str]:
        """How to run `element.f` on one of the columns' elements."""

        def element(index: str) -> str:
            arguments = [
                (LLVM_TYPE[t], _load(w, t, _strided(w, column, index, stride)))
                for t, column, stride in zip(self._scalars(), columns, strides, strict=True)
            ]
            return w.call(self.struct, self.named("element"), *arguments, ("ptr", "%context"))

        return element

    def _columns(self, w: Writer) -> tuple[list[str], list[str], list[str]]:
        count = range(len(self.parameters))
        columns = [w.load("ptr", w.at("%arguments", i, "ptr")) for i in count]
        strides = [w.load("i64", w.at("%strides", i)) for i in count]
        outs = [w.load("ptr", w.at("%results", i, "ptr")) for i in range(len(self.results))]
        return columns, strides, outs

    def _start(self, w: Writer) -> None:
        """The call from outside is the first of those that count."""
        start_call(w, self.program, self.function)

    def _poll_each(self, w: Writer, elements: int, step: int, index: str) -> None:
        """Poll for interrupts before the last step of so many elements."""
        if not self.program.interruptible:
            return
        ask, on = w.label("ask"), w.label("on")
        past = w.integer("and", index, elements - 1)
        due = w.value(f"icmp eq i64 {past}, {elements - step}")
        w.branch(due, ask, on, unlikely=True)
        w.begin(ask)
        poll(w, w.load("i64", _field(w, STARTED)), "interrupted", on)
        w.begin(on)

    def _finished(self, w: Writer) -> None:
        """The ends of a loop: all done, interrupted, failed."""
        w.begin("finished")
        w.do("ret i32 0")
        if self.program.interruptible:
            w.begin("interrupted")
            w.do(f"ret i32 {INTERRUPTED}")
        _return_code(w)

    def _loop_definition(self, w: Writer, kind: str) -> str:
        parameters = "ptr %arguments, i64 %n, ptr %strides, ptr %results, ptr %context"
        return _define(f"i32 {self.named(kind)} ({parameters}) nounwind", w)


# ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _define(head: str, w: Writer) -> str:
    return "\n".join([f"define {head} {{", "body:", *w.lines, "}", ""])


def _strided(w: Writer, column: str, index: str, stride: str) -> str:
    return w.at(column, w.integer("mul", index, stride), "i8")


def _field(w: Writer, field: int) -> str:
    return w.value(f"getelementptr inbounds %context, ptr %context, i32 0, i32 {field}")


def start_call(w: Writer, program: Program, function: Function) -> None:
    """Fill in what of the context is ours to fill in."""
    w.store("i64", "1" if function.name in program.recursive else "0", _field(w, DEPTH))
    if program.interruptible:
        w.store("i64", w.value(f"load atomic i64, ptr @{COUNTER} monotonic, align 8"), _field(w, STARTED))
        w.store("i64", str(interruption.PATIENCE), _field(w, PATIENCE))


def _return_code(w: Writer) -> None:
    w.begin("failed")
    w.do(f"ret i32 {w.load('i32', _field(w, CODE))}")


def _any_nonfinite(w: Writer, types: Sequence[Type], values: Sequence[str]) -> str:
    """Whether any of the reals is not finite."""
    found = "false"
    for type_, value in zip(types, values, strict=True):
        if type_ is REAL:
            found = w.value(f"or i1 {found}, {w.fcmp('uge', w.fabs(value), real(float('inf')))}")
    return found


def _to_word(w: Writer, type_: Type, value: str) -> str:
    if type_ is REAL:
        return w.bits(value)
    return value if type_ is INT else w.value(f"zext i1 {value} to i64")


def _load(w: Writer, type_: Scalar, address: str) -> str:
    loaded = w.load(ELEMENT_TYPE[type_], address)
    return w.value(f"icmp ne i8 {loaded}, 0") if type_ is BOOL else loaded


def _store(w: Writer, type_: Scalar, value: str, address: str) -> None:
    w.store(ELEMENT_TYPE[type_], w.value(f"zext i1 {value} to i8") if type_ is BOOL else value, address)
