"""One function of core IR as the body of an LLVM function, in one of three modes.

Careful: what fails stops at once, with the context filled in. Fast: nothing stops; a flag says whether anything was
suspect, and whoever called throws the result away and runs the careful version. Code without stops is what LLVM can
vectorise, so the fast mode is what elementwise loops try first. Lanes: the function is a wide one (`lang.lanes`); what
fails stops at once, without a message, and whoever called runs the points one by one.

In: a `Function` and its `Program`. Out: lines for a `define` whose result is { i1 failed or suspect, results... }.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

from qdsl.lang.core.ir import BOOL, REAL, ArrayType, Block, Failure, Function, Op, Scalar, Value
from qdsl.lang.native import arrays, control, interruption, lanes, scalars, watching
from qdsl.lang.native.abi import AXES_KEPT, VALUES_KEPT, element_bytes, element_type
from qdsl.lang.native.ownership import Use, moves
from qdsl.lang.native.places import ArrayPlace, Place
from qdsl.lang.native.program import Constants, Mode, Program, constants
from qdsl.lang.native.sites import Site
from qdsl.lang.native.writer import LLVM_TYPE, Writer, literal, llvm_type
from qdsl.lang.source import Span


@dataclass(frozen=True, slots=True)
class Slot:
    """Memory that the function's entry provides: a name, the LLVM type of an element, how many."""

    name: str
    element: str
    count: int
    element_bytes: int

    @property
    def bytes(self) -> int:
        """Rounded up to 16, the alignment of every slot."""
        return -(-self.count * self.element_bytes // 16) * 16


@dataclass
class Body:
    """The translation of one function: where each value is, and what has been written."""

    program: Program
    function: Function
    mode: Mode
    writer: Writer = field(default_factory=Writer)
    places: dict[Value, Place] = field(default_factory=dict)
    slots: list[Slot] = field(default_factory=list)
    span: Span | None = None
    guard: str | None = None
    element: Sequence[str] = ()
    moves: frozenset[Use] = frozenset()
    polls: bool = False

    def __post_init__(self) -> None:
        self.moves = moves(self.function)

    # ── values ───────────────────────────────────────────────────────────────

    def scalar(self, value: Value) -> str:
        place = self.places[value]
        assert isinstance(place, str)
        return place

    def array(self, value: Value) -> ArrayPlace:
        place = self.places[value]
        assert isinstance(place, ArrayPlace)
        return place

    def bind(self, values: Sequence[Value], places: Sequence[Place]) -> None:
        self.places.update(zip(values, places, strict=True))

    @cached_property
    def constants(self) -> Constants:
        return constants(self.function.body)

    def strips_of(self, op: Op) -> bool:
        """Whether the loop goes several rounds at a time."""
        return self.mode is Mode.CAREFUL and op in self.program.strips

    # ── operations ───────────────────────────────────────────────────────────

    def run(self, block: Block, arguments: Sequence[Place]) -> None:
        """Write a block's operations; its yields can then be looked up."""
        self.bind(block.parameters, arguments)
        for op in block.ops:
            self.span = op.span
            self._op(op)

    def _op(self, op: Op) -> None:
        match op.name:
            case "const":
                self.bind(op.results, [literal(op.attributes["value"])])
            case "select":
                self.bind(op.results, [self._select(op)])
            case "check":
                self._check(op)
            case "watch":
                watching.watch(self, op)
            case "tally":
                lanes.tally(self, op)
            case name if name in control.STRUCTURED:
                self.bind(op.results, control.STRUCTURED[name](self, op))
            case name if name in arrays.OPERATIONS:
                self.bind(op.results, [arrays.OPERATIONS[name](self, op)])
            case name if name in lanes.OPERATIONS:
                self.bind(op.results, [lanes.OPERATIONS[name](self, op)])
            case _ if lanes.in_lanes(op.result):
                self.bind(op.results, [lanes.primitive(self, op)])
            case name:
                self.bind(op.results, [scalars.primitive(self, name, tuple(map(self.scalar, op.operands)))])

    def _select(self, op: Op) -> Place:
        if isinstance(op.result.type, ArrayType):
            return arrays.select(self, op)
        condition, then, otherwise = map(self.scalar, op.operands)
        if lanes.in_lanes(op.operands[0]):
            return lanes.select(self, op)
        return self.writer.select(condition, then, otherwise, llvm_type(op.result.type))

    def _check(self, op: Op) -> None:
        failure = op.attributes["failure"]
        condition, *numbers = op.operands
        failed = self.writer.value(f"xor i1 {self.scalar(condition)}, true")
        shown = [(_scalar_type(number), self.scalar(number)) for number in numbers]
        self.refuse(failed, failure, *shown)

    # ── failing ──────────────────────────────────────────────────────────────

    def refuse(self, failed: str, failure: Failure, *values: tuple[Scalar, str]) -> None:
        """Stop with `failure` if `failed`; in fast mode, only remember it."""
        if self.mode is Mode.FAST:
            return self.suspect(failed)
        if self.mode is Mode.LANES:
            return self._give_up_if(failed)
        types = tuple(type_ for type_, _ in values[:VALUES_KEPT])
        site = self.program.sites.number(Site(failure.code, failure.message, types, self.span))
        w = self.writer
        good, bad = w.label("good"), w.label("bad")
        w.branch(failed, bad, good, unlikely=True)
        w.begin(bad)
        raw = [_as_word(w, type_, value) for type_, value in values[:VALUES_KEPT]]
        raw += ["0"] * (VALUES_KEPT - len(raw))
        words = ", ".join(f"i64 {word}" for word in raw)
        w.do(f"call void @qdsl.stop(ptr %context, i32 {failure.code.value}, i32 {site}, {words})")
        self._give_up()
        w.begin(good)
        return None

    def _give_up_if(self, failed: str) -> None:
        """Over lanes: stop without a message, for the points will be run one by one."""
        good = self.writer.label("good")
        self.writer.branch(failed, "failed", good, unlikely=True)
        self.writer.begin(good)

    def pass_on(self, failed: str) -> None:
        """Stop if a function called has; its message stands, with the place of this call."""
        if self.mode is Mode.FAST:
            return self.suspect(failed)
        if self.mode is Mode.LANES:
            return self._give_up_if(failed)
        w = self.writer
        good, bad = w.label("good"), w.label("bad")
        w.branch(failed, bad, good, unlikely=True)
        w.begin(bad)
        if self.span is not None:
            w.do(f"call void @qdsl.pass(ptr %context, i32 {self.program.sites.call_number(self.span)})")
        self._give_up()
        w.begin(good)
        return None

    def _give_up(self) -> None:
        """Leave the function, with the element that is being built."""
        kept = self.element[:AXES_KEPT]
        if kept:
            indices = ", ".join(f"i64 {index}" for index in (*kept, *["0"] * (AXES_KEPT - len(kept))))
            self.writer.do(f"call void @qdsl.within(ptr %context, i32 {len(kept)}, {indices})")
        self.writer.jump("failed")

    def suspect(self, condition: str) -> None:
        """Fast mode: remember that the result is not to be trusted, if the arm of `if` we are in counts."""
        w = self.writer
        if self.guard is not None:
            condition = w.value(f"and i1 {condition}, {self.guard}")
        before = w.load("i1", "%suspect")
        w.store("i1", w.value(f"or i1 {before}, {condition}"), "%suspect")

    def harmless(self, failed: str, value: str, instead: str, type_: Scalar) -> str:
        """In fast mode what failed goes on: give it a value the machine does not trap on."""
        if self.mode is not Mode.FAST:
            return value
        return self.writer.select(failed, instead, value, LLVM_TYPE[type_])

    @contextmanager
    def building(self, indices: Sequence[str]) -> Iterator[None]:
        """What fails inside does so at this element of the array that is being built."""
        before, self.element = self.element, indices
        yield
        self.element = before

    @contextmanager
    def guarded(self, condition: str) -> Iterator[None]:
        """What is written inside counts only if `condition` holds."""
        before = self.guard
        self.guard = condition if before is None else self.writer.value(f"and i1 {before}, {condition}")
        yield
        self.guard = before

    def count_rounds(self, rounds: str = "1", patience: str = "%patience") -> None:
        """Stop here, now and then, if there was an interrupt. In fast mode everything ends soon."""
        if self.mode is not Mode.FAST and self.program.interruptible:
            self.program.polling.add(self.function.name)
            self.polls = True
            interruption.count_rounds(self.writer, patience, rounds, "%started", "interrupted")

    # ── memory ───────────────────────────────────────────────────────────────

    def slot(self, type_: ArrayType) -> str:
        """Memory for a small array that lasts as long as the function runs."""
        count = prod(length or 0 for length in type_.shape)
        return self._room(element_type(type_.element), count, element_bytes(type_.element))

    def stack(self, words: int) -> str:
        """The same for so many words."""
        return self._room("i64", words, 8)

    def _room(self, element: str, count: int, size: int) -> str:
        name = self.writer.name("slot")
        self.slots.append(Slot(name, element, count, size))
        return name


def _scalar_type(value: Value) -> Scalar:
    assert isinstance(value.type, Scalar)
    return value.type


def _as_word(w: Writer, type_: Scalar, value: str) -> str:
    """A number as the 64 bits the context keeps."""
    if type_ is REAL:
        return w.bits(value)
    return w.value(f"zext i1 {value} to i64") if type_ is BOOL else value
