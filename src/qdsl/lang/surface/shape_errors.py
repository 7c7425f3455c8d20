"""Mistakes known by their shape: some that the grammar lets through because it would otherwise have two of everything,
some that take more than one sign to mend. One function each.
"""

from __future__ import annotations

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error, warning
from qdsl.lang.source import Chunk, Span


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


def lambda_parameter_type(name: Span, chunk: Chunk, end: int) -> Diagnostic:
    """`(x: Time, y) -> ..`; the type ends where the next comma or bracket stands."""
    end = name.end + len(chunk.text[name.end : end].rstrip())
    fix = Fix("leave the type out", (Edit(Span(chunk, name.end, end), ""),), sure=False)
    return error(
        "E0123",
        "the parameters of a lambda are plain names: their types follow from its use",
        Label(Span(chunk, name.start, end)),
        fixes=(fix,),
    )


def brace_on_next_line(head: Span, brace: Span) -> Diagnostic:
    """`if a` and `{` below it; a comment between them stays where it is."""
    comment = head.chunk.text[head.end : brace.start].rstrip()
    rest = Span(head.chunk, head.end + len(comment), brace.end)
    edits = (Edit(head.after(), " {"), Edit(rest, "")) if comment else (Edit(rest, " {"),)
    return error(
        "E0108",
        "the `{` of a block stands on the line of what it belongs to",
        Label(brace),
        Label(head, "this line ends too early"),
        fixes=(Fix("move it up", edits),),
    )


def equal_before_block(equal: Span, brace: Span) -> Diagnostic:
    """`fn f(x) = { .. }`."""
    fix = Fix("leave the `=` out", (Edit(Span(equal.chunk, equal.start, brace.start), ""),))
    return error("E0107", "a function has `=` and a value, or a block without `=`", Label(equal), fixes=(fix,))


def number_in_type(number: Span) -> Diagnostic:
    return error(
        "E0124",
        "the only number in a type is 1, as in 1/Time",
        Label(number),
        fixes=(Fix("write 1", (Edit(number, "1"),), sure=False),),
    )


def exponent(place: Span) -> Diagnostic:
    return error("E0124", "the exponent of a dimension is a whole number or a fraction such as (1/2)", Label(place))


def register_lengths(place: Span) -> Diagnostic:
    return error("E0124", "a register has one length: Qubit[3]", Label(place))


def unit_of_nothing(name: Span) -> Diagnostic:
    return error(
        "E0124", f"the unit {name.text} needs a dimension (`: Time`) or a definition (`= 60 second`)", Label(name)
    )


def not_a_unit(place: Span, text: str) -> Diagnostic:
    return error("E0125", f"`{text}` is not a unit: units look like us, m/s^2 or 1/s", Label(place))


def file_too_large(place: Span, characters: int, limit: int) -> Diagnostic:
    return error("E0119", f"this file has {characters:,} characters; the limit is {limit:,}", Label(place))
