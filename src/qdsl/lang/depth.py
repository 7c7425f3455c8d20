"""Room for deep trees: Python's recursion limit, raised while a stage walks a program and put back after.

A program may nest a thousand deep, and each level takes a stage several frames. They are on the heap, not on C's stack,
but the limit also guards the rest of the process, so it is raised only as long as somebody here needs it. The limit is
one for all threads; so is the count of those who need it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

FRAMES = 20_000
"""What the deepest program within the parser's limit needs."""


class _Users:
    """Who is inside now, and the limit to go back to when nobody is."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.count = 0
        self.before = 0


_USERS = _Users()


@contextmanager
def deep_recursion(frames: int = FRAMES) -> Iterator[None]:
    """Inside, Python may nest that many frames: enough for trees of the greatest depth unless more are asked for."""
    with _USERS.lock:
        if _USERS.count == 0:
            _USERS.before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(sys.getrecursionlimit(), frames))
        _USERS.count += 1
    try:
        yield
    finally:
        with _USERS.lock:
            _USERS.count -= 1
            if _USERS.count == 0:
                sys.setrecursionlimit(_USERS.before)
