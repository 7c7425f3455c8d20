"""`sweep(e, ..)`: many runs of an experiment in one Table, a point after the other and the rows of each together.

    sweep(ramsey, T2 = [10 us, 20 us], seed = 7)         axis tau = [0 us, 1 us]

    T2 [us]  tau [us]  counts       draws with the counter
         10         0     500       0
         10         1     471       1
         20         0     500       2^32
         20         1     486       2^32 + 1

Row j of point i draws with the counter 2^32 i + j: it depends on the seed, on i and j and on the params, and not on how
many points or threads there are. Points go through the experiment's kernel in chunks, each in lanes and over threads,
so that there is something to tell, and something to keep when somebody presses Ctrl-C.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.source import Span
from qdsl.lang.typed import sweep_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.failing import Point, failed_at, watched
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.experiment.sweep_plan import Plan, planned, too_large
from qdsl.runtime.failures import Interrupted, Stopped
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.value.table import Column, Table
from qdsl.runtime.world import World

FIRST_ROWS, GROWTH, MOST_ROWS = 1 << 6, 8, 1 << 17
"""Rows of the first chunk, from which their speed is known; how much larger the next one may be; rows of the largest,
which stays in the caches."""

CHUNK_SECONDS = 0.2
"""How long a chunk is to take: short beside what a person waits, long beside the handing out."""


def swept(model: Model, env: Environment, call: typed.HostCall, world: World) -> Table:
    """Carry out a `sweep(..)` of the program. Ctrl-C raises `Interrupted`, with the Table of what is done."""
    plan = planned(model, env, call, world)
    try:
        run = _Run(model, plan, call.span)
        try:
            run.all(world)
        except KeyboardInterrupt:
            if not run.done:
                raise
            warning = errors.stopped_early(call.span, run.done, plan.count, plan.seed)
            raise Interrupted(call, _table(run, call, world), warning) from None
        return _table(run, call, world)
    except MemoryError:
        raise too_large(model, plan.count, plan.rows, len(plan.swept), call.span) from None
    finally:
        world.progress("")


def counters(first: int, end: int, rows: int) -> NDArray[np.int64]:
    """The counters that the rows of points `first` up to `end` draw with."""
    points = np.arange(first, end, dtype=np.int64) << 32
    return (points[:, np.newaxis] + np.arange(rows, dtype=np.int64)).ravel()


class _Run:
    """The columns of the whole table, and how many points of them are done."""

    def __init__(self, model: Model, plan: Plan, at: Span) -> None:
        self.model, self.plan, self.at = model, plan, at
        self.done = 0
        self.names = [each.variable.name for each in model.params]
        self.kernel = model.kernel("draw" if plan.has_draws else "point")
        self.swept = {name: np.empty(plan.count * plan.rows) for name in plan.swept}
        self.axes = {name: np.empty(plan.count * plan.rows, values.dtype) for name, values in plan.axes.items()}
        self.measured: list[NDArray[Any]] = []

    def all(self, world: World) -> None:
        """Chunk by chunk, each as large as what can be done in `CHUNK_SECONDS`."""
        count, rows, name = self.plan.count, max(1, self.plan.rows), self.model.experiment.name
        points = max(1, FIRST_ROWS // rows)
        while self.done < count:
            before = time.perf_counter()
            end = min(count, self.done + points)
            self._chunk(self.done, end)
            rate = (end - self.done) / max(time.perf_counter() - before, 1e-9)
            self.done = end
            points = int(max(1, min(rate * CHUNK_SECONDS, GROWTH * points, MOST_ROWS // rows)))
            world.progress(f"sweep of {name}: {end:,} of {count:,} points")

    def _chunk(self, first: int, end: int) -> None:
        """Points `first` up to `end`: everything goes to its place in the columns."""
        rows = self.plan.rows
        chunk = slice(first * rows, end * rows)
        for name, column in self.swept.items():
            column[chunk].reshape(end - first, rows)[...] = self.plan.swept[name][first:end, np.newaxis]
        for name, column in self.axes.items():
            column[chunk].reshape(end - first, rows)[...] = self.plan.axes[name]
        found = self._computed(first, end, chunk)
        if not self.measured:
            self.measured = [np.empty(self.plan.count * rows, np.asarray(each).dtype) for each in found]
        for column, values in zip(self.measured, found, strict=True):
            column[chunk] = values

    def _computed(self, first: int, end: int, chunk: slice) -> list[Any]:
        """The draws or means of some points."""
        plan = self.plan
        params = [self.swept[name][chunk] if name in plan.swept else plan.params[name] for name in self.names]
        axes = [column[chunk] for column in self.axes.values()]
        try:
            with watched(lambda row: self._point(None if row is None else chunk.start + row)):
                if plan.has_draws:
                    return self.kernel(*params, *axes, plan.seed, counters(first, end, plan.rows))
                return self.kernel(*params, *axes)[-len(self.model.experiment.measures) :]
        except KernelError as failure:
            raise self._failed(chunk.start, failure) from None

    def _failed(self, before: int, failure: KernelError) -> Stopped:
        """The failure of a row of a chunk, told by its row in the whole table."""
        row = before + (failure.index[0] if failure.index else 0)
        failure.index = (row,)
        return failed_at(self.model, self._point(row), failure, self.at)

    def _point(self, row: int | None) -> Point:
        """The point of a row of the whole table; nothing of it where the row is not known."""
        if row is None:
            return Point({}, {}, (), {})
        values = {name: column[row].item() for name, column in self.swept.items()}
        params = {name: values.get(name, self.plan.params.get(name, 0.0)) for name in self.names}
        axes = {name: column[row].item() for name, column in self.axes.items()}
        by_name = {each.variable.name: each.variable for each in self.model.params}
        named = [*(by_name[name] for name in self.swept), *self.model.functions.axes]
        return Point(params, axes, named, self.plan.displays)


def _table(run: _Run, call: typed.HostCall, world: World) -> Table:
    """The points that are done."""
    plan, functions = run.plan, run.model.functions
    type_ = types.resolved(call.type)
    assert isinstance(type_, types.Table)
    variables = {each.name: each for each in (*functions.params, *functions.axes, *functions.measured)}
    measured = {each.name: column for each, column in zip(functions.measured, run.measured, strict=True)}
    whole = run.swept | run.axes | measured
    columns = {
        name: Column(whole[name][: run.done * plan.rows], cell, plan.displays.get(name) or variables[name].display)
        for name, cell in type_.columns
    }
    points = {**plan.record, "done": run.done}
    record = recorded("sweep", world.source.name, world.source.text, plan.params, plan.seed, sweep=points)
    return Table(columns, record, _to_draw_against(plan))


def _to_draw_against(plan: Plan) -> tuple[str, ...]:
    """What is set at each row, in the order in which a figure is to take it from left to right: runs over their axes,
    told apart by the params; where the axes stand still, over the params.
    """
    varying = [name for name, values in plan.axes.items() if (values != values[:1]).any()]
    return (*varying, *plan.swept, *(name for name in plan.axes if name not in varying))
