"""The rule for `x^y`: a quantity is raised to a power that is known now, a plain number to any.

(3 m)^2, x^(1/2)      the dimension is raised with it
2^n, 2^-1             an Int to an Int that is not negative is an Int, all else a real number
pi^2                  two occurrences of pi, each of which is plain or carries rad/cycle
"""

from __future__ import annotations

from fractions import Fraction

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import operator_rules, types
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE, Dimension, Exponent, Turn
from qdsl.lang.typed.operands import Number, applied, joined_kind, number_of, raised
from qdsl.lang.typed.rational import exact_value
from qdsl.lang.typed.types import INT


def power(c: Checker, node: surface.Binary) -> typed.Expr:
    """`x^2`: of a quantity only to a power known now, of a plain number to any."""
    base, exponent = c.expr(node.left), c.expr(node.right)
    c.products.product(node, node.left, node.right)
    if operator_rules.takes_part(base):
        return operator_rules.power(c, node, base, exponent)
    m, n = number_of(c, base, "^"), number_of(c, exponent, "^")
    if m is None or n is None:
        return c.broken(node.span)
    if not c.same_dimension(n.dimension, ONE, node.span):
        c.report(c.dims.exponent_has_dimension(exponent.span, n.dimension))
        return c.broken(node.span)
    joined = joined_kind(c, base, exponent, m, n)
    if joined is None:
        return c.broken(node.span)
    kind, shape = joined
    known = exact_value(c, exponent)
    if known is not None:
        return _known_power(c, node.span, base, m, exponent, n, known)
    if not c.same_dimension(m.dimension, ONE, node.span):
        c.report(c.dims.power_of_quantity(exponent.span, m.dimension))
        return c.broken(node.span)
    return applied(c, node.span, "pow", kind, ONE, shape, (raised(c, base, m, kind), raised(c, exponent, n, kind)))


def _known_power(
    c: Checker, span: Span, base: typed.Expr, m: Number, exponent: typed.Expr, n: Number, known: Fraction
) -> typed.Expr:
    """To an exponent known now, with which the dimension is raised."""
    if m.kind is n.kind is types.Simple and known >= 0:
        result = applied(
            c, span, "pow", types.Simple, ONE, m.shape, (base, typed.Constant(exponent.span, INT, int(known)))
        )
        if base in c.exact and known < 64:
            c.exact[result] = c.exact[base] ** int(known)
        return result
    kind = types.Real if m.kind is types.Simple else m.kind
    operand = raised(c, base, m, kind)
    power_: Exponent = known.numerator if known.denominator == 1 else known
    constant = typed.Constant(exponent.span, types.SCALAR, float(known))
    dimension = _power_of_pi(c, base, m.dimension, known) or m.dimension**power_
    result = applied(c, span, "pow", kind, dimension, m.shape, (operand, constant))
    if base in c.exact and known.denominator == 1 and abs(known) < 64 and (c.exact[base] or known > 0):
        c.exact[result] = c.exact[base] ** int(known)
    return result


def _power_of_pi(c: Checker, base: typed.Expr, dimension: Dimension, known: Fraction) -> Dimension | None:
    """`pi^k` counts as k occurrences of pi, each plain or not by itself."""
    if not isinstance(base, typed.Local) or known.denominator != 1 or abs(known) < 2:
        return None
    (atom, power), *more = dimension.factors.items() or [("", 0)]
    if more or not isinstance(atom, Turn) or power != 1:
        return None
    turns = [atom, *(c.turn(base.span, atom.text) for _ in range(abs(int(known)) - 1))]
    return Dimension(dict.fromkeys(turns, 1 if known > 0 else -1))
