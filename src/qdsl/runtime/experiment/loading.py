"""`load`: which columns an experiment wants of a data file, and what values they may have."""

from __future__ import annotations

import math

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.runtime.load import Wanted, load_csv
from qdsl.runtime.value.table import Table
from qdsl.runtime.world import World


def load(world: World, path: str, experiment: typed.Experiment, at: Span) -> Table:
    """The experiment's columns of a CSV file; what is wrong with the file stops the program."""
    diagnostics = Diagnostics()
    table = load_csv(world.path(path), wanted(experiment), world.resolve_unit, diagnostics, at, limits(experiment))
    world.settle(diagnostics)
    assert table is not None
    return table


def wanted(experiment: typed.Experiment) -> list[Wanted]:
    """A column for each axis and each measurement. Shots are counted, so an axis of Ints is not negative."""
    columns = [
        Wanted(each.name, each.type, each.display, low=0.0 if each.type is types.INT else -math.inf)
        for axis in experiment.axes
        for each in axis.variables
    ]
    for measure in experiment.measures:
        row, variable = DISTRIBUTIONS[measure.distribution.name], measure.variable
        columns.append(Wanted(variable.name, variable.type, variable.display, row.low, row.high))
    return columns


def limits(experiment: typed.Experiment) -> list[tuple[str, str]]:
    """(counts, shots) for each measurement of counts out of a number of shots that is a column."""
    pairs: list[tuple[str, str]] = []
    columns = {each for axis in experiment.axes for each in axis.variables}
    for measure in experiment.measures:
        row = DISTRIBUTIONS[measure.distribution.name]
        if row.limit is not None:
            shots = measure.distribution.arguments[row.place(row.limit)]
            if isinstance(shots, typed.Local) and shots.variable in columns:
                pairs.append((measure.variable.name, shots.variable.name))
    return pairs
