"""Every way to turn a value of one dimension into another when cycles are all that is between them, as fixes.

    cos(f * t)      Cycle where radians are needed      =>      2pi * f * t, f * t / 1 cycle
    T: Time = 1/f   Time/Cycle where Time is needed     =>      period(f), 2pi * .., 1 cycle * ..

A name of the library is offered only where it means what it does there: the program may have a `pi` of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from qdsl.lang.report import Edit, Fix
from qdsl.lang.source import Span
from qdsl.lang.typed.dimension import CYCLE, FREQUENCY, RATE, TIME, Dimension, Exponent, base
from qdsl.lang.typed.show import by_default

_LENGTH = base("Length")


IsHidden = Callable[[str, Span], bool]
"""Whether a name of the library means something else at a place."""


def readings(span: Span, found: Dimension, wanted: Dimension, is_hidden: IsHidden) -> tuple[Fix, ...]:
    """The fixes; none where more than cycles is between the two."""
    found, wanted = by_default(found.resolved()), by_default(wanted.resolved())
    ratio = wanted / found
    if list(ratio.factors) != [CYCLE]:
        return ()
    power = ratio.factors[CYCLE]
    fixes = [_named_reading(span, found, wanted, is_hidden)]
    if is_hidden("pi", span):
        pass
    elif power == -1:
        fixes.append(_before("multiply by 2pi", span, "2pi * "))
    elif power == 1:
        fixes.append(_after("divide by 2pi", span, " / (2pi)"))
    if power in (1, -1):
        fixes.append(_per_second(span, is_divisor=power == 1))
    fixes.append(_after("count the cycles", span, _cycles(power)))
    return tuple(fix for fix in fixes if fix is not None)


_NAMED = (
    (FREQUENCY**-1, TIME, "1", "period"),
    (RATE, FREQUENCY, "1", "frequency"),
    (_LENGTH / Dimension({CYCLE: 1}), _LENGTH, "c", "wavelength"),
)
"""What a quotient is, what it should be, what stands above the line, and the function that is meant."""

_HEAD = re.compile(r"(?:(?P<times>[\d.]+)\s*\*\s*)?(?P<above>1|c)|(?P<number>[\d.]+)")
_OPERAND = re.compile(r"[^\W\d][\w.]*(?:\[[^\[\]]*\]|\([^()]*\))*|\((?P<inner>[^()]*(?:\([^()]*\)[^()]*)*)\)")


def _named_reading(span: Span, found: Dimension, wanted: Dimension, is_hidden: IsHidden) -> Fix | None:
    """`1/f` as period(f), `3/f` as 3 * period(f), `1/T` as frequency(T), `c/(2*f)` as wavelength(2*f)."""
    text, _, below = span.text.partition("/")
    head, tail = _HEAD.fullmatch(text.strip()), _OPERAND.fullmatch(below.strip())
    if head is None or tail is None:
        return None
    for dimension, result, above, function in _NAMED:
        fits = found == dimension and wanted == result and (head["above"] or "1") == above
        if fits and not is_hidden(function, span):
            factor = head["times"] or head["number"]
            called = f"{function}({tail['inner'] or tail[0]})"
            return Fix(f"use {function}(..)", (Edit(span, f"{factor} * {called}" if factor else called),), sure=False)
    return None


_IN_HERTZ = re.compile(r"(?P<divided>/\s*)?(?<![\w.])[\d.]+(?:[eE][+-]?\d+)?\s*(?P<unit>[^\W\d_]*Hz)\b(?!\s*[\^/])")


_SUM = re.compile(r"[^\s(,*/^eE]\s*[+-]")


def _per_second(span: Span, is_divisor: bool) -> Fix | None:
    """Counts per second that were written in Hz: the last such factor, above the line or below it as the cycle is."""
    text = span.text
    found = [
        each
        for each in _IN_HERTZ.finditer(text)
        if bool(each["divided"]) == is_divisor and not _in_brackets(text, each.start())
    ]
    if not found or _SUM.search(text):
        return None
    start, end = found[-1].span("unit")
    unit = Span(span.chunk, span.start + start, span.start + end)
    return Fix("if it counts events, write cps", (Edit(unit, unit.text.removesuffix("Hz") + "cps"),), sure=False)


def _in_brackets(text: str, place: int) -> bool:
    before = text[:place]
    return any(before.count(opener) > before.count(closer) for opener, closer in ("()", "[]", "{}"))


def _cycles(power: Exponent) -> str:
    sign, size = "*" if power > 0 else "/", abs(power)
    return f" {sign} 1 cycle" if size == 1 else f" {sign} (1 cycle)^{size if isinstance(size, int) else f'({size})'}"


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
