"""The function that callers outside reach, `call`, for one set of arguments, and what all entries share.

`element.f` is the careful function with the rule that a result must be finite if all arguments are. `native.loops` has
the entries for columns of arguments. The layouts are those of `native.abi`.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Code, Function, Scalar, Type
from qdsl.lang.native import interruption
from qdsl.lang.native.abi import (
    CODE,
    DEPTH,
    ELEMENT_TYPE,
    KEEP,
    PATIENCE,
    POINT,
    STARTED,
    VALUES_KEPT,
    words,
)
from qdsl.lang.native.interruption import COUNTER
from qdsl.lang.native.places import flat, result_struct
from qdsl.lang.native.program import Mode, Program, is_small
from qdsl.lang.native.sites import Site
from qdsl.lang.native.writer import LLVM_TYPE, Writer, llvm_type, real, symbol


class Entry:
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
        arguments = [(LLVM_TYPE[t], n) for t, n in zip(self.scalars(), names, strict=True)]
        returned = w.call(self.struct, self.careful(), *arguments, ("ptr", "%context"))
        w.branch(w.value(f"extractvalue {self.struct} {returned}, 0"), "done", "finished", unlikely=True)
        w.begin("finished")
        fields = [w.value(f"extractvalue {self.struct} {returned}, {i + 1}") for i in range(len(self.results))]
        w.branch(any_nonfinite(w, self.results, fields), "asked", "done", unlikely=True)
        w.begin("asked")
        keep = w.load("i64", field_of(w, KEEP))
        excused = w.value(f"icmp ne i64 {keep}, 0")
        excused = w.value(f"or i1 {excused}, {any_nonfinite(w, self.parameters, names)}")
        w.branch(excused, "done", "refused")
        w.begin("refused")
        self._stop_nonfinite(w, names)
        failed = w.value(f"insertvalue {self.struct} {returned}, i1 true, 0")
        w.do(f"ret {self.struct} {failed}")
        w.begin("done")
        w.do(f"ret {self.struct} {returned}")
        parameters = ", ".join([f"{t} {n}" for t, n in arguments] + ["ptr %context"])
        return define(f"internal {self.struct} {self.named('element')} ({parameters}) nounwind noinline", w)

    def _stop_nonfinite(self, w: Writer, names: Sequence[str]) -> None:
        types = self.scalars()[:VALUES_KEPT]
        shown = [value.hint or f"argument {i + 1}" for i, value in enumerate(self.function.parameters)][:VALUES_KEPT]
        where = ", ".join(f"{name} = {{{i}}}" for i, name in enumerate(shown))
        message = f"the result of {self.function.name} is not finite" + (f" at {where}" if where else "")
        site = self.program.sites.number(Site(Code.NONFINITE, message, tuple(types), self.function.span))
        raw = [_to_word(w, type_, name) for type_, name in zip(types, names, strict=False)]
        numbers = ", ".join(f"i64 {word}" for word in (*raw, *["0"] * (VALUES_KEPT - len(raw))))
        w.do(f"call void @qdsl.stop(ptr %context, i32 {Code.NONFINITE.value}, i32 {site}, {numbers})")

    def scalars(self) -> list[Scalar]:
        return [type_ for type_ in self.parameters if isinstance(type_, Scalar)]

    def scalar_results(self) -> list[Scalar]:
        return [type_ for type_ in self.results if isinstance(type_, Scalar)]

    def start(self, w: Writer) -> None:
        """The call from outside is the first of those that count."""
        start_call(w, self.program, self.function)

    # ── call ─────────────────────────────────────────────────────────────────

    def call(self, target: str) -> str:
        """Arguments and results as words in memory."""
        w = Writer()
        self.start(w)
        arguments, at = [], 0
        for type_ in self.parameters:
            arguments += self.read_words(w, type_, at)
            at += words(type_)
        outs = self._small_results(w)
        returned = w.call(self.struct, target, *arguments, *outs.values(), ("ptr", "%context"))
        w.branch(w.value(f"extractvalue {self.struct} {returned}, 0"), "failed", "finished", unlikely=True)
        w.begin("finished")
        self._write_words(w, returned, outs)
        w.do("ret i32 0")
        return_code(w)
        return define(f"i32 {self.named('call')} (ptr %arguments, ptr %results, ptr %context) {OUTER}", w)

    def read_words(self, w: Writer, type_: Type, at: int) -> list[tuple[str, str]]:
        if isinstance(type_, ArrayType):
            lengths = [at + 1 + axis for axis, n in enumerate(type_.shape) if n is None]
            return [
                ("ptr", w.load("ptr", w.at("%arguments", at))),
                *(("i64", w.load("i64", w.at("%arguments", length))) for length in lengths),
            ]
        if type_ is BOOL:
            word = w.load("i64", w.at("%arguments", at))
            return [("i1", w.value(f"icmp ne i64 {word}, 0"))]
        return [(llvm_type(type_), w.load(llvm_type(type_), w.at("%arguments", at)))]

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


# ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────


OUTER = "nounwind noinline optnone"
"""Attributes of what only reads arguments and calls what does the work: to optimise it takes as long as to optimise a
kernel, and gains nothing that could be measured."""


def define(head: str, w: Writer) -> str:
    return "\n".join([f"define {head} {{", "body:", *w.lines, "}", ""])


def field_of(w: Writer, field: int) -> str:
    return w.value(f"getelementptr inbounds %context, ptr %context, i32 0, i32 {field}")


def start_call(w: Writer, program: Program, function: Function) -> None:
    """Fill in what of the context is ours to fill in."""
    w.store("i64", "1" if function.name in program.recursive else "0", field_of(w, DEPTH))
    if program.interruptible:
        w.store("i64", w.value(f"load atomic i64, ptr @{COUNTER} monotonic, align 8"), field_of(w, STARTED))
        w.store("i64", str(interruption.PATIENCE), field_of(w, PATIENCE))


def tell_point(w: Writer, program: Program, function: Function, point: str) -> None:
    """Say which element is next, where something is watched."""
    if function.name in program.watching:
        w.store("i64", point, field_of(w, POINT))


def return_code(w: Writer) -> None:
    w.begin("failed")
    w.do(f"ret i32 {w.load('i32', field_of(w, CODE))}")


def any_nonfinite(w: Writer, types: Sequence[Type], values: Sequence[str]) -> str:
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


def load_as(w: Writer, type_: Scalar, address: str) -> str:
    loaded = w.load(ELEMENT_TYPE[type_], address)
    return w.value(f"icmp ne i8 {loaded}, 0") if type_ is BOOL else loaded


def store_as(w: Writer, type_: Scalar, value: str, address: str) -> None:
    w.store(ELEMENT_TYPE[type_], w.value(f"zext i1 {value} to i8") if type_ is BOOL else value, address)
