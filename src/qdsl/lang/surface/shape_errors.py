"""Mistakes that the grammar lets through because it would otherwise have two of everything. One function each."""

from __future__ import annotations

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error, warning
from qdsl.lang.source import Span


def divided_juxtaposition(juxtaposition: Span, slash: Span, divisor: Span) -> Diagnostic:
    """`x / 9.8 m/s^2` is (x / (9.8 m)) / s^2."""
    return warning(
        "W0120",
        f"this divides by {juxtaposition.text} only, and then again by what follows",
        Label(juxtaposition),
        Label(slash, "the second division"),
        fixes=(_bracketed(juxtaposition.to(divisor)), _bracketed(juxtaposition)),
    )


def _bracketed(span: Span) -> Fix:
    return Fix(f"write ({span.text})", (Edit(span.before(), "("), Edit(span.after(), ")")), sure=False)


def assignment_target(target: Span) -> Diagnostic:
    return error("E0122", "only a `var` or an element of one can be assigned to", Label(target))


def lambda_parameter(parameter: Span) -> Diagnostic:
    return error("E0123", "the parameters of a lambda are plain names: (x, y) -> ..", Label(parameter))


def number_in_type(number: Span) -> Diagnostic:
    return error(
        "E0124",
        "the only number in a type is 1, as in 1/Time",
        Label(number),
        fixes=(Fix("write 1", (Edit(number, "1"),), sure=False),),
    )


def exponent(place: Span) -> Diagnostic:
    return error("E0124", "the exponent of a dimension is a whole number or a fraction such as (1/2)", Label(place))


def unit_of_nothing(name: Span) -> Diagnostic:
    return error(
        "E0124", f"the unit {name.text} needs a dimension (`: Time`) or a definition (`= 60 second`)", Label(name)
    )


def not_a_unit(place: Span, text: str) -> Diagnostic:
    return error("E0125", f"`{text}` is not a unit: units look like us, m/s^2 or 1/s", Label(place))


def file_too_large(place: Span, characters: int, limit: int) -> Diagnostic:
    return error("E0119", f"this file has {characters:,} characters; the limit is {limit:,}", Label(place))
