"""How a fit ended.

A verdict prints as the language says it: `converged`, `rejected(p = 2e-6)`, `at_bound(p)`, `unidentifiable(direction)`,
`multimodal(others)`, `not_converged(why)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qdsl.runtime.fit.objective import Parameter, Vector
from qdsl.runtime.value.quantity import number, shown


@dataclass(frozen=True, slots=True)
class Converged:
    """A minimum inside the bounds, checked: no gradient left, positive curvature in every direction."""

    word: ClassVar[str] = "converged"

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class Rejected:
    """A minimum like that of `Converged`, of a model that the data refuse: one that is right would fit as badly with
    the probability `p_value` only, by its deviance or by the runs of the residuals' signs. The estimates are the best
    there are, and answers of a wrong model.
    """

    word: ClassVar[str] = "rejected"
    p_value: float
    of_runs: bool = False

    def __str__(self) -> str:
        return f"{self.word}({'runs, ' if self.of_runs else ''}{p_text(self.p_value)})"


@dataclass(frozen=True, slots=True)
class AtBound:
    """A minimum over the box, at the bound of these parameters; their errors are not known."""

    word: ClassVar[str] = "at_bound"
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.word}({', '.join(self.names)})"


@dataclass(frozen=True, slots=True)
class Unidentifiable:
    """The data leave a direction free: moving the parameters together by `changes` (SI) does not change the fit."""

    word: ClassVar[str] = "unidentifiable"
    changes: tuple[tuple[Parameter, float], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter, _ in self.changes)

    def __str__(self) -> str:
        if len(self.changes) == 1:
            return f"{self.word}({self.names[0]})"
        return f"{self.word}({', '.join(_change(parameter, amount) for parameter, amount in self.changes)})"


@dataclass(frozen=True, slots=True)
class Multimodal:
    """A minimum like that of `Converged`, and `others` (SI), found from other starts, that are nearly as good. Errors
    are those of this one alone.
    """

    word: ClassVar[str] = "multimodal"
    parameters: tuple[Parameter, ...]
    others: tuple[Vector, ...]

    def __str__(self) -> str:
        return f"{self.word}({'; '.join(self._place(each) for each in self.others)})"

    def _place(self, x: Vector) -> str:
        named = zip(self.parameters, x, strict=True)
        return ", ".join(
            f"{each.name} = {shown(float(value), each.dimension, each.display, digits=4)}"
            for each, value in named
            if each.low < each.high
        )


@dataclass(frozen=True, slots=True)
class NotConverged:
    """The search ended without an answer; the estimates are only the best point it saw."""

    word: ClassVar[str] = "not_converged"
    why: str

    def __str__(self) -> str:
        return f"{self.word}({self.why})"


Verdict = Converged | Rejected | AtBound | Unidentifiable | Multimodal | NotConverged

INTERRUPTED = NotConverged("interrupted")

LEAST_P = 1e-300


def p_text(p: float) -> str:
    """`p = 0.538`, `p = 2e-6`."""
    if p < LEAST_P:
        return f"p < {number(LEAST_P)}"
    return f"p = {number(p, 1)}" if p < 0.001 else f"p = {p:.3f}"


def _change(parameter: Parameter, amount: float) -> str:
    text = shown(abs(amount), parameter.dimension, parameter.display, digits=3)
    return f"{parameter.name} {'-' if amount < 0 else '+'}{text}"
