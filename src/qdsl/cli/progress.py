"""A line on the terminal while something takes longer than a second, and nothing where there is no terminal.

with Progress("checking") as progress:
    for name in names:
        progress.say(f"checking {name}")
"""

from __future__ import annotations

import sys
import time
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TextIO

_PATIENCE = 1.0
_BEAT = 0.25
_CLEAR = "\r\x1b[K"


class Progress:
    """What is being done and for how long, rewritten in place on standard error."""

    def __init__(self, text: str, stream: TextIO | None = None, patience: float = _PATIENCE) -> None:
        self.text = text
        self._stream = stream or sys.stderr
        self._patience = patience
        self._done = Event()
        self._lock = Lock()
        self._drawn = False
        self._thread: Thread | None = None

    def __enter__(self) -> Progress:
        if self._stream.isatty():
            self._thread = Thread(target=self._watch, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        self.clear()

    def say(self, text: str) -> None:
        """What is being done now; shown at the next beat."""
        self.text = text

    def clear(self) -> None:
        """Take the line away, so that something else can be printed."""
        with self._lock:
            if self._drawn:
                self._stream.write(_CLEAR)
                self._stream.flush()
                self._drawn = False

    def _watch(self) -> None:
        began = time.monotonic()
        wait = self._patience
        while not self._done.wait(wait):
            wait = _BEAT
            with self._lock:
                self._stream.write(f"{_CLEAR}{self.text} … {time.monotonic() - began:.0f} s")
                self._stream.flush()
                self._drawn = True
