"""The reference interpreter: what a core program means, slowly and obviously.

    interpret(module, "decay", [1.0, 2.0])  ->  (0.6065306597126334,)

In: a verified module, a function's name, arguments as bool, int, float and nested sequences. Out: its results,
arrays as nested tuples; what a `watch` met is handed to `tell`. A program that fails raises `KernelFailure` with the
place of the operation that failed, and tells nothing else.

Choices made here and nowhere else: a `build` axis of negative length is empty; indices count from 0 and are never
negative; a slice needs 0 <= low <= high <= length; `for` counts with its bounds as they were at the start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite, prod
from typing import Any

from qdsl.lang.core.calls import recursive
from qdsl.lang.core.failure_words import at_element, sentence
from qdsl.lang.core.ir import (
    DEEPEST_CALL,
    FAILURES,
    LARGEST_ARRAY,
    ArrayType,
    Block,
    Code,
    Failure,
    Lanes,
    Module,
    Op,
    Scalar,
    Type,
    Value,
)
from qdsl.lang.core.primitives import PRIMITIVES, Primitive, Stop
from qdsl.lang.core.sightings import Sighting, is_above, worst
from qdsl.lang.depth import deep_recursion
from qdsl.lang.report import InternalError
from qdsl.lang.source import Span

Environment = dict[Value, Any]

FRAMES_PER_CALL = 40
"""Python frames allowed to one nested call: three of its own and two for each region around it."""


class KernelFailure(Exception):  # noqa: N818 - the user's program failed, not we
    """A program stopped. `message` has `{0}`, `{1}` for `values`; `str` puts them in. `element` is that of the array
    which was being built.
    """

    def __init__(
        self, code: Code, message: str, values: tuple[int | float, ...] = (), span: Span | None = None
    ) -> None:
        super().__init__(code, message, values, span)
        self.element: tuple[int, ...] = ()
        self.kind = code
        self.message = message
        self.values = values
        self.span = span

    def __str__(self) -> str:
        return sentence(self.message, self.values) + at_element(self.element)


class InLanes(tuple[Any, ...]):
    """Numbers inside the interpreter, one for each lane."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Array:
    """An array inside the interpreter: its lengths, and its elements with the last axis running fastest."""

    shape: tuple[int, ...]
    elements: tuple[Any, ...]

    def position(self, indices: Sequence[int], span: Span | None) -> int:
        """Where the element at `indices` is kept."""
        at = 0
        for index, length in zip(indices, self.shape, strict=True):
            if not 0 <= index < length:
                raise _failed(FAILURES[Code.INDEX], (index, length), span)
            at = at * length + index
        return at


def interpret(
    module: Module, name: str, arguments: Sequence[Any], tell: Callable[[Sighting], None] = lambda sighting: None
) -> tuple[Any, ...]:
    """The results of calling a function; `tell` hears of each watch the worst."""
    function = module.functions[name]
    given = [_taken(argument, each.type) for argument, each in zip(arguments, function.parameters, strict=True)]
    run = _Run(module)
    try:
        with deep_recursion(DEEPEST_CALL * FRAMES_PER_CALL):
            results = run.call(name, given, None)
    except RecursionError:
        raise _failed(FAILURES[Code.RECURSION], (), function.span) from None
    for sighting in worst(run.seen):
        tell(sighting)
    return tuple(_shown(result) for result in results)


def origin(module: Module, name: str, arguments: Sequence[Any]) -> Span | None:
    """Where a result that is not finite comes from: the operation that made it of finite numbers. None if not known."""
    function = module.functions[name]
    given = [_taken(argument, each.type) for argument, each in zip(arguments, function.parameters, strict=True)]
    try:
        with deep_recursion(DEEPEST_CALL * FRAMES_PER_CALL):
            results = _Tracing(module).call(name, given, None)
    except (_Enough, KernelFailure, RecursionError):
        return None
    numbers = [number for each in results for number in (each.elements if isinstance(each, Array) else (each,))]
    return next((number.span for number in numbers if isinstance(number, _Traced)), None)


class _Run:
    """One interpretation: the module, how deep the calls are, what watches met so far."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.recursive = recursive(module)
        self.depth = 0
        self.seen: list[Sighting] = []

    def call(self, name: str, arguments: Sequence[Any], span: Span | None) -> list[Any]:
        counts = name in self.recursive
        if counts and self.depth == DEEPEST_CALL:
            raise _failed(FAILURES[Code.RECURSION], (), span)
        self.depth += counts
        try:
            results = self.block(self.module.functions[name].body, arguments, {})
        except KernelFailure as failure:
            if failure.span is not None and span is not None:
                failure.span = failure.span.called_from(span)
            raise
        self.depth -= counts
        return results

    def block(self, block: Block, arguments: Sequence[Any], known: Environment) -> list[Any]:
        """Run a block. Its values join those in `known`: a block that runs again gives them anew."""
        for parameter, argument in zip(block.parameters, arguments, strict=True):
            known[parameter] = argument
        for op in block.ops:
            primitive = PRIMITIVES.get(op.name)
            if primitive is not None:
                known[op.results[0]] = self.primitive(primitive, op, [known[each] for each in op.operands])
            else:
                for value, result in zip(op.results, self.structured(op, known), strict=True):
                    known[value] = result
        return [known[value] for value in block.yields]

    def primitive(self, primitive: Primitive, op: Op, operands: Sequence[Any]) -> Any:
        if operands and isinstance(operands[0], InLanes):
            return InLanes(self.primitive(primitive, op, each) for each in zip(*operands, strict=True))
        try:
            return primitive.evaluate(*operands)
        except Stop as stop:
            raise _failed(FAILURES[stop.code], operands, op.span) from None

    def structured(self, op: Op, known: Environment) -> Sequence[Any]:
        operands = [known[each] for each in op.operands]
        match op.name:
            case "const":
                return (op.attributes["value"],)
            case "select":
                return (_selected(*operands),)
            case "check":
                condition, *numbers = operands
                if not condition:
                    raise _failed(op.attributes["failure"], numbers, op.span)
                return ()
            case "watch":
                self.watch(op, operands)
                return ()
            case "tally":
                return ()
            case "call":
                return self.call(op.attributes["function"], operands, op.span)
            case "if":
                return self.block(op.regions[0] if operands[0] else op.regions[1], (), known)
            case "for":
                low, high, *carried = operands
                for index in range(low, high):
                    carried = self.block(op.regions[0], (index, *carried), known)
                return carried
            case "while":
                condition_block, body = op.regions
                carried = operands
                while self.block(condition_block, carried, known)[0]:
                    carried = self.block(body, carried, known)
                return carried
            case "build":
                return (self.build(op, operands, known),)
            case _:
                return (_array_operation(op, operands),)

    def watch(self, op: Op, operands: Sequence[Any]) -> None:
        """Remember the numbers that are above the threshold, of lanes the worst."""
        watch = op.attributes["watch"]
        lanes = zip(*operands, strict=True) if isinstance(operands[0], InLanes) else [tuple(operands)]
        met = [Sighting(watch, numbers, op.span) for numbers in lanes if is_above(watch, numbers)]
        self.seen = worst([*self.seen, *met])

    def build(self, op: Op, lengths: Sequence[int], known: Environment) -> Array:
        shape = tuple(max(length, 0) for length in lengths)
        if prod(shape) > LARGEST_ARRAY:
            raise _failed(FAILURES[Code.MEMORY], (prod(shape),), op.span)
        elements = []
        for indices in product(*map(range, shape)):
            try:
                elements.extend(self.block(op.regions[0], indices, known))
            except KernelFailure as failure:
                failure.element = failure.element or indices
                raise
        return Array(shape, tuple(elements))


class _Traced(float):
    """A number that is not finite, and the operation it began at."""

    span: Span | None


class _Enough(Exception):  # noqa: N818 - a search given up is no error
    """The search for an origin has taken long enough."""


class _Tracing(_Run):
    """An interpretation whose infinities know where they come from. It gives up after a while."""

    LONGEST = 1_000_000

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.steps = 0
        self.calls: list[Span] = []

    def call(self, name: str, arguments: Sequence[Any], span: Span | None) -> list[Any]:
        before = self.calls
        self.calls = before if span is None else [*before, span]
        results = super().call(name, arguments, span)
        self.calls = before
        return results

    def primitive(self, primitive: Primitive, op: Op, operands: Sequence[Any]) -> Any:
        self.steps += 1
        if self.steps > self.LONGEST:
            raise _Enough
        result = super().primitive(primitive, op, operands)
        if not isinstance(result, float) or isfinite(result):
            return result
        strange = [each for each in operands if isinstance(each, float) and not isfinite(each)]
        if not strange:
            place = op.span
            for call in reversed(self.calls):
                place = place.called_from(call) if place is not None else None
            return _traced(result, place)
        first = next((each for each in strange if isinstance(each, _Traced)), None)
        return result if first is None else _traced(result, first.span)


def _traced(value: float, span: Span | None) -> _Traced:
    traced = _Traced(value)
    traced.span = span
    return traced


def _array_operation(op: Op, operands: Sequence[Any]) -> Any:
    match op.name, *operands:
        case "array", *elements:
            return Array((len(elements),), tuple(elements))
        case ("table",):
            assert isinstance(op.result.type, ArrayType)
            return Array(tuple(n or 0 for n in op.result.type.shape), op.attributes["numbers"].values)
        case "len", array:
            return array.shape[op.attributes["axis"]]
        case "get", array, *indices:
            return _got(array, indices, op)
        case "set", array, *indices, element:
            return _with(array, indices, element, op)
        case "slice", array, low, high:
            (length,) = array.shape
            if not 0 <= low <= length:
                raise _failed(FAILURES[Code.INDEX], (low, length), op.span)
            if not low <= high <= length:
                raise _failed(FAILURES[Code.INDEX], (high, length), op.span)
            return Array((high - low,), array.elements[low:high])
        case "splat", value:
            return _splat(value, op.result.type)
        case "any", lanes:
            return any(lanes)
        case "highest", lanes:
            return max(lanes)
        case "blend", condition, then, otherwise:
            return _blended(condition, then, otherwise, op.span)
        case _:
            raise InternalError(f"no operation is called {op.name}")


# ── lanes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _selected(condition: Any, then: Any, otherwise: Any) -> Any:
    if isinstance(condition, InLanes):
        return InLanes(a if c else b for c, a, b in zip(condition, then, otherwise, strict=True))
    return then if condition else otherwise


def _splat(value: Any, type_: Type) -> Any:
    if isinstance(type_, ArrayType):
        return Array(value.shape, tuple(_splat(each, type_.element) for each in value.elements))
    assert isinstance(type_, Lanes)
    return InLanes((value,) * type_.width)


def _blended(condition: InLanes, then: Array, otherwise: Array, span: Span | None) -> Array:
    if len(set(condition)) == 1:
        return then if condition[0] else otherwise
    for m, n in zip(then.shape, otherwise.shape, strict=True):
        if m != n:
            raise _failed(FAILURES[Code.SHAPE], (m, n), span)
    chosen = (_selected(condition, a, b) for a, b in zip(then.elements, otherwise.elements, strict=True))
    return Array(then.shape, tuple(chosen))


def _got(array: Array, indices: Sequence[Any], op: Op) -> Any:
    """The element at the indices; each lane's own, where indices are in lanes."""
    if not any(isinstance(index, InLanes) for index in indices):
        return array.elements[array.position(indices, op.span)]
    found = []
    for lane, at in enumerate(_positions(array, indices, op)):
        element = array.elements[at]
        found.append(element[lane] if isinstance(element, InLanes) else element)
    return InLanes(found)


def _with(array: Array, indices: Sequence[Any], element: Any, op: Op) -> Array:
    elements = list(array.elements)
    if not any(isinstance(index, InLanes) for index in indices):
        elements[array.position(indices, op.span)] = element
        return Array(array.shape, tuple(elements))
    for lane, at in enumerate(_positions(array, indices, op)):
        elements[at] = InLanes((*elements[at][:lane], element[lane], *elements[at][lane + 1 :]))
    return Array(array.shape, tuple(elements))


def _positions(array: Array, indices: Sequence[Any], op: Op) -> list[int]:
    """Where each lane's indices lead."""
    width = next(len(index) for index in indices if isinstance(index, InLanes))
    each = [index if isinstance(index, InLanes) else (index,) * width for index in indices]
    return [array.position(at, op.span) for at in zip(*each, strict=True)]


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _failed(failure: Failure, numbers: Sequence[Any], span: Span | None) -> KernelFailure:
    return KernelFailure(failure.code, failure.message, tuple(numbers), span)


# ── what goes in and out ─────────────────────────────────────────────────────────────────────────────────────────


def _taken(argument: Any, type_: Type) -> Any:
    """An argument as the interpreter keeps it."""
    if isinstance(type_, Scalar):
        return _PYTHON[type_](argument)
    if isinstance(type_, Lanes):
        return InLanes(_taken(each, type_.element) for each in argument)
    shape = _shape(argument, type_)
    for length, expected in zip(shape, type_.shape, strict=True):
        if expected not in (None, length):
            raise _failed(FAILURES[Code.SHAPE], (length, expected), None)
    rows = [argument]
    for length in shape:
        if any(len(row) != length for row in rows):
            raise KernelFailure(Code.SHAPE, "the rows of an array differ in length")
        rows = [element for row in rows for element in row]
    return Array(shape, tuple(_taken(each, type_.element) for each in rows))


def _shape(argument: Any, type_: ArrayType) -> tuple[int, ...]:
    """The lengths of nested sequences; of an axis below an empty one, what the type says, else 0."""
    lengths = []
    for expected in type_.shape:
        lengths.append(len(argument) if argument is not None else expected or 0)
        argument = argument[0] if argument is not None and len(argument) else None
    return tuple(lengths)


_PYTHON: dict[Scalar, type] = {Scalar.BOOL: bool, Scalar.INT: int, Scalar.REAL: float}


def _shown(value: Any) -> Any:
    """A result as the caller gets it: nested tuples for an array."""
    if not isinstance(value, Array):
        return value
    rows: tuple[Any, ...] = value.elements
    for axis in range(len(value.shape) - 1, 0, -1):
        length, count = value.shape[axis], prod(value.shape[:axis])
        rows = tuple(rows[at * length : (at + 1) * length] for at in range(count))
    return rows
