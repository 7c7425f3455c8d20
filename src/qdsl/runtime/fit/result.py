"""A finished fit: estimates that know their covariance, how the search ended and how well the model fits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.fit.goodness import chi2_tail
from qdsl.runtime.fit.held import Better
from qdsl.runtime.fit.objective import Matrix, Objective, Parameter, Vector
from qdsl.runtime.fit.profile import Interval, profile
from qdsl.runtime.fit.runs import Runs
from qdsl.runtime.fit.verdict import Verdict
from qdsl.runtime.value.estimate import Estimate
from qdsl.runtime.value.faces import Faces, Where, copied, write
from qdsl.runtime.value.provenance import Provenance
from qdsl.runtime.value.table import Table


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """What `fit` returns. A parameter is an attribute, an item, and part of the iteration: `best.tau`, `best["tau"]`.

    `covariance` is in SI, in the order of `parameters`. `nll` leaves out `constant`, the terms that only the data fix.
    `deviance`, and Pearson's `chi2`, are None where they do not measure goodness of fit; least squares have `rss`, and
    no nll. `runs` are those of the residuals' signs along the axis, where they have any. `measured` says in what the
    residuals are counted. `weights` are those of the data's rows, where they have any. `objective` is what was fitted:
    what is asked of the fit later asks that.
    Where the search from the defaults ended much worse, `preferred_to` are the params there, in SI, and how many
    deviations worse. `faces` write its pictures and its page.
    """

    parameters: tuple[Parameter, ...]
    estimates: dict[str, Estimate]
    covariance: Matrix
    verdict: Verdict
    method: str
    errors_from: str
    n_points: int
    dof: int
    iterations: int
    nll: float | None = None
    constant: float | None = None
    deviance: float | None = None
    rss: float | None = None
    chi2: float | None = None
    runs: Runs | None = None
    measured: Dimension = ONE
    display: DisplayUnit | None = None
    provenance: Provenance | None = None
    data: Table | None = None
    weights: Vector | None = None
    objective: Objective | None = None
    preferred_to: tuple[tuple[float, ...], float] | None = None
    faces: Faces | None = None

    def __getattr__(self, name: str) -> Estimate:
        estimates: dict[str, Estimate] = vars(self).get("estimates", {})  # absent while a copy is being made
        if name not in estimates:
            raise AttributeError(f"this fit has no parameter {name!r}; it has {', '.join(estimates)}")
        return estimates[name]

    __copy__ = copied

    def __getstate__(self) -> dict[str, object]:
        """Pickled without what was fitted, which has compiled code: a copy elsewhere cannot be asked for profiles, nor
        for pictures.
        """
        return vars(self) | {"objective": None, "faces": None}

    def __getitem__(self, name: str) -> Estimate:
        return self.estimates[name]

    def __iter__(self) -> Iterator[Estimate]:
        return iter(self.estimates.values())

    def __repr__(self) -> str:
        return f"<Fit {self.verdict}: {', '.join(f'{name} = {each}' for name, each in self.estimates.items())}>"

    def __str__(self) -> str:
        from qdsl.runtime.fit.report import fit_text

        return fit_text(self)

    def table(self) -> Table:
        """The fit as one row of a table."""
        from qdsl.runtime.fit.report import fit_table

        return fit_table(self)

    def export(self, path: Where) -> None:
        """The page about the fit (`.html`), or the row of `table` (`.csv`), into a file (`value.faces.write`)."""
        write("export", self, path)

    def plot(self, path: Where) -> None:
        """Data, model and residuals, as `.svg`, `.png` or `.pdf`. Raises as `value.faces.write`, as all pictures do."""
        write("plot", self, path)

    def plot_profile(self, name: str, path: Where, level: float = 0.95) -> None:
        """How much worse the fit is with one parameter held at each value; between 0 and 1 is the `level`."""
        write("plot_profile", self, path, (name,), level=level)

    def plot_contour(self, x: str, y: str, path: Where) -> None:
        """Where two parameters are together. Raises ValueError for the same one twice."""
        if x == y:
            raise ValueError(f"a contour is of two parameters, and this is {x!r} twice")
        write("plot_contour", self, path, (x, y))

    def plot_corner(self, path: Where) -> None:
        """All parameters by pairs, by their covariance."""
        write("plot_corner", self, path)

    def profile(self, name: str, level: float = 0.95) -> Interval:
        """Between which values, in SI, a parameter lies by the profile likelihood (`fit.profile`). `level` is how often
        such an interval holds the true value. Raises KeyError for a name that is no parameter, and ValueError for a
        level that is not between 0 and 1, a parameter that was fixed, a fit that was unpickled or is not at its best.
        """
        found = self.profiled(name, level)
        if isinstance(found, Better):
            raise ValueError(f"the fit is not at the best point: {found.deviations:.2g} deviations better at {found.x}")
        return found

    def profiled(self, name: str, level: float) -> Interval | Better:
        """The same, with a better point than that of the fit as an answer."""
        place = list(self.estimates).index(name) if name in self.estimates else -1
        if place < 0:
            raise KeyError(name)
        if not 0.0 < level < 1.0:
            raise ValueError(f"a level lies between 0 and 1, and this is {level}")
        if self.parameters[place].low == self.parameters[place].high:
            raise ValueError(f"{name} was not fitted")
        if self.objective is None:
            raise ValueError("this fit was made elsewhere, and has not brought its model along")
        return profile(self.objective, self.parameters, np.array(self.values), place, self[name].error, level)

    @property
    def values(self) -> tuple[float, ...]:
        """The best values in SI, in the order of `parameters`."""
        return tuple(each.value for each in self.estimates.values())

    @property
    def converged(self) -> bool:
        """Whether the answer may be used: the search ended at a minimum, and the data do not reject the model. Who asks
        wants to know whether to believe the fit, so a rejected one is none, though its search has converged.
        """
        return self.verdict.word == "converged"

    @property
    def nll_with_constant(self) -> float | None:
        """The whole negative log-likelihood: what another program's `-logpdf` would sum to."""
        return None if self.nll is None or self.constant is None else self.nll + self.constant

    @property
    def n_parameters(self) -> int:
        """How many numbers were found from the data: the free parameters, and the sigma of least squares."""
        return sum(each.low < each.high for each in self.parameters) + (self.rss is not None)

    @property
    def whole_nll(self) -> float | None:
        """The whole negative log-likelihood, that of least squares too, with the sigma that makes it least, in SI."""
        if self.rss is None:
            return self.nll_with_constant
        variance = self.rss / self.n_points
        return 0.5 * self.n_points * (math.log(2.0 * math.pi * variance) + 1.0) if variance > 0.0 else -math.inf

    @property
    def aic(self) -> float:
        """Akaike's information criterion, 2 k - 2 log L: of several models of the same data the least is expected to
        foretell new data best. nan where the likelihood is not known.
        """
        return math.nan if self.whole_nll is None else 2.0 * self.n_parameters + 2.0 * self.whole_nll

    @property
    def aicc(self) -> float:
        """The same corrected for few points (C. M. Hurvich and C.-L. Tsai, Biometrika 76 (1989) 297); infinite where
        there are no more points than parameters and one.
        """
        k, rest = self.n_parameters, self.n_points - self.n_parameters - 1
        return self.aic + 2.0 * k * (k + 1) / rest if rest > 0 else math.inf

    @property
    def bic(self) -> float:
        """The Bayesian information criterion, k log n - 2 log L (G. Schwarz, Annals of Statistics 6 (1978) 461)."""
        return self.aic + self.n_parameters * (math.log(self.n_points) - 2.0)

    @property
    def p_value(self) -> float | None:
        """How often data from a true model would fit worse; None where the deviance cannot tell."""
        return None if self.deviance is None or self.dof <= 0 else chi2_tail(self.deviance, self.dof)

    @property
    def rejected(self) -> bool:
        """Whether the data speak against the model itself, whatever its parameters and wherever the search ended."""
        from qdsl.runtime.fit.rejection import rejection

        return rejection(self) is not None

    @property
    def runs_p_value(self) -> float | None:
        """How often independent residuals would have as few runs of signs (`fit.runs`); None where there are none."""
        return None if self.runs is None else self.runs.p_value

    @property
    def sigma(self) -> float | None:
        """The scatter of the points about the curve, for least squares, in SI."""
        return None if self.rss is None or self.dof <= 0 else float((self.rss / self.dof) ** 0.5)
