"""`experiment e { param .. axis .. let .. measure .. }`: the declared generative model, member by member."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qdsl.lang.names import Kind, Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.annotations import annotated
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.arrays import COVARIANCE, FIT_FIELDS
from qdsl.lang.typed.checker import Body, Checker, Reason
from qdsl.lang.typed.control import bind
from qdsl.lang.typed.dependence import fitted_variables, uses, variables_in
from qdsl.lang.typed.dimension import ONE, Dimension, DimVar
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.experiment_errors import SEED
from qdsl.lang.typed.measurements import OUTCOMES, outcomes_distribution
from qdsl.lang.typed.outcomes import outcomes
from qdsl.lang.typed.types import BOOL, BROKEN, INT, Type, pruned
from qdsl.lang.typed.unification import element_of

COLUMN_TYPES = (INT, BOOL, BROKEN)
"""What an axis may be besides real numbers: a cell of a data file holds one."""


def check_experiment(c: Checker, symbol: Symbol, node: surface.Experiment) -> None:
    """The symbol's entity becomes a global variable whose type is the experiment."""
    params: list[typed.ParamDeclaration] = []
    axes: list[typed.AxisDeclaration] = []
    lets: list[typed.Let] = []
    measures: list[typed.MeasureDeclaration] = []
    is_whole = True
    c.bodies.append(Body())
    for member in node.members:
        match member:
            case surface.Param():
                found = list(_param(c, member))
                is_whole &= bool(found)
                params.extend(found)
            case surface.Axis():
                axes.append(_axis(c, member))
            case surface.Let():
                lets.append(bind(c, member))
                c.bodies[-1].members.add(lets[-1].variable)
            case surface.Measure():
                further, measured = _measure(c, member)
                lets.extend(further)
                is_whole &= bool(measured)
                measures.extend(measured)
            case surface.BrokenItem():
                is_whole = False
    c.bodies.pop()
    _check_columns(c, axes, measures)
    if not any(isinstance(member, surface.Measure | surface.BrokenItem) for member in node.members):
        c.report(c.models.no_measurement(node.name.span, node.name.text))
    experiment = typed.Experiment(
        node.name.text, tuple(params), tuple(axes), tuple(lets), tuple(measures), node.name.span, node.doc, is_whole
    )
    c.settle_declaration()
    if params and is_whole:
        _warn_of_idle_measures(c, experiment)
    symbol.entity = typed.Variable(node.name.text, types.ExperimentType(experiment), node.name.span, is_global=True)


# ── params ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _param(c: Checker, node: surface.Param) -> Iterator[typed.ParamDeclaration]:
    asked = isinstance(node.type, surface.TypeHole)
    declared = annotated(c, node.type) if node.type is not None and not asked else None
    default = c.expr(node.default, declared) if node.default is not None else None
    if declared is None and default is None:
        c.report(c.models.param_without_type(node.name.span, node.name.text))
        return
    type_ = declared if declared is not None else _real_type(default)
    if asked and node.type is not None:
        c.holes.append((node.type.span, type_))
    if type_ is not BROKEN and not isinstance(pruned(type_), types.Real):
        c.report(c.models.param_not_real(node.name.span, node.name.text, types.resolved(type_)))
        type_ = BROKEN
    reason = Reason(node.type.span if node.type is not None else node.name.span, "declared here")
    display = default.display if default is not None else None
    if default is not None:
        default = _known(c, c.fit(default, type_, reason), "a default")
    low, high = _bounds(c, node, type_, reason)
    if node.name.text in (SEED, COVARIANCE, *FIT_FIELDS):
        c.report(c.models.name_taken(node.name.span, "param", node.name.text))
    variable = typed.Variable(node.name.text, type_, node.name.span, display=display)
    c.bodies[-1].members.add(variable)
    prior = _prior(c, node.prior, type_) if node.prior is not None else None
    c.note(variable)
    c.settle_let(variable)
    symbol = c.symbol(node.name)
    if symbol is not None:
        symbol.entity = variable
    _check_order(c, node, default, low, high)
    if type_ is not BROKEN:
        yield typed.ParamDeclaration(variable, default, low, high, prior, node.doc)


def _prior(c: Checker, node: surface.Expr, type_: Type) -> typed.DistributionValue | None:
    """What is known of a param before the data: a distribution of real numbers of its dimension."""
    prior = _distribution(c, node, type_)
    if prior is None or not isinstance(prior.type, types.Distribution):
        return None
    if pruned(prior.type.support) is INT:
        c.report(c.models.prior_of_counts(node.span, prior.name))
        return None
    return prior


def _real_type(value: typed.Expr | None) -> Type:
    """An Int default declares a Scalar."""
    if value is None:
        return BROKEN
    type_ = pruned(value.type)
    if type_ is INT or isinstance(type_, types.TypeVar):
        return types.SCALAR
    return types.Real(type_.dimension) if isinstance(type_, types.Estimate) else type_


def _bounds(
    c: Checker, node: surface.Param, type_: Type, reason: Reason
) -> tuple[typed.Expr | None, typed.Expr | None]:
    if node.bounds is None:
        return None, None
    low = _known(c, c.fit(c.expr(node.bounds.low, type_), type_, reason), "a bound")
    high = _known(c, c.fit(c.expr(node.bounds.high, type_), type_, reason), "a bound")
    return low, high


def _known(c: Checker, value: typed.Expr, what: str) -> typed.Expr:
    """Defaults and bounds may use constants and top-level lets, not other members."""
    local = next((each for each in uses(value) if each.variable in c.bodies[-1].members), None)
    if local is not None:
        c.report(c.models.not_constant(local.span, what))
    return value


def _check_order(
    c: Checker, node: surface.Param, default: typed.Expr | None, low: typed.Expr | None, high: typed.Expr | None
) -> None:
    a, x, b = (_number(each) for each in (low, default, high))
    if a is not None and b is not None and node.bounds is not None and a >= b:
        c.report(c.models.bounds_reversed(node.bounds.span, node.name.text))
        return
    is_outside = x is not None and ((a is not None and x < a) or (b is not None and x > b))
    if is_outside and node.default is not None and node.bounds is not None:
        c.report(c.models.outside_bounds(node.default.span, node.name.text, node.bounds.span))


def _number(value: typed.Expr | None) -> float | None:
    if isinstance(value, typed.Constant) and isinstance(value.value, int | float):
        return float(value.value)
    return None


# ── axes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _axis(c: Checker, node: surface.Axis) -> typed.AxisDeclaration:
    values = _axis_values(c, node)
    variables: list[typed.Variable] = []
    kept: list[typed.Expr] = []
    for position, each in enumerate(node.names):
        value = values[position] if position < len(values) else None
        declared = annotated(c, each.type) if each.type is not None else None
        variable = _axis_variable(c, each, declared, value)
        if value is not None and declared is not None and each.type is not None:
            value = c.fit(value, types.Array(declared), Reason(each.type.span, "declared here"))
        if value is not None:
            kept.append(_known(c, value, "the values of an axis"))
        variables.append(variable)
    return typed.AxisDeclaration(tuple(variables), tuple(kept), node.doc)


def _axis_values(c: Checker, node: surface.Axis) -> list[typed.Expr | None]:
    """One expression for each name; `zip(xs, ys)` gives several."""
    if node.value is None:
        return []
    if len(node.names) == 1:
        return [c.expr(node.value)]
    call = node.value
    symbol = c.symbol(call.function) if isinstance(call, surface.Call) else None
    if (
        not isinstance(call, surface.Call)
        or symbol is None
        or symbol.name != "zip"
        or len(call.arguments) != len(node.names)
    ):
        c.report(c.models.path_needs_zip(node.value.span, len(node.names)))
        return []
    return [c.expr(argument.value) for argument in call.arguments]


def _axis_variable(
    c: Checker, node: surface.AxisName, declared: Type | None, value: typed.Expr | None
) -> typed.Variable:
    type_ = declared
    if value is not None:
        element, shape = element_of(value.type)
        if shape is None or len(shape) != 1:
            if element is not BROKEN:
                c.report(c.models.axis_not_array(value.span, node.name.text, types.resolved(value.type)))
            element = BROKEN
        type_ = declared or element
    if type_ is None:
        c.report(c.models.axis_without_type(node.name.span, node.name.text))
        type_ = BROKEN
    elif not isinstance(pruned(type_), types.Real | types.TypeVar) and pruned(type_) not in COLUMN_TYPES:
        c.report(c.models.axis_of_other_type(node.name.span, node.name.text, types.resolved(type_)))
        type_ = BROKEN
    if node.name.text == SEED:
        c.report(c.models.name_taken(node.name.span, "axis", node.name.text))
    display = value.display or _first_display(value) if value is not None else None
    variable = typed.Variable(node.name.text, type_, node.name.span, display=display)
    c.bodies[-1].members.add(variable)
    c.note(variable)
    c.settle_let(variable)
    symbol = c.symbol(node.name)
    if symbol is not None:
        symbol.entity = variable
    return variable


def _first_display(value: typed.Expr) -> typed.DisplayUnit | None:
    """The unit in which an axis was written: of the first argument of linspace, of the first element of an array."""
    match value:
        case typed.Call(arguments=parts) | typed.ArrayLiteral(elements=parts):
            return next((part.display for part in reversed(parts) if part.display is not None), None)
        case typed.Cast(value=inner):
            return inner.display or _first_display(inner)
        case _:
            return None


# ── measurements ─────────────────────────────────────────────────────────────────────────────────────────────────


def _measure(c: Checker, node: surface.Measure) -> tuple[list[typed.Let], list[typed.MeasureDeclaration]]:
    """The measurement, or one for each of its outcomes and the let that these share."""
    distribution = _distribution(c, node.distribution, None)
    if distribution is None:
        symbol = c.symbol(node.name)
        if symbol is not None:
            symbol.entity = typed.Variable(node.name.text, BROKEN, node.name.span)
        return [], []
    if DISTRIBUTIONS[distribution.name].outcomes is not None:
        found = outcomes(c, node, distribution)
        return ([], []) if found is None else ([found[0]], found[1])
    assert isinstance(distribution.type, types.Distribution)
    variable = typed.Variable(
        node.name.text, distribution.type.support, node.name.span, display=_draw_display(distribution)
    )
    c.bodies[-1].members.add(variable)
    c.note(variable)
    symbol = c.symbol(node.name)
    if symbol is not None:
        symbol.entity = variable
    return [], [typed.MeasureDeclaration(variable, distribution, node.doc)]


def _check_columns(
    c: Checker, axes: Sequence[typed.AxisDeclaration], measures: Sequence[typed.MeasureDeclaration]
) -> None:
    """The counts of outcomes get their names here, so nobody has compared them with the others yet."""
    names = {variable.name for axis in axes for variable in axis.variables}
    for measure in measures:
        variable = measure.variable
        if variable.name in names and variable.span is not None:
            c.report(c.models.column_twice(variable.span, variable.name))
        names.add(variable.name)


def _draw_display(distribution: typed.DistributionValue) -> typed.DisplayUnit | None:
    return next((each.display for each in distribution.arguments if each is not None and each.display), None)


def _distribution(c: Checker, node: surface.Expr, support: Type | None) -> typed.DistributionValue | None:
    """`Binomial(n, p)`: the arguments converted to what the distribution's row says."""
    symbol = c.symbol(node.function) if isinstance(node, surface.Call) else None
    name = symbol.name if symbol is not None and symbol.kind is Kind.PRIMITIVE else ""
    if name == OUTCOMES and isinstance(node, surface.Call):
        found = outcomes_distribution(c, node)
        if found is not None:
            c.note(found)
        return found
    row = DISTRIBUTIONS.get(name)
    if row is None or not isinstance(node, surface.Call):
        value = c.expr(node)
        if pruned(value.type) is not BROKEN:
            c.report(c.models.not_a_distribution(node.span, types.resolved(value.type)))
        return None
    slots = [Slot(argument, argument in row.optional) for argument, _ in row.arguments]
    nodes = matched(c, node.span, name, slots, node.arguments)
    if nodes is None:
        return None
    wished = pruned(support) if support is not None else None
    dimension = wished.dimension if isinstance(wished, types.Real) else Dimension({DimVar(): 1})
    arguments: list[typed.Expr | None] = []
    for each, (argument, type_of) in zip(nodes, row.arguments, strict=True):
        wanted = type_of(dimension)
        arguments.append(
            c.fit(c.expr(each, wanted), wanted, Reason(node.function.span, f"`{argument}` of {name}"))
            if each is not None
            else None
        )
    type_ = types.Distribution(row.support(dimension if row.support(ONE) is not INT else ONE))
    result = typed.DistributionValue(node.span, type_, name, tuple(arguments))
    c.note(result)
    return result


def _warn_of_idle_measures(c: Checker, experiment: typed.Experiment) -> None:
    """A measurement that no param reaches, directly or through the lets."""
    fitted = fitted_variables(experiment)
    for measure in experiment.measures:
        arguments = [each for each in measure.distribution.arguments if each is not None]
        used = variables_in(tuple(arguments))
        if any(isinstance(each, typed.Broken) for each in arguments) or any(pruned(v.type) is BROKEN for v in used):
            continue  # what is wrong has been said
        if used.isdisjoint(fitted) and not measure.is_further:
            c.report(c.models.unused_measure_argument(measure.distribution.span))
