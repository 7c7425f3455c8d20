"""Verdicts on chains that are made up."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from qdsl.runtime.fit import Parameter
from qdsl.runtime.posterior.diagnostics import diagnosed, judged
from qdsl.runtime.posterior.result import posterior_of
from qdsl.runtime.posterior.sampling import Chains, Wish

NAMES = (Parameter("a", 0.0), Parameter("held", 3.0, 3.0, 3.0))


def chains(values: NDArray[np.float64], **more: int | bool) -> Chains:
    """Chains × draws of `a`."""
    count, length = values.shape
    draws = [np.column_stack([each, np.full(length, 3.0)]) for each in values]
    return Chains(Wish(length, count, 1, 1), draws, **more)  # type: ignore[arg-type]


def white(length: int = 1000, count: int = 4) -> NDArray[np.float64]:
    return np.random.default_rng(1).standard_normal((count, length))


def verdict(found: Chains) -> str:
    return str(judged(found, NAMES, diagnosed(found, NAMES)))


def test_independent_draws_are_worth_what_they_are() -> None:
    found = diagnosed(chains(white()), NAMES)
    assert found.ess_bulk[0] == pytest.approx(4000, rel=0.1)
    assert found.r_hat[0] < 1.005
    assert np.isnan(found.r_hat[1])
    assert verdict(chains(white())) == "converged"


@pytest.mark.parametrize("memory", [0.5, 0.9])
def test_draws_that_remember_are_worth_less(memory: float) -> None:
    """n draws of x' = memory x + noise are worth n (1 - memory) / (1 + memory)."""
    noise = np.random.default_rng(2).standard_normal((4, 20_000))
    values = lfilter([1.0], [1.0, -memory], noise, axis=1)
    found = diagnosed(chains(values), NAMES)
    assert found.ess_bulk[0] == pytest.approx(80_000 * (1 - memory) / (1 + memory), rel=0.1)


def test_too_few_independent_draws() -> None:
    slow = lfilter([1.0], [1.0, -0.9], white(2000), axis=1)
    assert "independent ones, of 400 needed" in verdict(chains(slow)) or "R-hat" in verdict(chains(slow))
    assert "the draws of a are worth only" in verdict(chains(white(60)))


def test_a_chain_elsewhere() -> None:
    values = white()
    values[2] += 1.0
    assert verdict(chains(values)).startswith("not_converged(R-hat of a is 1.")


def test_a_chain_of_another_width() -> None:
    values = white()
    values[2] *= 3.0
    assert verdict(chains(values)).startswith("not_converged(R-hat of a is 1.")


def test_steps_that_went_astray() -> None:
    assert verdict(chains(white(), diverged=1)).startswith("not_converged(1 step of 4,000 diverged")


def test_an_interrupt() -> None:
    assert verdict(chains(white(), interrupted=True)) == "not_converged(interrupted after 4,000 of 4,000 draws)"


def test_one_chain_has_nobody_to_agree_with() -> None:
    assert verdict(chains(white(count=1))).startswith("not_converged(of one chain alone")


@pytest.mark.parametrize("length", [1, 3])
def test_hardly_any_draws(length: int) -> None:
    found = posterior_of(chains(white(length), interrupted=True), NAMES)
    assert found.verdict.word == "not_converged"
    assert "interrupted" in str(found)
    assert len(found.summary) == 2


def test_one_draw_has_no_error() -> None:
    found = posterior_of(chains(white(1, 1), interrupted=True), NAMES)
    assert np.isnan(found["a"].error)
    assert "nan" in str(found)
