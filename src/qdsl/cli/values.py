"""Values of options: a word in, a value out, or words about what is expected.

`argparse` takes them as `type=`; `main` puts the command and the option before what they complain about.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence

from qdsl.lang.report.near import nearest

LARGEST_SEED = 2**53 - 1
"""Beyond it, two roots would give the same draws (`runtime.world`)."""


def seed(word: str) -> int:
    """The number after `--seed`."""
    try:
        number = int(word)
    except ValueError:
        raise ArgumentTypeError(f"takes a whole number, not {word!r}") from None
    if not 0 <= number <= LARGEST_SEED:
        raise ArgumentTypeError(f"takes a number from 0 to {LARGEST_SEED}, not {word}")
    return number


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A word of a list."""

    def chosen(word: str) -> str:
        if word in names:
            return word
        near = nearest(word, names)
        raise ArgumentTypeError(f"takes {', '.join(names)}; not {word!r}" + (f"; did you mean {near}?" if near else ""))

    return chosen
