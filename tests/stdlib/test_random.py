"""Philox against its published known answers, and draws against the distributions they claim."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats as ss
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

# Random123 1.14, tests/kat_vectors: philox4x32 10, counter, key, answer.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

SOURCE = """
fn words(c0: Int, c1: Int, c2: Int, c3: Int, k0: Int, k1: Int) = philox4x32(c0, c1, c2, c3, k0, k1)
fn block(key: Int, counter: Int, block: Int) = philox(key, counter, block)
fn interval(high: Int, low: Int) = unit_interval(high, low)
fn uniform(key: Int, counter: Int, low: Scalar, high: Scalar) = uniform_draw(key, counter, low, high)
fn normal(key: Int, counter: Int, mean: Scalar, sigma: Scalar) = normal_draw(key, counter, mean, sigma)
fn exponential(key: Int, counter: Int, mean: Scalar) = exponential_draw(key, counter, mean)
fn bernoulli(key: Int, counter: Int, p: Scalar) = bernoulli_draw(key, counter, p)
fn poisson(key: Int, counter: Int, mean: Scalar) = poisson_draw(key, counter, mean)
fn binomial(key: Int, counter: Int, n: Int, p: Scalar) = binomial_draw(key, counter, n, p)
fn gamma_of(key: Int, counter: Int, shape: Scalar, scale: Scalar) = gamma_draw(key, counter, shape, scale)
fn beta_of(key: Int, counter: Int, a: Scalar, b: Scalar) = beta_draw(key, counter, a, b)
fn studentt(key: Int, counter: Int, nu: Scalar, mean: Scalar, scale: Scalar) =
    studentt_draw(key, counter, nu, mean, scale)
fn multinomial(key: Int, counter: Int, n: Int, p: [Scalar]) = multinomial_draw(key, counter, n, p)
"""
DRAWS = 100_000
SIGMAS = 4.5  # a right sampler fails one comparison with a chance of 7e-6, and the seed is fixed


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_known_answers(
    compiled: Kernels, counter: tuple[int, ...], key: tuple[int, ...], answer: tuple[int, ...]
) -> None:
    assert tuple(compiled.words(*counter, *key).values()) == answer


def test_key_counter_and_block_are_64_bits_each(compiled: Kernels) -> None:
    words = compiled.block(0x299F31D0A4093822, 0x05A308D3243F6A88, 0x0370734413198A2E)
    halves = compiled.words(0x243F6A88, 0x05A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
    assert words == halves
    assert compiled.block(-1, -1, -1) == compiled.words(*(0xFFFFFFFF,) * 6)


def test_uniform_numbers_are_inside_0_and_1(compiled: Kernels) -> None:
    top = 0xFFFFFFFF
    assert compiled.interval(0, 0) == 2.0**-53
    assert compiled.interval(top, top) == 1 - 2.0**-53
    assert compiled.interval(1 << 31, 0) == 0.5 + 2.0**-53


CONTINUOUS = [
    ("uniform", (2.0, 4.0), ss.uniform(2, 2)),
    ("normal", (3.0, 2.0), ss.norm(3, 2)),
    ("exponential", (3.0,), ss.expon(scale=3)),
    ("gamma_of", (0.3, 2.0), ss.gamma(0.3, scale=2)),
    ("gamma_of", (2.5, 2.0), ss.gamma(2.5, scale=2)),
    ("beta_of", (2.0, 3.0), ss.beta(2, 3)),
    ("studentt", (9.0, 1.0, 2.0), ss.t(9, 1, 2)),
]
COUNTS = [
    ("bernoulli", (0.3,), ss.bernoulli(0.3)),
    ("poisson", (0.02,), ss.poisson(0.02)),
    ("poisson", (9.9,), ss.poisson(9.9)),
    ("poisson", (10.0,), ss.poisson(10.0)),
    ("poisson", (1000.0,), ss.poisson(1000.0)),
    ("poisson", (1e8,), ss.poisson(1e8)),
    ("binomial", (10, 0.3), ss.binom(10, 0.3)),
    ("binomial", (10, 0.7), ss.binom(10, 0.7)),
    ("binomial", (40, 0.5), ss.binom(40, 0.5)),
    ("binomial", (1000, 0.009), ss.binom(1000, 0.009)),
    ("binomial", (1000, 0.98), ss.binom(1000, 0.98)),
    ("binomial", (1000, 0.4), ss.binom(1000, 0.4)),
    ("binomial", (10**9, 0.3), ss.binom(10**9, 0.3)),
]


def _drawn(compiled: Kernels, name: str, point: tuple[float, ...]) -> np.ndarray:
    return np.asarray(getattr(compiled, name)(20261122, np.arange(DRAWS), *point))


@pytest.mark.parametrize(("name", "point", "law"), CONTINUOUS + COUNTS)
def test_mean_and_variance(compiled: Kernels, name: str, point: tuple[float, ...], law: ss.rv_frozen) -> None:
    drawn = _drawn(compiled, name, point)
    mean, variance, excess = (float(each) for each in law.stats("mvk"))
    assert abs(drawn.mean() - mean) < SIGMAS * np.sqrt(variance / DRAWS)
    assert abs(((drawn - mean) ** 2).mean() - variance) < SIGMAS * variance * np.sqrt((excess + 2) / DRAWS)


@pytest.mark.parametrize(("name", "point", "law"), CONTINUOUS)
def test_goodness_of_fit(compiled: Kernels, name: str, point: tuple[float, ...], law: ss.rv_frozen) -> None:
    cells = np.histogram(law.cdf(_drawn(compiled, name, point)), bins=100, range=(0, 1))[0]
    assert cells.sum() == DRAWS
    assert ss.chisquare(cells).pvalue > 1e-4


@pytest.mark.parametrize(("name", "point", "law"), COUNTS)
def test_goodness_of_fit_of_counts(compiled: Kernels, name: str, point: tuple[float, ...], law: ss.rv_frozen) -> None:
    drawn = _drawn(compiled, name, point)
    edges = np.unique(law.ppf(np.linspace(0, 1, 61)[1:-1]))
    observed = np.histogram(drawn, bins=np.concatenate([[-np.inf], edges + 0.5, [np.inf]]))[0]
    expected = DRAWS * np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]]))
    large = expected > 5
    if large.sum() > 1:
        assert (
            ss.chisquare(observed[large], expected[large] * observed[large].sum() / expected[large].sum()).pvalue > 1e-4
        )


def test_neighbouring_draws_are_independent(compiled: Kernels) -> None:
    by_counter = np.asarray(compiled.normal(1, np.arange(DRAWS), 0.0, 1.0))
    by_key = np.asarray(compiled.normal(np.arange(DRAWS), 1, 0.0, 1.0))
    for drawn in (by_counter, by_key):
        for lag in (1, 2, 64):
            assert abs(np.mean(drawn[lag:] * drawn[:-lag])) < SIGMAS / np.sqrt(DRAWS - lag)
    assert abs(np.mean(by_counter * by_key)) < SIGMAS / np.sqrt(DRAWS)


def test_certain_draws(compiled: Kernels) -> None:
    counters = np.arange(1000)
    assert not np.any(compiled.bernoulli(3, counters, 0.0))
    assert np.all(compiled.bernoulli(3, counters, 1.0))
    assert np.all(compiled.binomial(3, counters, 17, 1.0) == 17)
    assert not np.any(compiled.binomial(3, counters, 17, 0.0))
    assert not np.any(compiled.binomial(3, counters, 0, 0.5))
    assert not np.any(compiled.poisson(3, counters, 0.0))
    assert np.all(compiled.normal(3, counters, 2.0, 0.0) == 2.0)


def test_multinomial(compiled: Kernels) -> None:
    p = np.array([0.1, 0.0, 0.6, 0.3])
    drawn = np.array([compiled.multinomial(5, counter, 50, p) for counter in range(4000)])
    assert np.all(drawn.sum(axis=1) == 50)
    assert not np.any(drawn[:, 1])
    spread = np.sqrt(50 * p * (1 - p) / len(drawn))
    assert np.all(np.abs(drawn.mean(axis=0) - 50 * p) <= SIGMAS * spread)
    covariance = np.cov(drawn[:, 0], drawn[:, 2])[0, 1]
    assert covariance == pytest.approx(-50 * 0.1 * 0.6, abs=SIGMAS * np.sqrt(2) * 50 * 0.3 / np.sqrt(len(drawn)))


@pytest.mark.parametrize(
    "call", ["poisson(1, 0, -1.0)", "binomial(1, 0, 3, 1.5)", "binomial(1, 0, -3, 0.5)", "normal(1, 0, 0.0, -1.0)"]
)
def test_what_cannot_be_drawn_stops(compiled: Kernels, call: str) -> None:
    name, _, arguments = call.rstrip(")").partition("(")
    values = [float(each) if "." in each else int(each) for each in arguments.split(", ")]
    with pytest.raises(KernelError):
        getattr(compiled, name)(*values)
