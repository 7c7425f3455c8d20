"""Along which axis an experiment is looked at, where it has several."""

from __future__ import annotations

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dependence import reached_from, variables_in
from qdsl.lang.typed.distributions import DISTRIBUTIONS, Bars
from qdsl.runtime.experiment.model import Model


def main_axis(model: Model) -> typed.Variable | None:
    """The axis to draw against: the first real one, else the first; None where the experiment has none."""
    axes = model.functions.axes
    real = (each for each in axes if isinstance(types.pruned(each.type), types.Real))
    return next(real, axes[0] if axes else None)


def axes_of_mean(model: Model, measure: typed.MeasureDeclaration) -> list[typed.Variable]:
    """The axes that what is drawn depends on: not those that only tell how often or how well it was measured."""
    row = DISTRIBUTIONS[measure.distribution.name]
    limit = None if row.limit is None else row.place(row.limit)
    silent = {limit, row.place("sigma") if row.bars is Bars.SIGMA else None}
    telling = [each for k, each in enumerate(measure.distribution.arguments) if k not in silent and each is not None]
    used = variables_in(tuple(telling))
    return [axis for axis in model.functions.axes if not used.isdisjoint(reached_from(model.experiment, (axis,)))]
