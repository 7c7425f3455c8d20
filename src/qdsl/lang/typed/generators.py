"""H and jump operators where dynamics take them: their dimensions, and the 2π and square roots that are forgotten.

2pi * f * Z(q), t -> H0 + f(t) * V      a Rate (hbar = 1) or an Energy; in hertz a 2π is missing
[sqrt(kappa) * a(c), ..]                the square root of a Rate times an operator
"""

from __future__ import annotations

from fractions import Fraction

from qdsl.lang.names import Kind
from qdsl.lang.report import Edit, Fix
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker, Reason
from qdsl.lang.typed.dimension import (
    CYCLE,
    ENERGY,
    FREQUENCY,
    RATE,
    Atom,
    Dimension,
    DimVar,
    Exponent,
    Turn,
    base,
)
from qdsl.lang.typed.operator_rules import as_operator
from qdsl.lang.typed.spaces import Places
from qdsl.lang.typed.types import BROKEN, SCALAR, pruned
from qdsl.lang.typed.unification import element_of

TIME = types.Real(base("Time"))
JUMP = RATE ** Fraction(1, 2)
HBAR = 1.054571817646156391262428003302280745e-34
"""h / 2π of the SI: an Energy over it is a Rate."""

# ── H ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def generator_of(c: Checker, node: surface.Expr, function: str) -> tuple[typed.Expr, Places, typed.Expr] | None:
    """H, constant or a function of time; its spaces, and by what it is multiplied to be a Rate."""
    wish = types.Function((TIME,), types.TypeVar()) if isinstance(node, surface.Lambda) else None
    value = c.expr(node, wish)
    type_ = pruned(value.type)
    if type_ is BROKEN:
        return None
    if isinstance(type_, types.Function):
        if len(type_.parameters) != 1 or not c.unify(type_.parameters[0], TIME, node.span):
            c.report(c.dynamics.not_of_time(node.span, f"the H of `{function}`", types.resolved(type_)))
            return None
        inner = pruned(type_.result)
    else:
        value = as_operator(c, value)
        inner = pruned(value.type)
    if inner is BROKEN:
        return None
    if not isinstance(inner, types.Operator):
        c.report(c.quantum.takes(node.span, function, _H, types.resolved(type_)))
        return None
    factor = _scale(c, node, inner.dimension, function)
    return None if factor is None else (value, inner.places, typed.Constant(node.span, SCALAR, factor))


_H = "H first, an operator or a function of time that gives one"


def _scale(c: Checker, node: surface.Expr, dimension: Dimension, function: str) -> float | None:
    """1 for a Rate, 1 / hbar for an Energy; None, with a message, for what is neither."""
    span = node.span
    rest: dict[Atom, Exponent] = {
        atom: power
        for atom, power in dimension.resolved().factors.items()
        if not isinstance(atom, Turn) and atom != CYCLE
    }
    if Dimension(rest) == ENERGY:
        if c.same_dimension(dimension, ENERGY, span):
            return 1 / HBAR
        c.report(c.wrong_dimension(span, dimension, ENERGY, Reason(None, f"the H of `{function}`")))
        return None
    if Dimension(rest) == RATE or any(isinstance(atom, DimVar) for atom in rest):
        if c.same_dimension(dimension, RATE, span):
            return 1.0
        c.report(c.dynamics.frequency_as_generator(span, function, _multiplied(c, node)))
        return None
    c.report(c.dynamics.not_a_generator(span, function, dimension))
    return None


def _multiplied(c: Checker, node: surface.Expr) -> Span | None:
    """What to multiply in an H that lacks its 2π: of a lambda what it gives; None of a function that has a name."""
    if isinstance(node, surface.Lambda):
        return node.body.span if not isinstance(node.body, surface.Block) else None
    symbol = c.symbol(node)
    return None if symbol is not None and symbol.kind is Kind.FUNCTION else node.span


# ── jump operators ───────────────────────────────────────────────────────────────────────────────────────────────


def jumps_of(c: Checker, node: surface.Expr) -> typed.Expr | None:
    """`[sqrt(kappa) * a(c), ..]`, or that as a function of time."""
    wish = types.Function((TIME,), types.TypeVar()) if isinstance(node, surface.Lambda) else None
    value = c.expr(node, wish)
    type_ = pruned(value.type)
    if type_ is BROKEN:
        return None
    inner = pruned(type_.result) if isinstance(type_, types.Function) else type_
    element, shape = element_of(inner)
    if shape == (0,):
        return value
    if isinstance(type_, types.Function) and not c.unify(types.Function((TIME,), inner), type_, node.span):
        c.report(c.dynamics.not_of_time(node.span, "`loss`", types.resolved(type_)))
        return None
    if not isinstance(element, types.Operator) or shape is None:
        c.report(c.dynamics.loss_not_a_list(node.span, types.resolved(type_)))
        return None
    if not c.same_dimension(element.dimension, JUMP, node.span):
        first = node.elements[0] if isinstance(node, surface.Array) else node
        c.report(c.dynamics.not_a_jump(first.span, element.dimension, *_mended_jump(c, first, element.dimension)))
        return None
    return value


def _mended_jump(c: Checker, node: surface.Expr, dimension: Dimension) -> tuple[str, tuple[Fix, ...]]:
    """What to write in place of a jump operator of a wrong dimension."""
    dimension = dimension.resolved()
    if dimension.is_one:
        return "a rate is missing: sqrt(kappa) * a(c) for a rate kappa", ()
    if dimension == FREQUENCY:
        return "a linewidth in hertz is a rate times 2pi: sqrt(2pi * kappa) * a(c)", ()
    if dimension == FREQUENCY ** Fraction(1, 2):
        factor = node.left if isinstance(node, surface.Binary) else None
        root = factor.arguments[0].value.span if isinstance(factor, surface.Call) and factor.arguments else None
        fixes = () if root is None else (Fix("multiply by 2pi", (Edit(root.before(), "2pi * "),), sure=False),)
        return "a linewidth in hertz is a rate times 2pi: sqrt(2pi * kappa) * a(c)", fixes
    if dimension != RATE:
        return "", ()
    if isinstance(node, surface.Binary) and node.operator == "*" and _is_rate(c.expr(node.left)):
        left = node.left.span
        return "", (Fix("take the root", (Edit(left.before(), "sqrt("), Edit(left.after(), ")"))),)
    return "write sqrt(kappa) * a(c) for a rate kappa", ()


def _is_rate(value: typed.Expr) -> bool:
    type_ = types.resolved(value.type)
    return isinstance(type_, types.Real) and type_.dimension == RATE


def places_in(loss: typed.Expr) -> Places:
    type_ = pruned(loss.type)
    inner = pruned(type_.result) if isinstance(type_, types.Function) else type_
    element, _ = element_of(inner)
    assert isinstance(element, types.Operator)
    return element.places
