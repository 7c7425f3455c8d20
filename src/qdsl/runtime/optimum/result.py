"""What `minimize` and `maximize` find: the arguments, the value, how the search ended, and what was searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.optimum.objective import Argument
from qdsl.runtime.optimum.verdict import Multimodal, Verdict, values


@dataclass(frozen=True, eq=False, repr=False)
class Optimum:
    """Where a function is least or greatest. An argument that was searched over is an attribute and an item: `best.t`,
    `best["t"]`; a number or an array, in SI as `value`.

    `numbers` are those of all arguments in a row, `low` and `high` their bounds. `evaluations` counts how often the
    function was computed, with or without derivatives; `places` at how many of them the `searches` ended.
    """

    arguments: tuple[Argument, ...]
    numbers: Vector
    low: Vector
    high: Vector
    value: float
    verdict: Verdict
    word: str
    evaluations: int
    searches: int
    places: int
    dimension: Dimension
    display: DisplayUnit | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The arguments by name."""
        return values(self.arguments, self.numbers)

    @property
    def others(self) -> tuple[dict[str, Any], ...]:
        """Other places where the function has the same value, as far as they were met."""
        return self.verdict.places if isinstance(self.verdict, Multimodal) else ()

    @property
    def converged(self) -> bool:
        return self.verdict.word == "converged"

    @property
    def seen(self) -> float:
        """How much of the ground is expected to lead to one of the places that were found: 1 for a single search, of
        which nothing is expected. Source: C. G. E. Boender and A. H. G. Rinnooy Kan, "Bayesian stopping rules for
        multistart global optimization methods", Mathematical Programming 37 (1987) 59.
        """
        n, w = self.searches, self.places
        return 1.0 if n == 1 else max(0.0, (n - w - 1) * (n + w) / (n * (n - 1)))

    def __getattr__(self, name: str) -> Any:
        found = values(vars(self)["arguments"], vars(self)["numbers"]) if "numbers" in vars(self) else {}
        if name not in found:
            raise AttributeError(f"this {vars(self).get('word', 'optimum')} has no argument {name!r}")
        return found[name]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def part(self, name: str) -> Any:
        """What the language calls `best.name`."""
        match name:
            case "value":
                return self.value
            case "verdict":
                return self.verdict.word
            case _:
                return self.values[name]

    def unit_of(self, name: str) -> DisplayUnit | None:
        """The unit that a part is shown in; None for the best one."""
        if name == "value":
            return self.display
        return next((each.display for each in self.arguments if each.name == name), None)

    def __repr__(self) -> str:
        return f"<{self.word} {self.value!r}, {self.verdict}>"

    def __str__(self) -> str:
        from qdsl.runtime.optimum.report import optimum_text

        return optimum_text(self)
