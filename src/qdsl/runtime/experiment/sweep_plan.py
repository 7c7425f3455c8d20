"""What a call of `sweep` asks for, checked: the points, and what is the same at all of them.

    sweep(ramsey, T2 = [10 us, 20 us], visibility = 0.8, seed = 7)

In: the call, whose words the checker has seen to. Out: a `Plan`, here of two points; or a `Stopped`, where numbers that
are known only now do not make one, or where its table would be too large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.source import Span
from qdsl.lang.typed import sweep_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.sweep_params import LINEAR, LOG
from qdsl.lang.typed.sweeps import GRID, OPTIONS
from qdsl.runtime.context import memory_limit
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.model import Model, on_a_grid
from qdsl.runtime.experiment.ranges import Range, drawn
from qdsl.runtime.experiment.runs import check_draws, values_of
from qdsl.runtime.failures import Stopped
from qdsl.runtime.show import text_of
from qdsl.runtime.world import World

MOST_POINTS = 2**31
"""Points times measurements whose draws have counters of their own: see `sweeping.counters`."""


@dataclass(frozen=True)
class Plan:
    """`swept` has an array over the points for each swept param, in the order of the call; `params` the values of the
    others; `axes` arrays over the rows of one point. `seed` is None where nothing is drawn.
    """

    swept: dict[str, NDArray[np.float64]]
    params: dict[str, float]
    axes: dict[str, Any]
    count: int
    rows: int
    seed: int | None
    has_draws: bool
    displays: dict[str, typed.DisplayUnit | None]
    record: dict[str, object]
    """How the points were chosen, for the record of where the table came from."""


def planned(model: Model, env: Environment, call: typed.HostCall, world: World) -> Plan:
    """The plan of a call. Each expression of the call is evaluated once, in the order in which it is written."""
    asked = _Asked(model, env, call)
    if asked.has_draws:
        check_draws(model)
    fixed = values_of(model, [name for name in asked.params if name not in asked.swept], asked.fixed, call.span)
    groups = model.axis_groups({name: asked.values[name] for name in asked.values if name not in asked.params})
    rows = prod(len(next(iter(group.values()))) for group in groups)
    _check_size(model, asked, rows)
    seed = None
    if asked.has_draws or asked.method != GRID:
        seed = int(asked.options["seed"]) if "seed" in asked.options else world.next_seed()
    try:
        points, axes = _points(model, env, asked, seed), on_a_grid(groups)
    except MemoryError:
        raise too_large(model, asked.count, rows, len(asked.swept), call.span) from None
    displays = {name: _display(env, each) for name, each in call.named}
    record = {"method": asked.method, "points": asked.count, "swept": asked.record}
    return Plan(points, fixed, axes, asked.count, rows, seed, asked.has_draws, displays, record)


class _Asked:
    """The values of a call: `options` by name, and `values` of params and axes."""

    def __init__(self, model: Model, env: Environment, call: typed.HostCall) -> None:
        self.call = call
        self.params = {each.variable.name: each for each in model.params}
        own = {*self.params, *(each.name for each in model.functions.axes)}
        self.places = {name: value.span for name, value in call.named}
        every = {name: env.evaluate(value) for name, value in call.named}
        self.options = {name: every.pop(name) for name in OPTIONS if name in every and name not in own}
        self.values = every
        self.method: str = self.options.get("method", GRID)
        self.has_draws: bool = self.options.get("draws", True)
        self.swept: dict[str, Any] = {}
        self.fixed: dict[str, float] = {}
        for name, value in call.named:
            if name in self.params:
                self._take(model, name, value)

    def _take(self, model: Model, name: str, expr: typed.Expr) -> None:
        value = self.values[name]
        match types.resolved(expr.type):
            case types.Array():
                self.swept[name] = _values(self.params[name].variable, np.asarray(value, dtype=float), expr.span)
            case types.Record():
                self.swept[name] = _range(model, self.params[name], value, expr.span)
            case _:
                self.fixed[name] = float(value)

    @property
    def count(self) -> int:
        """How many points there are."""
        if self.method == GRID:
            return prod(len(each) for each in self.swept.values())
        count = int(self.options["n"])
        if count < 1:
            raise Stopped(errors.count_too_small(self.places["n"], count))
        return count

    @property
    def record(self) -> dict[str, object]:
        """What each param was swept over; the values of a grid are in the table."""
        return {
            name: each.as_dict() if isinstance(each, Range) else {"values": len(each)}
            for name, each in self.swept.items()
        }


def _points(model: Model, env: Environment, asked: _Asked, seed: int | None) -> dict[str, NDArray[np.float64]]:
    """The swept params at every point."""
    if asked.method == GRID:
        return on_a_grid([{name: values} for name, values in asked.swept.items()])
    assert seed is not None
    places = {list(asked.params).index(name): each for name, each in asked.swept.items()}
    columns = drawn(places, asked.method, asked.count, seed, env.compiler, asked.call.span)
    return dict(zip(asked.swept, columns, strict=True))


def _check_size(model: Model, asked: _Asked, rows: int) -> None:
    """Stop where the table would not fit into memory, before anything is made of it."""
    swept = len(asked.swept)
    if 8 * asked.count * (rows * _columns(model, swept) + swept) > memory_limit():
        raise too_large(model, asked.count, rows, swept, asked.call.span)
    if asked.count * len(model.experiment.measures) > MOST_POINTS:
        raise Stopped(errors.too_many_points(asked.call.span, asked.count))


def too_large(model: Model, count: int, rows: int, swept: int, at: Span) -> Stopped:
    """So many points of so many rows, with so many swept params, are more than there is room for."""
    columns = _columns(model, swept)
    return Stopped(errors.too_large(at, count * rows, columns, memory_limit() // (8 * columns)))


def _columns(model: Model, swept: int) -> int:
    return swept + len(model.functions.axes) + len(model.functions.measured)


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _values(param: typed.Variable, values: NDArray[np.float64], at: Span) -> NDArray[np.float64]:
    """The values of a grid, of which there is at least one, all finite."""
    if not len(values):
        raise Stopped(errors.no_values(at, param.name))
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise Stopped(errors.not_finite(at, param.name, _text(param, values[wrong[0]]), int(wrong[0])))
    return values


def _range(model: Model, param: typed.ParamDeclaration, given: Mapping[str, Any], at: Span) -> Range:
    """The range, an end that is left out being the param's bound."""
    variable = param.variable
    ends: list[float] = []
    for name, bound in (("low", param.low), ("high", param.high)):
        value = given[name] if name in given else model.environment.evaluate(_known(bound))
        if not isfinite(value):
            raise Stopped(errors.not_finite(at, variable.name, _text(variable, value)))
        ends.append(float(value))
    low, high = ends
    scale = given.get("scale", LINEAR)
    if not low < high:
        raise Stopped(errors.empty_range(at, variable.name, _text(variable, low), _text(variable, high)))
    if scale == LOG and low <= 0:
        raise Stopped(errors.log_from_zero(at, variable.name, _text(variable, low)))
    return Range(low, high, scale)


def _known(bound: typed.Expr | None) -> typed.Expr:
    """The checker has seen that a bound is there where it is needed."""
    assert bound is not None
    return bound


def _text(param: typed.Variable, value: float) -> str:
    return text_of(float(value), param.type, param.display)


def _display(env: Environment, value: typed.Expr) -> typed.DisplayUnit | None:
    """The unit in which values are written: of a range, the first of its ends that has one."""
    if isinstance(value, typed.RecordLiteral):
        return next((each.display for _, each in value.fields if each.display is not None), None)
    return env.unit_of(value)
