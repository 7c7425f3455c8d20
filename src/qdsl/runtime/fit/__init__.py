"""Fits: from an objective, with exact derivatives, to estimates, their covariance and an honest verdict.

    Objective ─admission→ ─likelihood | squares→ Optimum ─judgement→ Verdict ─covariance→ Fit ─rejection→ ─report→ text

Importing this imports NumPy, so a session does it when the first fit is asked for; SciPy waits for the first least
squares.
"""

from qdsl.runtime.fit.fitting import fit
from qdsl.runtime.fit.objective import LeastSquares, Likelihood, Objective, Parameter
from qdsl.runtime.fit.profile import Interval
from qdsl.runtime.fit.result import Fit
from qdsl.runtime.fit.verdict import AtBound, Converged, Multimodal, NotConverged, Rejected, Unidentifiable, Verdict

__all__ = [
    "AtBound",
    "Converged",
    "Fit",
    "Interval",
    "LeastSquares",
    "Likelihood",
    "Multimodal",
    "NotConverged",
    "Objective",
    "Parameter",
    "Rejected",
    "Unidentifiable",
    "Verdict",
    "fit",
]
