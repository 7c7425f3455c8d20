"""A decaying cosine at a million times, on one thread: QDSL beside Numba, NumPy, numexpr and C.

python -m benchmarks.decaying_cosine

The C compiler is asked twice: with -O3, where exp and cos are calls of the C library, and with -Ofast, which lets it
take the library's vector functions of up to 4 ulp. Peers that are not installed are left out. The bar is meant for
vectors of 512 bits; whether the processor has them is printed.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qdsl
from benchmarks.harness import Peer, Report
from qdsl.lang.native.target import host

COUNT = 1_000_000
PARAMETERS = (0.8, 20e-6, 1.3e6, 0.3, 0.1)
"""Amplitude, lifetime in s, frequency in Hz, phase, offset."""

SOURCE = """
fn signal(t: Time, a: Scalar, tau: Time, f: Frequency, phase: Scalar, c: Scalar) -> Scalar =
    a * exp(-t / tau) * cos(2pi * f * t + phase) + c
"""

C_SOURCE = """
#include <math.h>
void signal_(const double *restrict t, double *restrict y, long n,
             double a, double tau, double f, double phase, double c) {
    for (long i = 0; i < n; i++) y[i] = a * exp(-t[i] / tau) * cos(2 * 3.141592653589793 * f * t[i] + phase) + c;
}
"""

Column = NDArray[np.float64]


def by_numpy(t: Column) -> Column:
    a, tau, f, phase, c = PARAMETERS
    return a * np.exp(-t / tau) * np.cos(2 * np.pi * f * t + phase) + c


def main() -> int:
    os.environ["QDSL_THREADS"] = "1"
    print(f"this processor has vectors of {512 if '+avx512f' in host().features else 256} bits at most")
    report = Report()
    t = np.linspace(0.0, 100e-6, COUNT)
    check = _close_to(by_numpy(t))
    signal = qdsl.compile(SOURCE).signal
    peers = [Peer("QDSL", lambda: signal(t, *PARAMETERS), check)]
    has_numba = importlib.util.find_spec("numba") is not None
    peers += [Peer("Numba njit", by_numba(t), check)] if has_numba else []
    peers.append(Peer("NumPy", lambda: by_numpy(t), check))
    peers += [Peer("numexpr, one thread", by_numexpr(t), check)] if importlib.util.find_spec("numexpr") else []
    with tempfile.TemporaryDirectory() as folder:
        for options in ("-O3", "-Ofast") if shutil.which("gcc") else ():
            peers.append(Peer(f"gcc {options} -march=native", by_c(Path(folder), options, t), check))
        report.row(f"decaying cosine, {COUNT:,} doubles", peers, times_faster=5.0 if has_numba else None, runs=21)
    return report.finish()


def by_numba(t: Column) -> Callable[[], object]:
    from math import cos, exp, pi

    from numba import njit

    @njit
    def signal(t, a, tau, f, phase, c):  # type: ignore[no-untyped-def]
        y = np.empty_like(t)
        for i in range(t.size):
            y[i] = a * exp(-t[i] / tau) * cos(2 * pi * f * t[i] + phase) + c
        return y

    return lambda: signal(t, *PARAMETERS)


def by_numexpr(t: Column) -> Callable[[], object]:
    import numexpr

    numexpr.set_num_threads(1)
    a, tau, f, phase, c = PARAMETERS
    names = {"t": t, "a": a, "tau": tau, "w": 2 * np.pi * f, "phase": phase, "c": c}
    return lambda: numexpr.evaluate("a * exp(-t / tau) * cos(w * t + phase) + c", names)


def by_c(folder: Path, options: str, t: Column) -> Callable[[], object]:
    source, library = folder / "signal.c", folder / f"signal{options}.so"
    source.write_text(C_SOURCE, encoding="utf-8")
    words = ["gcc", options, "-march=native", "-shared", "-fPIC", str(source), "-o", str(library), "-lm"]
    subprocess.run(words, check=True)
    call = ctypes.CDLL(str(library)).signal_
    call.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, *[ctypes.c_double] * len(PARAMETERS)]
    call.restype = None

    def run() -> Column:
        y = np.empty_like(t)
        call(t.ctypes.data, y.ctypes.data, len(t), *PARAMETERS)
        return y

    return run


def _close_to(wanted: Column) -> Callable[[object], None]:
    def check(answer: object) -> None:
        if not np.allclose(np.asarray(answer), wanted, rtol=0.0, atol=1e-12):
            raise SystemExit("the wrong answer")

    return check


if __name__ == "__main__":
    sys.exit(main())
