"""The distributions that may stand after `~`: one row each.

The densities, means and draws of a distribution `D` are functions of stdlib/stats.qdsl named after it (`d_log_kernel`,
`d_mean`, ..); here is what else differs from one to the other: the arguments, the type of a draw and the values it may
have, and how its data are judged and drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.types import INT, SCALAR, Type


class Bars(Enum):
    """Where the error bars of measured points come from."""

    NONE = "none"
    FRACTION = "fraction"  # of the limit: Wilson's interval
    COUNT = "count"  # the rates that fit the count
    SIGMA = "sigma"  # the argument of that name, or what the fit found for it


@dataclass(frozen=True, slots=True)
class Distribution:
    """`arguments` maps each name to its type given the dimension of a draw; `optional` may be left out.

    A draw lies in `low` .. `high`, and does not exceed the argument named `limit`. `goodness` says that the deviance
    has a chi-squared distribution when the model is true and counts are not small; where there is an optional
    argument, only if it is given and not itself fitted. `outcomes` names the argument with a probability for each of
    several outcomes: then a draw is a count of each, and `information` names the Fisher information of one of them.
    """

    arguments: tuple[tuple[str, Callable[[Dimension], Type]], ...]
    support: Callable[[Dimension], Type]
    optional: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    limit: str | None = None
    goodness: bool = False
    outcomes: str | None = None
    information: str = ""
    bars: Bars = Bars.NONE

    def place(self, argument: str) -> int:
        """Which argument has that name."""
        return [name for name, _ in self.arguments].index(argument)


def _same(dimension: Dimension) -> Type:
    return types.Real(dimension)


def _inverse(dimension: Dimension) -> Type:
    return types.Real(ONE / dimension)


def _plain(dimension: Dimension) -> Type:
    return SCALAR


def _count(dimension: Dimension) -> Type:
    return INT


def _shares(dimension: Dimension) -> Type:
    return types.Array(SCALAR)


DISTRIBUTIONS: dict[str, Distribution] = {
    "Normal": Distribution(
        (("mean", _same), ("sigma", _same)), _same, optional=("sigma",), goodness=True, bars=Bars.SIGMA
    ),
    "Binomial": Distribution(
        (("n", _count), ("p", _plain)), _count, low=0.0, limit="n", goodness=True, bars=Bars.FRACTION
    ),
    "Bernoulli": Distribution((("p", _plain),), _count, low=0.0, high=1.0),
    "Poisson": Distribution((("mean", _plain),), _count, low=0.0, goodness=True, bars=Bars.COUNT),
    "Multinomial": Distribution(
        (("n", _count), ("p", _shares)),
        _count,
        low=0.0,
        limit="n",
        goodness=True,
        outcomes="p",
        information="outcome_information",
        bars=Bars.FRACTION,
    ),
    "Exponential": Distribution((("mean", _same),), _same, low=0.0),
    "Uniform": Distribution((("low", _same), ("high", _same)), _same),
    "Gamma": Distribution((("shape", _plain), ("scale", _same)), _same, low=0.0),
    "Beta": Distribution((("a", _plain), ("b", _plain)), _plain, low=0.0, high=1.0),
    "StudentT": Distribution((("nu", _plain), ("mean", _same), ("scale", _same)), _same),
}
