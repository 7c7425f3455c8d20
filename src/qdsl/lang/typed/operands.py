"""Operands: what an operator needs to know of a value, and two of them brought to one kind and one shape.

Kinds of number rise by themselves, Int to Real to Complex; an Estimate makes the result an Estimate, which is neither
an array nor complex. A literal 0 takes the type of what it meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE, Dimension, DimVar
from qdsl.lang.typed.types import INT, Length, Type
from qdsl.lang.typed.unification import element_of, is_numeric, joined_shape

Shape = tuple[Length, ...] | None


@dataclass(frozen=True, slots=True)
class Number:
    """What an operator needs to know of an operand."""

    kind: type[Type]
    dimension: Dimension
    shape: Shape

    def type(self) -> Type:
        """The type again."""
        element: Type = INT if self.kind is types.Simple else self.kind(self.dimension)  # type: ignore[call-arg]
        return element if self.shape is None else types.Array(element, self.shape)


_RANK: dict[type[Type], int] = {types.Simple: 0, types.Real: 1, types.Estimate: 2, types.Complex: 3}


def number_of(c: Checker, value: typed.Expr, operator: str) -> Number | None:
    """The operand as a number; None, with a message unless it is broken, where it is none."""
    element, shape = element_of(value.type)
    match element:
        case types.Simple("Int"):
            return Number(types.Simple, ONE, shape)
        case types.Real(dimension):
            return Number(types.Real, dimension, shape)
        case types.Complex(dimension):
            return Number(types.Complex, dimension, shape)
        case types.Estimate(dimension):
            return Number(types.Estimate, dimension, shape)
        case types.TypeVar():
            element.solution = INT if isinstance(value, typed.Constant) else types.Real(Dimension({DimVar(): 1}))
            return number_of(c, value, operator)
        case types.Simple("Broken"):
            return None
        case _:
            c.report(c.errors.not_a_number(value.span, operator, value.type))
            return None


def result_shape(c: Checker, left: typed.Expr, right: typed.Expr, m: Shape, n: Shape) -> tuple[bool, Shape]:
    """The shape of an operation on both; False, with a message, where they do not go together."""
    if m is None or n is None:
        return True, n if m is None else m
    joined = joined_shape(m, n)
    if joined is None:
        c.report(c.errors.lengths_differ(left.span, types.resolved(left.type), right.span, types.resolved(right.type)))
        return False, None
    return True, joined


def joined_kind(
    c: Checker, left: typed.Expr, right: typed.Expr, m: Number, n: Number
) -> tuple[type[Type], Shape] | None:
    """The kind and shape of a result; None, with a message, where there is none that keeps every uncertainty."""
    fits, shape = result_shape(c, left, right, m.shape, n.shape)
    if not fits:
        return None
    kind = higher(m.kind, n.kind)
    if types.Estimate in (m.kind, n.kind) and (shape is not None or kind is types.Complex):
        estimate = left if m.kind is types.Estimate else right
        result = Number(kind if kind is types.Complex else types.Real, ONE, shape).type()
        c.report(c.errors.uncertainty_lost(estimate.span, result))
        return None
    return kind, shape


def raised(c: Checker, value: typed.Expr, own: Number, kind: type[Type]) -> typed.Expr:
    """The operand as that kind of number."""
    if own.kind is kind:
        return value
    return c.cast(value, kind(own.dimension))  # type: ignore[call-arg]


def applied(
    c: Checker,
    span: Span,
    name: str,
    kind: type[Type],
    dimension: Dimension,
    shape: Shape,
    operands: Sequence[typed.Expr],
) -> typed.Expr:
    """The operation; its result is noted for settling."""
    result = typed.Operation(span, Number(kind, dimension, shape).type(), name, tuple(operands))
    c.note(result)
    return result


def higher(left: type[Type], right: type[Type]) -> type[Type]:
    return left if _RANK[left] >= _RANK[right] else right


def adopt_zero(left: typed.Expr, right: typed.Expr) -> None:
    """A literal 0 (or a var that began as one) becomes what it is added to or compared with."""
    for zero, other in ((left, right), (right, left)):
        variable, _ = element_of(zero.type)
        element, _ = element_of(other.type)
        if isinstance(variable, types.TypeVar) and variable is not element and is_numeric(element):
            if isinstance(element, types.Estimate):
                element = types.Real(element.dimension)
            variable.solution = element
            if isinstance(zero, typed.Constant) and isinstance(element, types.Real | types.Complex):
                zero.value = 0.0 if isinstance(element, types.Real) else 0j
