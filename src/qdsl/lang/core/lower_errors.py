"""What cannot be compiled, found only when functions are put together: one function per mistake, and its words."""

from __future__ import annotations

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span


class Refused(Exception):  # noqa: N818 - a property of the user's program
    """The program asks for what cannot be compiled. Whoever asked for a kernel reports `diagnostic`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def no_derivative(derivative: Span, kind: str, operation: str, place: Span | None) -> Refused:
    """`grad(f)` where f rounds, or turns into an Int, what is differentiated by."""
    labels = [Label(derivative, f"asked for by this {kind}")]
    if place is not None:
        labels.insert(0, Label(place, "this depends on what is differentiated by"))
    return Refused(error("E0601", f"`{operation}` has no derivative", *labels))


def own_derivative(derivative: Span, kind: str) -> Refused:
    """A function that uses its own derivative: there would be no end to differentiating."""
    return Refused(error("E0602", f"a function cannot use its own {kind}", Label(derivative)))


def function_not_known(place: Span) -> Refused:
    """`let f = if c { sin } else { cos }`: which code to call must be known at compile time."""
    return Refused(
        error(
            "E0350",
            "which function this is must be known when the program is compiled",
            Label(place),
            hint="choose between the results of the functions",
        )
    )


def no_kernel(place: Span, name: str) -> Refused:
    """`m.scaled` from Python where `fn scaled(k: Scalar) = x -> k * x`: it has no code apart from its calls."""
    said = f"`{name}` takes or gives a function, so it is compiled only where another function calls it"
    return Refused(error("E0352", said, Label(place)))


def functions_without_end(place: Span, name: str) -> Refused:
    """A function that calls itself with an ever larger function as argument."""
    return Refused(error("E0351", f"`{name}` would have to be made for ever more functions", Label(place)))


def not_a_number(place: Span, what: str) -> Refused:
    """A text or a table inside a function that is to be machine code."""
    return Refused(error("E0352", f"{what} cannot stand in a compiled function", Label(place)))


def leaves_comprehension(place: Span) -> Refused:
    """`[if c { return 1 } else { 2 } for ..]`."""
    return Refused(
        error(
            "E0353",
            "`return` and `break` cannot stand inside a comprehension",
            Label(place),
            hint="write the array with a loop",
        )
    )
