"""Fits of simulated data of one model, without a start and from the truth.

In: the name of an experiment in `models.qdsl` and a number of seeds. Out: a `Row`.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from qdsl.lang.source import Source
from qdsl.runtime.fit import Fit
from qdsl.runtime.session import Session, Settings

MODELS = Path(__file__).parent / "models.qdsl"

TRUTHS = {
    "exponential_decay": "a = 0.8, tau = 17 us, c = 0.1",
    "t1_counts": "a = 0.9, tau = 24 ns, c = 0.05",
    "ramsey": "f = 1.234 MHz, T2 = 6 us, a = 0.4, c = 0.5",
    "ramsey_counts": "f = 0.731 MHz, T2 = 9 us, phase = 0.7",
    "ramsey_gaussian": "f = 2.13 MHz, T2 = 4 us, a = 0.45, c = 0.5, phase = -1",
    "rabi": "omega = 2pi * 0.8 MHz, decay = 3 us",
    "rabi_line": "omega = 3.1 / us, f0 = 101.3 MHz",
    "lorentzian": "f0 = 5.013 GHz, width = 3 MHz, a = 1, c = 0.3",
    "odmr_dip": "f0 = 2.8713 GHz, width = 1.2 MHz, contrast = 0.2, rate = 2000",
    "two_lorentzians": "f1 = 2.866 GHz, f2 = 2.874 GHz, width = 1 MHz, a1 = 0.2, a2 = 0.15, c = 1",
    "gaussian_on_slope": "x0 = 1.3 mm, s = 0.6 mm, a = 0.7, c = 0.2, slope = 0.04 / mm",
    "fano": "f0 = 101 kHz, width = 0.8 kHz, q = 1.5, a = 0.5, c = 0.2",
    "saturation": "I_sat = 0.7 mW, R = 150 kHz, background = 5 kHz/mW",
    "michaelis_menten": "v = 3.2, K = 2.5",
    "logistic": "x0 = 0.3 V, width = 0.2 V, top = 0.9, bottom = 0.1",
    "psychometric": "x0 = -0.4 V, width = 0.3 V",
    "power_law": "a = 0.7, n = 1.6",
    "two_exponentials": "a1 = 0.6, tau1 = 2 ms, a2 = 0.4, tau2 = 15 ms, c = 0.05",
    "stretched": "a = 1, tau = 8 ms, beta = 0.6",
    "beating": "f1 = 0.9 MHz, f2 = 1.15 MHz, T2 = 8 us, a = 0.25, c = 0.5",
    "echo_modulation": "f = 0.21 MHz, depth = 0.6, T2 = 35 us, c = 0.5",
    "malus": "I = 400, angle = 0.6, dark = 20",
    "randomised_benchmarking": "A = 0.45, alpha = 0.993, B = 0.5",
    "noise_unknown": "a = 0.8, tau = 21 us, sigma = 0.05",
    "arrhenius": "rate = 3e10 Hz, barrier = 9e-20 J",
    "resonance_phase": "f0 = 1.002 MHz, Q = 90",
    "thermistor": "r = 0.005, b = 6000 K, T0 = 340 K",
    "richards_growth": "top = 650, shift = 5, rate = 0.8, shape = 1.3",
    "kinetics": "a = 0.2, b = 0.2, c = 0.1, d = 0.15",
    "cubic_over_cubic": "a0 = 1300, a1 = 1500, a2 = 600, a3 = 80, b1 = 1, b2 = 0.4, b3 = 0.05",
    "magnetisation": "m = -2000, x0 = 40, n = 1",
    "driven_qubit": "rabi = 1.1 MHz, detuning = 0.5 MHz, T1 = 4 us",
}
"""What the data are simulated with."""

AS_GOOD = 1e-3
"""The difference of two log-likelihoods that are the same."""


@dataclass(frozen=True)
class Row:
    """Of one model: how many fits ended as well as from the truth, better, and with the verdict `converged`; the
    processor's time for one, at the median, and for one from the truth.
    """

    fits: int
    as_good: int
    better: int
    converged: int
    seconds: float
    from_truth: float


def measured(name: str, seeds: int) -> Row:
    """Fits of one model; the first is not timed, since it compiles."""
    session = Session(Settings(print, lambda each: print(each.message), 1, {}, MODELS.parent))
    text = MODELS.read_text(encoding="utf-8")
    as_good = better = converged = 0
    times: dict[str, list[float]] = {"free": [], "known": []}
    session.line(Source(str(MODELS), text))
    for seed in range(seeds):
        _run(session, f"let data{seed} = simulate({name}, {TRUTHS[name]}, seed = {seed + 1})")
        for word, start in (("free", ""), ("known", f", start = ({TRUTHS[name]})")):
            began = time.process_time()
            _run(session, f"let {word}{seed} = fit({name}, data{seed}{start})")
            times[word].append(time.process_time() - began)
        free, known = (fit_of(session, f"{word}{seed}") for word in ("free", "known"))
        difference = (free.nll or 0.0) - (known.nll or 0.0)
        as_good += difference < AS_GOOD
        better += difference < -AS_GOOD
        converged += free.verdict.word == "converged"
    later = {word: each[1:] or each for word, each in times.items()}
    return Row(seeds, as_good, better, converged, *(statistics.median(later[word]) for word in ("free", "known")))


def _run(session: Session, line: str) -> None:
    session.line(Source("line", line))


def fit_of(session: Session, name: str) -> Fit:
    """A fit of the program by its name."""
    found = next(value for variable, value in session.environment.values.items() if variable.name == name)
    assert isinstance(found, Fit)
    return found
