"""What can be wrong with H, jump operators and their dimensions. One method per mistake."""

from __future__ import annotations

import re
from itertools import accumulate

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.show import Show
from qdsl.lang.typed.types import Type, pruned
from qdsl.lang.typed.words import with_article


class DynamicsErrors:
    """Mistakes about what drives a state. `show` names types and dimensions."""

    def __init__(self, show: Show) -> None:
        self._show = show

    @property
    def show(self) -> Show:
        return self._show.fresh()

    def not_a_generator(self, span: Span, function: str, dimension: Dimension) -> Diagnostic:
        """H in Volt."""
        what = self.show.dimension(dimension)
        said = f"the H of `{function}` is a Rate (in units of hbar) or an Energy, and this is {with_article(what)}"
        hint = "a number has no scale of time: 2pi * f * X(q) has, with a frequency f" if what == "Scalar" else ""
        return error("E0402", said, Label(span), hint=hint)

    def not_of_time(self, span: Span, what: str, type_: Type) -> Diagnostic:
        """`evolve((t, x) -> .., psi, ts)`, `fn H(t: Scalar) = ..`."""
        said = f"{what} may be a function of one Time, and this is {self.show.a(type_)}"
        return error("E0378", said, Label(span), hint="what else it depends on is used from around it: t -> f(t, x)")

    def plain_numbers(self, span: Span, what: str, unit: str) -> Diagnostic:
        """`evolve(H, psi, [1, 2, 3])`."""
        said = f"{what} has a unit, and this is a plain number"
        is_number = re.fullmatch(r"[\d._]+", span.text) is not None
        hint = f"write it: {span.text} {unit}" if is_number else f"numbers are given one by a product: 1 {unit} * .."
        return error("E0402", said, Label(span), hint=hint)

    def frequency_as_generator(self, span: Span, function: str, value: Span | None) -> Diagnostic:
        """`evolve(f * Z(q), ..)`: the 2π is missing. `value` is what to multiply; None where it stands elsewhere."""
        fixes = () if value is None else (_times_two_pi(value),)
        hint = "" if value is not None else "its result needs the 2pi: 2pi * f * Z(q) for a frequency f"
        return error(
            "E0411",
            f"the H of `{function}` counts radians per time, and this counts cycles: a factor 2pi is missing",
            Label(span, "this is a Frequency"),
            hint=hint,
            fixes=fixes,
        )

    def two_pi_in_one_term(self, with_pi: Span, without: Span) -> Diagnostic:
        """`2pi * f * Z(q) + g * X(q)` with both in Hz."""
        return error(
            "E0411",
            "one of these operators has its 2pi, and this one counts cycles: a factor 2pi is missing",
            Label(without, "this is a Frequency"),
            Label(with_pi, "this is a Rate"),
            fixes=(_times_two_pi(without),),
        )

    def not_a_jump(self, span: Span, dimension: Dimension, hint: str, fixes: tuple[Fix, ...]) -> Diagnostic:
        """`loss = [kappa * a(c)]`: the square root is missing."""
        what = self.show.a(types.Operator(dimension, frozenset()))
        said = f"a jump operator is the square root of a Rate times an operator, and this is {what}"
        return error("E0377", said, Label(span), hint=hint, fixes=fixes)

    def nothing_lost(self, span: Span) -> Diagnostic:
        """`steady_state(H, loss = [])`."""
        said = "without a jump operator no state is more steady than others"
        return error("E0378", said, Label(span), hint="give at least one: loss = [sqrt(kappa) * a(c)]")

    def loss_not_a_list(self, span: Span, type_: Type) -> Diagnostic:
        """`loss = sqrt(kappa) * a(c)`."""
        fixes: tuple[Fix, ...] = ()
        if isinstance(pruned(type_), types.Operator):
            fixes = (Fix("make it a list", (Edit(span.before(), "["), Edit(span.after(), "]"))),)
        said = f"`loss` is a list of jump operators, and this is {self.show.a(type_)}"
        return error("E0378", said, Label(span), fixes=fixes)


def _times_two_pi(value: Span) -> Fix:
    """In brackets where it is a sum."""
    text = value.text
    is_product = all(letter.isalnum() or letter in "_ .*()[]" for letter in text)
    if is_product or _is_in_brackets(text):
        return Fix("multiply by 2pi", (Edit(value.before(), "2pi * "),))
    return Fix("multiply by 2pi", (Edit(value.before(), "2pi * ("), Edit(value.after(), ")")))


def _is_in_brackets(text: str) -> bool:
    """`(a + b)`, and not `(a) + (b)`."""
    depths = list(accumulate((letter == "(") - (letter == ")") for letter in text))
    return text.startswith("(") and depths.index(0) == len(text) - 1
