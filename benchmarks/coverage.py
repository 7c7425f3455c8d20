"""How often the intervals of fits hold the true value: by information, by the profile likelihood, by bootstraps.

python -m benchmarks.coverage [sets]

No times are taken. Data of `coverage.qdsl` are drawn again and again at the params' defaults and fitted; for each param
is printed which share of the intervals held its default, with the error of that share (its standard deviation over so
many sets). A share that is more than four of its errors from its level, and two percentage points, is pointed out: it
is what the approximation behind the interval costs with so few counts, or a mistake.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import qdsl
from qdsl.runtime.embedded_experiment import Experiment

SOURCE = Path(__file__).with_name("coverage.qdsl")
LEVELS = (0.6827, 0.95)
SETS, REFITS, ALL_SETS = 400, 2000, 20_000

Ends = Callable[[Any, str, float], tuple[float, float]]


def main() -> int:
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else SETS
    module = qdsl.load(str(SOURCE))
    far: list[str] = []
    for experiment in (module.t1, module.ramsey):
        params = ", ".join(f"{each.name} = {each.default:g}" for each in experiment.params.values())
        print(f"{experiment.__name__}: {params} (SI)")
        far += by_information(experiment)
        far += one_by_one(experiment, sets)
    for each in far:
        print(f"far from its level: {each}")
    return 0


def by_information(experiment: Experiment) -> list[str]:
    """Estimate ± so many standard errors, of as many fits as tell the share to a fraction of a percent."""
    first = experiment.simulate(seed=1)
    axis, measured = first.axes[0], next(name for name in first if name not in first.axes)
    data = np.stack([experiment.simulate(seed=k)[measured] for k in range(ALL_SETS)])
    far: list[str] = []
    for errors in ("observed", "expected"):
        found = experiment.fit_each({axis: first[axis], measured: data}, errors=errors)
        inside = found["verdict"] == "converged"
        print(f"  {errors} information, {inside.sum():,} of {ALL_SETS:,} fits that converged")
        for name, param in experiment.params.items():
            off = np.abs(found[name][inside] - param.default) / found[f"{name}_err"][inside]
            shares = [float((off < deviations(level)).mean()) for level in LEVELS]
            far += told(f"{experiment.__name__}, {errors} information", name, shares, int(inside.sum()))
    return far


def one_by_one(experiment: Experiment, sets: int) -> list[str]:
    """Intervals that are looked for, set by set."""
    again: dict[int, Any] = {}

    def resampled(best: Any, name: str, level: float) -> tuple[float, float]:
        if id(best) not in again:
            again.clear()
            again[id(best)] = experiment.bootstrap(best, n=REFITS, seed=1)
        ends: tuple[float, float] = again[id(best)].interval(name, level)
        return ends

    def profiled(best: Any, name: str, level: float) -> tuple[float, float]:
        low, high = best.profile(name, level)
        return low, high

    ways: dict[str, Ends] = {"profile likelihood": profiled, f"bootstrap of {REFITS:,} refits, BCa": resampled}
    held = {way: {name: [0, 0] for name in experiment.params} for way in ways}
    count = 0
    for k in range(sets):
        best = experiment.fit(experiment.simulate(seed=10**6 + k))
        if best.verdict.word != "converged":
            continue
        count += 1
        for way, ends in ways.items():
            for name, param in experiment.params.items():
                for place, level in enumerate(LEVELS):
                    low, high = ends(best, name, level)
                    held[way][name][place] += low <= param.default <= high
    far: list[str] = []
    for way, by_name in held.items():
        print(f"  {way}, {count:,} of {sets:,} fits that converged")
        for name, numbers in by_name.items():
            far += told(f"{experiment.__name__}, {way}", name, [each / count for each in numbers], count)
    return far


def told(way: str, name: str, shares: list[float], count: int) -> list[str]:
    """Print the shares of one param; those that are far from their levels come back."""
    words, far = [], []
    for share, level in zip(shares, LEVELS, strict=True):
        error = math.sqrt(level * (1 - level) / count)
        words.append(f"{level:.2%}: {share:7.2%} ± {error:.2%}")
        if abs(share - level) > max(4 * error, 0.02):
            far.append(f"{way}: {name}, {share:.2%} ± {error:.2%} at {level:.2%}")
    print(f"    {name:<10}", "    ".join(words))
    return far


def deviations(level: float) -> float:
    """How many standard deviations to each side hold so much of a normal distribution."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(0.5 + level / 2)


if __name__ == "__main__":
    sys.exit(main())
