"""The pool of threads: what was asked for is what there is, and Ctrl-C ends all that runs on it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from qdsl.runtime import threads

ROOT = Path(__file__).parents[2]


def test_the_number_is_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDSL_THREADS", "3")
    assert threads.count() == 3


@pytest.mark.parametrize("asked", ["", "0", "-2", "two", "1.5"])
def test_what_is_no_number_of_threads_is_none(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.delenv("QDSL_THREADS", raising=False)
    usual = threads.count()
    assert 1 <= usual <= (os.cpu_count() or 1)
    monkeypatch.setenv("QDSL_THREADS", asked)
    assert threads.count() == usual


def test_tasks_run_at_once_and_answer_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the others: they end only if there is a thread for each."""
    monkeypatch.setenv("QDSL_THREADS", "3")
    meeting = threading.Barrier(3, timeout=30)

    def task(number: int) -> int:
        meeting.wait()
        return number

    assert threads.spread([lambda n=n: task(n) for n in range(3)], lambda: None) == [0, 1, 2]  # type: ignore[misc]


def test_a_single_task_runs_where_it_is_asked_for() -> None:
    assert threads.spread([threading.get_ident], lambda: None) == [threading.get_ident()]


def test_what_a_task_raises_is_raised() -> None:
    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        threads.spread([fails, fails], lambda: None)


INTERRUPTED = """
import os, signal, threading
import numpy as np
import qdsl
from qdsl.runtime import broadcast, points, threads

broadcast.WORTH_COMPILING = {worth}
points.WORTH_THREADS = 0.0
spin = qdsl.compile('''
fn spin(x: Scalar, rounds: Int) -> Scalar {{
    var y = x
    for k in range(rounds) {{ y = if y > 1 {{ y / 2 }} else {{ y + 0.7 }} }}
    y
}}
''').spin
x = np.linspace(0.0, 1.0, 300)
spin(x, np.arange(300) % 9)                        # compiled, and known how long it takes
for _ in range(2):
    sender = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    sender.start()
    try:
        spin(x, np.full(300, 10**12))              # hours
    except KeyboardInterrupt:
        print("stopped")
    sender.join()
    meeting = threading.Barrier(3, timeout=20)     # passes only if all three threads are free
    print(len(threads.spread([meeting.wait] * 3, lambda: None)))
print((spin(x, np.full(300, 5)) == [spin(each, 5) for each in x.tolist()]).all())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill cannot send Ctrl-C to oneself there")
@pytest.mark.parametrize("worth", ["0.0", "float('inf')"], ids=["lanes", "one by one"])
def test_ctrl_c_ends_all_threads(worth: str) -> None:
    environment = {**os.environ, "QDSL_THREADS": "3"}
    command = [sys.executable, "-c", INTERRUPTED.format(worth=worth)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.split() == ["stopped", "3", "stopped", "3", "True"]


BEGINNING = """
import os, signal, threading, time
from qdsl.runtime import threads

told = []

def task():
    time.sleep(0.3)                                # begins to listen when the others have been told
    before = len(told)
    while len(told) == before:
        time.sleep(0.01)

threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    threads.spread([task, task], lambda: told.append(1))
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill cannot send Ctrl-C to oneself there")
def test_ctrl_c_ends_a_task_that_was_just_beginning() -> None:
    environment = {**os.environ, "QDSL_THREADS": "2"}
    command = [sys.executable, "-c", BEGINNING]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert run.stdout.split() == ["stopped"], run.stderr[-2000:]
