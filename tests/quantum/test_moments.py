"""Short pulses in a long time: `evolve` steps onto what happens, wherever in a function of time that is written."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qdsl

PROGRAM = """
space q: Qubit
fn turn(length: Time) -> Rate = pi / length

fn plain(at: Time, length: Time, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(t -> square_pulse(t, turn(length), at, length) / 2 * X(q), |0>(q), ts))
fn bell_shaped(at: Time, length: Time, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(t -> gaussian_pulse_of_area(t, pi, at, length) / 2 * X(q), |0>(q), ts))
fn sech_shaped(at: Time, length: Time, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(t -> sech_pulse(t, 1 / length, at, length) / 2 * X(q), |0>(q), ts))
fn flat(at: Time, length: Time, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(t -> flat_top_pulse(t, turn(length), at, 1.25 * length, length / 4) / 2 * X(q), |0>(q), ts))
fn raised(at: Time, length: Time, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(t -> cosine_pulse(t, 2 * turn(length), at, length) / 2 * X(q), |0>(q), ts))
fn cut(at: Time, length: Time, ts: [Time]) -> [Scalar] {
    let sigma = length / 5
    let rest = exp(-(length / (2 * sigma))^2 / 2)
    let area = (sqrt(2pi) * sigma * erf(length / (2 * sqrt(2) * sigma)) - rest * length) / (1 - rest)
    expect(P(q, 1), evolve(t -> cut_gaussian_pulse(t, pi / area, at, length, sigma) / 2 * X(q), |0>(q), ts))
}
fn from_lines(at: Time, length: Time, ts: [Time]) -> [Scalar] {
    let times = [at, at + length, at + 2 * length]
    expect(P(q, 1), evolve(t -> linear_pulse(t, times, [0 / 1 s, turn(length), 0 / 1 s]) / 2 * X(q), |0>(q), ts))
}
fn from_steps(at: Time, length: Time, ts: [Time]) -> [Scalar] {
    let times = [at / 2, at, at + length, at + 2 * length]
    let heights = [0 / 1 s, turn(length) / 4, 3 / 4 * turn(length)]
    expect(P(q, 1), evolve(t -> step_pulse(t, times, heights) / 2 * X(q), |0>(q), ts))
}
fn by_comparing(at: Time, length: Time, ts: [Time]) -> [Scalar] = expect(
    P(q, 1),
    evolve(t -> (if t >= at and not (t > at + length) { turn(length) / 2 } else { 0 / 1 s }) * X(q), |0>(q), ts),
)
fn shifted(t: Time, at: Time, length: Time) -> Rate {
    let since = (t - at) / length
    if since < 0 { return 0 / 1 s }
    if 1 < since { 0 / 1 s } else { turn(length) }
}
fn in_a_function(at: Time, length: Time, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(t -> shifted(t, at, length) / 2 * X(q), |0>(q), ts))
fn behind_a_condition(at: Time, length: Time, ts: [Time]) -> [Scalar] = expect(
    P(q, 1),
    evolve(t -> (if t < at / 2 { 0 / 1 s } else { gaussian_pulse_of_area(t, pi, at, length) }) / 2 * X(q), |0>(q), ts),
)
fn among_several(at: Time, length: Time, ts: [Time]) -> [Scalar] {
    let starts = [at, at + 3 * length, at + 6 * length]
    expect(P(q, 1), evolve(t -> sum([square_pulse(t, turn(length) / 3, start, length) for start in starts]) / 2 * X(q),
                           |0>(q), ts))
}
fn two_humps(t: Time, at: Time, length: Time) -> Rate {
    let x = (noted(noted(noted(t, at - 5 * length), at), at + 5 * length) - at) / length
    x^2 * exp(-x^2) * 2 / sqrt(pi) * turn(length)
}
fn noted_by_hand(at: Time, length: Time, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(t -> two_humps(t, at, length) / 2 * X(q), |0>(q), ts))

fn train(t: Time, at: Time, length: Time, count: Int) -> Rate {
    if count < 1 { return 0 / 1 s }
    square_pulse(t, turn(length) / 3, at + 3 * count * length, length) + train(t, at, length, count - 1)
}
fn in_itself(at: Time, length: Time, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(t -> train(t, at, length, 3) / 2 * X(q), |0>(q), ts))

fn by_fine(at: Time, length: Time, ts: [Time]) -> [Scalar] = expect(
    P(q, 1),
    evolve(t -> gaussian_pulse_of_area(t, pi, at, length) / 2 * X(q), |0>(q), ts, method = "fine"),
)
fn by_stiff(at: Time, length: Time, ts: [Time]) -> [Scalar] = expect(
    P(q, 1),
    evolve(t -> square_pulse(t, turn(length), at, length) / 2 * X(q), |0>(q), ts, method = "stiff"),
)
fn by_propagator(at: Time, length: Time, ts: [Time]) -> [Scalar] = [
    expect(P(q, 1), propagator(s -> square_pulse(s, turn(length), at, length) / 2 * X(q), t) * |0>(q)) for t in ts
]
fn by_trajectory(at: Time, length: Time, ts: [Time]) -> [Scalar] = expect(
    P(q, 1),
    trajectory(
        t -> square_pulse(t, turn(length), at, length) / 2 * X(q),
        |0>(q),
        ts,
        loss = [sqrt(0 / 1 s) * sm(q)],
        seed = 1,
    ),
)
fn pulsed(t: Time, rate: Rate, at: Time, length: Time) = sqrt(square_pulse(t, rate, at, length))
fn by_loss(at: Time, length: Time, ts: [Time]) -> [Scalar] = expect(
    P(q, 1),
    evolve(0 / 1 s * X(q), |1>(q), ts, loss = t -> [pulsed(t, 1 / length, at, length) * sm(q)]),
)
fn lost_on_the_way(at: Time, length: Time, ts: [Time]) -> [Scalar] = expect(
    P(q, 1),
    trajectory(0 / 1 s * X(q), |1>(q), ts, loss = t -> [pulsed(t, 1000 / length, at, length) * sm(q)], seed = 1),
)

fn turned(length: Time, at: Time) -> Scalar =
    expect(P(q, 1), evolve(t -> square_pulse(t, turn(2 ns), at, length) / 2 * X(q), |0>(q), 10 us))
fn slopes(length: Time, at: Time) = grad(turned)(length, at)

fn in_the_middle(height: Rate, length: Time) -> Scalar = expect(
    P(q, 1),
    evolve(t -> (if abs(t - 5 us) < length { height } else { 0 / 1 s }) / 2 * X(q), |0>(q), 10 us),
)
fn slope_by_height(height: Rate, length: Time) = grad(x -> in_the_middle(x, length))(height)
"""

TIMES = np.array([0, 4.9, 5.2, 8, 10]) * 1e-6

TURNS = [
    *("plain", "bell_shaped", "sech_shaped", "flat", "raised", "cut", "from_lines", "from_steps", "by_comparing"),
    *("in_a_function", "among_several", "behind_a_condition", "noted_by_hand", "in_itself"),
    *("by_fine", "by_stiff", "by_propagator", "by_trajectory"),
]


@pytest.fixture(scope="module")
def program() -> qdsl.Module:
    return qdsl.compile(PROGRAM)


@pytest.mark.parametrize("length", [1e-9, 7e-9])
@pytest.mark.parametrize("name", TURNS)
def test_a_short_pulse_turns_a_qubit_over(program: qdsl.Module, name: str, length: float) -> None:
    """Each has the area pi."""
    found = np.asarray(getattr(program, name)(5e-6, length, TIMES))
    np.testing.assert_allclose(found, [0, 0, 1, 1, 1], atol=2e-6)


@pytest.mark.parametrize("at", [0.0, 1e-7, 5e-6, 9.99e-6])
def test_wherever_it_stands(program: qdsl.Module, at: float) -> None:
    found = np.asarray(program.plain(at, 1e-9, np.array([at + 1e-9, 1e-5])))
    np.testing.assert_allclose(found, [1, 1], atol=2e-6)


def test_a_short_loss_is_not_passed_over(program: qdsl.Module) -> None:
    np.testing.assert_allclose(program.by_loss(5e-6, 1e-9, TIMES), [1, 1, *[math.exp(-1)] * 3], atol=1e-7)
    assert np.asarray(program.lost_on_the_way(5e-6, 1e-9, TIMES)).tolist() == [1, 1, 0, 0, 0]


def test_what_is_the_same_at_both_ends_leaves_slopes_alone(program: qdsl.Module) -> None:
    """|t - 5 us| has no moment that its values at start and end would tell."""
    height, length = 2e6, 0.4e-6
    assert program.in_the_middle(height, length) == pytest.approx(math.sin(height * length) ** 2, abs=1e-6)
    assert program.slope_by_height(height, length) == pytest.approx(length * math.sin(2 * height * length), rel=1e-4)


def test_edges_have_slopes(program: qdsl.Module) -> None:
    """sin(pi length / 4 ns)^2, of which what is driven at an edge tells the slope; where it stands does not matter."""
    for length in (0.5e-9, 1e-9, 1.7e-9):
        slopes = program.slopes(length, 5e-6)
        angle = math.pi * length / 4e-9
        assert slopes["length"] == pytest.approx(math.pi / 4e-9 * math.sin(2 * angle), rel=1e-6)
        assert slopes["at"] == pytest.approx(0, abs=1e-5 * abs(slopes["length"]))
