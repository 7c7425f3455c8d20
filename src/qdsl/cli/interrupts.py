"""Ctrl-C while machine code runs. The first one is Python's, which sees it when the code comes back; code that never
comes back is ended by the second.

    with interruptible():
        session.run(source)
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, a Ctrl-C that Python has not yet seen makes the next one end the process by its signal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _seen)
    _once()
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _seen(number: int, frame: FrameType | None) -> None:
    """Python has come to see the Ctrl-C: the next one is a first one again."""
    _once()
    raise KeyboardInterrupt


def _once() -> None:
    """Let Python's own handler stand for one signal only, as System V has it; where C cannot do that, for all."""
    import ctypes

    library = ctypes.CDLL(None)
    if hasattr(library, "sysv_signal"):
        for install in (library.signal, library.sysv_signal):
            install.argtypes, install.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
        handler = library.signal(signal.SIGINT, None)
        library.sysv_signal(signal.SIGINT, handler)
