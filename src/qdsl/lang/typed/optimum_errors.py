"""What can be wrong with `minimize` and `maximize` before the run. One function per mistake; types and values come as
texts.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span


def no_number(span: Span, word: str, found: str) -> Diagnostic:
    """`minimize(x -> [x, x], x = 0 .. 1)`."""
    return error("E0875", f"`{word}` takes a function that gives a real number, and this gives {found}", Label(span))


def names_not_known(span: Span) -> Diagnostic:
    """`minimize(f, x = 0 .. 1)` where f is a parameter, or the result of a call."""
    return error(
        "E0875",
        "the arguments of this function have no names here, which say what is searched over",
        Label(span),
        hint="give them names: minimize(x -> f(x), x = lo .. hi)",
    )


def not_searchable(span: Span, word: str, name: str, found: str) -> Diagnostic:
    """`minimize(f, n = 1 .. 9)` where n is an Int."""
    return error(
        "E0876",
        f"`{word}` searches over real numbers, and `{name}` is {found}",
        Label(span),
        hint=f"hold it at a value: {name} = ..",
    )


def nothing_searched(span: Span, word: str) -> Diagnostic:
    """`minimize(f, x = 3)`."""
    return error(
        "E0876",
        f"`{word}` has nothing to search over: every argument is held at a value",
        Label(span),
        hint="a range is searched over, name = lo .. hi, and what has a start = (name = value)",
    )


def nothing_said(span: Span, word: str, names: Sequence[str]) -> Diagnostic:
    """`minimize(f, x = 0 .. 1)` where f takes y too."""
    words = " and ".join(f"`{name}`" for name in names)
    return error(
        "E0307",
        f"`{word}` also needs {words}",
        Label(span),
        hint=f"hold it, {names[0]} = value, or search over it, {names[0]} = lo .. hi",
    )


def empty_range(span: Span, name: str, low: str, high: str) -> Diagnostic:
    """`x = 3 .. 1`."""
    return error("E0877", f"the range of `{name}` goes from {low} to {high}: there is nothing between", Label(span))


def range_as_value(span: Span, name: str) -> Diagnostic:
    """`sin(x = 0 .. 1)`."""
    return error(
        "E0877",
        f"`{name}` takes a value here, and this is a range",
        Label(span),
        hint="ranges are searched over by minimize(f, name = lo .. hi); several values are an array",
    )


def held_with_start(span: Span, name: str) -> Diagnostic:
    """`minimize(f, x = 3, start = (x = 4))`."""
    return error("E0878", f"`{name}` is held at this value, so no search over it starts anywhere", Label(span))


def field_twice(span: Span, name: str) -> Diagnostic:
    """`minimize(f, value = 0 .. 1)` where an argument of f is called that."""
    return error(
        "E0204",
        f"what is found would have two fields `{name}`",
        Label(span),
        hint="give the argument another name: minimize(x -> f(x), x = lo .. hi)",
    )
