"""How the program `qdsl` can end."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes. A script may rely on them."""

    OK = 0
    FAILED = 1  # the program has errors, or failed while it ran, or a test did
    USAGE = 2  # the command itself was not understood
    INTERNAL = 3  # a bug of ours
    UNWRITTEN = 74  # the output could not be written
    INTERRUPTED = 130  # Ctrl-C
    UNREAD = 141  # whoever read the output went away


class UsageError(Exception):
    """A command that cannot be understood; the text says what is wrong and, where sure, what was meant."""
