"""How a search for a minimum or a maximum ended: `converged`, `at_bound(x)`, `flat(x)`, `multimodal(others)`,
`not_converged(why)`. The first, second and last are those of a fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.verdict import AtBound, Converged, NotConverged
from qdsl.runtime.optimum.objective import Argument, split
from qdsl.runtime.value.quantity import shown

TOLD = 4
"""Elements of an array, or other places, that are named one by one."""


@dataclass(frozen=True, slots=True)
class Flat:
    """The function is as small as it gets, and hardly changes with these arguments together: a valley is all alike."""

    word: ClassVar[str] = "flat"
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.word}({', '.join(self.names)})"


@dataclass(frozen=True, slots=True)
class Multimodal:
    """An end like that of `Converged`, and `others` where the function has the same value."""

    word: ClassVar[str] = "multimodal"
    arguments: tuple[Argument, ...]
    others: tuple[Vector, ...]

    def __str__(self) -> str:
        told = "; ".join(place_text(self.arguments, each) for each in self.others[:TOLD])
        further = f"; {len(self.others) - TOLD} more" if len(self.others) > TOLD else ""
        return f"{self.word}({told}{further})"

    @property
    def places(self) -> tuple[dict[str, Any], ...]:
        """The others, each argument by its name, in SI."""
        return tuple(values(self.arguments, each) for each in self.others)


Verdict = Converged | AtBound | Flat | Multimodal | NotConverged


def values(arguments: Sequence[Argument], x: Vector) -> dict[str, Any]:
    """What each argument is at a point."""
    return {each.name: each.of(part) for each, part in zip(arguments, split(arguments, x), strict=True)}


def place_text(arguments: Sequence[Argument], x: Vector) -> str:
    """`x = 3 us, y = 4`; of arrays the first elements."""
    texts = []
    for each, part in zip(arguments, split(arguments, x), strict=True):
        cells = [shown(float(value), each.dimension, each.display, digits=4) for value in part[:TOLD]]
        whole = cells[0] if each.shape is None else f"[{', '.join([*cells, '…'] if len(part) > TOLD else cells)}]"
        texts.append(f"{each.name} = {whole}")
    return ", ".join(texts)


def names_of(arguments: Sequence[Argument], places: Sequence[int]) -> tuple[str, ...]:
    """The arguments whose numbers are at these places; of an array the elements, or how many they are."""
    names: list[str] = []
    start = 0
    for each in arguments:
        own = [place - start for place in places if start <= place < start + each.size]
        start += each.size
        if len(own) == each.size > 0:
            names.append(each.name)
        elif len(own) > TOLD:
            names.append(f"{len(own)} of {each.size} {each.name}")
        else:
            names += [each.element(place) for place in own]
    return tuple(names)
