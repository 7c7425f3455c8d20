"""Rules for `+ - * / ^` and signs where an operator or a state takes part.

2 * A, A / 2, A * B, A + B, A + 1     operators: dimensions multiply, spaces unite; a number stands for itself times 1
A * psi, psi * phi                    a ket; kets of different spaces make one of both
psi† * phi, psi * phi†                a number; an operator
U * rho * U†                          a density (`sandwich`); rho * A, and any other product, is an operator
0.3 * rho + 0.7 * sigma               densities mix; rho - sigma is an operator
"""

from __future__ import annotations

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import CYCLE, FREQUENCY, ONE, RATE, Atom, Dimension, Exponent, Turn
from qdsl.lang.typed.rational import exact_value
from qdsl.lang.typed.sandwich import Sandwich, is_negative, sandwich
from qdsl.lang.typed.spaces import Places, in_order, is_open, missing, names
from qdsl.lang.typed.types import BROKEN, INT, Type, pruned
from qdsl.lang.typed.unification import element_of, is_numeric


def takes_part(*values: typed.Expr) -> bool:
    """Whether one of them is quantum."""
    return any(isinstance(pruned(value.type), types.QUANTUM) for value in values)


def quantum(
    c: Checker,
    span: Span,
    type_: Type,
    name: str,
    arguments: tuple[typed.Expr, ...],
    options: tuple[tuple[str, typed.Expr], ...] = (),
) -> typed.Expr:
    """The node; its type is noted for settling."""
    result = typed.Quantum(span, type_, name, arguments, options)
    c.note(result)
    return result


# ── products ─────────────────────────────────────────────────────────────────────────────────────────────────────


def product(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`A * B` of whatever kinds."""
    if BROKEN in (pruned(left.type), pruned(right.type)):
        return c.broken(span)
    if is_number(left) or is_number(right):
        return _scaled(c, span, left, right)
    if _share_spaces(left, right):
        left, right = as_operator(c, left), as_operator(c, right)
    a, b = _as_operator(c, left, right), _as_operator(c, right, left)
    match pruned(a.type), pruned(b.type):
        case types.Operator(m, p), types.Operator(n, q):
            found = sandwich(a, b) if _is_plain(c, m * n) else None
            if found is not None and not missing(p | q, places_of(found.state)):
                return _conjugated(c, span, found)
            return quantum(c, span, types.Operator(m * n, p | q), "product", (a, b))
        case types.Operator(m, p), types.Ket(q):
            return _acting(c, span, a, b, types.Ket(q), m, p, q)
        case types.Bra(p), types.Operator(m, q):
            return _acting(c, span, b, a, types.Bra(p), m, q, p, swapped=True)
        case types.Bra(p), types.Ket(q):
            if differ(c, "*", (a, p), (b, q)):
                return c.broken(span)
            return quantum(c, span, types.Complex(ONE), "inner", (a, b))
        case types.Ket(p), types.Bra(q):
            if differ(c, "*", (a, p), (b, q)):
                return c.broken(span)
            return quantum(c, span, types.Operator(ONE, p | q), "outer", (a, b))
        case (types.Ket(p), types.Ket(q)) | (types.Bra(p), types.Bra(q)) | (types.Density(p), types.Density(q)):
            return tensor(c, span, a, b)
        case types.Ket(), types.Operator():
            return no_product(c, span, "*", left, right, "an operator stands before the ket that it acts on")
        case types.Operator(), types.Bra():
            return no_product(c, span, "*", left, right, "an operator stands behind the bra that it acts on")
        case _:
            return no_product(c, span, "*", left, right)


def _conjugated(c: Checker, span: Span, found: Sandwich) -> typed.Expr:
    """`U * rho * dag(U)` as the state that it is."""
    outer: typed.Expr | None = None
    for each in found.outer:
        factor = each.value
        if each.is_adjoint:
            factor = quantum(c, factor.span, factor.type, "dagger", (factor,))
        type_ = pruned(factor.type)
        if outer is not None:
            first = pruned(outer.type)
            assert isinstance(first, types.Operator)
            assert isinstance(type_, types.Operator)
            joined = types.Operator(first.dimension * type_.dimension, first.places | type_.places)
            factor = quantum(c, span, joined, "product", (outer, factor))
        outer = factor
    assert outer is not None
    made = quantum(c, span, types.Density(places_of(found.state)), "conjugated", (outer, found.state))
    return made if found.number is None else quantum(c, span, made.type, "scale", (found.number, made))


def no_product(
    c: Checker, span: Span, operator: str, left: typed.Expr, right: typed.Expr, hint: str = ""
) -> typed.Expr:
    """Two values that an operator does not join."""
    sides = [(each.span, types.resolved(each.type)) for each in (left, right)]
    c.report(c.quantum.no_product(operator, sides[0], sides[1], hint))
    return c.broken(span)


def differ(c: Checker, sign: str, left: tuple[typed.Expr, Places], right: tuple[typed.Expr, Places]) -> bool:
    """Whether two states are certainly of different spaces; with a message."""
    (a, p), (b, q) = left, right
    if p == q or is_open(p) or is_open(q):
        return False
    c.report(c.quantum.spaces_differ(a.span, b.span, sign, names(p), names(q)))
    return True


def _share_spaces(left: typed.Expr, right: typed.Expr) -> bool:
    """Whether both are densities of a common space: `rho * rho` is a product of matrices, not a state of both."""
    match pruned(left.type), pruned(right.type):
        case types.Density(p), types.Density(q):
            return bool(p & q)
        case _:
            return False


def tensor(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """The product of states of different spaces."""
    kind = pruned(left.type)
    assert isinstance(kind, types.Ket | types.Bra | types.Density)
    p, q = kind.places, places_of(right)
    if twice := in_order(p & q):
        c.report(c.quantum.twice(right.span, twice[0], left.span))
        return c.broken(span)
    return quantum(c, span, type(kind)(p | q), "tensor", (left, right))


def _acting(
    c: Checker,
    span: Span,
    operator: typed.Expr,
    state: typed.Expr,
    result: Type,
    dimension: Dimension,
    needed: Places,
    had: Places,
    swapped: bool = False,
) -> typed.Expr:
    """An operator on a state that has its spaces."""
    if lacking := missing(needed, had):
        c.report(c.quantum.space_missing(operator.span, lacking, state.span))
        return c.broken(span)
    if not c.same_dimension(dimension, ONE, span):
        c.report(c.quantum.quantity_times_state(span, dimension))
        return c.broken(span)
    pair = (state, operator) if swapped else (operator, state)
    return quantum(c, span, result, "apply", pair)


def _scaled(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """A number times something."""
    number, other = (left, right) if is_number(left) else (right, left)
    factor = as_factor(c, number)
    if factor is None:
        return c.broken(span)
    dimension = dimension_of(factor)
    match pruned(other.type):
        case types.Operator(own, places):
            return quantum(c, span, types.Operator(dimension * own, places), "scale", (factor, other))
        case types.Density(places) if _may_be_weight(c, factor):
            return quantum(c, span, types.Density(places), "scale", (factor, other))
        case types.Density(places):
            return quantum(c, span, types.Operator(dimension, places), "scale", (factor, as_operator(c, other)))
        case types.Ket() | types.Bra() as type_:
            if not c.same_dimension(dimension, ONE, span):
                c.report(c.quantum.quantity_times_state(span, dimension))
                return c.broken(span)
            return quantum(c, span, type_, "scale", (factor, other))
        case _:
            return no_product(c, span, "*", left, right)


def _may_be_weight(c: Checker, factor: typed.Expr) -> bool:
    """Whether it may be the weight of a state in a mixture: of a unit, complex or negative it leaves no state."""
    is_real = not isinstance(pruned(factor.type), types.Complex)
    return is_real and not is_negative(factor) and _is_plain(c, dimension_of(factor))


def _is_plain(c: Checker, dimension: Dimension) -> bool:
    return dimension.resolved().is_one


def quotient(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`A / 2`."""
    if not is_number(right):
        if BROKEN in (pruned(left.type), pruned(right.type)):
            return c.broken(span)
        return no_product(c, span, "/", left, right)
    factor = as_factor(c, right)
    if factor is None:
        return c.broken(span)
    one = typed.Constant(right.span, types.SCALAR, 1.0)
    kind = types.Complex if isinstance(pruned(factor.type), types.Complex) else types.Real
    if kind is types.Complex:
        one = typed.Constant(right.span, types.Complex(ONE), 1 + 0j)
    inverse = typed.Operation(right.span, kind(ONE / dimension_of(factor)), "div", (one, factor))
    c.note(inverse)
    return _scaled(c, span, inverse, left)


# ── sums and powers ──────────────────────────────────────────────────────────────────────────────────────────────


def sum_(c: Checker, node: surface.Binary, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`A + B`, `A - 1`, `psi + phi`, `rho + sigma`."""
    span, sign = node.span, node.operator
    if BROKEN in (pruned(left.type), pruned(right.type)):
        return c.broken(span)
    aligned = side_by_side(c, left, right)
    if aligned is None:
        return c.broken(span)
    a, b = aligned
    if sign == "-" and isinstance(pruned(a.type), types.Density) and isinstance(pruned(b.type), types.Density):
        a, b = as_operator(c, a), as_operator(c, b)
    name = "add" if sign == "+" else "subtract"
    match pruned(a.type), pruned(b.type):
        case types.Operator(m, p), types.Operator(n, q):
            if is_two_pi_missing(c, (a, m), (b, n)):
                return quantum(c, span, types.Operator(RATE, p | q), name, (a, b))
            if not c.same_dimension(m, n, span):
                c.report(c.dims.differ(sign, left.span, m, right.span, n, None))
                return c.broken(span)
            return quantum(c, span, types.Operator(m, p | q), name, (a, b))
        case (
            (types.Ket(p), types.Ket(q)) | (types.Bra(p), types.Bra(q)) | (types.Density(p), types.Density(q))
        ) as pair:
            if differ(c, sign, (a, p), (b, q)):
                return c.broken(span)
            return quantum(c, span, pair[0], name, (a, b))
        case _:
            return no_product(c, span, sign, left, right)


def side_by_side(c: Checker, left: typed.Expr, right: typed.Expr) -> tuple[typed.Expr, typed.Expr] | None:
    """Two values as values of one kind, as far as one can be turned into the other's; None after a message."""
    for number, other in ((left, right), (right, left)):
        if is_number(number) and isinstance(pruned(other.type), types.Operator | types.Density):
            identity = _times_one(c, number, other)
            if identity is None:
                return None
            left, right = (identity, right) if number is left else (left, identity)
    return _as_operator(c, left, right), _as_operator(c, right, left)


def is_two_pi_missing(c: Checker, left: tuple[typed.Expr, Dimension], right: tuple[typed.Expr, Dimension]) -> bool:
    """Whether one term is in hertz and the other in radians, or has a pi that makes it so; with a message."""
    counts = [_counts(dimension) for _, dimension in (left, right)]
    if counts not in (["cycles", "radians"], ["radians", "cycles"]):
        return False
    without, with_pi = (left[0], right[0]) if counts[0] == "cycles" else (right[0], left[0])
    c.report(c.dynamics.two_pi_in_one_term(with_pi.span, without.span))
    return True


def _counts(dimension: Dimension) -> str:
    """What an operator counts in a time: `cycles` of a Frequency, `radians` of a Rate; else nothing."""
    dimension = dimension.resolved()
    if dimension == FREQUENCY:
        return "cycles"
    rest: dict[Atom, Exponent] = {
        atom: power for atom, power in dimension.factors.items() if not isinstance(atom, Turn) and atom != CYCLE
    }
    return "radians" if Dimension(rest) == RATE and (dimension == RATE or any(dimension.turns())) else ""


def _times_one(c: Checker, number: typed.Expr, other: typed.Expr) -> typed.Expr | None:
    """A number beside an operator is that number times the identity; a literal 0 has any dimension."""
    element = pruned(number.type)
    own = pruned(other.type)
    if isinstance(element, types.TypeVar) and isinstance(own, types.Operator):
        element.solution = types.Real(own.dimension)
    factor = as_factor(c, number)
    if factor is None:
        return None
    type_ = types.Operator(dimension_of(factor), places_of(other))
    return quantum(c, number.span, type_, "identity", (factor,))


def negated(c: Checker, span: Span, operand: typed.Expr) -> typed.Expr:
    """`-A`."""
    factor = typed.Constant(span, types.SCALAR, -1.0)
    return _scaled(c, span, factor, operand)


def power(c: Checker, node: surface.Binary, base: typed.Expr, exponent: typed.Expr) -> typed.Expr:
    """`A^2`: a whole power known now."""
    type_ = pruned(base.type)
    known = exact_value(c, exponent)
    if not isinstance(type_, types.Operator) or known is None or known.denominator != 1 or known < 0:
        if BROKEN not in (type_, pruned(exponent.type)):
            c.report(c.quantum.not_a_power((base.span, types.resolved(base.type)), exponent.span))
        return c.broken(node.span)
    result = types.Operator(type_.dimension ** int(known), type_.places)
    count = typed.Constant(exponent.span, INT, int(known))
    return quantum(c, node.span, result, "power", (base, count))


# ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────


def places_of(value: typed.Expr) -> Places:
    """The spaces of an operator or a state."""
    type_ = pruned(value.type)
    assert isinstance(type_, types.Operator | types.Ket | types.Bra | types.Density | types.Channel | types.Povm)
    return type_.places


def is_number(value: typed.Expr) -> bool:
    element, shape = element_of(value.type)
    return shape is None and is_numeric(element)


def as_factor(c: Checker, value: typed.Expr) -> typed.Expr | None:
    """A number as a real or complex one; None, with a message, for an Estimate."""
    type_ = pruned(value.type)
    if isinstance(type_, types.TypeVar):
        c.unify(type_, types.SCALAR, value.span)
        return c.cast(value, types.SCALAR) if pruned(value.type) is INT else value
    if type_ is INT:
        return c.cast(value, types.SCALAR)
    if isinstance(type_, types.Estimate):
        c.report(c.errors.uncertainty_lost(value.span, types.Operator(type_.dimension, frozenset())))
        return None
    return value


def dimension_of(number: typed.Expr) -> Dimension:
    type_ = pruned(number.type)
    return type_.dimension if isinstance(type_, types.Real | types.Complex) else ONE


def as_operator(c: Checker, value: typed.Expr) -> typed.Expr:
    """A density as the operator that it is; an operator itself."""
    type_ = pruned(value.type)
    if isinstance(type_, types.Density):
        return quantum(c, value.span, types.Operator(ONE, type_.places), "operator", (value,))
    return value


def _as_operator(c: Checker, value: typed.Expr, other: typed.Expr) -> typed.Expr:
    """A density beside an operator, a ket or a bra is an operator."""
    if isinstance(pruned(other.type), types.Operator | types.Ket | types.Bra):
        return as_operator(c, value)
    return value
