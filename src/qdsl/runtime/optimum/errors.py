"""Why a search is refused before it begins. One function per mistake."""

from __future__ import annotations

from dataclasses import replace

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span
from qdsl.runtime.fit.objective import Parameter
from qdsl.runtime.value.quantity import shown


def empty_range(at: Span, parameter: Parameter) -> Diagnostic:
    low, high = _shown(parameter, parameter.low), _shown(parameter, parameter.high)
    words = f"the range of `{parameter.name}` goes from {low} to {high}: there is nothing between"
    return error("E0877", words, Label(at))


def range_not_number(at: Span, name: str) -> Diagnostic:
    return error("E0877", f"an end of the range of `{name}` is not a number", Label(at))


def nothing_free(at: Span) -> Diagnostic:
    return error("E0877", "the ranges leave one point only: there is nothing to search over", Label(at))


def start_outside(at: Span, parameter: Parameter) -> Diagnostic:
    return error(
        "E0878",
        f"the start of `{parameter.name}`, {_shown(parameter, parameter.start)}, is outside its range",
        Label(at),
        note=f"the range is {_shown(parameter, parameter.low)} .. {_shown(parameter, parameter.high)}",
    )


def start_not_finite(at: Span, parameter: Parameter) -> Diagnostic:
    return error("E0878", f"the start of `{parameter.name}` is {parameter.start}, not a finite number", Label(at))


def length_not_known(at: Span, name: str) -> Diagnostic:
    return error(
        "E0878",
        f"how many numbers `{name}` has is not known: neither its type nor a start tells",
        Label(at),
        hint=f"give it a start: start = ({name} = zeros(n))",
    )


def shapes_differ(at: Span, name: str, found: str, wanted: str) -> Diagnostic:
    return error("E0878", f"`{name}` is an array of {wanted} numbers, and this has {found}", Label(at))


def undefined(at: Span, where: str, why: Diagnostic | None) -> Diagnostic:
    """Where the search would begin, and what stopped the function if something did."""
    labels, note = [Label(at)], f"at {where} its value, or a derivative of it, is not a finite number"
    if why is not None:
        note = f"at {where}: {why.message}"
        labels += [replace(each, text="here") for each in why.labels[:1] if each.span != at]
    return error("E0879", "the function is no number where the search would begin", *labels, note=note)


def _shown(parameter: Parameter, value: float) -> str:
    return shown(value, parameter.dimension, parameter.display)
