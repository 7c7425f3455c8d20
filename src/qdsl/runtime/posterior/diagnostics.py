"""Whether chains can be believed: R-hat, effective sample sizes, steps that went astray -> a verdict.

`converged` is said only where the rank-normalised split R-hat of every param is below 1.01, the effective sample sizes
of its bulk and its tails are at least 400, no step diverged and nobody interrupted.

Source: A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Bürkner, "Rank-normalization, folding, and localization:
an improved R-hat", Bayesian Analysis 16 (2021) 667; as arviz computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qdsl.runtime.fit.objective import Parameter, Vector
from qdsl.runtime.fit.verdict import Converged, NotConverged
from qdsl.runtime.posterior.sampling import Chains
from qdsl.runtime.value.quantity import shown

LARGEST_R_HAT = 1.01
LEAST_ESS = 400.0
DIGITS = 4

SHORTEST = 4
"""Draws of a chain, below which nothing can be said of it."""


@dataclass(frozen=True)
class Diagnosis:
    """Of each param how much chains differ, and how many independent draws they are worth. nan where nobody knows."""

    r_hat: Vector
    ess_bulk: Vector
    ess_tail: Vector


def diagnosed(chains: Chains, parameters: Sequence[Parameter]) -> Diagnosis:
    """R-hat and effective sample sizes of the free params, over as many draws as all chains have."""
    import arviz

    size = len(parameters)
    r_hat, bulk, tail = (np.full(size, np.nan) for _ in range(3))
    long = [each for each in chains.draws if len(each) >= SHORTEST]
    if not long:
        return Diagnosis(r_hat, bulk, tail)
    length = min(map(len, long))
    for k, each in enumerate(parameters):
        if each.low < each.high:
            values = np.array([draws[:length, k] for draws in long])
            r_hat[k] = arviz.rhat(values) if len(long) > 1 else np.nan
            bulk[k], tail[k] = (float(arviz.ess(values, method=method)) for method in ("bulk", "tail"))
    return Diagnosis(r_hat, bulk, tail)


def judged(chains: Chains, parameters: Sequence[Parameter], found: Diagnosis) -> Converged | NotConverged:
    """The first reason against the draws, if there is one."""
    wish = chains.wish
    if chains.interrupted:
        return NotConverged(f"interrupted after {chains.count:,} of {wish.draws * wish.chains:,} draws")
    if len(chains.draws) < 2:
        return NotConverged("of one chain alone nobody knows whether another one would agree")
    free = [k for k, each in enumerate(parameters) if each.low < each.high]
    worst = max(free, key=lambda k: (np.isnan(found.r_hat[k]), found.r_hat[k]))
    if not found.r_hat[worst] < LARGEST_R_HAT:
        return NotConverged(_disagreement(chains, parameters[worst], worst, float(found.r_hat[worst])))
    if chains.diverged:
        steps = "1 step" if chains.diverged == 1 else f"{chains.diverged:,} steps"
        return NotConverged(f"{steps} of {chains.count:,} diverged: there are places where the chains cannot go")
    for sizes, of in ((found.ess_bulk, ""), (found.ess_tail, "the tails of ")):
        least = min(free, key=lambda k: (not np.isnan(sizes[k]), sizes[k]))
        if not sizes[least] >= LEAST_ESS:
            name = parameters[least].name
            return NotConverged(
                f"the draws of {of}{name} are worth only {sizes[least]:.0f} independent ones, of {LEAST_ESS:.0f} needed"
            )
    return Converged()


def _disagreement(chains: Chains, parameter: Parameter, place: int, r_hat: float) -> str:
    """Where each chain was, by its median."""
    medians = [float(np.median(draws[:, place])) for draws in chains.draws]
    shown_ = [shown(each, parameter.dimension, parameter.display, digits=DIGITS) for each in medians]
    return f"R-hat of {parameter.name} is {r_hat:.4g}, as its chains are around {', '.join(shown_)}"
