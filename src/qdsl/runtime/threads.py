"""The threads that compiled code runs on: one pool for the process, made when it is first wanted and kept.

    spread([lambda: run(0, 500), lambda: run(500, 1000)])

Machine code runs without the interpreter's lock, so threads are real. How many there are is `QDSL_THREADS`, else one
for each processor that this process may use. What is computed does not depend on it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Answer = TypeVar("Answer")

AGAIN = 0.05
"""Seconds after which tasks that have not ended are told again."""


def count() -> int:
    """How many threads there are to use."""
    asked = os.environ.get("QDSL_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return _processors()


@cache
def _processors() -> int:
    """Those that this process may use, asked for once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(tasks: Sequence[Callable[[], Answer]], on_interrupt: Callable[[], None]) -> list[Answer]:
    """Run all the tasks, also on the thread that asks, and wait for them; their answers in order. (If it only waited, a
    system of few processors would often wake all others on one.) Ctrl-C calls `on_interrupt`, which is to end those
    soon that have begun, and is raised when all have ended: memory that they write to may be let go then. It is called
    again as long as a task runs: one that was just beginning may have missed it.
    """
    if len(tasks) == 1:
        return [tasks[0]()]
    answers: dict[int, Answer] = {}
    waiting = deque(enumerate(tasks))

    def work() -> None:
        """Tasks for as long as there are some: handing them out one by one would take longer than small ones do."""
        while waiting:
            try:
                place, task = waiting.popleft()
            except IndexError:  # another was quicker
                return
            answers[place] = task()

    size = count()
    pool = _pool(size, os.getpid())
    futures = [pool.submit(work) for _ in range(min(size, len(tasks)) - 1)]
    try:
        work()
        for future in futures:
            future.result()
    except BaseException as raised:
        from concurrent.futures import wait

        waiting.clear()
        while wait(futures, timeout=0 if isinstance(raised, KeyboardInterrupt) else None).not_done:
            on_interrupt()
            wait(futures, timeout=AGAIN)
        raise
    return [answers[place] for place in range(len(tasks))]


@cache
def _pool(size: int, process: int) -> ThreadPoolExecutor:
    """A fork has no threads of its parent's, so it gets a pool of its own."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(size, "qdsl")
