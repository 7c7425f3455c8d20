"""What stands after the `.` of a Posterior besides its params: `found.verdict`, `found.draws`, `found.summary`."""

from __future__ import annotations

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.types import INT, SCALAR, TEXT, Type

COUNTERS = ("chain", "draw")
"""The first columns of the draws, both from 0."""

SUMMARY: dict[str, Type] = {
    **dict.fromkeys(("param", "mean", "sd", "q5", "median", "q95"), TEXT),
    **dict.fromkeys(("ess_bulk", "ess_tail", "r_hat"), SCALAR),
}
"""The columns of a summary. Its rows are of several units, so that quantities are texts with their units in them."""


def posterior_fields(experiment: typed.Experiment) -> dict[str, Type]:
    """The names and their types."""
    return {
        "verdict": TEXT,
        "divergences": INT,
        "draws": draws_type(experiment),
        "summary": types.Table(tuple(SUMMARY.items())),
    }


def draws_type(experiment: typed.Experiment) -> types.Table:
    """The chain and the number of each draw, then the params."""
    params = [(each.variable.name, each.variable.type) for each in experiment.params]
    return types.Table((*((name, INT) for name in COUNTERS), *params), experiment.is_whole)


def taken_names(experiment: typed.Experiment) -> list[typed.Variable]:
    """The params whose names a Posterior has for something else."""
    taken = {*posterior_fields(experiment), *COUNTERS}
    return [each.variable for each in experiment.params if each.variable.name in taken]
