"""Ctrl-C stops kernels wherever they are, and only those that are running.

A real SIGINT is sent to a process of its own, while a kernel that would run for minutes is at work.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
from tests.native.running import kernels

compiled = kernels('''
func @while(%x: real) -> (real) {
  %y = while %x -> real { |%c: real|
    %go = le %c, %c
    yield %go
  } { |%c: real|
    %d = add %c, %c
    %e = div %d, %c
    yield %e
  }
  return %y
}
func @straight(%n: int) -> (real) {
  %low = ineg %n
  %zero = const 0.0
  %y = for %low, %n, %zero -> real { |%i: int, %c: real|
    %r = to_real %i
    %d = add %c, %r
    yield %d
  }
  return %y
}
func @nest(%n: int) -> (int) {
  %0 = const 0
  %9 = const 9
  %y = for %0, %n, %0 -> int { |%i: int, %c: int|
    %d = for %0, %9, %c -> int { |%j: int, %e: int|
      %f = bxor %e, %i
      %g = wadd %f, %j
      yield %g
    }
    yield %d
  }
  return %y
}
func @tree(%n: int) -> (int) {
  %0 = const 0
  %1 = const 1
  %leaf = ile %n, %0
  %r = if %leaf -> int {
    yield %1
  } else {
    %m = isub %n, %1
    %a = call @tree(%m) -> int
    %b = call @tree(%m) -> int
    %s = wadd %a, %b
    yield %s
  }
  return %r
}
func @array(%v: [real], %n: int) -> (real) {
  %r = call @straight(%n) -> real
  return %r
}
func @column(%x: real) -> (real) {
  %0 = const 0
  %64 = const 64
  %y = for %0, %64, %x -> real { |%i: int, %c: real|
    %d = lgamma %c
    %e = add %d, %x
    yield %e
  }
  return %y
}
''')
many = np.linspace(3.0, 4.0, 10**7) if "columns" in sys.argv else None
LONG = 10**12
CASES = {
    "while": lambda: compiled["while"](1.0),
    "while-slow-way": lambda: compiled["while"].convert_and_call(1.0),
    "straight": lambda: compiled["straight"](2**62),
    "nest": lambda: compiled["nest"](LONG),
    "tree": lambda: compiled["tree"](900),
    "array": lambda: compiled["array"]([1.0], LONG),
    "each": lambda: compiled["while"](np.ones(3)),
    "columns": lambda: compiled["column"](many),
}

def interrupted(run, send):
    sender = threading.Timer(0.15, send)
    sender.start()
    began = time.perf_counter()
    try:
        run()
    except KeyboardInterrupt:
        return time.perf_counter() - began
    finally:
        sender.join()
    return None

def sigint():
    os.kill(os.getpid(), signal.SIGINT)
"""

BY_THE_MAIN_THREAD = """
took = interrupted(CASES[sys.argv[1]], sigint)
assert took is not None and 0.1 < took < 5.0, took
took = interrupted(CASES[sys.argv[1]], sigint)          # and again: nothing has to be reset
assert took is not None and 0.1 < took < 5.0, took
assert compiled["nest"](3) == compiled["nest"](3)       # what starts later runs
print("stopped")
"""

ELSEWHERE = """
# Kernels of other threads stop too, each with KeyboardInterrupt.
found = []
def work(case):
    try:
        CASES[case]()
    except KeyboardInterrupt:
        found.append(case)
threads = [
    threading.Thread(target=work, args=(case,), daemon=True) for case in ("while", "straight", "while-slow-way")
]
for thread in threads:
    thread.start()
for _ in range(20):                                     # one Ctrl-C is enough once all of them run
    assert interrupted(lambda: time.sleep(5), sigint) is not None
    for thread in threads:
        thread.join(1)
    if len(found) == 3:
        break
assert sorted(found) == ["straight", "while", "while-slow-way"], found

# Whoever sets a handler of Python later is asked first, and decides what is raised where the kernel ran.
class Mine(Exception): pass
def mine(*_): raise Mine
signal.signal(signal.SIGINT, mine)
try:
    interrupted(CASES["while"], sigint)
except Mine:
    print("mine")
signal.signal(signal.SIGINT, lambda *_: None)
assert interrupted(CASES["while"], sigint) is not None

# A process that ignores SIGINT still does: nothing is stopped, but by another's word.
signal.signal(signal.SIGINT, signal.SIG_IGN)
from qdsl.lang.native import interruption
word = threading.Timer(0.6, interruption.interrupt)
word.start()
took = interrupted(CASES["while"], sigint)
assert took is not None and took > 0.5, took
print("stopped")
"""


def _run(rest: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", PROGRAM + rest, *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.split()


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="os.kill cannot send Ctrl-C to oneself there")


@pytest.mark.parametrize("case", ["while", "while-slow-way", "straight", "nest", "tree", "array", "each", "columns"])
def test_ctrl_c_stops_a_kernel(case: str) -> None:
    assert _run(BY_THE_MAIN_THREAD, case) == ["stopped"]


def test_other_threads_other_handlers_and_none() -> None:
    assert _run(ELSEWHERE) == ["mine", "stopped"]
