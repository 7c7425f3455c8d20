"""Chains of draws: the no-U-turn sampler of nutpie, which is given our density and its exact gradient.

In: a `Beginning`, how many draws, and a seed. Out: `Chains`. Each chain has a seed of its own, made of the given one
and its number, so that it is the same whatever others there are. Chains run one after the other: the code of a density
may run over all processors by itself.

Source: M. D. Hoffman and A. Gelman, "The no-U-turn sampler", Journal of Machine Learning Research 15 (2014) 1593;
M. Betancourt, "A conceptual introduction to Hamiltonian Monte Carlo", arXiv:1701.02434 (2017).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.posterior.beginning import Beginning

TELL_SECONDS = 0.2

ACCEPT = (0.9, 0.98)
"""How often a step is to be accepted: the more often, the shorter steps are, and the fewer of them diverge. A chain of
which few do so is run again with the shorter ones.
"""

FEW = 0.01
"""Of the draws: where more of them diverge, shorter steps do not help."""

DEEPEST = 8
"""A draw takes at most two to this many steps. Where more are needed the coordinates are bad."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """How many draws of how many chains, after how many steps in which a chain finds its way; and the seed."""

    draws: int
    chains: int
    warmup: int
    seed: int


@dataclass
class Chains:
    """For each chain its draws, rows × all params in SI. `diverged` counts steps that went astray."""

    wish: Wish
    draws: list[Matrix] = field(default_factory=list)
    diverged: int = 0
    interrupted: bool = False

    @property
    def count(self) -> int:
        return sum(map(len, self.draws))


def sampled(begin: Beginning, wish: Wish, progress: Progress = lambda text: None) -> Chains:
    """All chains; after an interrupt those draws that there are. KeyboardInterrupt where there is none."""
    chains = Chains(wish)
    for number in range(wish.chains):
        source = np.random.SeedSequence((wish.seed % 2**64, number))
        chain = _Chain(begin, wish, number, progress)
        for accept in ACCEPT:
            chains.interrupted = chain.run(source, accept)
            if chains.interrupted or not 0 < chain.diverged < FEW * wish.draws:
                break
        if len(chain.draws):
            chains.draws.append(chain.draws)
        chains.diverged += chain.diverged
        if chains.interrupted:
            break
    progress("")
    if not chains.draws:
        raise KeyboardInterrupt
    return chains


class _Chain:
    """One chain. The sampler calls from a thread of its own: an error waits there for us, and watches are told in our
    context.
    """

    def __init__(self, begin: Beginning, wish: Wish, number: int, progress: Progress) -> None:
        self.begin, self.wish, self.number, self.progress = begin, wish, number, progress
        self.draws: Matrix = np.empty((0, 0))
        self.diverged = 0
        self.failure: BaseException | None = None
        self.steps = 0
        self.told = time.monotonic()
        self.context = copy_context()

    def run(self, source: np.random.SeedSequence, accept: float) -> bool:
        """Whether it was interrupted."""
        import nutpie
        from nutpie.compiled_pyfunc import from_pyfunc

        self.steps = 0
        w = self.begin.start(self.number, np.random.Generator(np.random.Philox(source)))
        size = len(w)
        model = from_pyfunc(
            size,
            lambda: self._log_density,
            lambda *seeds: self._counted,
            [np.dtype(np.float64)],
            [(size,)],
            ["w"],
            make_initial_point_fn=lambda seed: w,
        )
        sampler = nutpie.sample(
            model,
            draws=self.wish.draws,
            tune=self.wish.warmup,
            chains=1,
            cores=1,
            target_accept=accept,
            maxdepth=DEEPEST,
            seed=int(source.generate_state(1, np.uint64)[0] >> np.uint64(1)),
            save_warmup=False,
            progress_bar=False,
            blocking=False,
        )
        interrupted = False
        try:
            trace = sampler.wait()
        except KeyboardInterrupt:
            interrupted, trace = True, sampler.abort()
        except BaseException:
            sampler.cancel()
            raise
        if self.failure is not None:
            raise self.failure
        self._keep(trace)
        return interrupted

    def _log_density(self, w: Vector) -> tuple[float, Vector]:
        if self.failure is None:
            try:
                return self.context.run(self.begin.log_density, w)
            except BaseException as failure:
                self.failure = failure
        return -math.inf, np.zeros_like(w)

    def _counted(self, w: Vector) -> Mapping[str, Vector]:
        self.steps += 1
        if time.monotonic() - self.told > TELL_SECONDS:
            self.told = time.monotonic()
            of = self.wish.draws + self.wish.warmup
            self.progress(f"posterior: chain {self.number + 1} of {self.wish.chains}, {self.steps:,} of {of:,} draws")
        return {"w": w}

    def _keep(self, trace: Any) -> None:
        """The draws of a chain, all of them unless it was interrupted."""
        if "posterior" not in trace:
            return
        found = trace.posterior["w"].values[0]
        there = np.isfinite(found).all(axis=1)
        self.draws = np.array([self.begin.outward(each) for each in found[there]])
        self.diverged = int(trace.sample_stats["diverging"].values[0][there].sum())
