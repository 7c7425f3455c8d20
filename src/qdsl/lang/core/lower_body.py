"""The state of lowering one function body, and the moves that every rule makes.

A rule is a function `(body, node) -> Data`, registered with `@rule(typed node)`. It writes core operations into
`body.b`, the block at hand, and answers with the values it made. `Body.inside` makes another block the one at hand;
what is bound there is forgotten at its end, because a core value can be used only in the block that defines it.

Every variable's core values have the types that `core.layout` gives the variable's type. Where the value at hand is
not known to have the length that a type promises, `conform` checks it at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import FAILURES, ArrayType, Code, Failure, Op, Scalar, Value, scalar_of
from qdsl.lang.core.ir import Type as CoreType
from qdsl.lang.core.layout import NoLayout, core_types, element_type, shape_of
from qdsl.lang.core.lower_effects import Captures, Effects
from qdsl.lang.core.lower_errors import (
    function_not_known,
    not_a_number,
    space_not_known,
    staged_not_known,
    steps_not_known,
)
from qdsl.lang.core.lower_values import Bound, Closure, Data, FunctionCode, Row
from qdsl.lang.core.staged import Many, Staged
from qdsl.lang.core.static import Number, number, truth
from qdsl.lang.report import InternalError
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.places import is_staged
from qdsl.lang.typed.spaces import Space, in_order, is_open


@dataclass(frozen=True, slots=True)
class Instance:
    """A core function by its name, and the types of the arguments and of the result it was made for."""

    name: str
    parameters: tuple[types.Type, ...]
    result: types.Type


class Program(Protocol):
    """What a body needs of the program around it."""

    effects: Effects
    captures: Captures
    plans: list[Any]
    """How states are evolved, as it was decided."""

    def instance(self, code: FunctionCode, given: Sequence[FunctionCode | None], span: Span) -> Instance:
        """The core function for a code, its function arguments being these."""

    def taken(self, code: FunctionCode) -> int:
        """How many core values a function takes along."""

    def find(self, module: str, name: str) -> typed.Function:
        """A function of the standard library."""

    def sized(self, function: typed.Function, lengths: Mapping[str, int]) -> typed.Function:
        """The function with lengths that its type names known."""


Rule = Callable[["Body", Any], Data]
RULES: dict[type[typed.Expr], Rule] = {}
FUNCTION_RULES: dict[type[typed.Expr], Callable[[Body, Any], Closure]] = {}
STAGED_RULES: dict[type[typed.Expr], Callable[[Body, Any], Staged]] = {}

R = TypeVar("R", bound=Callable[..., Any])


def rule(*nodes: type[typed.Expr]) -> Callable[[R], R]:
    """Register the rule for these kinds of expression."""

    def register(function: R) -> R:
        for each in nodes:
            RULES[each] = function
        return function

    return register


def staged_rule(*nodes: type[typed.Expr]) -> Callable[[R], R]:
    """Register the rule for these kinds of expression, where their value is staged."""

    def register(function: R) -> R:
        for each in nodes:
            STAGED_RULES[each] = function
        return function

    return register


class Body:
    """One function being written, and its result type. `given` are expressions whose values are known already."""

    def __init__(self, program: Program, result: types.Type) -> None:
        self.program = program
        self.result = result
        self.b = Builder()
        self.around: list[Builder] = []
        self.variables: dict[typed.Variable, Bound | Row] = {}
        self.known: dict[Value, bool | int | float] = {}
        self.supports: dict[Value, frozenset[int]] = {}
        self.normal: set[Value] = set()
        """States that are known to be normalised, and arrays of such."""
        self.kets: dict[Value, dict[int, complex]] = {}
        self.given: dict[typed.Expr, Data] = {}
        self.definitions: dict[typed.Variable, typed.Expr] = {}
        self.zeros: set[Value] = set()
        self.calls_inside = 0

    # ── expressions ──────────────────────────────────────────────────────────

    def expr(self, node: typed.Expr) -> Data:
        """Lower an expression whose value exists at run time."""
        known = self.given.get(node)
        if known is not None:
            return known
        if isinstance(types.pruned(node.type), types.Function):
            raise function_not_known(node.span)
        found = RULES.get(type(node))
        if found is None:
            raise not_a_number(node.span, _WORDS.get(type(node), "this"))
        with self.b.at(node.span):
            return found(self, node)

    def bound(self, node: typed.Expr) -> Bound:
        """Lower an expression that may be a function, or staged."""
        if is_staged(node.type):
            return self.staged(node)
        return self.function(node) if isinstance(types.pruned(node.type), types.Function) else self.expr(node)

    def staged(self, node: typed.Expr) -> Staged:
        """What an expression is that is known now."""
        found = STAGED_RULES.get(type(node))
        if found is None:
            raise staged_not_known(node.span)
        with self.b.at(node.span):
            return found(self, node)

    def static(self, node: typed.Expr) -> Number | None:
        """The number that an expression is, where that is known now."""
        return number(node, self._known_variable, self._known_size)

    def decided(self, condition: typed.Expr) -> bool | None:
        """Whether a condition holds, where that is known now."""
        return truth(condition, self._known_variable, self._known_size)

    def _known_size(self, node: typed.Quantum) -> Number | None:
        """`dim(c)`, `len(r)` of spaces that a call has brought."""
        from qdsl.lang.core.lower_operators import known_size

        return known_size(self, node)

    def _known_variable(self, variable: typed.Variable) -> Number | None:
        value = self.variables.get(variable)
        if isinstance(value, Data) and len(value.values) == 1 and value.value in self.known:
            return self.known[value.value]
        definition = self.definitions.get(variable)
        return None if definition is None else self.static(definition)

    def static_steps(self, iterable: typed.Expr) -> list[Bound]:
        """What a loop goes over, where that is known now."""
        if is_staged(iterable.type):
            many = self.staged(iterable)
            if isinstance(many, Many):
                return list(many.elements)
        if isinstance(iterable, typed.IntRange):
            low, high = self.static(iterable.low), self.static(iterable.high)
            if isinstance(low, int) and isinstance(high, int):
                return [Data(types.INT, (self.constant(k),)) for k in range(low, high)]
        raise steps_not_known(iterable.span)

    def spaces_of(self, type_: types.Type, span: Span | None) -> tuple[Space, ...]:
        """The spaces of a state, in order."""
        own = types.pruned(type_)
        assert isinstance(own, types.Ket | types.Density | types.Bra | types.Operator)
        if is_open(own.places):
            place = span or self.b.span
            assert place is not None
            raise space_not_known(place)
        return tuple(in_order(own.places))

    def function(self, node: typed.Expr) -> Closure:
        """Which function an expression is."""
        found = FUNCTION_RULES.get(type(node))
        if found is None:
            raise function_not_known(node.span)
        return found(self, node)

    # ── variables ────────────────────────────────────────────────────────────

    def bind(self, variable: typed.Variable, value: Bound) -> None:
        """Let a variable have a value from here on."""
        if isinstance(value, Data):
            value = self.conform(value, variable.type)
            for each in value.values:
                each.hint = each.hint or variable.name
        self.variables[variable] = value

    def data(self, variable: typed.Variable) -> Data:
        value = self.variables.get(variable)
        if isinstance(value, Data):
            return value
        if isinstance(value, Row):
            return self.conform(self.at(value.array, *value.indices), variable.type)
        raise InternalError(f"the variable {variable.name} has no value here")

    def values_of(self, variables: Sequence[typed.Variable]) -> Values:
        """The core values of several variables in a row."""
        return tuple(value for variable in variables for value in self.data(variable).values)

    def rebind(self, variables: Sequence[typed.Variable], values: Sequence[Value]) -> Values:
        """Give the variables these core values; returns those left over."""
        at = 0
        for variable in variables:
            count = len(self.types_of(variable.type, variable.span))
            here = tuple(values[at : at + count])
            for value in here:
                value.hint = value.hint or variable.name
            self.variables[variable] = Data(variable.type, here)
            at += count
        return tuple(values[at:])

    def give(self, node: typed.Expr, values: Sequence[Value]) -> None:
        """Say what an expression is that has been computed elsewhere."""
        self.given[node] = Data(node.type, tuple(values))

    # ── types ────────────────────────────────────────────────────────────────

    def types_of(self, type_: types.Type, span: Span | None) -> tuple[CoreType, ...]:
        """The core types of a value of a type; a type without any is the user's mistake, at `span` or here."""
        try:
            return core_types(type_)
        except NoLayout as found:
            place = span or self.b.span
            assert place is not None
            raise not_a_number(place, _type_word(found.type)) from None

    def conform(self, data: Data, type_: types.Type) -> Data:
        """The value as one of another type with the same layout: lengths that only `type_` knows are checked."""
        wanted = self.types_of(type_, self.b.span)
        if not wanted:
            return Data(type_, ())
        if len(wanted) != len(data.values):
            raise InternalError(f"a value of type {data.type} is no {type_}")
        for value, core_type in zip(data.values, wanted, strict=True):
            if isinstance(core_type, ArrayType):
                self._check_lengths(value, core_type)
        return Data(type_, data.values)

    def _check_lengths(self, value: Value, wanted: ArrayType) -> None:
        assert isinstance(value.type, ArrayType)
        for axis, (known, length) in enumerate(zip(value.type.shape, wanted.shape, strict=True)):
            if known is None and length is not None:
                self.same_length(self.b.len(value, axis), self.b.const(length))

    def same_length(self, found: Value, wanted: Value) -> None:
        """Stop unless two lengths are equal."""
        self.b.check(self.b.op("ieq", found, wanted), FAILURES[Code.SHAPE], found, wanted)

    # ── values ───────────────────────────────────────────────────────────────

    def constant(self, value: bool | int | float) -> Value:
        made = self.b.const(value)
        self.known[made] = value
        return made

    def zero(self) -> Value:
        """The real 0 where a part of a complex number is absent: products with it need not be computed."""
        value = self.b.const(0.0)
        self.zeros.add(value)
        return value

    def check(self, condition: Value, code: Code, message: str, *numbers: Value) -> None:
        self.b.check(condition, Failure(code, message), *numbers)

    def fail_if(self, condition: Value, code: Code, message: str, *numbers: Value) -> None:
        self.check(self.b.op("not", condition), code, message, *numbers)

    def placeholder(self, type_: types.Type) -> Values:
        """Values of a type that nobody will look at."""
        return tuple(self._placeholder(each) for each in self.types_of(type_, self.b.span))

    def _placeholder(self, type_: CoreType) -> Value:
        zero = ZERO[scalar_of(type_)]
        if not isinstance(type_, ArrayType):
            return self.b.const(zero)
        lengths = [self.b.const(length or 0) for length in type_.shape]
        return self.b.build(lengths, lambda b, *_: b.const(zero), type_.shape)

    # ── arrays ───────────────────────────────────────────────────────────────

    def build(self, type_: types.Type, lengths: Sequence[Value], element: Callable[..., Data]) -> Data:
        """The array whose element at (i, ..) is what `element(i, ..)` writes: a `build` for each of its core values."""
        shape = tuple(length if isinstance(length, int) else None for length in shape_of(type_))

        def part(place: int) -> Callable[..., Value]:
            def write(builder: Builder, *indices: Value) -> Value:
                with self.inside(builder):
                    return element(*indices).values[place]

            return write

        count = len(self.types_of(type_, self.b.span))
        return Data(type_, tuple(self.b.build(lengths, part(place), shape) for place in range(count)))

    def at(self, array: Data, *indices: Value) -> Data:
        """One element, or with fewer indices than axes a row."""
        rest = shape_of(array.type)[len(indices) :]
        type_ = element_type(array.type, len(indices))
        if not rest:
            return Data(type_, tuple(self._element(each, indices) for each in array.values))
        if not indices:
            return array
        lengths = [self.b.len(array.values[0], len(indices) + axis) for axis in range(len(rest))]
        return self.build(type_, lengths, lambda *further: self.at(array, *indices, *further))

    def _element(self, array: Value, indices: Sequence[Value]) -> Value:
        """An element; of an array of states the numbers of one."""
        assert isinstance(array.type, ArrayType)
        further = len(array.type.shape) - len(indices)
        if not further:
            return self.b.get(array, *indices)
        lengths = [self.b.len(array, len(indices) + axis) for axis in range(further)]
        rest = array.type.shape[len(indices) :]
        made = self.b.build(lengths, lambda builder, *more: builder.get(array, *indices, *more), rest)
        if array in self.normal:
            self.normal.add(made)
        return made

    # ── blocks inside blocks ─────────────────────────────────────────────────

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is bound inside is forgotten."""
        variables, definitions = dict(self.variables), dict(self.definitions)
        yield
        self.variables, self.definitions = variables, definitions

    @contextmanager
    def inside(self, builder: Builder) -> Iterator[None]:
        """Write into another block; what is bound inside is forgotten afterwards."""
        before = dict(self.variables)
        self.around.append(self.b)
        self.b = builder
        yield
        self.b, self.variables = self.around.pop(), before

    def origins(self) -> Iterator[Op]:
        """The operations whose results can be used here: those of the block at hand, and of the blocks around it."""
        for builder in (*self.around, self.b):
            yield from builder.ops

    def region(self, write: Callable[..., Sequence[Value]]) -> Callable[..., Sequence[Value]]:
        """`write(*parameters) -> values` as the builder wants a region."""

        def region(builder: Builder, *parameters: Value) -> Sequence[Value]:
            with self.inside(builder):
                return write(*parameters)

        return region

    def if_(
        self,
        condition: Value,
        then: Callable[[], Values],
        otherwise: Callable[[], Values],
        result_types: Sequence[CoreType],
    ) -> Values:
        return self.b.if_(condition, self.region(then), self.region(otherwise), result_types)


ZERO: dict[Scalar, bool | int | float] = {Scalar.BOOL: False, Scalar.INT: 0, Scalar.REAL: 0.0}

_WORDS: dict[type[typed.Expr], str] = {
    typed.Interpolation: "a text",
    typed.DistributionValue: "a distribution",
}


def _type_word(type_: types.Type) -> str:
    match type_:
        case types.Array():
            return "an array of arrays"
        case types.Table():
            return "a Table"
        case types.Fit():
            return "a Fit"
        case types.Bootstrap():
            return "a Bootstrap"
        case types.Optimum():
            return "an Optimum"
        case types.Posterior():
            return "a Posterior"
        case types.StateTomography() | types.ProcessTomography():
            return "a tomography"
        case types.Simple("Text"):
            return "a text"
        case _:
            return "this"
