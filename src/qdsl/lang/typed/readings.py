"""Every way to turn a value of one dimension into another when cycles are all that is between them, as fixes.

    cos(f * t)      Cycle where radians are needed      =>      2pi * f * t, f * t / 1 cycle
    T: Time = 1/f   Time/Cycle where Time is needed     =>      period(f), 2pi * .., 1 cycle * ..

A name of the library is offered only where it means what it does there: the program may have a `pi` of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from qdsl.lang.report import Edit, Fix
from qdsl.lang.source import Span
from qdsl.lang.typed.dimension import CYCLE, FREQUENCY, RATE, TIME, Dimension, base
from qdsl.lang.typed.show import by_default

_LENGTH = base("Length")


def readings(span: Span, found: Dimension, wanted: Dimension, is_hidden: Callable[[str], bool]) -> tuple[Fix, ...]:
    """The fixes; none where more than cycles is between the two."""
    found, wanted = by_default(found.resolved()), by_default(wanted.resolved())
    ratio = wanted / found
    if list(ratio.factors) != [CYCLE]:
        return ()
    power = ratio.factors[CYCLE]
    fixes = [_named_reading(span, found, wanted, is_hidden)]
    if is_hidden("pi"):
        pass
    elif power == -1:
        fixes.append(_before("multiply by 2pi", span, "2pi * "))
    elif power == 1:
        fixes.append(_after("divide by 2pi", span, " / (2pi)"))
    if found == FREQUENCY and wanted == RATE and span.text.endswith("Hz"):
        fixes.append(_per_second(span))
    if isinstance(power, int):
        fixes.append(_after("count the cycles", span, _cycles(power)))
    return tuple(fix for fix in fixes if fix is not None)


def _named_reading(span: Span, found: Dimension, wanted: Dimension, is_hidden: Callable[[str], bool]) -> Fix | None:
    """`1/f` as period(f), `1/T` as frequency(T), `c/f` as wavelength(f)."""
    head, slash, tail = (part.strip() for part in span.text.partition("/"))
    simple = slash and "/" not in tail and "*" not in tail and " " not in tail
    for dimension, result, above, function in (
        (FREQUENCY**-1, TIME, "1", "period"),
        (RATE, FREQUENCY, "1", "frequency"),
        (_LENGTH / Dimension({CYCLE: 1}), _LENGTH, "c", "wavelength"),
    ):
        fits = found == dimension and wanted == result and head == above
        if simple and fits and not is_hidden(function):
            return Fix(
                f"use {function}(..)",
                (Edit(span, f"{function}({tail.removeprefix('(').removesuffix(')')})"),),
                sure=False,
            )
    return None


def _per_second(span: Span) -> Fix | None:
    """Counts per second that were written in Hz."""
    number, space, unit = span.text.rpartition(" ")
    if unit != "Hz" or not space:
        return None
    return Fix("if it counts events, write cps", (Edit(span, f"{number} cps"),), sure=False)


def _cycles(power: int) -> str:
    sign = "*" if power > 0 else "/"
    return f" {sign} 1 cycle" if abs(power) == 1 else f" {sign} (1 cycle)^{abs(power)}"


def _before(title: str, span: Span, text: str) -> Fix:
    if _is_atomic(span.text):
        return Fix(title, (Edit(span.before(), text),), sure=False)
    if "+" in span.text or "-" in span.text:
        return Fix(title, (Edit(span.before(), f"{text}("), Edit(span.after(), ")")), sure=False)
    return Fix(title, (Edit(span.before(), text),), sure=False)


def _after(title: str, span: Span, text: str) -> Fix:
    if "+" in span.text or "-" in span.text:
        return Fix(title, (Edit(span.before(), "("), Edit(span.after(), f"){text}")), sure=False)
    return Fix(title, (Edit(span.after(), text),), sure=False)


def _is_atomic(text: str) -> bool:
    return text.replace("_", "").isalnum()
