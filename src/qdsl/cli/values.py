"""Values of options: a word in, a value out, or words about what is expected.

`argparse` takes them as `type=`; `main` puts the command and the option before what they complain about.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence

from qdsl.lang.report.near import nearest


def whole_number(word: str) -> int:
    """An integer, as for `--seed`."""
    try:
        return int(word)
    except ValueError:
        raise ArgumentTypeError(f"takes a whole number, not {word!r}") from None


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A word of a list."""

    def chosen(word: str) -> str:
        if word in names:
            return word
        near = nearest(word, names)
        raise ArgumentTypeError(f"takes {', '.join(names)}; not {word!r}" + (f"; did you mean {near}?" if near else ""))

    return chosen
