"""How estimates scatter when the data are drawn again, and the intervals that follow.

    again.interval("tau", 0.95)

Intervals are bias-corrected and accelerated: B. Efron, J. Am. Stat. Assoc. 82 (1987) 171; B. Efron and R. J.
Tibshirani, An Introduction to the Bootstrap (1993), equations 14.9 to 14.15. The acceleration comes from the jackknife:
refits of the data with one row left out. All numbers are SI.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.runtime.fit.objective import Matrix, Parameter, Vector
from qdsl.runtime.fit.profile import Interval
from qdsl.runtime.value.estimate import Estimate, siblings
from qdsl.runtime.value.faces import Faces, Where, copied, write
from qdsl.runtime.value.provenance import Provenance
from qdsl.runtime.value.table import Table, real_column

NORMAL = NormalDist()


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """What `bootstrap` returns. `best` are the params of the fit, `values` the refits (B × p), `left_out` those of the
    jackknife (n × p). `failed` of the refits ended nowhere, and are not among `values`. A param is an attribute, an
    Estimate whose error is the scatter of the refits. `faces` write its picture.
    """

    parameters: tuple[Parameter, ...]
    best: Vector
    values: Matrix
    left_out: Matrix
    failed: int
    method: str
    seed: int
    provenance: Provenance | None = None
    faces: Faces | None = None

    def __getattr__(self, name: str) -> Estimate:
        names = [each.name for each in vars(self).get("parameters", ())]
        if name not in names:
            raise AttributeError(f"this bootstrap has no parameter {name!r}; it has {', '.join(names)}")
        return self.estimates[names.index(name)]

    def __getitem__(self, name: str) -> Estimate:
        return self.__getattr__(name)

    __copy__ = copied

    def __getstate__(self) -> dict[str, object]:
        """Pickled without the experiment: a copy elsewhere cannot be asked for pictures."""
        return vars(self) | {"faces": None}

    def plot_corner(self, path: Where) -> None:
        """All parameters by pairs, by the refits, as `.svg`, `.png` or `.pdf` (`value.faces.write`)."""
        write("plot_corner", self, path)

    @property
    def estimates(self) -> list[Estimate]:
        """The best values, with the covariance of the refits."""
        known = vars(self).get("_estimates")
        if known is None:
            known = siblings(
                [float(each) for each in self.best],
                self.covariance.tolist(),
                [each.dimension for each in self.parameters],
                [each.display for each in self.parameters],
            )
            object.__setattr__(self, "_estimates", known)
        return list(known)

    @property
    def covariance(self) -> Matrix:
        """That of the refits, p × p; nan where there are fewer than two."""
        size = len(self.parameters)
        if len(self.values) < 2:
            return np.full((size, size), np.nan)
        return np.atleast_2d(np.cov(self.values, rowvar=False))

    @property
    def draws(self) -> Table:
        """The refits, one in each row."""
        columns = {
            each.name: real_column(self.values[:, at], each.dimension, each.display)
            for at, each in enumerate(self.parameters)
        }
        return Table(columns, self.provenance)

    @property
    def bias(self) -> Vector:
        """By how much the refits lie beside the best values, on average."""
        return np.asarray(self.values.mean(axis=0) - self.best)

    def interval(self, name: str, level: float = 0.95) -> Interval:
        """The interval that holds a param so often, in SI. Raises KeyError for a name that is no param, and ValueError
        for a level not between 0 and 1, or for more than the refits can tell.
        """
        names = [each.name for each in self.parameters]
        if name not in names:
            raise KeyError(name)
        if not 0.0 < level < 1.0:
            raise ValueError(f"a level lies between 0 and 1, and this is {level}")
        found = self.between(names.index(name), level)
        if found is None:
            raise ValueError(f"{len(self.values)} refits do not tell an interval of level {level}")
        return found

    def between(self, place: int, level: float) -> Interval | None:
        """The same of the param at this place; None where there are too few refits for its ends."""
        values = np.sort(self.values[:, place])
        ends = bca_levels(values, float(self.best[place]), self.left_out[:, place], level)
        if ends is None:
            return None
        count = len(values)
        ranks = [each * (count + 1) - 1 for each in ends]  # the i-th of B is the quantile i / (B + 1)
        if ranks[0] < 0 or ranks[1] > count - 1:
            return None
        low, high = np.interp(ranks, np.arange(count), values)
        return Interval(float(low), float(high))

    def __repr__(self) -> str:
        return f"<Bootstrap of {len(self.values)} refits: {', '.join(each.name for each in self.parameters)}>"

    def __str__(self) -> str:
        from qdsl.runtime.fit.report import bootstrap_text

        return bootstrap_text(self)


def bca_levels(values: NDArray[Any], best: float, left_out: NDArray[Any], level: float) -> tuple[float, float] | None:
    """The shares of the refits that lie below the ends of the interval; None where all lie to one side."""
    below = (np.count_nonzero(values < best) + 0.5 * np.count_nonzero(values == best)) / max(len(values), 1)
    if not 0.0 < below < 1.0:
        return None
    bias, acceleration = NORMAL.inv_cdf(below), _acceleration(left_out)
    ends: list[float] = []
    for share in ((1.0 - level) / 2.0, (1.0 + level) / 2.0):
        z = bias + NORMAL.inv_cdf(share)
        stretch = 1.0 - acceleration * z
        if stretch <= 0.0:
            return None
        ends.append(NORMAL.cdf(bias + z / stretch))
    return ends[0], ends[1]


def _acceleration(left_out: NDArray[Any]) -> float:
    """A sixth of the skewness of the jackknife's influences; 0 without any."""
    influence = left_out.mean() - left_out if left_out.size else np.zeros(0)
    squares: float = np.sum(influence**2).item()
    if not squares > 0.0 or not math.isfinite(squares):
        return 0.0
    cubes: float = np.sum(influence**3).item()
    return cubes / (6.0 * squares * math.sqrt(squares))
