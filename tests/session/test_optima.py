"""`minimize` and `maximize` of programs, against closed forms, published minima and SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize as scipys
from tests.session.running import run

import qdsl


def value(text: str, name: str = "best") -> Any:
    """What a program without mistakes gives that name."""
    ran = run(text)
    assert ran.messages == [], [each.message for each in ran.messages]
    return ran.value(name)


BRANIN = """
fn branin(x: Scalar, y: Scalar) -> Scalar {
    (y - 5.1 / (4 * pi^2) * x^2 + 5 / pi * x - 6)^2 + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10
}
let best = minimize(branin, x = -5 .. 10, y = 0 .. 15)
"""


def test_branin_has_three_minima() -> None:
    # F. H. Branin, IBM Journal of Research and Development 16 (1972) 504
    best = value(BRANIN)
    assert best.verdict.word == "multimodal"
    places = sorted((each["x"], each["y"]) for each in (best.values, *best.others))
    assert np.array(places) == pytest.approx(
        np.array([(-math.pi, 12.275), (math.pi, 2.275), (9.42478, 2.475)]), abs=1e-4
    )
    assert best.value == pytest.approx(0.39788735772973816, abs=1e-14)


def test_nanoseconds_and_gigahertz_together() -> None:
    # (f t - 3)^2 + (t / 5 ns - 1)^2 + (f / 2 GHz - 1)^2 has its slopes by hand; SciPy solves it in these units.
    best = value("""
    fn miss(f: Frequency, t: Time) -> Scalar = (f * t / (1 cycle) - 3)^2 + (t / (5 ns) - 1)^2 + (f / (2 GHz) - 1)^2
    let best = minimize(miss, f = 0.1 GHz .. 20 GHz, start = (t = 4 ns))
    """)

    def by_hand(u: Any) -> float:
        f, t = u
        return float((f * t - 3) ** 2 + (t / 5 - 1) ** 2 + (f / 2 - 1) ** 2)

    known = scipys(by_hand, [1.0, 4.0], method="Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-16, "maxiter": 9999})
    assert best.verdict.word == "converged"
    assert best.f == pytest.approx(known.x[0] * 1e9, rel=1e-7)
    assert best.t == pytest.approx(known.x[1] * 1e-9, rel=1e-7)
    assert best.value == pytest.approx(known.fun, rel=1e-12)


@pytest.mark.parametrize("area", [math.pi, 2.5])
def test_a_square_pulse_of_area_pi_transfers_most(area: float) -> None:
    best = value(f"""
    space q: Qubit
    fn transfer(amp: Rate, t: Time) -> Scalar = expect(P(q, 1), evolve(amp / 2 * X(q), |0>(q), t))
    let best = maximize(transfer, amp = 0.1 rad/us .. {area / 0.2} rad/us, t = 200 ns)
    """)
    assert best.amp == pytest.approx(min(area, math.pi) / 200e-9, rel=1e-9)
    assert best.value == pytest.approx(math.sin(min(area, math.pi) / 2) ** 2, abs=1e-12)
    assert best.verdict.word in ("converged", "at_bound")
    assert (best.verdict.word == "at_bound") or area == math.pi


def test_a_detuned_pulse_is_best_on_resonance() -> None:
    # Rabi's formula: w^2 / (w^2 + d^2) sin^2(sqrt(w^2 + d^2) t / 2)
    best = value("""
    space q: Qubit
    fn infidelity(w: Rate, d: Rate, t: Time) -> Scalar =
        1 - expect(P(q, 1), evolve(w / 2 * X(q) + d / 2 * Z(q), |0>(q), t))
    let best = minimize(infidelity, w = 1 rad/us .. 25 rad/us, d = -9 rad/us .. 9 rad/us, t = 200 ns)
    """)
    assert best.verdict.word == "converged"
    assert best.w == pytest.approx(math.pi / 200e-9, rel=1e-9)
    assert abs(best.d) < 1e-3
    assert best.value == pytest.approx(0.0, abs=1e-14)


FIFTY = """
space q: Qubit
fn transfer(amps: [Rate; 50], t: Time) -> Scalar {
    var psi = |0>(q)
    for k in range(50) {
        psi = evolve(amps[k] / 2 * X(q), psi, t / 50)
    }
    expect(P(q, 1), psi) - sum((amps / (1 rad/us))^2) * 1e-4
}
let best = maximize(transfer, amps = 0 rad/us .. 40 rad/us, start = (amps = [10 rad/us for k in range(50)]), t = 200 ns)
"""


def test_fifty_amplitudes_share_the_area() -> None:
    # All commute, so only the area A = a t counts: sin^2(A / 2) - 50e-4 a^2 is greatest for equal amplitudes a.
    best = value(FIFTY)
    assert best.verdict.word == "converged"
    a = float(best.amps[0])
    assert best.amps == pytest.approx(np.full(50, a), rel=1e-9)
    assert math.sin(a * 200e-9) / 2 * 200e-9 == pytest.approx(2 * 50e-4 * a / 1e12, rel=1e-9)


def test_fifty_amplitudes_of_which_any_area_pi_will_do_are_flat() -> None:
    best = value(FIFTY.replace(" - sum((amps / (1 rad/us))^2) * 1e-4", ""))
    assert best.verdict.word == "flat"
    assert best.amps.sum() * 4e-9 % (2 * math.pi) == pytest.approx(math.pi, rel=1e-9)
    assert best.value == pytest.approx(1.0, abs=1e-12)


FUNCTIONS = {
    "booth": ("(x + 2 * y - 7)^2 + (2 * x + y - 5)^2", (0.0, 0.0)),
    "beale": ("(1.5 - x + x * y)^2 + (2.25 - x + x * y^2)^2 + (2.625 - x + x * y^3)^2", (1.0, 0.1)),
    "rosenbrock": ("(1 - x)^2 + 100 * (y - x^2)^2", (-1.2, 1.0)),
    "mccormick": ("sin(x + y) + (x - y)^2 - 1.5 * x + 2.5 * y + 1", (0.0, 0.0)),
    "trid": ("(x - 1)^2 + (y - 1)^2 - x * y", (3.0, -3.0)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("word", ["minimize", "maximize"])
def test_scipy_agrees(name: str, word: str) -> None:
    body, (x, y) = FUNCTIONS[name]
    sign = "" if word == "minimize" else "-"
    m = qdsl.compile(f"fn f(x: Scalar, y: Scalar) -> Scalar = {sign}({body})")
    best = getattr(m.f, word)(start={"x": x, "y": y})
    by = -1.0 if sign else 1.0

    def with_slope(at: Any) -> tuple[float, Any]:
        slope = m.f.grad(*at)
        return by * m.f(*at), by * np.array([slope["x"], slope["y"]])

    known = scipys(with_slope, [x, y], jac=True, method="BFGS", options={"gtol": 1e-11})
    assert best.verdict.word == "converged"
    assert np.array([best.x, best.y]) == pytest.approx(known.x, abs=1e-8)
    assert best.value == pytest.approx(by * known.fun, abs=1e-12)


def test_the_greatest_is_minus_the_least_of_minus() -> None:
    program = "fn f(x: Scalar) -> Scalar = sin(3 * x) + x / 2\nfn g(x: Scalar) -> Scalar = -f(x)\n"
    most = value(program + "let best = maximize(f, x = 0 .. 9)")
    least = value(program + "let best = minimize(g, x = 0 .. 9)")
    assert most.x == least.x
    assert most.value == -least.value
    assert most.verdict == least.verdict


def test_what_is_held_compiles_nothing_anew() -> None:
    ran = run("""
    fn miss(x: Time, w: Rate) -> Scalar = (x * w - 2)^2
    for k in range(5) { print(minimize(miss, x = 0.1 s .. 9 s, w = (k + 1) * 1 rad/s).x) }
    """)
    assert ran.messages == []
    assert [float(each.split()[0]) for each in ran.lines] == pytest.approx([2, 1, 2 / 3, 0.5, 0.4], abs=1e-6)
    assert len(ran.session.environment.searched) == 1


def test_operators_and_functions_are_held_as_they_are() -> None:
    best = value("""
    space q: Qubit
    fn miss(x: Scalar, H: Operator, shape: (Scalar) -> Scalar) -> Scalar = shape(x) + real(trace(H))
    let best = minimize(miss, x = 0 .. 9, H = 3 * I(q), shape = x -> (x - 2)^2)
    """)
    assert best.x == pytest.approx(2.0, abs=1e-10)


def test_what_watches_see_on_the_way_is_not_told() -> None:
    ran = run("""
    space c: Fock(6)
    fn level(e: Rate) -> Scalar = expect(n(c), evolve(e * (a(c) + a(c)†), |0>(c), 1 us)) - e / (0.02 rad/us)
    let best = minimize(level, e = 0 rad/us .. 3 rad/us, start = (e = 2.5 rad/us))
    """)
    # |alpha|^2 = (e t)^2: the least of x^2 - 50 x is far away, at the upper bound, where the space is too small.
    assert ran.value("best").verdict.word == "at_bound"
    assert [each.code for each in ran.messages] == ["W0713"]


def test_a_ground_with_hundreds_of_valleys_leaves_a_doubt() -> None:
    # A. O. Griewank, Journal of Optimization Theory and Applications 34 (1981) 11: 0 at the origin
    program = """
    fn griewank(x: Scalar, y: Scalar) -> Scalar = 1 + (x^2 + y^2) / 4000 - cos(x) * cos(y / sqrt(2))
    let best = minimize(griewank, x = -60 .. 50, y = -60 .. 50, starts = STARTS)
    print(best)
    """
    few = run(program.replace("STARTS", "8"))
    assert few.value("best").value > 0.001
    assert few.lines[-1].endswith("a lower one may have been missed")
    many = run(program.replace("STARTS", "400"))
    assert many.value("best").value == pytest.approx(0.0, abs=1e-14)
    assert "missed" not in many.printed[0]


def test_a_let_is_shown_in_the_unit_of_the_range() -> None:
    ran = run("""
    fn miss(x: Time) -> Scalar = (x / (2 us) - 1)^2
    let x = minimize(miss, x = 1 ns .. 9000 ns).x
    print(x)
    """)
    assert ran.lines == ["2000 ns"]
