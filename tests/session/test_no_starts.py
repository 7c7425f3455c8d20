"""Fits whose params have neither defaults nor starts, of data that are simulated at known params."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.no_starts.gallery import TRUTHS, measured
from tests.session.running import run

from qdsl.runtime.experiment.whiteness import noise_probability

QUICK = ("t1_counts", "ramsey", "two_lorentzians", "saturation", "two_exponentials", "noise_unknown")


@pytest.mark.parametrize("name", QUICK)
def test_a_fit_without_a_start_ends_where_one_from_the_truth_does(name: str) -> None:
    row = measured(name, 3)
    assert row.as_good == row.fits
    assert row.converged == row.fits


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TRUTHS))
def test_the_gallery(name: str) -> None:
    """Nineteen of twenty at least, of each model."""
    row = measured(name, 20)
    assert row.as_good >= 19


RAMSEY = """
experiment ramsey {{
    param f: Frequency{f}
    param T2: Time = 6 us
    param a: Scalar{a}
    axis t: Time = linspace(0 us, 20 us, 101)
    measure y ~ Normal(0.5 + a * exp(-t / T2) * cos(2pi * f * t){sigma})
}}
experiment truth {{
    axis t: Time = linspace(0 us, 20 us, 101)
    measure y ~ Normal(0.5 + 0.4 * exp(-t / (6 us)) * cos(2pi * 1.3 MHz * t), 0.05)
}}
let best = fit(ramsey, simulate(truth, seed = 1){start})
"""


def ramsey(f: str = "", a: str = " = 0.5", sigma: str = ", 0.05", start: str = "") -> str:
    return RAMSEY.format(f=f, a=a, sigma=sigma, start=start)


def test_starts_are_recorded() -> None:
    """What was found stands in the provenance, what was given as it was given."""
    ran = run(ramsey())
    assert ran.messages == []
    best = ran.value("best")
    recorded = best.provenance.parameters
    assert recorded["f"] == pytest.approx(1.3e6, rel=0.02)
    assert (recorded["T2"], recorded["a"]) == (6e-6, 0.5)
    assert abs(best.f.value - 1.3e6) < 4 * best.f.error


@pytest.mark.parametrize("sigma", [", 0.05", ""])
@pytest.mark.parametrize("default", ["0.6 MHz", "0.9 MHz", "2.6 MHz"])
def test_from_a_default_in_the_wrong_valley(default: str, sigma: str) -> None:
    """The data reject where it ends, or its residuals are no noise: the search begins once more, and says so."""
    best = run(ramsey(f" = {default}", sigma=sigma)).value("best")
    assert abs(best.f.value - 1.3e6) < 4 * best.f.error
    assert best.verdict.word == "converged"
    assert "begun where the data say: from the defaults it ends" in str(best)


def test_from_a_default_at_an_alias() -> None:
    """5 MHz - f explains data at every 0.2 us as well: nothing is wrong with it, and it stays."""
    best = run(ramsey(" = 3.6 MHz")).value("best")
    assert abs(best.f.value - 3.7e6) < 4 * best.f.error
    assert best.preferred_to is None


@pytest.mark.parametrize("choice", [", start = (f = 2.6 MHz)", ", starts = 2"])
def test_who_chooses_is_not_overruled(choice: str) -> None:
    best = run(ramsey(" = 2.6 MHz", start=choice)).value("best")
    assert best.preferred_to is None


def test_noise_is_noise_and_waves_are_not() -> None:
    """Of noise the probabilities are even; a wave as large leaves none, whatever its frequency."""
    random = np.random.default_rng(8)
    noise = random.normal(size=(400, 120))
    found = np.array([noise_probability(each) for each in noise])
    assert 0.4 < np.median(found) < 0.6
    assert (found < 0.01).mean() < 0.03
    for turns in (2.0, 17.3, 31.0, 55.5):
        assert noise_probability(noise[0] + 1.5 * np.cos(2 * np.pi * turns * np.arange(120) / 120)) < 1e-6


def test_from_good_defaults_there_is_one_search() -> None:
    best = run(ramsey(" = 1.2 MHz")).value("best")
    assert best.preferred_to is None
    assert best.verdict.word == "converged"
    assert "defaults" not in str(best)


def test_bounds_hold() -> None:
    """Of the frequencies that even data do not tell apart, the one in the bounds."""
    best = run(ramsey(" in 3 MHz .. 4.5 MHz")).value("best")
    assert abs(best.f.value - 3.7e6) < 4 * best.f.error


def test_amplitudes_that_are_not_given_are_found_beside_a_default() -> None:
    best = run(ramsey(" = 1.29 MHz", a="")).value("best")
    assert abs(best.a.value - 0.4) < 4 * best.a.error


def test_it_repeats() -> None:
    first, second = (run(ramsey()).value("best") for _ in range(2))
    assert first.values == second.values


def test_where_the_model_is_defined_nowhere(tmp_path: Path) -> None:
    program = """
    experiment never {
        param a: Scalar
        axis x: Scalar
        measure y ~ Normal(log(-1 - a^2) + x)
    }
    let best = fit(never, load("data.csv", never))
    """
    assert run(program, tmp_path, {"data.csv": "x,y\n1,2\n2,3\n3,3\n"}).codes == ["E0855"]


def test_data_that_are_all_the_same(tmp_path: Path) -> None:
    """Nothing says what tau is, and the fit says that."""
    program = """
    experiment decay {
        param a: Scalar
        param tau: Time
        axis t: Time
        measure y ~ Normal(a * exp(-t / tau))
    }
    let best = fit(decay, load("data.csv", decay))
    """
    ran = run(program, tmp_path, {"data.csv": "t [us],y\n1,0\n2,0\n3,0\n"})
    assert ran.messages == []
    assert ran.value("best").verdict.word == "unidentifiable"


def test_states_that_evolve() -> None:
    program = """
    space q: Qubit
    experiment rabi {
        param f: Frequency
        param T1: Time
        axis t: Time = linspace(0 us, 4 us, 61)
        let rho = evolve(pi * f * X(q), |0>(q), t, loss = [sqrt(1 / T1) * sm(q)])
        measure n ~ Binomial(400, expect(P(q, 1), rho))
    }
    let best = fit(rabi, simulate(rabi, f = 1.03 MHz, T1 = 3.3 us, seed = 1))
    """
    ran = run(program)
    assert ran.messages == []
    best = ran.value("best")
    assert abs(best.f.value - 1.03e6) < 4 * best.f.error
    assert abs(best.T1.value - 3.3e-6) < 4 * best.T1.error
    assert best.verdict.word == "converged"


def test_each_group_has_a_start_of_its_own() -> None:
    """Frequencies from 0.3 to 2.1 MHz: from one start for all, most would end in a wrong valley."""
    program = """
    experiment fringes {
        param f: Frequency
        param T2: Time
        param a: Scalar
        axis t: Time = linspace(0 us, 20 us, 101)
        measure n ~ Binomial(200, 0.5 + a * exp(-t / T2) * cos(2pi * f * t))
    }
    let data = sweep(fringes, f = linspace(0.3 MHz, 2.1 MHz, 7), T2 = [8 us], a = [0.45], seed = 3)
    let fits = fit_each(fringes, data.with(run = [div(row, 101) for row in range(len(data))]), by = "run")
    """
    ran = run(program)
    assert ran.messages == []
    columns = {name: each.values for name, each in ran.value("fits").columns.items()}
    assert set(columns["verdict"]) == {"converged"}
    assert (np.abs(columns["f"] - np.linspace(0.3e6, 2.1e6, 7)) < 5 * columns["f_err"]).all()


def test_where_states_evolve_nobody_waits_for_a_second_search() -> None:
    program = """
    space q: Qubit
    experiment rabi {
        param f: Frequency = 0.2 MHz in 0.1 MHz .. 3 MHz
        axis t: Time = linspace(0 us, 8 us, 81)
        measure n ~ Binomial(400, expect(P(q, 1), evolve(pi * f * X(q), |0>(q), t)))
    }
    let best = fit(rabi, simulate(rabi, f = 2.03 MHz, seed = 1))
    """
    best = run(program).value("best")
    assert best.rejected or best.verdict.word != "converged"
    assert best.preferred_to is None


def test_rows_of_no_weight_and_held_params_have_no_share_in_it() -> None:
    """The second half of the data is of another frequency, and weighs nothing."""
    program = """
    experiment fringes {
        param f: Frequency
        param T2: Time
        param a: Scalar
        axis t: Time
        measure y ~ Normal(a * exp(-t / T2) * cos(2pi * f * t), 0.05)
    }
    let ts = linspace(0 us, 20 us, 101)
    let both = sweep(fringes, f = [1.3 MHz, 0.4 MHz], T2 = [8 us], a = [0.45], t = ts, seed = 3)
    let ws = [if row < 101 { 1.0 } else { 0.0 } for row in range(202)]
    let best = fit(fringes, both, weights = ws, fixed = (T2 = 8 us))
    """
    ran = run(program)
    assert ran.messages == []
    best = ran.value("best")
    assert abs(best.f.value - 1.3e6) < 4 * best.f.error
    assert best["T2"].value == 8e-6
