"""Runs of signs: do data that lie above the model follow each other more than they should?

    signs in the order of the axis   + + + + - - - - - +     3 runs of 10, where 5.8 are expected

If the model is right and the points are independent, every order of so many plus and minus is as likely as any other;
a model that the data do not follow leaves long runs. What is asked is how often there would be so few runs or fewer. A
fit bends towards its data, which makes runs shorter: the p-value errs to the model's side.

Source: A. Wald and J. Wolfowitz, "On a test whether two samples are from the same population", Annals of Mathematical
Statistics 11 (1940) 147.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from qdsl.runtime.fit.objective import Vector

EXACT_UP_TO = 1000
"""So many signs are counted out; of more the number of runs is normal: 0.001 is then right within 5 %."""

NEAR = 3.0
"""Standard deviations below the mean: a number of runs above that is never as rare as 0.001. A normal number is so at
3.09, and fewer signs have shorter tails.
"""


@dataclass(frozen=True, slots=True)
class Runs:
    """How many runs there are, how many are expected, and the probability of so few or fewer."""

    found: int
    expected: float
    p_value: float


def runs_of(signs: Vector) -> Runs | None:
    """The runs of the signs in this order; zeros have none and are left out. None where there is nothing to tell: no
    plus or no minus.
    """
    is_above = signs[signs != 0.0] > 0.0
    above = int(np.count_nonzero(is_above))
    below = len(is_above) - above
    if not above or not below:
        return None
    found = 1 + int(np.count_nonzero(is_above[1:] != is_above[:-1]))
    expected = 1.0 + 2.0 * above * below / (above + below)
    return Runs(found, expected, few_runs(found, above, below))


def few_in_each(runs: Vector, above: Vector, below: Vector) -> Vector:
    """The p-value of so many runs, or fewer, of each of K, where it is small: 1 stands for all that are far from
    rejecting anything, nan where there is nothing to tell.
    """
    found = np.where((above > 0) & (below > 0), 1.0, np.nan)
    count, twice = above + below, 2.0 * above * below
    with np.errstate(all="ignore"):
        mean, variance = 1.0 + twice / count, twice * (twice - count) / (count**2 * (count - 1.0))
        is_suspicious = (runs - mean < -NEAR * np.sqrt(variance)) & ~np.isnan(found)
    for k in np.flatnonzero(is_suspicious):
        found[k] = few_runs(int(runs[k]), int(above[k]), int(below[k]))
    return found


def fewest(several: Sequence[Runs]) -> Runs | None:
    """Of several sequences of signs, which may depend on each other, the one with the least p-value, times how many
    there are (C. E. Bonferroni's bound).
    """
    if not several:
        return None
    least = min(several, key=lambda each: each.p_value)
    return Runs(least.found, least.expected, min(1.0, len(several) * least.p_value))


def few_runs(runs: int, above: int, below: int) -> float:
    """The probability of at most so many runs of `above` plus and `below` minus in a random order."""
    return _counted(runs, above, below) if above + below <= EXACT_UP_TO else _normal(runs, above, below)


def _counted(runs: int, above: int, below: int) -> float:
    """2k runs are made of k parts of each sign; an odd number has one part more of one of them."""
    total = 0
    for count in range(2, min(runs, above + below) + 1):
        half = count // 2
        if count % 2 == 0:
            total += 2 * math.comb(above - 1, half - 1) * math.comb(below - 1, half - 1)
        else:
            total += math.comb(above - 1, half) * math.comb(below - 1, half - 1)
            total += math.comb(above - 1, half - 1) * math.comb(below - 1, half)
    return total / math.comb(above + below, above)


def _normal(runs: int, above: int, below: int) -> float:
    """By the mean and the variance of the number of runs, half a run added as it is a whole number."""
    count, twice = above + below, 2.0 * above * below
    mean = 1.0 + twice / count
    variance = twice * (twice - count) / (count**2 * (count - 1.0))
    return NormalDist().cdf((runs + 0.5 - mean) / math.sqrt(variance))
