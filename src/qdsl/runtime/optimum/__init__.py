"""Minima and maxima of functions: from a function with exact derivatives to a point and an honest verdict.

    Function ─starts─ ─descent (trust region, L-BFGS-B)→ end ─judgement→ Verdict ─→ Optimum ─report→ text

Importing this imports NumPy, so a session does it when the first search is asked for; SciPy waits for the first that
has several starts or many numbers.
"""

from qdsl.runtime.optimum.objective import Argument, Function
from qdsl.runtime.optimum.result import Optimum
from qdsl.runtime.optimum.searching import Found, found
from qdsl.runtime.optimum.verdict import Flat, Multimodal, Verdict

__all__ = ["Argument", "Flat", "Found", "Function", "Multimodal", "Optimum", "Verdict", "found"]
