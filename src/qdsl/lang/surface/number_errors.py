"""What can be wrong with a number. One function for each mistake; the lexer calls it and reads on."""

from __future__ import annotations

import re
from math import inf

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.source import Span

LONGEST_NUMBER = 1000
"""Characters of a number. A double is decided by the first 770 digits; Python reads 4300."""


def too_long(span: Span) -> Diagnostic:
    """Pages of digits."""
    length, limit = f"{len(span.text):,}", f"{LONGEST_NUMBER:,}"
    return error("E0114", f"this number has {length} characters; the limit is {limit}", Label(span))


def is_too_large(text: str) -> bool:
    """Whether a real is; a whole number is an Int, and left to the checker."""
    plain = text.replace("_", "")
    return not plain.isdecimal() and float(plain) == inf


def too_large(span: Span) -> Diagnostic:
    """`1e400`."""
    return error("E0114", f"{_brief(span.text)} is too large for a 64-bit number, which ends at 1.8e308", Label(span))


def number_or_product(span: Span, head: str, tail: str) -> Diagnostic:
    """`2(3)`: a value with its uncertainty has a decimal point or an exponent after the bracket."""
    digits, _, after = tail.partition(")")
    mantissa, e, exponent = re.split("([eE])", head) if "e" in head.lower() else (head, "", "")
    product = f"{head} * {digits}"
    estimate = f"{mantissa}({digits}){e}{exponent}" if e else f"{head}.0({digits}0)"
    return _product_or_estimate(span, *(() if after else (product, estimate)))


DECIMAL_UNCERTAINTY = re.compile(r"\((\d+\.\d+)\)")


def decimal_uncertainty(span: Span, head: str, inner: str) -> Diagnostic:
    """`18.2(1.5)`: some write an uncertainty so; here its digits count in the last places of the value."""
    if "e" in head.lower():
        return _product_or_estimate(span, f"{head} * {inner}")
    whole, _, places = head.partition(".")
    above, _, below = inner.partition(".")
    last = max(len(places), len(below))
    digits = (above + below.ljust(last, "0")).lstrip("0") or "0"
    return _product_or_estimate(span, f"{head} * {inner}", f"{whole}.{places.ljust(last, '0')}({digits})")


def _product_or_estimate(span: Span, *readings: str) -> Diagnostic:
    titles = ("make it a product", "make it a value with its uncertainty")
    return error(
        "E0114",
        f"{_brief(span.text)} could be a product or a value with its uncertainty",
        Label(span),
        fixes=tuple(Fix(title, (Edit(span, text),), sure=False) for title, text in zip(titles, readings, strict=False)),
    )


OTHER_BASE = re.compile(r"0(?:[xX][0-9a-fA-F]+|[bB][01]+|[oO][0-7]+)\b")


def other_base(span: Span) -> Diagnostic:
    """`0x1f`."""
    fixes = (Fix(f"write `{int(span.text, 0)}`", (Edit(span, str(int(span.text, 0))),)),) if len(span.text) < 40 else ()
    return error("E0114", "numbers are written in decimal", Label(span), fixes=fixes)


TWO_POINTS = re.compile(r"(?:\.\d+)+")


def two_points(span: Span) -> Diagnostic:
    """`1.2.3`."""
    return error("E0114", "a number has one decimal point", Label(span))


BARE_POINT = re.compile(r"\.(?:(?P<exponent>[eE][+-]?\d+)(?![\w(])|(?!\.|[^\W\d]))")
"""A point without digits after it: not `..`, nor the `.name` of a call."""


def bare_point(text: str, point: Span, exponent: str) -> Diagnostic:
    """`5.`, `3.e5`."""
    fix = Fix("write the 0", (Edit(point, ".0"),))
    number = Span(point.chunk, point.start - len(text), point.start)
    return error("E0114", f"a digit follows the decimal point: {_brief(text)}.0{exponent}", Label(number), fixes=(fix,))


def leading_point(text: str, span: Span) -> Diagnostic:
    fix = Fix("write the 0", (Edit(span.before(), "0"),))
    return error("E0114", f"a digit stands before the decimal point: 0{_brief(text)}", Label(span), fixes=(fix,))


def _brief(text: str) -> str:
    """A text that would make a sentence endless is shown by its beginning."""
    return text if len(text) <= 40 else f"{text[:30]}.."
