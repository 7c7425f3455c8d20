"""Typing of what is asked of Fits, Bootstraps and Estimates: `profile`, `compare`, `interval`, `covariance`, .."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dependence import measures_goodness
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.fit_errors import name_taken, no_group_column, two_columns
from qdsl.lang.typed.fit_options import OPTIONS
from qdsl.lang.typed.requests import as_declared, asked_for_a_fit, data_type, param_of
from qdsl.lang.typed.sweep_params import written_out
from qdsl.lang.typed.types import BROKEN, INT, SCALAR, TEXT, pruned


def fit_argument(c: Checker, node: surface.Expr, function: str) -> tuple[typed.Expr, types.Fit] | None:
    """An argument that has to be a Fit; None, with a message, where it is none."""
    value = c.expr(node)
    type_ = pruned(value.type)
    if isinstance(type_, types.Fit):
        return value, type_
    if type_ is not BROKEN:
        c.report(c.models.not_host_value(value.span, function, "a Fit", types.resolved(type_)))
    return None


def profile(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`profile(best, "tau", level = 0.95)`: a record of the ends of an interval, in the param's dimension."""
    return _interval_of(c, node, arguments, "profile", "a Fit", (types.Fit,))


def interval(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`interval(refits, "tau", level = 0.95)`: the same by the refits of a bootstrap, or the draws of a posterior."""
    return _interval_of(
        c, node, arguments, "interval", "a Bootstrap or a Posterior", (types.Bootstrap, types.Posterior)
    )


def _interval_of(
    c: Checker,
    node: surface.Call,
    arguments: Sequence[surface.Argument],
    name: str,
    what: str,
    kinds: tuple[type[types.Type], ...],
) -> typed.Expr:
    slots = [Slot("fit" if types.Fit in kinds else "draws", False), Slot("param", False), Slot("level", True)]
    nodes = matched(c, node.span, name, slots, arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    value = c.expr(nodes[0])
    type_ = pruned(value.type)
    if not isinstance(type_, kinds):
        if type_ is not BROKEN:
            c.report(c.models.not_host_value(value.span, name, what, types.resolved(type_)))
        return c.broken(node.span)
    assert isinstance(type_, types.Fit | types.Bootstrap | types.Posterior)
    word = param_name(c, nodes[1], type_.experiment)
    level = c.fit(c.expr(nodes[2], SCALAR), SCALAR) if nodes[2] is not None else None
    param = param_of(type_.experiment, str(word.value)) if isinstance(word, typed.Constant) else None
    if param is None or (level is not None and pruned(level.type) is BROKEN):
        return c.broken(node.span)
    result = types.Record((("low", param.type), ("high", param.type)))
    named = (("level", level),) if level is not None else ()
    return typed.HostCall(node.span, result, name, (value, word), named, display=param.display)


RESAMPLED = ("model", "rows")
"""What a bootstrap draws again."""

OF_BOOTSTRAP = ("draws", "failed")
"""What a Bootstrap has besides an Estimate for each param."""


def bootstrap(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`bootstrap(best, n = 1000, method = "rows", seed = 7)`: a Bootstrap."""
    slots = [Slot("fit", False), *(Slot(each, True) for each in OPTIONS["bootstrap"])]
    nodes = matched(c, node.span, "bootstrap", slots, arguments)
    if nodes is None or nodes[0] is None:
        return c.broken(node.span)
    asked = fit_argument(c, nodes[0], "bootstrap")
    if asked is None:
        return c.broken(node.span)
    fit, type_ = asked
    if taken := [each for each in type_.experiment.params if each.variable.name in OF_BOOTSTRAP]:
        c.report(name_taken(fit.span, taken[0].variable))
        return c.broken(node.span)
    named: list[tuple[str, typed.Expr]] = []
    for name, each, wanted in zip(OPTIONS["bootstrap"], nodes[1:], (INT, TEXT, INT), strict=True):
        if each is not None:
            value = c.fit(c.expr(each, wanted), wanted)
            if name == "method" and isinstance(value, typed.Constant) and value.value not in RESAMPLED:
                c.report(c.models.word_expected(value.span, "method", RESAMPLED))
            named.append((name, value))
    return typed.HostCall(node.span, types.Bootstrap(type_.experiment), "bootstrap", (fit,), tuple(named))


COMPARED: tuple[tuple[str, types.Type], ...] = (
    ("parameters", INT),
    *((name, SCALAR) for name in ("nll", "aic", "aicc", "bic", "weight", "p_value")),
)
"""The columns of a comparison."""


def fit_each(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`fit_each(e, data, by = "run", start = (..), errors = "expected")`: a Table with a row for each group."""
    words = ("experiment", "data", *OPTIONS["fit_each"])
    slots = [Slot(each, each not in ("experiment", "data", "by")) for each in words]
    nodes = matched(c, node.span, "fit_each", slots, arguments)
    if nodes is None or nodes[2] is None:
        return c.broken(node.span)
    one = asked_for_a_fit(c, node, "fit_each", (*nodes[:2], *nodes[3:], None))
    if not isinstance(one, typed.HostCall):
        return one
    fit, table = types.pruned(one.type), types.resolved(one.arguments[1].type)
    assert isinstance(fit, types.Fit)
    assert isinstance(table, types.Table)
    word, names = c.expr(nodes[2], TEXT), [name for name, _ in table.columns]
    if isinstance(word, typed.Constant) and isinstance(word.value, str) and word.value not in names:
        c.report(no_group_column(word.span, word.value, names))
        return c.broken(node.span)
    by = written_out(c, "by", word, names)
    if not isinstance(by, typed.Constant):
        return c.broken(node.span)
    group = str(by.value)
    cell = table.column(group)
    assert cell is not None
    columns = ((group_column(fit.experiment, group), cell), *fitted_columns(fit.experiment))
    names = [name for name, _ in columns]
    for name in dict.fromkeys(each for each in names if names.count(each) > 1):
        c.report(two_columns(node.span, name))
    if len(set(names)) < len(names):
        return c.broken(node.span)
    result = types.Table(columns, fit.experiment.is_whole)
    return typed.HostCall(node.span, result, "fit_each", one.arguments, (("by", by), *one.named))


def group_column(experiment: typed.Experiment, by: str) -> str:
    """What the column of groups is called: not what a column of the fits is."""
    taken = {name for name, _ in fitted_columns(experiment)}
    while by in taken:
        by += "_of"
    return by


def fitted_columns(experiment: typed.Experiment) -> tuple[tuple[str, types.Type], ...]:
    """What a table has of each of many fits: estimates, errors, how good they are, and verdicts."""
    columns: list[tuple[str, types.Type]] = []
    for each in experiment.params:
        columns += [(each.variable.name, each.variable.type), (ERROR_OF.format(each.variable.name), each.variable.type)]
    squares = next((each for each in experiment.measures if each.distribution.arguments[-1] is None), None)
    if squares is not None and isinstance(squares.variable.type, types.Real):
        columns.append(("rss", types.Real(squares.variable.type.dimension**2)))
    else:
        columns.append(("nll", SCALAR))
        columns += [("deviance", SCALAR), ("p_value", SCALAR)] if measures_goodness(experiment) else []
    return (*columns, ("dof", INT), ("points", INT), ("verdict", TEXT))


def compare(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`compare(simple, rich, ..)`: a Table with a row for each fit."""
    if (named := next((each for each in arguments if each.name is not None), None)) is not None:
        assert named.name is not None
        c.report(c.errors.unknown_argument(named.name.span, "compare", named.name.text, ()))
        return c.broken(node.span)
    fits = [c.expr(each.value) for each in arguments]
    for each in fits:
        type_ = pruned(each.type)
        if not isinstance(type_, types.Fit):
            if type_ is not BROKEN:
                c.report(c.models.not_host_value(each.span, "compare", "Fits", types.resolved(type_)))
            return c.broken(node.span)
    if len(fits) < 2:
        c.report(c.errors.missing_argument(node.span, "compare", ["another Fit"], None))
        return c.broken(node.span)
    return typed.HostCall(node.span, types.Table(COMPARED), "compare", tuple(fits), ())


FOLDS = ("fold", "points", "log_density")
"""The columns of a cross-validation."""


def cross_validate(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`cross_validate(best, folds = 10, seed = 1)`: a Table with a row for each fold."""
    result = types.Table(((FOLDS[0], INT), (FOLDS[1], INT), (FOLDS[2], SCALAR)))
    return _of_fits(c, node, arguments, "cross_validate", 1, OPTIONS["cross_validate"], result)


def kl_divergence(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`kl_divergence(p, q, n = 1000, seed = 1)`: an Estimate, in nats."""
    return _of_fits(c, node, arguments, "kl_divergence", 2, OPTIONS["kl_divergence"], types.Estimate(ONE))


def _of_fits(
    c: Checker,
    node: surface.Call,
    arguments: Sequence[surface.Argument],
    name: str,
    count: int,
    options: Sequence[str],
    result: types.Type,
) -> typed.Expr:
    """A call that takes so many Fits, and whole numbers by name."""
    slots = [Slot("fit" if k == 0 else "other", False) for k in range(count)]
    nodes = matched(c, node.span, name, [*slots, *(Slot(each, True) for each in options)], arguments)
    if nodes is None:
        return c.broken(node.span)
    fits: list[typed.Expr] = []
    for each in nodes[:count]:
        if each is None:
            return c.broken(node.span)
        asked = fit_argument(c, each, name)
        if asked is None:
            return c.broken(node.span)
        fits.append(asked[0])
    given = zip(options, nodes[count:], strict=True)
    named = tuple((word, c.fit(c.expr(each, INT), INT)) for word, each in given if each is not None)
    return typed.HostCall(node.span, result, name, tuple(fits), named)


def predict(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`predict(best, t = values)`: a Table of the axes, what is expected there, and how sure the fit is of that."""
    fit = c.expr(arguments[0].value) if arguments and arguments[0].name is None else None
    type_ = None if fit is None else pruned(fit.type)
    if fit is not None and not isinstance(type_, types.Fit):
        if type_ is not BROKEN:
            c.report(c.models.not_host_value(fit.span, "predict", "a Fit", types.resolved(fit.type)))
        return c.broken(node.span)
    axes = [each for axis in type_.experiment.axes for each in axis.variables] if isinstance(type_, types.Fit) else []
    slots = [Slot("fit", False), *(Slot(each.name, True) for each in axes)]
    nodes = matched(c, node.span, "predict", slots, arguments)
    if nodes is None or fit is None or not isinstance(type_, types.Fit):
        return c.broken(node.span)
    named: dict[str, typed.Expr] = {}
    for axis, given in zip(axes, nodes[1:], strict=True):
        if given is not None:
            wanted = types.Array(axis.type)
            named[axis.name] = as_declared(c, c.expr(given, wanted), wanted, axis)
    return typed.HostCall(node.span, _predicted(type_.experiment), "predict", (fit,), tuple(named.items()))


ERROR_OF = "{}_err"
"""The column of how sure a fit is of a column."""


def _predicted(experiment: typed.Experiment) -> types.Table:
    """The columns of a prediction."""
    table = data_type(experiment, means=True)
    axes = sum(len(axis.variables) for axis in experiment.axes)
    columns = list(table.columns[:axes])
    for name, type_ in table.columns[axes:]:
        columns += [(name, type_), (ERROR_OF.format(name), type_)]
    return types.Table(tuple(columns), table.is_whole)


def covariance(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`covariance(best.tau, best.a)`: a number whose dimension is the product of theirs."""
    nodes = matched(c, node.span, "covariance", [Slot("x", False), Slot("y", False)], arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    values = [c.expr(each) for each in nodes if each is not None]
    found = [pruned(each.type) for each in values]
    for value, type_ in zip(values, found, strict=True):
        if type_ is not BROKEN and not isinstance(type_, types.Estimate):
            c.report(c.models.not_host_value(value.span, "covariance", "an Estimate", types.resolved(type_)))
    left, right = found
    if not isinstance(left, types.Estimate) or not isinstance(right, types.Estimate):
        return c.broken(node.span)
    result = types.Real(left.dimension * right.dimension)
    return typed.HostCall(node.span, result, "covariance", tuple(values), ())


RESIDUALS = ("{}_pearson", "{}_deviance")
"""The columns of how far a measurement is from the model."""


def residuals(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`residuals(best)`: a Table of the axes, and of each measurement its residuals in standard deviations."""
    nodes = matched(c, node.span, "residuals", [Slot("fit", False)], arguments)
    if nodes is None or nodes[0] is None:
        return c.broken(node.span)
    asked = fit_argument(c, nodes[0], "residuals")
    if asked is None:
        return c.broken(node.span)
    fit, type_ = asked
    axes = [(each.name, each.type) for axis in type_.experiment.axes for each in axis.variables]
    measured = [each.variable.name for each in type_.experiment.measures]
    columns = [*axes, *((form.format(name), SCALAR) for name in measured for form in RESIDUALS)]
    return typed.HostCall(node.span, types.Table(tuple(columns), type_.experiment.is_whole), "residuals", (fit,), ())


QUESTIONS = {
    "profile": profile,
    "bootstrap": bootstrap,
    "interval": interval,
    "fit_each": fit_each,
    "compare": compare,
    "cross_validate": cross_validate,
    "kl_divergence": kl_divergence,
    "predict": predict,
    "covariance": covariance,
    "residuals": residuals,
}


def param_name(c: Checker, node: surface.Expr, experiment: typed.Experiment) -> typed.Expr:
    """A param, as its name is written in the call."""
    value = c.expr(node, TEXT)
    names = [each.variable.name for each in experiment.params]
    if isinstance(value, typed.Constant) and isinstance(value.value, str) and value.value not in names:
        if experiment.is_whole:
            c.report(c.models.no_param(value.span, experiment.name, value.value, names))
        return c.broken(node.span)
    return written_out(c, "param", value, names)
