"""The distributions that may stand after `~`: one row each.

The densities, means and draws of a distribution `D` are functions of stdlib/stats.qdsl named after it (`d_log_kernel`,
`d_mean`, ..); here is only what the checker needs: the arguments and the type of a draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.types import INT, SCALAR, Type


@dataclass(frozen=True, slots=True)
class Distribution:
    """`arguments` maps each name to its type given the dimension of a draw; `optional` may be left out."""

    arguments: tuple[tuple[str, Callable[[Dimension], Type]], ...]
    support: Callable[[Dimension], Type]
    optional: tuple[str, ...] = ()


def _same(dimension: Dimension) -> Type:
    return types.Real(dimension)


def _inverse(dimension: Dimension) -> Type:
    return types.Real(ONE / dimension)


def _plain(dimension: Dimension) -> Type:
    return SCALAR


def _count(dimension: Dimension) -> Type:
    return INT


DISTRIBUTIONS: dict[str, Distribution] = {
    "Normal": Distribution((("mean", _same), ("sigma", _same)), _same, optional=("sigma",)),
    "Binomial": Distribution((("n", _count), ("p", _plain)), _count),
    "Bernoulli": Distribution((("p", _plain),), _count),
    "Poisson": Distribution((("mean", _plain),), _count),
    "Exponential": Distribution((("mean", _same),), _same),
    "Uniform": Distribution((("low", _same), ("high", _same)), _same),
    "Gamma": Distribution((("shape", _plain), ("scale", _same)), _same),
    "Beta": Distribution((("a", _plain), ("b", _plain)), _plain),
    "StudentT": Distribution((("nu", _plain), ("mean", _same), ("scale", _same)), _same),
}
