"""Jaynes-Cummings with losses, 40 levels, 200 times: one run, 50 detunings, the first call, beside dynamiqs and QuTiP.

python -m benchmarks.jaynes_cummings

Answers are checked first against QuTiP at 1e-9 where it is installed, else against SciPy's matrix exponential. First
calls are those of a new process with an empty cache.
"""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qdsl
from benchmarks.harness import Peer, Report, environment

Numbers = NDArray[np.float64]

TIMES = np.linspace(0.0, 20e-6, 200)
ONE = 0.5e6
DETUNINGS = np.linspace(-3e6, 3e6, 50)
LEVELS = 20
SOME = 24
"""Of the detunings, each of that number is checked."""
WARM_UP = 14


def main() -> int:
    report = Report()
    module = qdsl.load(str(Path(__file__).with_name("jaynes_cummings.qdsl")))
    print(f"on {os.cpu_count()} cores")
    function, field = module.seen, coherent()
    one = answers(np.array([ONE]))
    peers = [Peer("QDSL", lambda: function(ONE, field, TIMES), close_to(one[0], 1e-5))]
    if has("dynamiqs"):
        single = by_dynamiqs(np.array([ONE]))
        peers.append(Peer("dynamiqs Tsit5", lambda: single()[0], close_to(one[0], 1e-4)))  # type: ignore[index]
    if has("qutip"):
        peers.append(Peer("QuTiP mesolve", lambda: by_qutip(ONE, 1e-7), close_to(one[0], 1e-4)))
    report.row("Jaynes-Cummings with losses, one run", peers, times_faster=3.0 if has("dynamiqs") else None, runs=11)
    several(report, function, field)
    first_calls(report)
    return report.finish()


def several(report: Report, function: Callable[..., object], field: Numbers) -> None:
    some = answers(DETUNINGS[::SOME])

    def ours() -> object:
        return function(DETUNINGS, field, TIMES)

    for _ in range(WARM_UP):
        ours()
    peers = [Peer("QDSL", ours, close_to(some, 1e-5, SOME))]
    if has("dynamiqs"):
        peers.append(Peer("dynamiqs Tsit5, batched", by_dynamiqs(DETUNINGS), close_to(some, 1e-4, SOME)))
    if has("qutip"):
        run = lambda: np.array([by_qutip(each, 1e-7) for each in DETUNINGS])  # noqa: E731
        peers.append(Peer("QuTiP mesolve, one by one", run, close_to(some, 1e-4, SOME)))
    report.row("the same, 50 detunings", peers, times_faster=10.0 if len(peers) > 1 else None, runs=3)


# ── first calls ──────────────────────────────────────────────────────────────────────────────────────────────────


def first_calls(report: Report) -> None:
    """From the import on is not counted: the time is that of loading, compiling and the first answer."""
    peers = [Peer("QDSL", lambda: _in_a_new_process("ours"), _is_time, float)]  # type: ignore[arg-type]
    if has("dynamiqs"):
        peers.append(Peer("dynamiqs Tsit5", lambda: _in_a_new_process("dynamiqs"), _is_time, float))  # type: ignore[arg-type]
    report.row("the same, first call in a new process", peers, times_faster=20.0 if len(peers) > 1 else None, runs=5)


def _in_a_new_process(which: str) -> float:
    code = f"import benchmarks.jaynes_cummings as b; print(b.first_{which}())"
    with tempfile.TemporaryDirectory() as empty:
        variables = environment(QDSL_CACHE=empty if which == "ours" else os.environ.get("QDSL_CACHE", empty))
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], env=variables, capture_output=True, text=True, check=True
        )
    return float(done.stdout.split()[-1])


def _is_time(answer: object) -> None:
    assert isinstance(answer, float)


def first_ours() -> float:
    """The library of the language is checked once per machine, before."""
    import time

    qdsl.compile("fn one() -> Scalar = 1").one()
    began = time.perf_counter()
    module = qdsl.load(str(Path(__file__).with_name("jaynes_cummings.qdsl")))
    module.seen(ONE, coherent(), TIMES)
    return time.perf_counter() - began


def first_dynamiqs() -> float:
    import time

    import dynamiqs  # noqa: F401

    began = time.perf_counter()
    by_dynamiqs(np.array([ONE]))()
    return time.perf_counter() - began


# ── peers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def coherent() -> Numbers:
    """The amplitudes of 2.25 photons, normalised."""
    found = np.array([1.5**n / math.sqrt(math.factorial(n)) for n in range(LEVELS)])
    normalised: Numbers = found / np.linalg.norm(found)
    return normalised


def matrices() -> tuple[NDArray[np.complex128], ...]:
    """a, sm, and the excited state, the mode first."""
    a = np.kron(np.diag(np.sqrt(np.arange(1, LEVELS)), 1), np.eye(2))
    sm = np.kron(np.eye(LEVELS), [[0, 1], [0, 0]])
    return a.astype(complex), sm.astype(complex), (sm.T @ sm).astype(complex)


def by_dynamiqs(detunings: Numbers) -> Callable[[], object]:
    warnings.simplefilter("ignore")
    import dynamiqs as dq
    import jax.numpy as jnp

    dq.set_precision("double")
    dq.set_progress_meter(False)
    a, sm, excited = matrices()
    exchange = sm.T @ a + sm @ a.T
    h = dq.asqarray(jnp.asarray([d * 1e-6 * excited + exchange for d in detunings]))
    rates = ((0.1 * 1.15, a), (0.1 * 0.15, a.T), (0.05, sm))
    jumps = [dq.asqarray(jnp.asarray(math.sqrt(rate) * each)) for rate, each in rates]
    psi = dq.asqarray(jnp.asarray(np.kron(coherent(), [0, 1])[:, None].astype(complex)))
    seen = [dq.asqarray(jnp.asarray(each)) for each in (a.T @ a, excited)]
    method = dq.method.Tsit5(rtol=1e-7, atol=1e-9)

    def run() -> object:
        result = dq.mesolve(h, jumps, psi, TIMES * 1e6, exp_ops=seen, method=method)
        return np.asarray(result.expects.block_until_ready()).real

    return run


def by_qutip(detuning: float, tolerance: float) -> Numbers:
    warnings.simplefilter("ignore")
    import qutip

    a, sm, excited = (qutip.Qobj(each).to("CSR") for each in matrices())
    h = detuning * 1e-6 * excited + sm.dag() * a + sm * a.dag()
    jumps = [math.sqrt(0.115) * a, math.sqrt(0.015) * a.dag(), math.sqrt(0.05) * sm]
    psi = qutip.Qobj(np.kron(coherent(), [0, 1]))
    options = {"rtol": tolerance, "atol": tolerance / 100, "nsteps": 1_000_000, "progress_bar": ""}
    result = qutip.mesolve(h, psi, TIMES * 1e6, jumps, e_ops=[a.dag() * a, excited], options=options)
    return np.array([np.real(each) for each in result.expect])


def answers(detunings: Numbers) -> Numbers:
    """By the exponential of the Lindblad matrix for each step of the times, which are equally far apart."""
    from scipy.sparse import csc_matrix, identity, kron
    from scipy.sparse.linalg import expm_multiply

    a, sm, excited = (csc_matrix(each) for each in matrices())
    one = identity(2 * LEVELS, format="csc")
    psi = np.kron(coherent(), [0, 1]).astype(complex)
    rho = np.outer(psi, psi.conj()).ravel()
    found = np.empty((detunings.size, 2, TIMES.size))
    for k, detuning in enumerate(detunings):
        h = detuning * 1e-6 * excited + sm.T @ a + sm @ a.T
        lindblad = -1j * (kron(h, one) - kron(one, h.T))
        for rate, jump in ((0.115, a), (0.015, a.T), (0.05, sm)):
            square = jump.T @ jump
            lindblad = lindblad + rate * (kron(jump, jump) - (kron(square, one) + kron(one, square.T)) / 2)
        states = expm_multiply(lindblad.tocsc(), rho, start=0, stop=TIMES[-1] * 1e6, num=TIMES.size, endpoint=True)
        for place, operator in enumerate((a.T @ a, excited)):
            found[k, place] = (states @ operator.T.toarray().ravel()).real
    return found


def has(name: str) -> bool:
    if importlib.util.find_spec(name) is None:
        print(f"{name} is not installed: left out")
        return False
    return True


def close_to(wanted: Numbers, tolerance: float, every: int = 1) -> Callable[[object], None]:
    def check(answer: object) -> None:
        error = np.abs(np.asarray(answer)[::every] - wanted).max()
        if not error <= tolerance:
            raise SystemExit(f"the wrong answer: off by {error}")

    return check


if __name__ == "__main__":
    sys.exit(main())
