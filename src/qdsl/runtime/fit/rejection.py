"""The data against the model: a search that converged is no success where the model cannot be right.

In: a `Fit` whose verdict is about the search. Out: the same, `rejected` where it said `converged` and the data refuse
the model. Any other verdict stays, for it already says that the fit cannot be used as it is.

- The deviance may be too large: its p-value below 0.001.
- There may be too few runs of signs: residuals that follow each other show a wrong model, or noise that goes on from
  one point to the next, and either way the errors of the estimates are wrong. It is all there is to see where the
  scatter is taken from the residuals, as with least squares, or where a sigma that was given is too large.
"""

from __future__ import annotations

from dataclasses import replace

from qdsl.runtime.fit.goodness import REJECTED_BELOW
from qdsl.runtime.fit.result import Fit
from qdsl.runtime.fit.verdict import Converged, Rejected


def held_against_data(fit: Fit) -> Fit:
    """The fit with the verdict that the data allow."""
    found = rejection(fit)
    return fit if found is None or not isinstance(fit.verdict, Converged) else replace(fit, verdict=found)


def rejection(fit: Fit) -> Rejected | None:
    """By what the model is rejected, whatever its parameters; None where it is not."""
    if fit.p_value is not None and fit.p_value < REJECTED_BELOW:
        return Rejected(fit.p_value)
    if fit.runs is not None and fit.runs.p_value < REJECTED_BELOW:
        return Rejected(fit.runs.p_value, of_runs=True)
    return None
