"""How often the uncertainties of tomography hold: intervals of one and of 1.96 standard errors about the estimate.

    python -m tests.runtime.tomography.coverage [trials] [resamples]

Counts are drawn from a known state or channel, estimated as `state_tomography` and `process_tomography` do, and the
true value is looked for in the interval. A line tells how often it was there, with the Monte Carlo error of that share,
how often the errors came from the bootstrap, and the bias in standard deviations.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from tests.runtime.tomography.laboratory import choi_of, drawing, ghz, measured, pauli_effects, prepared

from qdsl.lang.typed.spaces import Kind, Space
from qdsl.runtime.tomography.hermitian import Matrices, numbers, pauli
from qdsl.runtime.tomography.observed import Observed, of_process
from qdsl.runtime.tomography.result import ProcessTomography, StateTomography, Tomography, Wish
from qdsl.runtime.value.estimate import Estimate

ONE_SIGMA, WIDE = 0.6827, 0.95

Asked = Mapping[str, tuple[float, Callable[[Tomography], Estimate]]]
"""By name the true value, and what gives the estimate."""


@dataclass(frozen=True)
class Laboratory:
    """What is measured: effects of each setting and the truth; `kept` as in `Observed`."""

    name: str
    effects: Matrices
    truth: Matrices
    shots: int
    asked: Asked
    kept: int = 1

    def run(self, rng: np.random.Generator, resamples: int) -> Tomography:
        observed = measured(self.effects, self.truth, self.shots, rng, self.kept)
        return found_in(observed, rng, resamples)


def found_in(observed: Observed, rng: np.random.Generator, resamples: int) -> Tomography:
    levels = observed.kept if observed.kept > 1 else observed.size
    spaces = [Space(f"q[{k}]", Kind.QUBIT, 2, (0, k)) for k in range(levels.bit_length() - 1)]
    kind = StateTomography if observed.kept == 1 else ProcessTomography
    return kind(observed, spaces, Wish(None, resamples, 0, drawing(rng)))


@dataclass(frozen=True)
class Covered:
    """What came of a quantity in many trials."""

    name: str
    within: float
    within_wide: float
    bias: float
    trials: int

    def error(self, share: float) -> float:
        """Of a share of trials that is expected, or found."""
        return sqrt(max(share * (1 - share), 1 / self.trials) / self.trials)


def covered(lab: Laboratory, trials: int, resamples: int, seed: int) -> tuple[list[Covered], float]:
    """Each quantity, and how often the bootstrap was used."""
    rng = np.random.default_rng(seed)
    values = np.empty((trials, len(lab.asked), 2))
    by_bootstrap = 0
    for trial in range(trials):
        found = lab.run(rng, resamples)
        by_bootstrap += found.spread.by == "bootstrap"
        estimates = [ask(found) for _, ask in lab.asked.values()]
        values[trial] = [(each.value, each.error) for each in estimates]
    truth = np.array([true for true, _ in lab.asked.values()])
    off = values[..., 0] - truth
    within = (np.abs(off) <= values[..., 1]).mean(axis=0)
    wide = (np.abs(off) <= 1.959964 * values[..., 1]).mean(axis=0)
    bias = off.mean(axis=0) / np.maximum(off.std(axis=0), 1e-300)
    rows = zip(lab.asked, within, wide, bias, strict=True)
    return [Covered(name, float(a), float(b), float(c), trials) for name, a, b, c in rows], by_bootstrap / trials


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────


def of_state(name: str, state: Matrices, target: Matrices, shots: int) -> Laboratory:
    """A state of qubits: its fidelity with a pure target, some Paulis, its purity."""
    count = len(state).bit_length() - 1
    operators = {"fidelity": target} | {f"<{word}>": pauli(word) for word in ("X" * count, "Z" + "I" * (count - 1))}
    asked: dict[str, tuple[float, Callable[[Tomography], Estimate]]] = {
        name: (float(numbers(each) @ numbers(state)), _overlap(each)) for name, each in operators.items()
    }
    asked["purity"] = float((np.abs(state) ** 2).sum()), _purity
    return Laboratory(name, pauli_effects(count), state, shots, asked)


def _overlap(target: Matrices) -> Callable[[Tomography], Estimate]:
    return lambda found: found.overlap(target)


def _purity(found: Tomography) -> Estimate:
    assert isinstance(found, StateTomography)
    return found.purity()


def of_gate(name: str, unitary: Matrices, mixed: float, shots: int) -> Laboratory:
    """A gate that fails into noise with that probability: its process fidelity and an entry of its transfer matrix."""
    d = len(unitary)
    perfect = choi_of([unitary])
    truth = (1 - mixed) * perfect + mixed * np.eye(d * d) / d
    states, effects = prepared(d.bit_length() - 1), pauli_effects(d.bit_length() - 1)
    settings = of_process(states, effects, np.ones((len(states), *effects.shape[:2]))).effects
    entry = np.kron(pauli("X").T, pauli("Z")) / d
    asked = {
        "fidelity": (float(numbers(perfect / d**2) @ numbers(truth)), _overlap(perfect / d**2)),
        "X -> Z": (float(numbers(entry) @ numbers(truth)), _overlap(entry)),
    }
    return Laboratory(name, settings, truth, shots, asked, d)


def one_qubit(mixed: float) -> tuple[Matrices, Matrices]:
    """A state off every axis, and the ket that it would be."""
    psi = np.array([np.cos(0.3), np.sin(0.3) * np.exp(0.7j)])
    pure = np.outer(psi, psi.conj())
    return (1 - mixed) * pure + mixed * np.eye(2) / 2, pure


HADAMARD = np.array([[1, 1], [1, -1]], dtype=complex) / np.sqrt(2)


def laboratories() -> Iterator[Laboratory]:
    for mixed in (0.4, 0.1, 0.03, 0.01, 0.0):
        yield of_state(f"1 qubit, {mixed:4} mixed", *one_qubit(mixed), 300)
    for mixed in (0.4, 0.1, 0.03, 0.01, 0.0):
        yield of_state(f"Bell, {mixed:4} mixed", ghz(2, mixed), ghz(2), 200)
    for mixed in (0.2, 0.02):
        yield of_gate(f"H gate, {mixed:4} noise", HADAMARD, mixed, 200)


def line(lab: Laboratory, each: Covered, share: float) -> str:
    shares = "  ".join(
        f"{100 * found:5.1f} ± {100 * each.error(found):3.1f} %" for found in (each.within, each.within_wide)
    )
    return f"{lab.name:22} {each.name:9} {shares}   {100 * share:4.0f} %   {each.bias:+6.2f}"


def main() -> None:
    trials, resamples = (int(each) for each in (*sys.argv[1:], *("400", "100")[len(sys.argv) - 1 :]))
    print(f"{trials} trials, {resamples} resamples")
    print(f"{'':22} {'':9} {'within 1 σ':>13}  {'within 1.96 σ':>13}   bootstrap  bias")
    for lab in laboratories():
        rows, share = covered(lab, trials, resamples, 1)
        for each in rows:
            print(line(lab, each, share), flush=True)


if __name__ == "__main__":
    main()
