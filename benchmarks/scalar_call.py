"""What a call with two numbers costs from Python: QDSL beside Numba's dispatcher and a plain Python function.

python -m benchmarks.scalar_call

The work inside is one product and one sum, so that what is timed is the way in and out; a hundred thousand calls on
end, each peer in its turn. The bar is half of Numba's time. Numba is left out where it is not installed.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable

import qdsl
from benchmarks.harness import Peer, Report

CALLS = 100_000


def main() -> int:
    report = Report()
    has_numba = importlib.util.find_spec("numba") is not None
    peers = [Peer("QDSL", calls_of(by_qdsl()), _check)]
    peers += [Peer("Numba njit", calls_of(by_numba()), _check)] if has_numba else []
    peers.append(Peer("Python def", calls_of(plain), _check))
    report.row(f"{CALLS:,} calls with two numbers", peers, times_faster=2.0 if has_numba else None, runs=21)
    return report.finish()


def plain(x: float, y: float) -> float:
    return x * y + x


def by_qdsl() -> Callable[[float, float], float]:
    function: Callable[[float, float], float] = qdsl.compile("fn f(x: Scalar, y: Scalar) -> Scalar = x * y + x").f
    function(1.0, 2.0)
    return function


def by_numba() -> Callable[[float, float], float]:
    from numba import njit

    function: Callable[[float, float], float] = njit(plain)
    return function


def calls_of(function: Callable[[float, float], float]) -> Callable[[], object]:
    def run() -> float:
        total = 0.0
        for _ in range(CALLS):
            total += function(1.5, 2.0)
        return total

    return run


def _check(answer: object) -> None:
    if answer != 4.5 * CALLS:
        raise SystemExit(f"the wrong answer: {answer!r}")


if __name__ == "__main__":
    sys.exit(main())
