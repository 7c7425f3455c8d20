"""What the checker can say is wrong with a dimension, a unit or a factor of 2π.

A mismatch is aligned factor by factor and both origins are shown. A hint is given only where it is sure: the
inverse, one factor missing, 2π missing, a unit forgotten after a plain number. Where the two sides differ by cycles
alone, every reading that would make them agree is offered, and the reader chooses.
"""

from __future__ import annotations

import re

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error, warning
from qdsl.lang.source import Span
from qdsl.lang.typed.cycles import Doubled
from qdsl.lang.typed.dimension import CYCLE, ENERGY, FREQUENCY, RATE, TIME, Dimension
from qdsl.lang.typed.readings import IsHidden, readings
from qdsl.lang.typed.show import Show, by_default

_VERBS = {"+": "add", "-": "subtract"}


class DimensionErrors:
    """Mistakes about dimensions. `show` names them; `is_hidden` says which names of the library the program took."""

    def __init__(self, show: Show, is_hidden: IsHidden) -> None:
        self._show = show
        self._is_hidden = is_hidden

    @property
    def show(self) -> Show:
        return self._show.fresh()

    def differ(
        self,
        operator: str,
        left: Span,
        left_dim: Dimension,
        right: Span,
        right_dim: Dimension,
        literal: Span | None = None,
        began: str = "",
    ) -> Diagnostic:
        """`3 m + 2 s`: both operands are fine, together they are not. `began` is a `var` that began as an Int."""
        show = self.show
        verb = _VERBS.get(operator, "compare")
        names = show.dimension(left_dim), show.dimension(right_dim)
        and_ = "with" if verb == "compare" else "and"
        said = f"cannot {verb} {names[0]} {and_} {names[1]}"
        if operator == "+/-":
            said = f"the uncertainty of {names[0]} cannot be {names[1]}"
        return error(
            "E0401",
            said,
            Label(left, f"this is {names[0]}"),
            Label(right, f"this is {names[1]}"),
            note=show.beside(left_dim, right_dim),
            hint=f"give it its type: var {began} = 0"
            if began
            else self._hour(left, right_dim) or self._hour(right, left_dim) or self._hint(left_dim, right_dim, literal),
            fixes=self._readings(left, left_dim, right_dim) + self._readings(right, right_dim, left_dim),
        )

    def expected(self, span: Span, found: Dimension, wanted: Dimension, why: Span | None, reason: str) -> Diagnostic:
        """A value of one dimension where a declaration says another."""
        show = self.show
        names = show.dimension(found), show.dimension(wanted)
        labels = [Label(span, f"this is {names[0]}")]
        if why is not None:
            labels.append(Label(why, reason))
        return error(
            "E0402",
            f"this should be {names[1]}, but is {names[0]}",
            *labels,
            note=show.beside(found, wanted, ("is", "should be")),
            hint=self._hour(span, wanted) or self._hint(found, wanted, None),
            fixes=self._readings(span, found, wanted),
        )

    def argument(
        self, span: Span, function: str, parameter: str, found: Dimension, wanted: Dimension, declared: Span | None
    ) -> Diagnostic:
        """`rabi(1 m, ..)` where the first is a Time."""
        show = self.show
        names = show.dimension(found), show.dimension(wanted)
        labels = [Label(span, f"this is {names[0]}")]
        if declared is not None:
            labels.append(Label(declared, f"`{parameter}` is declared here"))
        return error(
            "E0403",
            f"`{parameter}` of `{function}` is {names[1]}, and this is {names[0]}",
            *labels,
            note=show.beside(found, wanted, ("is", "should be")),
            hint=self._hour(span, wanted) or self._hint(found, wanted, None),
            fixes=self._readings(span, found, wanted),
        )

    def plain_number(self, span: Span, function: str, found: Dimension) -> Diagnostic:
        """`exp(t)`: a function of plain numbers, given a quantity."""
        show = self.show
        name = show.dimension(found)
        return error(
            "E0404",
            f"`{function}` takes a plain number, and this is {name}",
            Label(span, f"this is {name}"),
            hint=f"divide by a {name} to make it plain" if "/" not in name and "*" not in name else "",
            fixes=self._readings(span, found, Dimension({})),
        )

    def cycles_where_radians(self, call: Span, function: str, argument: Span, found: Dimension) -> Diagnostic:
        """`cos(f * t)`: the argument counts turns; the function wants radians."""
        return error(
            "E0412",
            f"`{function}` takes radians, but its argument counts cycles",
            Label(argument, f"this is {self.show.dimension(found)}"),
            Label(call, "radians = 2π × cycles"),
            fixes=self._readings(argument, found, Dimension({})),
        )

    def inverse_cycles(
        self, span: Span, found: Dimension, wanted: Dimension, why: Span | None, reason: str
    ) -> Diagnostic:
        """`let T: Time = 1/f`, `w: Rate = f`: the two differ by cycles and nothing else."""
        show = self.show
        names = show.dimension(found), show.dimension(wanted)
        labels = [Label(span, f"this is {names[0]}")]
        if why is not None:
            labels.append(Label(why, reason))
        return error(
            "E0411",
            f"this should be {names[1]}, but is {names[0]}: they differ by a count of cycles",
            *labels,
            note=show.beside(found, wanted, ("is", "should be")),
            fixes=self._readings(span, found, wanted),
        )

    def doubled_turn(self, doubled: Doubled) -> Diagnostic:
        """`cos(2pi * w * t)`: w is in radians already. `f: Frequency = 2pi * 5 MHz`: still a count of cycles."""
        turn = doubled.turn
        assert turn.span is not None
        factor = "2π" if turn.text == "pi" else f"`{turn.text}`, which holds a 2π,"
        if doubled.is_rate:
            said, name = f"this {factor} multiplies a Rate, which counts radians already", "Rate"
        else:
            said, name = f"this {factor} multiplies a Frequency and makes no Rate of it", "Frequency"
        return warning(
            "W0413",
            said,
            Label(turn.span, "once more 2π" if doubled.is_rate else "a plain number here"),
            Label(doubled.value, f"this is a {name}"),
            fixes=(doubled.fix,) if doubled.fix else (),
        )

    def too_many_turns(self, span: Span, count: int) -> Diagnostic:
        """More open occurrences of pi than can be decided together."""
        return error(
            "E0410",
            f"{count} occurrences of `pi` or `h` here could each be plain or per cycle, and nothing decides",
            Label(span),
            hint="bind a part of it with a type, as in `let w: Rate = ..`: that decides those in it",
        )

    def power_of_quantity(self, span: Span, base_dim: Dimension) -> Diagnostic:
        """`t^x`: the dimension of the result would depend on x."""
        name = self.show.dimension(base_dim)
        return error(
            "E0405",
            f"{name} can only be raised to a power that is known now",
            Label(span, "no whole number or fraction that is known now"),
            hint="divide the base by a unit first, or write the exponent as a number or a const",
        )

    def exponent_has_dimension(self, span: Span, found: Dimension) -> Diagnostic:
        """`2^t`."""
        return error("E0406", f"an exponent is a plain number, and this is {self.show.dimension(found)}", Label(span))

    def not_this_unit(
        self, span: Span, unit: str, unit_dim: Dimension, value: Span, value_dim: Dimension
    ) -> Diagnostic:
        """`3 m to s`."""
        show = self.show
        return error(
            "E0407",
            f"{show.dimension(value_dim)} cannot be shown in `{unit}`",
            Label(span, f"`{unit}` measures {show.dimension(unit_dim)}"),
            Label(value, f"this is {show.dimension(value_dim)}"),
            note=show.beside(value_dim, unit_dim, ("value", "unit")),
            fixes=self._readings(value, value_dim, unit_dim),
        )

    def not_a_dimension(self, span: Span, name: str) -> Diagnostic:
        """`Int / Time` in a type."""
        return error("E0414", f"`{name}` is not a dimension, so it cannot be part of a product", Label(span))

    def offset_unit(self, span: Span, unit: str) -> Diagnostic:
        """`x * degC`, `2 degC/s`: a scale with an offset is no factor."""
        return error(
            "E0415",
            f"`{unit}` has an offset, so it stands only right after a number or after `to`",
            Label(span),
            hint="temperature differences are in K",
        )

    def offset_negated(self, span: Span, operand: Span, unit: str) -> Diagnostic:
        """`-(20 degC)`: neither -20 degC nor an absolute temperature below zero is surely meant."""
        inner = operand.text.removeprefix("(").removesuffix(")").strip()
        fixes = (Fix(f"write -{inner}", (Edit(span, f"-{inner}"),), sure=False),) if inner[:1].isdigit() else ()
        return error(
            "E0415",
            f"a temperature in `{unit}` has no negative: a sign belongs to the number, as in -20 {unit}",
            Label(span),
            hint="" if fixes else "temperature differences are in K",
            fixes=fixes,
        )

    def not_a_unit_definition(self, span: Span) -> Diagnostic:
        """`unit x = "a"`."""
        return error("E0416", "a unit is defined by a constant quantity", Label(span))

    def unit_without_size(self, span: Span, size: float) -> Diagnostic:
        """`unit x = 0 m`, `3 km^200`."""
        return error("E0416", f"the size of a unit is positive and finite, and that of this is {size:g}", Label(span))

    def not_a_unit(self, span: Span) -> Diagnostic:
        """`3 m to x + 1`."""
        return error("E0418", "after `to` stands a unit: a product of powers of units", Label(span))

    def not_a_constant(self, span: Span) -> Diagnostic:
        """`const x = sin(1)`, `const x = 2.0(1) m * 3`."""
        return error(
            "E0419",
            "a constant is a literal, or simple arithmetic with constants that have no uncertainty",
            Label(span),
            hint="bind it with `let`",
        )

    def _readings(self, span: Span, found: Dimension, wanted: Dimension) -> tuple[Fix, ...]:
        return readings(span, found, wanted, self._is_hidden)

    def _hour(self, span: Span, wanted: Dimension) -> str:
        """`3 h` where a Time is wanted."""
        is_hour = re.fullmatch(r"[\d.]+ ?h", span.text) is not None and not self._is_hidden("h", span)
        return "`h` is the Planck constant; an hour is hr" if is_hour and wanted.resolved() == TIME else ""

    def _hint(self, found: Dimension, wanted: Dimension, literal: Span | None) -> str:
        """One thing to try, only where it is sure."""
        found, wanted = by_default(found.resolved()), by_default(wanted.resolved())
        ratio = wanted / found
        if literal is not None:
            return f"did you forget a unit after `{literal.text}`?"
        if not found.factors or not wanted.factors or not ratio.ground:
            return ""
        if {found, wanted} == {RATE, ENERGY}:
            return "an Energy over hbar is a Rate"
        if {found, wanted} == {FREQUENCY, ENERGY}:
            return "an Energy over h is a Frequency"
        if (wanted * found).is_one:
            return "one is the inverse of the other"
        if list(ratio.factors) == [CYCLE]:
            return ""
        (atom, power), *more = ratio.factors.items()
        if not more and power in (1, -1):
            return f"a factor of {atom} is missing: {'multiply' if power == 1 else 'divide'} by a {atom}"
        return ""
