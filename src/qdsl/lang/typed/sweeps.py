"""Typing of `sweep(e, ..)`: a Table with a column for each swept param before those that `simulate` gives.

    sweep(ramsey, T2 = [10 us, 20 us], visibility = 0.8, seed = 7)
        T2 has several values: a column; visibility one: none        Table(T2: Time, tau: Time, counts: Int)
    sweep(ramsey, T2 = (low = 1 us, high = 1 ms, scale = "log"), method = "sobol", n = 256)
        T2 is drawn from a range; ends that are left out are the param's bounds

The words `method`, `scale` and the truth value `draws` are written out in the call, so that what goes together is known
here. A param or axis of an option's name hides the option. What numbers have to be is looked at again in the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import sweep_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.experiment_errors import SEED
from qdsl.lang.typed.requests import (
    as_declared,
    asked_of,
    axes_have_values,
    axis_of,
    data_type,
    param_of,
    unknown_setting,
)
from qdsl.lang.typed.sweep_params import of_param, written_out
from qdsl.lang.typed.types import BOOL, BROKEN, INT, TEXT, pruned

GRID = "grid"
METHODS = (GRID, "random", "sobol")
OPTIONS = ("method", "n", SEED, "draws")


@dataclass(eq=False)
class _Request:
    """What a call says: each setting in order, the swept params among them, the options; whether there is a mistake in
    a setting, which was perhaps to be swept.
    """

    call: surface.Call
    experiment: typed.Experiment
    named: list[tuple[str, typed.Expr]] = field(default_factory=list)
    swept: list[tuple[typed.Variable, typed.Expr]] = field(default_factory=list)
    options: dict[str, typed.Expr] = field(default_factory=dict)
    has_mistake: bool = False

    @property
    def available(self) -> list[str]:
        """The options that no param or axis hides."""
        return [each for each in OPTIONS if not self.hides(each)]

    def hides(self, name: str) -> str:
        """What of the experiment has that name."""
        if param_of(self.experiment, name) is not None:
            return "param"
        return "axis" if axis_of(self.experiment, name) is not None else ""

    def constant(self, option: str, otherwise: object) -> object:
        """What an option says, None where that is wrong."""
        value = self.options.get(option)
        if value is None:
            return otherwise
        return value.value if isinstance(value, typed.Constant) else None


def sweep(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`sweep(e, p = values, q = (low = a, high = b), method = "sobol", n = 256, seed = 7, draws = false)`."""
    found = asked_of(c, node, arguments, "sweep")
    if found is None:
        return c.broken(node.span)
    value, experiment = found
    request = _Request(node, experiment)
    for argument in arguments[1:]:
        _take(c, request, argument)
    if not axes_have_values(c, node, experiment, [name for name, _ in request.named]):
        return c.broken(node.span)
    _check_method(c, request)
    data = data_type(experiment, means=request.constant("draws", True) is False)
    for variable, each in request.swept:
        if data.column(variable.name) is not None:
            c.report(errors.column_twice(each.span, variable.name))
    columns = [(variable.name, variable.type) for variable, _ in request.swept]
    type_ = types.Table((*columns, *data.columns), data.is_whole)
    return typed.HostCall(node.span, type_, "sweep", (value,), tuple(request.named))


def _take(c: Checker, request: _Request, argument: surface.Argument) -> None:
    """One `name = value`."""
    assert argument.name is not None
    name = argument.name.text
    param, axis = param_of(request.experiment, name), axis_of(request.experiment, name)
    if param is not None:
        value, is_swept = of_param(c, request.experiment, param, argument.value)
        if is_swept:
            request.swept.append((param, value))
    elif axis is not None:
        wanted = types.Array(axis.type)
        value = as_declared(c, c.expr(argument.value, wanted), wanted, axis)
    elif name in OPTIONS:
        value = request.options[name] = _option(c, name, argument.value)
    else:
        c.expr(argument.value)
        unknown_setting(c, request.experiment, argument.name, request.available)
        request.has_mistake = True
        return
    request.has_mistake |= isinstance(value, typed.Broken)
    request.named.append((name, value))


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _option(c: Checker, name: str, node: surface.Expr) -> typed.Expr:
    match name:
        case "method":
            return written_out(c, name, c.expr(node, TEXT), METHODS)
        case "draws":
            value = c.fit(c.expr(node, BOOL), BOOL)
            if not isinstance(value, typed.Constant | typed.Broken):
                c.report(errors.word_not_written(value.span, name, ("true", "false")))
            return value
        case _:
            return c.fit(c.expr(node, INT), INT)


def _check_method(c: Checker, request: _Request) -> None:
    """Whether the method, the values and the number of points go together."""
    if not request.swept:
        if not request.has_mistake:
            c.report(errors.nothing_swept(request.call.span, request.experiment.name))
        return
    method = request.constant("method", GRID)
    if not isinstance(method, str):
        return
    count = request.options.get("n")
    for variable, value in request.swept:
        is_range = isinstance(pruned(value.type), types.Record)
        if pruned(value.type) is BROKEN:
            continue
        if method == GRID and is_range:
            c.report(errors.range_in_grid(value.span, variable.name))
        elif method != GRID and not is_range:
            c.report(errors.values_to_draw_from(value.span, variable.name, method))
    if method == GRID and count is not None:
        c.report(errors.count_in_grid(count.span))
    elif method != GRID and count is None:
        c.report(errors.count_missing(request.call.span, method, request.hides("n")))
    elif isinstance(count, typed.Constant) and isinstance(count.value, int) and count.value < 1:
        c.report(errors.count_too_small(count.span, count.value))
