"""Intervals of counts: published values, and how often they cover, added up exactly."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.stdlib.running import Kernels

import qdsl
from qdsl.runtime.kernel import KernelError

ANSWERS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "known_answers.json").read_text(encoding="utf-8")
)
KINDS = {
    "wilson": "binomial_interval",
    "clopper_pearson": "clopper_pearson_interval",
    "jeffreys": "jeffreys_interval",
    "profile_likelihood": "likelihood_interval",
}
SOURCE = f"from intervals import {', '.join(KINDS.values())}, poisson_interval\n" + "".join(
    f"fn {name}(k: Int, n: Int, level: Scalar) = {function}(k, n, level)\n" for name, function in KINDS.items()
)
SOURCE += "fn garwood(k: Int) = poisson_interval(k)\n"


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


def ends(found: dict[str, float]) -> tuple[float, float]:
    return found["low"], found["high"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", ANSWERS["binomial_95"], ids=lambda case: f"{case['k']} of {case['n']}")
def test_published(compiled: Kernels, kind: str, case: dict[str, Any]) -> None:
    found = getattr(compiled, kind)(case["k"], case["n"], 0.95)
    np.testing.assert_allclose(ends(found), case[kind], rtol=0, atol=2e-12)


@pytest.mark.parametrize("case", ANSWERS["poisson_single_count"], ids=lambda case: str(case["k"]))
def test_poisson(compiled: Kernels, case: dict[str, Any]) -> None:
    np.testing.assert_allclose(ends(compiled.garwood(case["k"])), case["garwood95"], rtol=1e-12, atol=1e-300)


def covered(interval: Callable[..., Any], n: int) -> np.ndarray:
    """The exact probability that the interval holds p, for the p of the published table: 0.01, 0.02, .. 0.99."""
    ps = np.linspace(0.01, 0.99, 99)
    total = np.zeros(len(ps))
    for k in range(n + 1):
        low, high = ends(interval(k, n, 0.95))
        weight = math.comb(n, k) * ps**k * (1 - ps) ** (n - k)
        total += np.where((low <= ps) & (ps <= high), weight, 0.0)
    return total


@pytest.mark.parametrize("n", [10, 30, 100])
@pytest.mark.parametrize("kind", ["wilson", "clopper_pearson"])
def test_published_coverage(compiled: Kernels, kind: str, n: int) -> None:
    found, published = covered(getattr(compiled, kind), n), ANSWERS["binomial_exact_coverage_95"][f"n={n}"][kind]
    assert found.mean() == pytest.approx(published["mean"], abs=1e-12)
    assert found.min() == pytest.approx(published["min"], abs=1e-12)


@pytest.mark.parametrize("n", [10, 30, 100])
def test_who_covers_what(compiled: Kernels, n: int) -> None:
    """Clopper's and Pearson's never less than 0.95; those of Jeffreys and of the likelihood about that on average."""
    assert covered(compiled.clopper_pearson, n).min() >= 0.95
    assert covered(compiled.jeffreys, n).mean() == pytest.approx(0.95, abs=0.01)
    assert covered(compiled.profile_likelihood, n).mean() == pytest.approx(0.95, abs=0.02)


def test_levels_hold_each_other(compiled: Kernels) -> None:
    for kind in KINDS:
        inner, outer = (ends(getattr(compiled, kind)(7, 20, level)) for level in (0.6827, 0.95))
        assert outer[0] < inner[0] < 7 / 20 < inner[1] < outer[1]


@pytest.mark.parametrize(("k", "n", "level"), [(-1, 10, 0.95), (11, 10, 0.95), (0, 0, 0.95), (3, 10, 1.0)])
def test_what_cannot_have_been_counted(k: int, n: int, level: float) -> None:
    module = qdsl.compile(SOURCE)
    for kind in KINDS:
        with pytest.raises(KernelError, match=r"is_count|is_level"):
            getattr(module, kind)(k, n, level)
