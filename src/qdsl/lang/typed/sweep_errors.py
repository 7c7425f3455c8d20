"""What can be wrong with a sweep. One function per mistake, also for those that only show in a run.

Values come as texts, as they are written or shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qdsl.lang.report import Diagnostic, Label, error, warning
from qdsl.lang.report.near import nearest
from qdsl.lang.source import Span

RANGE_FIELDS = ("low", "high", "scale")


def word_not_written(span: Span, option: str, words: Iterable[str]) -> Diagnostic:
    """`sweep(e, .., method = m)`: what a sweep is made of decides which of its arguments go together."""
    return error("E0517", f"`{option}` is written here, as one of {', '.join(words)}", Label(span))


def nothing_swept(span: Span, experiment: str) -> Diagnostic:
    """`sweep(ramsey, seed = 1)`."""
    return error(
        "E0530",
        "nothing is swept here: no param has several values or a range",
        Label(span),
        hint=f"one run is `simulate({experiment}, ..)`",
    )


def no_values(span: Span, name: str) -> Diagnostic:
    """`sweep(ramsey, T2 = [])`."""
    return error("E0530", f"`{name}` has no values to sweep over", Label(span))


def range_in_grid(span: Span, name: str) -> Diagnostic:
    """`sweep(ramsey, T2 = (low = 1 us, high = 1 ms))` without a method that draws."""
    return error(
        "E0531",
        f"a grid needs the values of `{name}`, and this is a range",
        Label(span),
        hint='write linspace(low, high, count), or method = "random" or "sobol" and n = ..',
    )


def values_to_draw_from(span: Span, name: str, method: str) -> Diagnostic:
    """`sweep(ramsey, T2 = [1 us, 2 us], method = "random", n = 10)`."""
    return error(
        "E0531",
        f'with method = "{method}" `{name}` is drawn from a range, and these are values',
        Label(span),
        hint="write (low = .., high = ..), or leave the method out for a grid",
    )


def not_in_a_range(span: Span, name: str, field: str) -> Diagnostic:
    """`T2 = (lo = 1 us, high = 1 ms)`."""
    near = nearest(field, RANGE_FIELDS)
    hint = f"did you mean `{near}`?" if near else ""
    return error("E0532", f"a range has low, high and scale; that of `{name}` has a `{field}`", Label(span), hint=hint)


def range_without_end(span: Span, name: str, end: str) -> Diagnostic:
    """`T2 = (high = 1 ms)` of a param without bounds."""
    return error(
        "E0532", f"the range of `{name}` needs its `{end}`: the param has no bounds to take it from", Label(span)
    )


def empty_range(span: Span, name: str, low: str, high: str) -> Diagnostic:
    """`T2 = (low = 1 ms, high = 1 us)`."""
    return error("E0533", f"the range of `{name}` goes from {low} to {high}: there is nothing between", Label(span))


def log_from_zero(span: Span, name: str, low: str) -> Diagnostic:
    """`T2 = (low = 0 us, high = 1 ms, scale = "log")`."""
    return error("E0533", f"a logarithmic range begins above zero, and that of `{name}` begins at {low}", Label(span))


def count_missing(span: Span, method: str, hides: str) -> Diagnostic:
    """`sweep(ramsey, T2 = (scale = "log"), method = "sobol")`; `hides` is what of the experiment is called n."""
    hint = f"here `n` is the {hides} of the experiment: it needs another name" if hides else "write n = 256"
    return error("E0534", f'method = "{method}" needs to know how many points, n', Label(span), hint=hint)


def count_too_small(span: Span, count: int) -> Diagnostic:
    """`n = 0`."""
    return error("E0534", f"a sweep has at least one point, and n is {count}", Label(span))


def count_in_grid(span: Span) -> Diagnostic:
    """`sweep(ramsey, T2 = [1 us, 2 us], n = 10)`."""
    return error(
        "E0534",
        "a grid has a point for each combination of values, so it takes no n",
        Label(span),
        hint='with method = "random" or "sobol" it would be the number of points',
    )


def not_finite(span: Span, name: str, value: str, element: int | None = None) -> Diagnostic:
    """`sweep(ramsey, T2 = [1 us, inf])`."""
    which = "this" if element is None else f"element {element}"
    return error("E0535", f"`{name}` is swept over finite numbers, and {which} is {value}", Label(span))


def too_large(span: Span, rows: int, columns: int, room: int) -> Diagnostic:
    """A table that the memory has no room for."""
    return error(
        "E0536",
        f"this sweep has {rows:,} rows of {columns} columns, and there is memory for at most {room:,}",
        Label(span),
        hint="sweep over fewer values, or in several parts",
    )


def too_many_points(span: Span, count: int) -> Diagnostic:
    """More points than there are counters for their draws."""
    return error("E0536", f"this sweep has {count:,} points, more than can have draws of their own", Label(span))


def stopped_early(span: Span, done: int, points: int, seed: int | None) -> Diagnostic:
    """Ctrl-C while a sweep ran."""
    again = (
        "" if seed is None else f"with seed = {seed} the same call goes through all of them, and these come out again"
    )
    return warning(
        "W0537", f"stopped after {done:,} of {points:,} points: the table has these", Label(span), note=again
    )


def column_twice(span: Span, name: str) -> Diagnostic:
    """A swept param `n_0` beside `measure n ~ Multinomial(..)`."""
    return error("E0204", f"the table would have two columns `{name}`: a measurement is called that too", Label(span))


def words(names: Sequence[str]) -> list[str]:
    """Texts as they are written."""
    return [f'"{name}"' for name in names]
