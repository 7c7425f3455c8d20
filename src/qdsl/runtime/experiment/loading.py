"""`load`: which columns an experiment wants of a data file, and what values they may have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.types import TEXT
from qdsl.runtime.experiment.admission import limits
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.load import Wanted, load_csv
from qdsl.runtime.value.table import Table
from qdsl.runtime.world import World


def load(world: World, path: str, model: Model, at: Span, skip: bool = False, by: str | None = None) -> Table:
    """The experiment's columns of a CSV file, and as texts the column `by`, if it is none of these; what is wrong with
    the file stops the program. Rows that lack a value are left out if `skip`.
    """
    diagnostics = Diagnostics()
    most = limits(model)
    columns = wanted(model.experiment, [each.shots for each in most])
    measured = [each.name for each in model.functions.measured]
    if by is not None and all(each.name != by for each in columns):
        columns.append(Wanted(by, TEXT))
    table = load_csv(world.path(path), columns, world.resolve_unit, diagnostics, at, most, skip, world.show.fresh())
    world.settle(diagnostics)
    assert table is not None
    axes = [each.name for each in model.functions.axes]
    return replace(table, axes=tuple(axes if by is None or by in axes or by in measured else (*axes, by)))


def wanted(experiment: typed.Experiment, shots: Sequence[str]) -> list[Wanted]:
    """A column for each axis and each measurement. An axis of `shots` is not negative."""
    columns = [
        Wanted(each.name, each.type, each.display, low=0.0 if each.name in shots else -math.inf)
        for axis in experiment.axes
        for each in axis.variables
    ]
    for measure in experiment.measures:
        row, variable = DISTRIBUTIONS[measure.distribution.name], measure.variable
        columns.append(Wanted(variable.name, variable.type, variable.display, row.low, row.high))
    return columns
