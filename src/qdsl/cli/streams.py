"""Standard input, output and error as a shell may leave them: closed, on a full disk, or of few letters.

prepare()                  first of all
put("text", sys.stdout)    raises OutputLost where it cannot be written
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn, TextIO


class OutputLost(Exception):  # noqa: N818 - nothing is wrong with the program
    """Standard output, or error, takes no more; the text says why. That its reader went away is a BrokenPipeError."""


class Closed(io.TextIOBase):
    """A stream that the shell has closed (`>&-`), for which Python has None. Nothing can be read or written."""

    def _refuse(self, *_: Any) -> NoReturn:
        raise OSError(errno.EBADF, "it is closed")

    read = readline = write = _refuse

    @property
    def buffer(self) -> Closed:
        return self

    def flush(self) -> None:
        """Nothing waits to be written."""

    def isatty(self) -> bool:
        return False

    def reconfigure(self, **_: Any) -> None:
        """As a real one has it."""


def prepare() -> None:
    """Put something in the place of closed streams, so that no file that is opened later gets their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, Closed())
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal of few letters must not end us


def put(text: str, stream: TextIO) -> None:
    """Write a text."""
    try:
        stream.write(text)
    except BrokenPipeError:
        raise
    except OSError as failure:
        raise OutputLost(_reason(failure)) from None


def flush(stream: TextIO) -> None:
    """See that what was written arrives."""
    try:
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as failure:
        raise OutputLost(_reason(failure)) from None


def drop_output() -> None:
    """Let what still waits to be written go nowhere: Python would try again at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _reason(failure: OSError) -> str:
    return (failure.strerror or str(failure)).lower()
