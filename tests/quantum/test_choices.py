"""What is left open until the program runs: whether steps or exponentials cost less."""

from __future__ import annotations

import numpy as np
import pytest

import qdsl

PROGRAM = """
space q: Qubit
space c: Fock(10)
fn H(g: Rate) -> Operator<Rate> = g * n(c) + g * (sp(q) * a(c) + sm(q) * dag(a(c)))
fn bath(kappa: Rate) = [sqrt(kappa) * a(c), sqrt(kappa / 1000) * dag(a(c))]
fn chosen(g: Rate, kappa: Rate, ts: [Time]) -> [Scalar] =
    expect(n(c), evolve(H(g), |1>(q) * ket(c, 3), ts, loss = bath(kappa)))
fn by_steps(g: Rate, kappa: Rate, ts: [Time]) -> [Scalar] =
    expect(n(c), evolve(H(g), |1>(q) * ket(c, 3), ts, loss = bath(kappa), method = "adaptive"))
fn by_exponentials(g: Rate, kappa: Rate, ts: [Time]) -> [Scalar] =
    expect(n(c), evolve(H(g), |1>(q) * ket(c, 3), ts, loss = bath(kappa), method = "exact"))
fn slope(g: Rate, kappa: Rate, t: Time) = grad(k -> chosen(g, k, [t])[0])(kappa)
fn correlated(kappa: Rate, ts: [Time]) =
    correlation(dag(a(c)), a(c), 0 * n(c) / 1 s, |0>(q) * ket(c, 2), ts, loss = [sqrt(kappa) * a(c)])
"""


@pytest.fixture(scope="module")
def program() -> qdsl.Module:
    return qdsl.compile(PROGRAM)


@pytest.mark.parametrize(
    ("kappa", "end", "steps"),
    [(0.1, 1.0, True), (100.0, 10.0, False), (1e4, 1.0, False)],
    ids=["a short time", "a strong damping", "a very strong damping"],
)
def test_what_costs_less_is_chosen(program: qdsl.Module, kappa: float, end: float, steps: bool) -> None:
    """To the last bit the answer is that of the method, and so it tells which it was."""
    ts = np.linspace(0, end, 11)[1:]
    one = np.asarray(program.by_steps(1.0, kappa, ts)) if steps else np.asarray(program.by_exponentials(1.0, kappa, ts))
    assert np.array_equal(np.asarray(program.chosen(1.0, kappa, ts)), one)


def test_both_ways_agree(program: qdsl.Module) -> None:
    ts = np.linspace(0, 5, 11)[1:]
    for kappa in (0.1, 3.0, 30.0):
        one, other = program.by_steps(1.0, kappa, ts), program.by_exponentials(1.0, kappa, ts)
        np.testing.assert_allclose(one, other, atol=1e-7)


def test_slopes_of_what_is_chosen(program: qdsl.Module) -> None:
    for kappa, t in ((0.1, 1.0), (30.0, 5.0), (30.0, 0.05)):
        near = [np.asarray(program.by_exponentials(1.0, k, np.array([t])))[0] for k in (kappa * 0.9999, kappa * 1.0001)]
        assert program.slope(1.0, kappa, t) == pytest.approx((near[1] - near[0]) / (2e-4 * kappa), abs=2e-7)


def test_a_correlation_of_a_damped_mode(program: qdsl.Module) -> None:
    """<a†(t) a(0)> = 2 exp(-kappa t / 2) of two photons."""
    ts = np.linspace(0, 3, 5)
    for kappa in (0.5, 50.0):
        np.testing.assert_allclose(program.correlated(kappa, ts), 2 * np.exp(-kappa * ts / 2), atol=1e-7)


def test_damping_that_the_program_has_in_numbers() -> None:
    """Of some hundred unknowns, which are not compared when the program runs; far faster than H, and slower."""
    text = """
space q: Qubit
space c: Fock(7)
fn left(ts: [Time]) -> [Scalar] {
    let H = 1 rad/us * (sp(q) * a(c) + sm(q) * dag(a(c)) + 0.3 * (a(c) + dag(a(c))))
    expect(P(q, 1), evolve(H, |1>(q) * ket(c, 0), ts, loss = [sqrt(RATE) * a(c), sqrt(0.01 / us) * sm(q)]METHOD))
}
"""
    ts = np.linspace(0, 1e-6, 5)

    def answer(rate: str, method: str) -> np.ndarray:
        module = qdsl.compile(text.replace("RATE", rate).replace("METHOD", method))
        return np.asarray(module.left(ts))

    for rate, chosen in (("1 / ns", "exact"), ("1 / us", "adaptive")):
        found = answer(rate, "")
        for method in ("exact", "adaptive"):
            assert np.array_equal(found, answer(rate, f', method = "{method}"')) == (method == chosen)
            np.testing.assert_allclose(found, answer(rate, f', method = "{method}"'), atol=1e-6)
