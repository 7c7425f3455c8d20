"""What was decided about a dynamics, for `qdsl dump --stage quantum`.

evolve of c, q: a density of 40 by 40, 1600 real numbers
  matter    78, reached from the start and needed for what is read
  equation  y' = (A + delta B) y    A: 382 numbers, B: 76 numbers
  method    adaptive: 78 unknowns are too many for the exponential of a matrix
  watched   the last level of c, populations below 0
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qdsl.lang.quantum.generator import Generator
from qdsl.lang.quantum.method import Choice
from qdsl.lang.quantum.sparse import size_of
from qdsl.lang.typed.spaces import Space


@dataclass(frozen=True, slots=True)
class Plan:
    """A dynamics as it will be carried out. `weights` are words for what multiplies each matrix of the generator, ""
    for 1; `from_start` and `for_reading` tell what it was that left numbers out, `watched` what is watched, in words.
    """

    what: str
    spaces: tuple[Space, ...]
    is_density: bool
    generator: Generator
    weights: tuple[str, ...]
    choice: Choice
    from_start: bool = False
    for_reading: bool = False
    watched: str = ""


def explained(plan: Plan) -> Iterator[str]:
    """A few lines."""
    size = size_of(plan.spaces)
    kind = f"a density of {size} by {size}" if plan.is_density else f"a ket of {size} amplitudes"
    names = ", ".join(space.name for space in plan.spaces)
    yield f"{plan.what} of {names}: {kind}, {plan.generator.size} real numbers"
    yield f"  matter    {plan.generator.unknowns}{_why(plan)}"
    yield f"  equation  {_equation(plan)}"
    yield f"  method    {plan.choice.method}: {plan.choice.why}"
    yield from [f"  watched   {plan.watched}"] if plan.watched else []


def _why(plan: Plan) -> str:
    if plan.generator.unknowns == plan.generator.size:
        return ", all of them"
    reasons = ["reached from the start"] if plan.from_start else []
    reasons += ["needed for what is read"] if plan.for_reading else []
    return f", {' and '.join(reasons)}" if reasons else ""


def _equation(plan: Plan) -> str:
    letters = [chr(ord("A") + k) if k < 26 else f"M{k}" for k in range(len(plan.weights))]
    terms = [f"{word} {letter}".strip() for word, letter in zip(plan.weights, letters, strict=True)]
    counts = [
        f"{letter}: {len(matrix.rows)} numbers"
        for letter, (_, matrix) in zip(letters, plan.generator.maps, strict=True)
    ]
    if not terms:
        return "y' = 0"
    return f"y' = ({' + '.join(terms)}) y    {', '.join(counts)}"
