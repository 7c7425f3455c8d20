"""Rules for arrays and records: literals, comprehensions, indices, slices, fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

from qdsl.lang.names import Kind
from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker, Reason, rule
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.literals import value_of
from qdsl.lang.typed.posterior_fields import posterior_fields
from qdsl.lang.typed.spaces import Part, Register, Several
from qdsl.lang.typed.tomography_fields import tomography_fields, tomography_part
from qdsl.lang.typed.types import BOOL, BROKEN, INT, NEVER, Length, Type, pruned
from qdsl.lang.typed.unification import element_of, joined_shape


@rule(surface.Array)
def array(c: Checker, node: surface.Array, expected: Type | None) -> typed.Expr:
    """`[a, b]`; rows that are arrays make a matrix."""
    wish = element_wish(expected)
    elements = [_wished(c, c.expr(each, wish), wish) for each in node.elements]
    if not elements:
        return typed.ArrayLiteral(node.span, types.Array(wish or types.TypeVar(numeric=True), (0,)), ())
    spaces = [own.space for each in elements if isinstance(own := pruned(each.type), types.SpaceType)]
    if len(spaces) == len(elements):
        return typed.ArrayLiteral(node.span, types.SpaceType(Several(tuple(spaces))), tuple(elements))
    joined = joined_types(c, elements, c.errors.elements_differ)
    if joined is None or not all(may_be_element(c, each) for each in elements):
        return c.broken(node.span)
    elements, inner = joined
    shape = _rows_shape(c, elements)
    if shape is None:
        return c.broken(node.span)
    type_ = types.Array(_over_all(elements, element_of(inner)[0]), (len(elements), *shape))
    display = next((each.display for each in elements if each.display is not None), None)
    return typed.ArrayLiteral(node.span, type_, tuple(elements), display=display)


def _over_all(elements: Sequence[typed.Expr], element: Type) -> Type:
    """Operators of one array may act on different spaces: any is one over all of them."""
    if not isinstance(element, types.Operator):
        return element
    own = (element_of(each.type)[0] for each in elements)
    places = [each.places for each in own if isinstance(each, types.Operator)]
    return types.Operator(element.dimension, frozenset().union(*places))


def _wished(c: Checker, value: typed.Expr, wish: Type | None) -> typed.Expr:
    """A record in an array whose type is written has the fields of that."""
    if wish is None or not isinstance(pruned(value.type), types.Record):
        return value
    return c.convert(value, wish) or value


def may_be_element(c: Checker, value: typed.Expr) -> bool:
    """Whether an array can hold this; False, with a message unless it is broken, where it cannot."""
    element, _ = element_of(value.type)
    if element is BROKEN:
        return False
    if isinstance(element, types.Estimate):
        c.report(c.errors.uncertainty_lost(value.span, types.Array(types.Real(element.dimension.resolved()))))
        return False
    if not _is_held(element):
        c.report(c.errors.not_an_element(value.span, types.resolved(element)))
        return False
    return True


def _is_held(type_: Type) -> bool:
    """Numbers, truth values, and records of them; a broken part has got its message."""
    type_ = pruned(type_)
    if isinstance(type_, types.Record | types.Array):
        return all(map(_is_held, types.parts(type_)))
    return type_ in (BOOL, INT, BROKEN) or isinstance(
        type_, types.Real | types.Complex | types.TypeVar | types.Operator | types.Ket | types.Density
    )


def element_wish(expected: Type | None) -> Type | None:
    if expected is None:
        return None
    wanted = pruned(expected)
    return wanted.element if isinstance(wanted, types.Array) and len(wanted.shape) == 1 else None


def _rows_shape(c: Checker, rows: Sequence[typed.Expr]) -> tuple[Length, ...] | None:
    """The shape that all rows have; None, with a message, where they differ."""
    shape = element_of(rows[0].type)[1] or ()
    for row in rows[1:]:
        own = element_of(row.type)[1] or ()
        joined = joined_shape(shape, own)
        if joined is None:
            c.report(c.errors.ragged(row.span, types.resolved(row.type), types.resolved(rows[0].type)))
            return None
        shape = joined
    return shape


def joined_types(
    c: Checker, values: Sequence[typed.Expr], differ: Callable[[Span, Type, Span, Type], Diagnostic]
) -> tuple[list[typed.Expr], Type] | None:
    """The values as one type, Ints raised where a real number is among them; None, with a message, where there is none.

    Lengths in which they differ are left open. `differ` words the message.
    """
    known = [each for each in values if pruned(each.type) not in (NEVER, BROKEN)]
    if not known:
        return list(values), values[0].type
    target = _common([each.type for each in known])
    result: list[typed.Expr] = []
    for value in values:
        converted = c.convert(value, target)
        if converted is None:
            _report_difference(c, known[0] if value is not known[0] else known[-1], value, differ)
            return None
        result.append(converted)
    return result, target


def _common(found: Sequence[Type]) -> Type:
    """The most general of these types; of records field by field."""
    shapes = [shape for _, shape in map(element_of, found) if shape is not None]
    elements = [element for element, _ in map(element_of, found)]
    records = [each for each in elements if isinstance(each, types.Record)]
    names = [[name for name, _ in record.fields] for record in records]
    if len(records) == len(found) and all(each == names[0] for each in names):
        columns = zip(*(types.parts(record) for record in records), strict=True)
        element: Type = types.Record(tuple(zip(names[0], map(_common, columns), strict=True)))
    else:
        element = max(elements, key=_generality)
    return types.Array(element, _common_shape(shapes)) if shapes else element


def _common_shape(shapes: Sequence[tuple[Length, ...]]) -> tuple[Length, ...]:
    """The lengths that all have; of shapes with different numbers of axes the first."""
    same_axes = [shape for shape in shapes if len(shape) == len(shapes[0])]
    return tuple(lengths[0] if len(set(lengths)) == 1 else None for lengths in zip(*same_axes, strict=True))


def _generality(type_: Type) -> int:
    order: tuple[type[Type], ...] = (types.TypeVar, types.Simple, types.Real, types.Estimate, types.Complex)
    return order.index(type(type_)) if type(type_) in order else len(order)


def _report_difference(
    c: Checker, first: typed.Expr, other: typed.Expr, differ: Callable[[Span, Type, Span, Type], Diagnostic]
) -> None:
    a, b = element_of(first.type)[0], element_of(other.type)[0]
    if isinstance(a, types.Real) and (isinstance(b, types.Real) or b is INT):
        found = b.dimension if isinstance(b, types.Real) else ONE
        if found.resolved() != a.dimension.resolved():
            c.report(c.wrong_dimension(other.span, found, a.dimension, Reason(first.span, "like this one")))
            return
    c.report(differ(first.span, types.resolved(first.type), other.span, types.resolved(other.type)))


@rule(surface.Range)
def range_(c: Checker, node: surface.Range, expected: Type | None) -> typed.Expr:
    """`lo .. hi`, both included."""
    low = c.fit(c.expr(node.low, INT), INT)
    high = c.fit(c.expr(node.high, INT), INT)
    one = typed.Constant(node.high.span, INT, 1)
    return typed.IntRange(node.span, types.Array(INT), low, typed.Operation(node.high.span, INT, "add", (high, one)))


@rule(surface.Index)
def index(c: Checker, node: surface.Index, expected: Type | None) -> typed.Expr:
    """`v[i]`, `m[i, j]`, a row `m[i]`, `v[i:j]`."""
    value = c.expr(node.value)
    element, shape = element_of(value.type)
    if element is BROKEN:
        return c.broken(node.span)
    if isinstance(element, types.SpaceType) and isinstance(element.space, Register):
        return _of_register(c, node, value, element.space)
    if shape is None:
        c.report(c.errors.not_indexable(node.value.span, types.resolved(value.type)))
        return c.broken(node.span)
    if any(isinstance(each, surface.Slice) for each in node.indices):
        return _slice(c, node, value, shape)
    if len(node.indices) > len(shape):
        c.report(c.errors.too_many_indices(node.span, len(shape)))
        return c.broken(node.span)
    indices = tuple(
        index_of(c, each, length)
        for each, length in zip(node.indices, shape, strict=False)
        if isinstance(each, surface.Expr)
    )
    rest = shape[len(indices) :]
    type_ = types.Array(element, rest) if rest else element
    return typed.Index(node.span, type_, value, indices, display=value.display)


def _of_register(c: Checker, node: surface.Index, value: typed.Expr, register: Register) -> typed.Expr:
    """`r[k]`: one of its spaces; which one, where k is known now."""
    place = node.indices[0]
    if not isinstance(place, surface.Expr):
        c.report(c.quantum.slice_of_register(place.span, node.value.span.text))
        return c.broken(node.span)
    if len(node.indices) != 1:
        c.report(c.quantum.indices_of_register(node.span, node.value.span.text))
        return c.broken(node.span)
    index_ = index_of(c, place)
    known = c.exact.get(index_)
    if known is None:
        return typed.Index(node.span, types.SpaceType(Part(register)), value, (index_,))
    if known < 0 or (register.length is not None and known >= register.length):
        c.report(c.quantum.outside_register(place.span, register))
        return c.broken(node.span)
    return typed.Index(node.span, types.SpaceType(register.space(int(known))), value, (index_,))


def index_of(c: Checker, node: surface.Expr, length: Length = None) -> typed.Expr:
    value = c.expr(node, INT)
    if pruned(value.type) is BROKEN:
        return value
    converted = c.convert(value, INT)
    if converted is None:
        c.report(c.errors.index_type(node.span, types.resolved(value.type)))
        return c.broken(node.span)
    known = c.exact.get(value)
    if known is not None and isinstance(length, int) and not 0 <= known < length:
        c.report(c.errors.index_outside(node.span, int(known), length))
    return converted


def _slice(c: Checker, node: surface.Index, value: typed.Expr, shape: tuple[Length, ...]) -> typed.Expr:
    part = node.indices[0]
    if len(shape) != 1 or len(node.indices) != 1 or not isinstance(part, surface.Slice):
        c.report(c.errors.slice_of_matrix(node.span))
        return c.broken(node.span)
    start = index_of(c, part.start) if part.start is not None else None
    stop = index_of(c, part.stop) if part.stop is not None else None
    element, _ = element_of(value.type)
    low = c.exact.get(start) if start is not None else Fraction(0)
    high = c.exact.get(stop) if stop is not None else shape[0]
    length: Length = None
    if low is not None and isinstance(high, int | Fraction):
        length = int(high - low)
    if _reaches_outside(low, high, shape[0]):
        ends = [int(end) if isinstance(end, int | Fraction) else None for end in (low, high, shape[0])]
        c.report(c.errors.slice_outside(node.span, ends[0], ends[1], ends[2]))
        return c.broken(node.span)
    return typed.SliceOf(node.span, types.Array(element, (length,)), value, start, stop, display=value.display)


def _reaches_outside(low: Fraction | None, high: Length | Fraction, length: Length) -> bool:
    """Whether `low` to `high` is no part of the array, as far as that is known now."""
    ends = [end for end in (low, high) if isinstance(end, int | Fraction)]
    beyond = isinstance(length, int) and any(end > length for end in ends)
    return beyond or ends != sorted(ends) or any(end < 0 for end in ends)


@rule(surface.Record)
def record(c: Checker, node: surface.Record, expected: Type | None) -> typed.Expr:
    """`(a = 1 s, b = 2)`."""
    wanted = pruned(expected) if expected is not None else None
    fields: dict[str, typed.Expr] = {}
    for each in node.fields:
        if each.name.text in fields:
            c.report(c.errors.field_twice(each.name.span, each.name.text))
        wish = wanted.field(each.name.text) if isinstance(wanted, types.Record) else None
        fields[each.name.text] = c.expr(each.value, wish)
    estimate = next((value for value in fields.values() if isinstance(pruned(value.type), types.Estimate)), None)
    if estimate is not None and c.in_function:
        c.report(c.errors.uncertainty_lost(estimate.span, types.Real(ONE)))
        return c.broken(node.span)
    type_ = types.Record(tuple((name, value.type) for name, value in fields.items()))
    return typed.RecordLiteral(node.span, type_, tuple(fields.items()))


FIT_FIELDS: dict[str, Type] = {
    "verdict": types.TEXT,
    "nll": types.SCALAR,
    "deviance": types.SCALAR,
    "dof": types.INT,
    "p_value": types.SCALAR,
    "chi2": types.SCALAR,
    "runs_p_value": types.SCALAR,
    "rejected": types.BOOL,
    "aic": types.SCALAR,
    "aicc": types.SCALAR,
    "bic": types.SCALAR,
}
"""What a Fit has besides an Estimate for each param, and their covariance."""

COVARIANCE = "covariance"


def covariance_of(params: dict[str, Type]) -> types.Record:
    """`best.covariance.tau.a`: a record of a record for each pair of params, in the product of their units."""
    sizes = {name: each.dimension for name, each in params.items() if isinstance(each, types.Estimate)}
    rows = {
        name: types.Record(tuple((other, types.Real(own * its)) for other, its in sizes.items()))
        for name, own in sizes.items()
    }
    return types.Record(tuple(rows.items()))


@rule(surface.Field)
def field(c: Checker, node: surface.Field, expected: Type | None) -> typed.Expr:
    """A field of a record, a column of a table, a part of a fit or an estimate; a name of a module."""
    symbol = c.symbol(node)
    if symbol is not None:
        return value_of(c, node, symbol)
    if isinstance(node.value, surface.Reference):
        owner = c.symbol(node.value)
        if owner is not None and owner.kind is Kind.MODULE:
            return c.broken(node.span)
    value = c.expr(node.value)
    owner_type = types.resolved(value.type)
    if owner_type is BROKEN:
        return c.broken(node.span)
    known = fields_of(owner_type)
    if known is None:
        is_quantum = isinstance(owner_type, types.QUANTUM)
        no_field = c.quantum.no_part if is_quantum else partial(c.errors.no_field, known=())
        c.report(no_field(node.name.span, owner_type, node.name.text))
        return c.broken(node.span)
    type_ = known.get(node.name.text)
    if type_ is None:
        if _is_whole(owner_type):
            c.report(c.errors.no_field(node.name.span, owner_type, node.name.text, known))
        return c.broken(node.span)
    display = value.display if isinstance(owner_type, types.Estimate) else None
    if isinstance(owner_type, types.TOMOGRAPHY):
        return tomography_part(c, node, value, type_)
    if isinstance(owner_type, types.Fit | types.Bootstrap | types.Posterior):
        display = next(
            (p.variable.display for p in owner_type.experiment.params if p.variable.name == node.name.text), None
        )
    c.products.value(node, type_)
    return typed.GetField(node.span, type_, value, node.name.text, display=display)


def _is_whole(type_: Type) -> bool:
    """Whether what it lacks is not there, rather than wrong where it is declared."""
    match type_:
        case types.Table(is_whole=is_whole):
            return is_whole
        case types.Fit(experiment) | types.Bootstrap(experiment) | types.Posterior(experiment):
            return experiment.is_whole
        case _:
            return True


def _estimates(experiment: typed.Experiment) -> dict[str, Type]:
    """An Estimate for each param."""
    return {
        each.variable.name: types.Estimate(each.variable.type.dimension)
        for each in experiment.params
        if isinstance(each.variable.type, types.Real)
    }


def fields_of(type_: Type) -> dict[str, Type] | None:
    """The names after `.` that a type has; None where it has none."""
    match type_:
        case types.Record(fields):
            return dict(fields)
        case types.Table(columns):
            return {name: types.Array(each) for name, each in columns}
        case types.Estimate(dimension):
            return {"value": types.Real(dimension), "err": types.Real(dimension)}
        case types.StateTomography() | types.ProcessTomography():
            return tomography_fields(type_)
        case types.Optimum(arguments, value):
            return {**dict(arguments), "value": value, "verdict": types.TEXT}
        case types.Fit(experiment):
            params = _estimates(experiment)
            return {**FIT_FIELDS, COVARIANCE: covariance_of(params), **params}
        case types.Bootstrap(experiment):
            draws = types.Table(
                tuple((each.variable.name, each.variable.type) for each in experiment.params), experiment.is_whole
            )
            return {"draws": draws, "failed": types.INT} | _estimates(experiment)
        case types.Posterior(experiment):
            return posterior_fields(experiment) | _estimates(experiment)
        case _:
            return None
