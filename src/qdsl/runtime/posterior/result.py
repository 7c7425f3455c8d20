"""A posterior: its draws, estimates that know how they are correlated, and whether the chains can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qdsl.runtime.fit.objective import Matrix, Parameter
from qdsl.runtime.fit.profile import Interval
from qdsl.runtime.fit.verdict import Converged, NotConverged
from qdsl.runtime.posterior.diagnostics import Diagnosis, diagnosed, judged
from qdsl.runtime.posterior.sampling import Chains, Wish
from qdsl.runtime.value.estimate import Estimate, siblings
from qdsl.runtime.value.faces import Faces, Where, copied, write
from qdsl.runtime.value.provenance import Provenance
from qdsl.runtime.value.table import Table


@dataclass(frozen=True, eq=False, repr=False)
class Posterior:
    """What `posterior` returns. A parameter is an attribute, an item, and part of the iteration: `found.tau`,
    `found["tau"]`, with the mean of its draws, and their standard deviation as its error.

    `samples` are all draws in SI, a row for each, chain after chain, with a column for each of `parameters`; `lengths`
    says how many each chain has. `covariance` is theirs. `divergences` counts the steps that went astray.
    `faces` write its pictures and its page.
    """

    parameters: tuple[Parameter, ...]
    estimates: dict[str, Estimate]
    covariance: Matrix
    samples: Matrix
    lengths: tuple[int, ...]
    diagnosis: Diagnosis
    verdict: Converged | NotConverged
    divergences: int
    wish: Wish
    provenance: Provenance | None = None
    data: Table | None = None
    faces: Faces | None = None

    def __getattr__(self, name: str) -> Estimate:
        estimates: dict[str, Estimate] = vars(self).get("estimates", {})  # absent while a copy is being made
        if name not in estimates:
            raise AttributeError(f"this posterior has no parameter {name!r}; it has {', '.join(estimates)}")
        return estimates[name]

    __copy__ = copied

    def __getstate__(self) -> dict[str, object]:
        """Pickled without the experiment: a copy elsewhere cannot be asked for pictures."""
        return vars(self) | {"faces": None}

    def __getitem__(self, name: str) -> Estimate:
        return self.estimates[name]

    def __iter__(self) -> Iterator[Estimate]:
        return iter(self.estimates.values())

    def __repr__(self) -> str:
        return f"<Posterior {self.verdict}: {', '.join(f'{name} = {each}' for name, each in self.estimates.items())}>"

    def __str__(self) -> str:
        from qdsl.runtime.posterior.report import posterior_text

        return posterior_text(self)

    def part(self, name: str) -> object:
        """What stands after the `.` in a program (`lang.typed.posterior_fields`)."""
        match name:
            case "verdict":
                return self.verdict.word
            case "divergences" | "draws" | "summary":
                return getattr(self, name)
            case _:
                return self[name]

    def between(self, place: int, level: float) -> Interval | None:
        """The ends of the central interval of the param at this place, in SI: as many draws lie below as above. None
        where too few draws tell its ends.
        """
        count = len(self.samples)
        low, high = ((count + 1) * (1.0 - level) / 2.0 - 1.0, (count + 1) * (1.0 + level) / 2.0 - 1.0)
        if low < 0 or high > count - 1:
            return None
        ordered = np.sort(self.samples[:, place])
        return Interval(*(float(np.interp(rank, np.arange(count), ordered)) for rank in (low, high)))

    def export(self, path: Where) -> None:
        """The page about the posterior (`.html`), or its draws (`.csv`), into a file (`value.faces.write`)."""
        write("export", self, path)

    def plot_trace(self, path: Where) -> None:
        """Each parameter's density and its chains, as `.svg`, `.png` or `.pdf` (`value.faces.write`)."""
        write("plot_trace", self, path)

    def plot_corner(self, path: Where) -> None:
        """All parameters by pairs, by the draws."""
        write("plot_corner", self, path)

    @property
    def converged(self) -> bool:
        return self.verdict.word == "converged"

    @property
    def draws(self) -> Table:
        """A row for each draw: the chain and the number in it, both from 0, and the params."""
        from qdsl.runtime.posterior.report import draws_table

        return draws_table(self)

    @property
    def summary(self) -> Table:
        """A row for each param, as `lang.typed.posterior_fields.SUMMARY` has its columns."""
        from qdsl.runtime.posterior.report import summary_table

        return summary_table(self)


def posterior_of(
    chains: Chains, parameters: Sequence[Parameter], provenance: Provenance | None = None, data: Table | None = None
) -> Posterior:
    """The posterior that chains have drawn from."""
    samples = np.concatenate(chains.draws)
    means = samples.mean(axis=0)
    size = len(parameters)
    covariance = (
        np.cov(samples, rowvar=False).reshape(size, size) if len(samples) > 1 else np.full((size, size), np.nan)
    )
    together = siblings(
        [float(value) for value in means],
        covariance.tolist(),
        [each.dimension for each in parameters],
        [each.display for each in parameters],
    )
    found = diagnosed(chains, parameters)
    return Posterior(
        parameters=tuple(parameters),
        estimates={each.name: estimate for each, estimate in zip(parameters, together, strict=True)},
        covariance=covariance,
        samples=samples,
        lengths=tuple(map(len, chains.draws)),
        diagnosis=found,
        verdict=judged(chains, parameters, found),
        divergences=chains.diverged,
        wish=chains.wish,
        provenance=provenance,
        data=data,
    )
