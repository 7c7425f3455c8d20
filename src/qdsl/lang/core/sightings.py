"""What a `watch` met: the numbers that were above its threshold, and where.

    worst([Sighting(w, (2e-6,), here), Sighting(w, (3e-4, 26), here)])      the second

A call tells of each watch at each place once, the worst. A watch whose function is called from several places is one,
whether the calls were inlined or not. The interpreter and compiled code say the same thing in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qdsl.lang.core.failure_words import at_element
from qdsl.lang.core.ir import Watch
from qdsl.lang.source import Span


@dataclass(frozen=True, slots=True)
class Sighting:
    """Numbers above the threshold. `element` is that of what the call went over; `where` tells it in words."""

    watch: Watch
    numbers: tuple[int | float, ...]
    span: Span | None = None
    element: tuple[int, ...] = ()
    where: str = ""

    @property
    def row(self) -> int | None:
        """The row of the data that was gone over, where there are rows."""
        if self.watch.tells_row:
            return int(self.numbers[-1])
        return self.element[0] if self.element else None

    def __str__(self) -> str:
        where = f", at {self.where}" if self.where else at_element(self.element)
        advice = self.watch.advice and f": {self._told(self.watch.advice)}"
        return self._told(self.watch.message) + where + advice

    def _told(self, text: str) -> str:
        """With the numbers."""
        for place, value in enumerate(self.numbers):
            text = text.replace(f"{{{place}}}", briefly(value))
        return text


def worst(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Of each watch at each place the one with the greatest first number, and of equal ones the first."""
    found: dict[tuple[Watch, Span | None], Sighting] = {}
    for each in sightings:
        key = each.watch, _place(each.span)
        if key not in found or each.numbers[0] > found[key].numbers[0]:
            found[key] = each
    return list(found.values())


def is_above(watch: Watch, numbers: Sequence[int | float]) -> bool:
    """Whether it is worth telling; a nan is not, for its cause is told elsewhere."""
    return numbers[0] > watch.threshold


def briefly(value: int | float) -> str:
    """Two digits; all of a whole number: 3.1e-4, 0.25, 26."""
    if value == value // 1 and abs(value) < 1e15:
        return str(int(value))
    if 0.01 <= abs(value) < 100:
        return f"{value:.2g}"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}e{int(exponent)}"


def _place(span: Span | None) -> Span | None:
    return span if span is None else span._replace(caller=None)
