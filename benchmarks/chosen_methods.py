"""The method that is chosen by itself, beside steps and beside QuTiP: where steps are what everybody takes.

python -m benchmarks.chosen_methods

Three dynamics: a long ket (Chebyshev polynomials), a state that falls into blocks and a mode that is strongly damped
(exponentials). Answers are checked first against SciPy's exponential of the matrix, written out here. The bar is to be
no slower than the same program with `method = "adaptive"`.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

import qdsl
from benchmarks.harness import Peer, Report

Numbers = NDArray[np.float64]
Matrix = NDArray[np.complex128]

SOURCE = Path(__file__).with_suffix(".qdsl").read_text(encoding="utf-8")
US = 1e-6
KAPPA = 100.0
TIMES = np.linspace(0.0, 100.0, 51)[1:]
SHORT = np.linspace(0.0, 10.0, 51)[1:]


def main() -> int:
    report = Report()
    chosen, steps = (qdsl.compile(SOURCE.replace("METHOD", each)) for each in ("", ', method = "adaptive"'))
    for title, name, arguments, model in (
        ("a chain of seven spins, 100 radians, 50 times", "along_a_chain", (TIMES * US,), chain()),
        ("collapse and revival in 40 levels, 100 radians, 50 times", "revival", (TIMES * US,), revival()),
        ("a qubit beside a damped mode, 50 times", "overdamped", (KAPPA / US, SHORT * US), overdamped()),
    ):
        h, jumps, start, seen = model
        times = SHORT if jumps else TIMES
        wanted = exact(h, jumps, start, seen, times)
        check = close_to(wanted)
        peers = [
            Peer("QDSL", functools.partial(getattr(chosen, name), *arguments), check),
            Peer('QDSL, method = "adaptive"', functools.partial(getattr(steps, name), *arguments), check),
        ]
        if importlib.util.find_spec("qutip") is not None:
            peers.append(Peer("QuTiP", by_qutip(h, jumps, start, seen, times), check))
        report.row(title, peers, times_faster=1.0, runs=11)
    return report.finish()


# ── models, in radians ───────────────────────────────────────────────────────────────────────────────────────────

Model = tuple[Matrix, list[Matrix], Matrix, Matrix]
"""H, jump operators, the ket at the start, and what is seen."""

X, Z = np.array([[0, 1], [1, 0]], dtype=complex), np.diag([1, -1]).astype(complex)
SM = np.array([[0, 1], [0, 0]], dtype=complex)


def at(matrices: dict[int, Matrix], sizes: list[int]) -> Matrix:
    """The product of matrices that each act in one place."""
    return functools.reduce(np.kron, [matrices.get(k, np.eye(size, dtype=complex)) for k, size in enumerate(sizes)])


def lowering(size: int) -> Matrix:
    return np.diag(np.sqrt(np.arange(1, size)), 1).astype(complex)


def chain() -> Model:
    sizes = [2] * 7
    h = sum(at({k: each, k + 1: each}, sizes) for k in range(6) for each in (X, Z))
    h = h + 0.8 * sum(at({k: X}, sizes) for k in range(7))
    start = np.zeros(128, dtype=complex)
    start[64] = 1
    return h, [], start, at({6: Z}, sizes)


def revival() -> Model:
    a = at({0: lowering(40)}, [40, 2])
    lower = at({1: SM}, [40, 2])
    field = np.array([3.0**n for n in range(40)]) / np.sqrt(np.cumprod(np.concatenate([[1.0], np.arange(1.0, 40.0)])))
    start = np.kron(field / np.linalg.norm(field), [0, 1]).astype(complex)
    return lower.T @ a + a.T @ lower, [], start, lower.T @ lower


def overdamped() -> Model:
    a, lower = at({0: lowering(4)}, [4, 2]), at({1: SM}, [4, 2])
    start = np.zeros(8, dtype=complex)
    start[1] = 1
    return lower.T @ a + a.T @ lower + 0.3 * (a + a.T), [np.sqrt(KAPPA) * a], start, lower.T @ lower


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def exact(h: Matrix, jumps: list[Matrix], start: Matrix, seen: Matrix, times: Numbers) -> Numbers:
    """By powers of the exponential of one step."""
    if not jumps:
        step, state = expm(-1j * h * times[0]), start
        found = []
        for _ in times:
            state = step @ state
            found.append(float(np.real(state.conj() @ seen @ state)))
        return np.array(found)
    one = np.eye(len(h))
    generator = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for each in jumps:
        square = each.conj().T @ each
        generator = generator + np.kron(each, each.conj()) - (np.kron(square, one) + np.kron(one, square.T)) / 2
    step, rho = expm(generator * times[0]), np.outer(start, start.conj()).ravel()
    found = []
    for _ in times:
        rho = step @ rho
        found.append(float(np.real(np.trace(seen @ rho.reshape(h.shape)))))
    return np.array(found)


def by_qutip(h: Matrix, jumps: list[Matrix], start: Matrix, seen: Matrix, times: Numbers) -> Callable[[], object]:
    import qutip

    ts = np.concatenate([[0.0], times])
    options = {"rtol": 1e-8, "atol": 1e-10, "nsteps": 100_000}
    lost = [qutip.Qobj(each) for each in jumps]
    system, ket, observable = qutip.Qobj(h), qutip.Qobj(start), qutip.Qobj(seen)

    def run() -> object:
        solve = qutip.mesolve(system, ket, ts, lost, e_ops=[observable], options=options)
        return np.asarray(solve.expect[0])[1:]

    return run


def close_to(wanted: Numbers) -> Callable[[object], None]:
    def check(answer: object) -> None:
        np.testing.assert_allclose(np.asarray(answer), wanted, atol=2e-6)

    return check


if __name__ == "__main__":
    sys.exit(main())
