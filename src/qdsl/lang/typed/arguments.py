"""Arguments of a call: which parameter each is for, and each as what its parameter takes.

fn f(t: Time, w: Rate) -> Scalar        f(w = 3 rad/s, t = [1 us, 2 us])  maps over t and gives an array
fn g(xs: [Time; n]) -> [Time; n]        g([1 us, 2 us])                   n is 2, so the result has two elements
f(18.21(42) us, 3 rad/s)                an Estimate where a real number is taken gives an Estimate
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import CYCLE, ONE, Dimension
from qdsl.lang.typed.show import by_default
from qdsl.lang.typed.types import BOOL, BROKEN, INT, Length, Type, pruned
from qdsl.lang.typed.unification import element_of, joined_shape


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter that arguments are matched with."""

    name: str
    has_default: bool


def matched(
    c: Checker,
    span: Span,
    function: str,
    slots: Sequence[Slot],
    arguments: Sequence[surface.Argument],
    declared: Span | None = None,
) -> list[surface.Expr | None] | None:
    """The argument of each slot in order, None for a default; None, with a message, where they do not match."""
    given: dict[str, surface.Expr] = {}
    names = [slot.name for slot in slots]
    position = 0
    for argument in arguments:
        if argument.name is None:
            if position >= len(slots):
                c.report(c.errors.too_many_arguments(argument.span, function, len(slots), declared))
                return None
            name = names[position]
            position += 1
        else:
            name = argument.name.text
            if name not in names:
                c.report(c.errors.unknown_argument(argument.name.span, function, name, names))
                return None
        if name in given:
            c.report(c.errors.argument_twice(argument.span, name))
            return None
        given[name] = argument.value
    missing = [slot.name for slot in slots if slot.name not in given and not slot.has_default]
    if missing:
        c.report(c.errors.missing_argument(span, function, missing, declared))
        return None
    return [given.get(name) for name in names]


# ── each argument as what its parameter takes ────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class Accepted:
    """The arguments taken so far, converted; which of them the call maps over; the shape that this gives.

    `lengths` holds what the names of lengths in the function's type stand for, `estimate` an argument whose uncertainty
    has to reach the result.
    """

    span: Span
    arguments: list[typed.Expr] = field(default_factory=list)
    mapped: list[bool] = field(default_factory=list)
    shape: tuple[Length, ...] | None = None
    over: typed.Expr | None = None
    lengths: dict[str, Length] = field(default_factory=dict)
    estimate: typed.Expr | None = None


def accept(
    c: Checker,
    span: Span,
    name: str,
    parameters: Sequence[str],
    type_: types.Function,
    values: Sequence[typed.Expr],
    function: typed.Function | None = None,
) -> tuple[Accepted, Type] | None:
    """Convert every argument; the type of the result. None, with a message, where one does not fit."""
    accepted = Accepted(span)
    fits = [
        _take(c, accepted, name, parameter, wanted, value, function)
        for parameter, wanted, value in zip(parameters, type_.parameters, values, strict=True)
    ]
    if not all(fits):
        return None
    result = _result(c, span, name, accepted, type_)
    return None if result is None else (accepted, result)


def _take(
    c: Checker,
    accepted: Accepted,
    name: str,
    parameter: str,
    wanted: Type,
    value: typed.Expr,
    function: typed.Function | None,
) -> bool:
    """One argument; False, with a message, where it does not fit."""
    if pruned(value.type) is BROKEN:
        return False
    _, found_shape = element_of(value.type)
    element, shape = element_of(wanted)
    goes_over = found_shape is not None and shape is None and not isinstance(element, types.TypeVar)
    target = types.Array(element, found_shape) if goes_over and found_shape is not None else _open(wanted)
    converted = _converted(c, accepted, value, target)
    if converted is None:
        _report_argument(c, accepted.span, name, parameter, value, target, function)
        return False
    accepted.arguments.append(converted)
    accepted.mapped.append(goes_over)
    if goes_over and found_shape is not None:
        return _map_over(c, accepted, value, found_shape)
    if isinstance(wanted, types.Function):
        shape, found_shape = _shapes_given(wanted, value.type)
    if shape is not None and found_shape is not None and not _lengths_agree(shape, found_shape, accepted.lengths):
        filled = _with_lengths(wanted, accepted.lengths)
        c.report(c.errors.wrong_argument(value.span, name, parameter, types.resolved(value.type), filled))
        return False
    return True


def _shapes_given(wanted: types.Function, found: Type) -> tuple[tuple[Length, ...] | None, tuple[Length, ...] | None]:
    """The shapes of what functions give; of the one that is given only the lengths that are numbers."""
    own = pruned(found)
    if not isinstance(own, types.Function):
        return None, None
    (_, shape), (_, given) = element_of(wanted.result), element_of(own.result)
    if shape is None or given is None or len(shape) != len(given):
        return None, None
    return shape, tuple(length if isinstance(length, int) else None for length in given)


def _converted(c: Checker, accepted: Accepted, value: typed.Expr, target: Type) -> typed.Expr | None:
    """The argument as its parameter's type; an Estimate passes for a real number."""
    found, wanted = pruned(value.type), pruned(target)
    if isinstance(found, types.Estimate) and isinstance(wanted, types.Real):
        accepted.estimate = value
        return value if c.same_dimension(found.dimension, wanted.dimension, value.span) else None
    return c.convert(value, target)


def _map_over(c: Checker, accepted: Accepted, value: typed.Expr, shape: tuple[Length, ...]) -> bool:
    """The call goes over this argument too; all that it goes over have one shape."""
    joined = shape if accepted.shape is None else joined_shape(accepted.shape, shape)
    if joined is None:
        assert accepted.over is not None
        first = accepted.over
        c.report(
            c.errors.lengths_differ(first.span, types.resolved(first.type), value.span, types.resolved(value.type))
        )
        return False
    accepted.shape = joined
    accepted.over = accepted.over or value
    return True


def _fits_an_array(type_: Type) -> bool:
    """Whether many of them, of any lengths, are an array."""
    type_ = pruned(type_)
    return not isinstance(type_, types.Array | types.Function) and all(map(_fits_an_array, types.parts(type_)))


def _result(c: Checker, span: Span, name: str, accepted: Accepted, type_: types.Function) -> Type | None:
    """The type of the call: an array where it maps, an Estimate where an uncertainty goes in."""
    result = _with_lengths(pruned(type_.result), accepted.lengths)
    if accepted.shape is not None:
        if not _fits_an_array(result):
            c.report(c.errors.mapped_array_result(span, name, types.resolved(result)))
            return None
        result = types.Array(result, accepted.shape)
        if isinstance(result.element, types.Estimate) and accepted.over is not None:
            c.report(c.errors.uncertainty_lost(span, types.Array(types.Real(ONE), accepted.shape)))
            return None
    if accepted.estimate is None or result in (BOOL, INT) or isinstance(result, types.Estimate):
        return result
    if isinstance(result, types.Real):
        return types.Estimate(result.dimension)
    c.report(c.errors.uncertainty_lost(accepted.estimate.span, types.resolved(result)))
    return None


def _report_argument(
    c: Checker, span: Span, name: str, parameter: str, value: typed.Expr, target: Type, function: typed.Function | None
) -> None:
    found, shape = element_of(types.resolved(value.type))
    wanted, wanted_shape = element_of(types.resolved(target))
    have = ONE if found is INT else getattr(found, "dimension", None)
    want = getattr(wanted, "dimension", None)
    if wanted is INT and isinstance(found, types.Real) and found.dimension.is_one:
        c.report(c.errors.needs_rounding(value.span, None, ""))
    elif (
        have is None
        or want is None
        or _axes(shape) != _axes(wanted_shape)
        or _is_other_kind(found, wanted)
        or have == want
    ):
        c.report(
            c.errors.wrong_argument(value.span, name, parameter, types.resolved(value.type), types.resolved(target))
        )
    elif function is not None and function.body is None and want.is_one:
        if by_default(have) == Dimension({CYCLE: 1}) and name in _ANGLES:
            c.report(c.dims.cycles_where_radians(span, name, value.span, have))
        else:
            c.report(c.dims.plain_number(value.span, name, have))
    else:
        declared = next((v.span for v in function.parameters if v.name == parameter), None) if function else None
        c.report(c.dims.argument(value.span, name, parameter, have, want, declared))


def _axes(shape: tuple[Length, ...] | None) -> int:
    return 0 if shape is None else len(shape)


def _is_other_kind(found: Type, wanted: Type) -> bool:
    """Whether they differ in more than their dimension: a Complex or an operator where a real number is taken."""
    if isinstance(found, types.QUANTUM) or isinstance(wanted, types.QUANTUM):
        return type(found) is not type(wanted)
    return isinstance(found, types.Complex) and isinstance(wanted, types.Real)


_ANGLES = frozenset(("sin", "cos", "tan"))


def _open(type_: Type) -> Type:
    """An array type without the names of its lengths, which a caller does not share; so in what a function takes."""
    if isinstance(type_, types.Array):
        return types.Array(type_.element, tuple(None if isinstance(n, str) else n for n in type_.shape))
    if isinstance(type_, types.Function):
        return replace(type_, parameters=tuple(_open(each) for each in type_.parameters), result=_open(type_.result))
    return type_


def _lengths_agree(wanted: tuple[Length, ...], found: tuple[Length, ...], lengths: dict[str, Length]) -> bool:
    """Whether the named lengths of a function's type stand for one length each; new ones are remembered."""
    for name, length in zip(wanted, found, strict=True):
        if isinstance(name, str) and length is not None and lengths.setdefault(name, length) != length:
            return False
    return True


def _with_lengths(type_: Type, lengths: dict[str, Length]) -> Type:
    if isinstance(type_, types.Array):
        shape = tuple(lengths.get(n) if isinstance(n, str) else n for n in type_.shape)
        return types.Array(type_.element, shape)
    if isinstance(type_, types.Function):
        parameters = tuple(_with_lengths(each, lengths) for each in type_.parameters)
        return replace(type_, parameters=parameters, result=_with_lengths(type_.result, lengths))
    return type_
