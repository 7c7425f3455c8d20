"""Typing of what is asked of an experiment: `load`, `simulate`, `expected`, `fit`; `sweep` is in `sweeps`."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker, Reason
from qdsl.lang.typed.experiment_errors import SEED
from qdsl.lang.typed.fit_errors import column_not_written
from qdsl.lang.typed.fit_options import OPTIONS
from qdsl.lang.typed.types import BROKEN, INT, SCALAR, TEXT, Type, pruned
from qdsl.lang.typed.unification import element_of


def load(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`load("counts.csv", t1, by = "qubit", missing = "skip")`: a Table with the experiment's columns, and one more of
    texts, that tells groups of rows apart.
    """
    slots = [Slot("path", False), Slot("experiment", False), Slot("missing", True), Slot("by", True)]
    nodes = matched(c, node.span, "load", slots, arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    path = c.fit(c.expr(nodes[0], TEXT), TEXT)
    found = experiment_argument(c, nodes[1], "load")
    if found is None:
        return c.broken(node.span)
    value, experiment = found
    named: list[tuple[str, typed.Expr]] = []
    type_ = data_type(experiment)
    if nodes[3] is not None:
        word = c.fit(c.expr(nodes[3], TEXT), TEXT)
        if not isinstance(word, typed.Constant):
            if not isinstance(word, typed.Broken):
                c.report(column_not_written(word.span))
            return c.broken(node.span)
        group = str(word.value)
        if type_.column(group) is None:
            type_ = types.Table((*type_.columns, (group, TEXT)), type_.is_whole)
        named.append(("by", word))
    if nodes[2] is not None:
        word = c.fit(c.expr(nodes[2], TEXT), TEXT)
        if isinstance(word, typed.Constant) and word.value not in MISSING:
            c.report(c.models.word_expected(word.span, "missing", MISSING))
        named.append(("missing", word))
    return typed.HostCall(node.span, type_, "load", (path, value), tuple(named))


MISSING = ("refuse", "skip")
"""What becomes of rows of a file that lack a value."""


def simulate(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`simulate(e, p = v, axis = values, seed = 7)`: one run."""
    return _run(c, node, arguments, "simulate", seeded=True)


def expected(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`expected(e, p = v)`: the model without noise."""
    return _run(c, node, arguments, "expected", seeded=False)


def _run(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument], name: str, seeded: bool) -> typed.Expr:
    found = asked_of(c, node, arguments, name)
    if found is None:
        return c.broken(node.span)
    value, experiment = found
    named: list[tuple[str, typed.Expr]] = []
    for argument in arguments[1:]:
        assert argument.name is not None
        given = _setting(c, experiment, argument, seeded)
        if given is not None:
            named.append((argument.name.text, given))
    if not axes_have_values(c, node, experiment, [each for each, _ in named]):
        return c.broken(node.span)
    type_ = data_type(experiment, means=not seeded)
    return typed.HostCall(node.span, type_, name, (value,), tuple(named))


def asked_of(
    c: Checker, node: surface.Call, arguments: Sequence[surface.Argument], name: str
) -> tuple[typed.Expr, typed.Experiment] | None:
    """The experiment that comes first, where all after it has names; None, with a message, otherwise."""
    if not arguments or arguments[0].name is not None:
        c.report(c.errors.missing_argument(node.span, name, ["experiment"], None))
        return None
    found = experiment_argument(c, arguments[0].value, name)
    given: set[str] = set()
    for argument in arguments[1:]:
        if found is None:
            c.expr(argument.value)
        elif argument.name is None:
            c.report(c.models.setting_without_name(argument.span, name))
            return None
        elif argument.name.text in given:
            c.report(c.errors.argument_twice(argument.span, argument.name.text))
            return None
        else:
            given.add(argument.name.text)
    return found


def axes_have_values(c: Checker, node: surface.Call, experiment: typed.Experiment, given: Sequence[str]) -> bool:
    """Whether each axis has values, its own or given ones; False, with a message, where one has none."""
    for axis in experiment.axes:
        for variable in axis.variables:
            if not axis.values and variable.name not in given:
                c.report(c.models.axis_has_no_values(node.span, experiment.name, variable.name))
                return False
    return True


def _setting(c: Checker, experiment: typed.Experiment, argument: surface.Argument, seeded: bool) -> typed.Expr | None:
    """The value of one `name = value`."""
    assert argument.name is not None
    word = argument.name.text
    if seeded and word == SEED:
        return c.fit(c.expr(argument.value, INT), INT)
    param = param_of(experiment, word)
    if param is not None:
        return as_declared(c, c.expr(argument.value, param.type), param.type, param)
    axis = axis_of(experiment, word)
    if axis is not None:
        wanted = types.Array(axis.type)
        return as_declared(c, c.expr(argument.value, wanted), wanted, axis)
    c.expr(argument.value)
    unknown_setting(c, experiment, argument.name, [SEED] if seeded else [])
    return None


def as_declared(c: Checker, value: typed.Expr, wanted: Type, declared: typed.Variable) -> typed.Expr:
    """The value as what the experiment declares, or a message that shows the declaration."""
    return c.fit(value, wanted, Reason(declared.span, "declared here"))


def unknown_setting(c: Checker, experiment: typed.Experiment, name: surface.Name, options: Sequence[str]) -> None:
    """A name that is neither a param nor an axis nor an option."""
    if not experiment.is_whole:
        return
    params = [each.variable.name for each in experiment.params]
    axes = [variable.name for axis in experiment.axes for variable in axis.variables]
    c.report(c.models.no_param(name.span, experiment.name, name.text, [*params, *axes, *options]))


def param_of(experiment: typed.Experiment, name: str) -> typed.Variable | None:
    """The param of that name."""
    return next((each.variable for each in experiment.params if each.variable.name == name), None)


def axis_of(experiment: typed.Experiment, name: str) -> typed.Variable | None:
    """The axis of that name."""
    return next((each for axis in experiment.axes for each in axis.variables if each.name == name), None)


def fit(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`fit(e, data, start = (tau = 20 ns), fixed = (a = 1), weights = w, errors = "expected", starts = 64)`."""
    slots = [Slot("experiment", False), Slot("data", False), *(Slot(each, True) for each in OPTIONS["fit"])]
    nodes = matched(c, node.span, "fit", slots, arguments)
    return c.broken(node.span) if nodes is None else asked_for_a_fit(c, node, "fit", nodes)


def asked_for_a_fit(c: Checker, node: surface.Call, function: str, nodes: Sequence[surface.Expr | None]) -> typed.Expr:
    """The call of `fit` that these arguments make: the experiment, the data, and each of its options."""
    if nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    found = experiment_argument(c, nodes[0], function)
    data = c.expr(nodes[1])
    if found is None:
        return c.broken(node.span)
    value, experiment = found
    if not is_data_of(c, data, experiment, "fit"):
        return c.broken(node.span)
    named: list[tuple[str, typed.Expr]] = []
    for name, each in zip(("start", "fixed"), nodes[2:4], strict=True):
        if each is not None:
            named.append((name, values_of_params(c, each, experiment, name, "fit")))
    if nodes[4] is not None:
        wanted = types.Array(SCALAR)
        named.append(("weights", c.fit(c.expr(nodes[4], wanted), wanted)))
    if nodes[5] is not None:
        word = c.fit(c.expr(nodes[5], TEXT), TEXT)
        if isinstance(word, typed.Constant) and word.value not in ERRORS:
            c.report(c.models.word_expected(word.span, "errors", ERRORS))
        named.append(("errors", word))
    if nodes[6] is not None:
        named.append(("starts", c.fit(c.expr(nodes[6], INT), INT)))
    return typed.HostCall(node.span, types.Fit(experiment), "fit", (value, data), tuple(named))


ERRORS = ("observed", "expected")
"""The information that uncertainties come from (architecture of fits: docs/language.md)."""


def values_of_params(
    c: Checker, node: surface.Expr, experiment: typed.Experiment, option: str, function: str
) -> typed.Expr:
    """A record with a value for some of the params."""
    params = {each.variable.name: each.variable for each in experiment.params}
    wish = types.Record(tuple((name, variable.type) for name, variable in params.items()))
    value = c.expr(node, wish)
    type_ = pruned(value.type)
    if not isinstance(value, typed.RecordLiteral) or not isinstance(type_, types.Record):
        if type_ is not BROKEN:
            wanted = f"{option} = (param = value, ..)"
            c.report(c.models.not_host_value(value.span, function, wanted, types.resolved(type_)))
        return c.broken(node.span)
    fields: list[tuple[str, typed.Expr]] = []
    for name, each in value.fields:
        if name not in params:
            if experiment.is_whole:
                c.report(c.models.no_param(name_span(node, name) or each.span, experiment.name, name, params))
            continue
        fields.append((name, c.fit(each, params[name].type, Reason(params[name].span, "declared here"))))
    return typed.RecordLiteral(
        node.span, types.Record(tuple((name, each.type) for name, each in fields)), tuple(fields)
    )


def name_span(node: surface.Expr, name: str) -> Span | None:
    """Where a field of a record is named; None where the record is not written out here."""
    fields = node.fields if isinstance(node, surface.Record) else ()
    return next((each.name.span for each in fields if each.name.text == name), None)


def is_data_of(c: Checker, data: typed.Expr, experiment: typed.Experiment, function: str) -> bool:
    """Whether the table has the experiment's columns."""
    type_ = types.resolved(data.type)
    if type_ is BROKEN:
        return False
    if not isinstance(type_, types.Table):
        c.report(c.models.not_host_value(data.span, function, "a Table", type_))
        return False
    for name, wanted in data_type(experiment).columns:
        column = type_.column(name)
        if column is None and not type_.is_whole:
            return False
        if column is None or not c.unify(column, wanted, data.span):
            c.report(c.models.not_data_of(data.span, experiment.name, name, wanted))
            return False
    return True


def data_type(experiment: typed.Experiment, means: bool = False) -> types.Table:
    """The columns of an experiment's data: its axes, then what it measures (or the means of that, which are real)."""
    axes = [(variable.name, variable.type) for axis in experiment.axes for variable in axis.variables]
    measured: list[tuple[str, Type]] = []
    for measure in experiment.measures:
        type_ = measure.variable.type
        element, _ = element_of(type_)
        measured.append((measure.variable.name, SCALAR if means and element is INT else type_))
    return types.Table((*axes, *measured), experiment.is_whole)


def experiment_argument(c: Checker, node: surface.Expr, function: str) -> tuple[typed.Expr, typed.Experiment] | None:
    """An argument that has to be an experiment."""
    value = c.expr(node)
    type_ = pruned(value.type)
    if isinstance(type_, types.ExperimentType):
        return value, type_.experiment
    if type_ is not BROKEN:
        c.report(c.models.not_an_experiment(value.span, function, types.resolved(type_)))
    return None
