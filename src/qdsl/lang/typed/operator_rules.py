"""Rules for `+ - * / ^` and signs where an operator or a state takes part.

2 * A, A / 2, A * B, A + B, A + 1     operators: dimensions multiply, spaces unite; a number stands for itself times 1
A * psi, psi * phi                    a ket; kets of different spaces make one of both
psi† * phi, psi * phi†                a number; an operator
0.3 * rho + 0.7 * sigma               densities mix
"""

from __future__ import annotations

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.rational import exact_value
from qdsl.lang.typed.spaces import Places, is_open, missing, names
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
            return quantum(c, span, types.Operator(m * n, p | q), "product", (a, b))
        case types.Operator(m, p), types.Ket(q):
            return _acting(c, span, a, b, types.Ket(q), m, p, q)
        case types.Bra(p), types.Operator(m, q):
            return _acting(c, span, b, a, types.Bra(p), m, q, p, swapped=True)
        case types.Bra(p), types.Ket(q):
            if p != q and not (is_open(p) or is_open(q)):
                c.report(c.quantum.spaces_differ(span, names(p), names(q)))
                return c.broken(span)
            return quantum(c, span, types.Complex(ONE), "inner", (a, b))
        case types.Ket(p), types.Bra(q):
            return quantum(c, span, types.Operator(ONE, p | q), "outer", (a, b))
        case (types.Ket(p), types.Ket(q)) | (types.Bra(p), types.Bra(q)) | (types.Density(p), types.Density(q)):
            return tensor(c, span, a, b)
        case _:
            c.report(c.quantum.no_product(span, "*", types.resolved(left.type), types.resolved(right.type), ""))
            return c.broken(span)


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
    twice = [each for each in p & q if each in p]
    if twice and not (is_open(p) or is_open(q)):
        c.report(c.quantum.twice(span, next(iter(twice))))  # type: ignore[arg-type]
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
        case types.Density(places) if not isinstance(pruned(factor.type), types.Complex) and _is_plain(c, dimension):
            return quantum(c, span, types.Density(places), "scale", (factor, other))
        case types.Density(places):
            return quantum(c, span, types.Operator(dimension, places), "scale", (factor, as_operator(c, other)))
        case types.Ket() | types.Bra() as type_:
            if not c.same_dimension(dimension, ONE, span):
                c.report(c.quantum.quantity_times_state(span, dimension))
                return c.broken(span)
            return quantum(c, span, type_, "scale", (factor, other))
        case _:
            c.report(c.quantum.no_product(span, "*", types.resolved(left.type), types.resolved(right.type), ""))
            return c.broken(span)


def _is_plain(c: Checker, dimension: Dimension) -> bool:
    return dimension.resolved().is_one


def quotient(c: Checker, span: Span, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`A / 2`."""
    if not is_number(right):
        if BROKEN not in (pruned(left.type), pruned(right.type)):
            hint = "a function of an operator has a name: inverse, exp, .." if takes_part(right) else ""
            c.report(c.quantum.no_product(span, "/", types.resolved(left.type), types.resolved(right.type), hint))
        return c.broken(span)
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
    for number, other in ((left, right), (right, left)):
        if is_number(number) and isinstance(pruned(other.type), types.Operator | types.Density):
            identity = _times_one(c, number, other)
            if identity is None:
                return c.broken(span)
            left, right = (identity, right) if number is left else (left, identity)
    left, right = _as_operator(c, left, right), _as_operator(c, right, left)
    name = "add" if sign == "+" else "subtract"
    match pruned(left.type), pruned(right.type):
        case types.Operator(m, p), types.Operator(n, q):
            if not c.same_dimension(m, n, span):
                c.report(c.dims.differ(sign, left.span, m, right.span, n, None))
                return c.broken(span)
            return quantum(c, span, types.Operator(m, p | q), name, (left, right))
        case (
            (types.Ket(p), types.Ket(q)) | (types.Bra(p), types.Bra(q)) | (types.Density(p), types.Density(q))
        ) as pair:
            if p != q and not (is_open(p) or is_open(q)):
                c.report(c.quantum.spaces_differ(span, names(p), names(q)))
                return c.broken(span)
            return quantum(c, span, pair[0], name, (left, right))
        case _:
            c.report(c.quantum.no_product(span, sign, types.resolved(left.type), types.resolved(right.type), ""))
            return c.broken(span)


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
            hint = "an operator is raised to a whole number that is known now: A^2"
            found = types.resolved(base.type), types.resolved(exponent.type)
            c.report(c.quantum.no_product(node.span, "^", *found, hint))
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
