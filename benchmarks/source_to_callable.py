"""How long a kernel takes to become callable: from its text in a warm process, and from the caches in a new one.

python -m benchmarks.source_to_callable

The kernel is an integration of about 60 lines, `driven_two_level.qdsl`: the excited population of a driven two-level
system, by Runge and Kutta's rule of fourth order. Beside it Numba's njit of the same lines, where Numba is installed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from math import hypot, pi, sin
from pathlib import Path

import qdsl
from benchmarks.harness import Peer, Report, environment

SOURCE = Path(__file__).with_name("driven_two_level.qdsl")
PYTHON = Path(__file__).with_name("driven_two_level.py")
RATE = 2 * pi * 1e6
ARGUMENTS = (1e-6, 1e3, RATE, RATE, 0.0, 1000)
"""1 us of a pulse so wide that it is constant, detuned by its own rate; no decay; 1000 steps."""

POPULATION = (RATE / hypot(RATE, RATE)) ** 2 * sin(hypot(RATE, RATE) * 1e-6 / 2) ** 2
"""Rabi's formula; the integration differs by less than 1e-9."""

QDSL_IN_A_NEW_PROCESS = f"""
import ctypes, time
import llvmlite.binding, numpy, qdsl, qdsl.runtime.embedded
began = time.perf_counter()
value = qdsl.load({{path!r}}).population(*{ARGUMENTS})
print(value, time.perf_counter() - began)
"""

NUMBA_IN_A_NEW_PROCESS = f"""
import importlib, sys, time
import numba, numpy
sys.path.insert(0, {{folder!r}})
began = time.perf_counter()
value = importlib.import_module("driven").population(*{ARGUMENTS})
print(value, time.perf_counter() - began)
"""


def main() -> int:
    report = Report()
    has_numba = importlib.util.find_spec("numba") is not None
    if not has_numba:
        print("Numba is not installed: its times, and the bars that are relative to it, are left out")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peers = [Peer("QDSL", from_text(), _close)]
        peers += [Peer("Numba njit", from_text_by_numba(), _close)] if has_numba else []
        report.row("text of a kernel to its first answer, warm process", peers, times_faster=5.0 if has_numba else None)
        peers = [Peer("QDSL", from_caches(folder), _close_in_child, _told)]
        peers += [Peer("Numba njit(cache=True)", from_caches_of_numba(folder), _close_in_child, _told)] * has_numba
        report.row("the same file unchanged in a new process, after imports", peers, bar=5e-3)
    return report.finish()


# ── a warm process ───────────────────────────────────────────────────────────────────────────────────────────────


def from_text() -> Callable[[], object]:
    """The program with another number in it each time: nothing of it can have been kept."""
    os.environ["QDSL_CACHE"] = "off"
    text, count = SOURCE.read_text(encoding="utf-8"), _counting()
    return lambda: qdsl.compile(text.replace("1.0 * exp", f"{count()!r} * exp")).population(*ARGUMENTS)


def from_text_by_numba() -> Callable[[], object]:
    """The same for Python and Numba."""
    from numba import njit

    text, count = PYTHON.read_text(encoding="utf-8"), _counting()

    def run() -> object:
        names: dict[str, Callable[..., object]] = {}
        exec(text.replace("1.0 * exp", f"{count()!r} * exp"), names)
        names["pulse"] = njit(names["pulse"])
        return njit(names["population"])(*ARGUMENTS)

    return run


def _counting() -> Callable[[], float]:
    """Numbers next to 1, each another."""
    steps = iter(range(1_000_000))
    return lambda: 1.0 + next(steps) * 1e-13


# ── a new process ────────────────────────────────────────────────────────────────────────────────────────────────


def from_caches(folder: Path) -> Callable[[], object]:
    path = folder / SOURCE.name
    path.write_text(SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
    variables = environment(QDSL_CACHE=str(folder / "cache"))
    return lambda: _answer(QDSL_IN_A_NEW_PROCESS.format(path=str(path)), variables)


def from_caches_of_numba(folder: Path) -> Callable[[], object]:
    text = re.sub(r"(?m)^def ", "@njit(cache=True)\ndef ", PYTHON.read_text(encoding="utf-8"))
    (folder / "driven.py").write_text(text.replace("from math", "from numba import njit\nfrom math"), encoding="utf-8")
    variables = environment(NUMBA_CACHE_DIR=str(folder / "numba"))
    return lambda: _answer(NUMBA_IN_A_NEW_PROCESS.format(folder=str(folder)), variables)


def _answer(script: str, variables: dict[str, str]) -> tuple[float, float]:
    """What a new process computed, and the seconds that it says it took."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=variables)
    value, taken = done.stdout.split()
    return float(value), float(taken)


def _told(answer: object) -> float:
    assert isinstance(answer, tuple)
    return float(answer[1])


def _close_in_child(answer: object) -> None:
    assert isinstance(answer, tuple)
    _close(answer[0])


def _close(answer: object) -> None:
    if not isinstance(answer, float) or abs(answer - POPULATION) > 1e-9:
        raise SystemExit(f"the wrong answer: {answer!r}, not {POPULATION}")


if __name__ == "__main__":
    sys.exit(main())
