"""What is minimised: a function of several numbers with exact derivatives, which may be elements of arrays.

A number is a `Parameter` of `runtime.fit`, with its start and its bounds. What the program calls an argument is one of
them, or an array of them in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Protocol

import numpy as np

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.fit.objective import Matrix, Parameter, Vector


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument that is searched over; `shape` is None for a single number."""

    name: str
    shape: tuple[int, ...] | None = None
    dimension: Dimension = ONE
    display: DisplayUnit | None = None

    @property
    def size(self) -> int:
        return 1 if self.shape is None else prod(self.shape)

    def of(self, numbers: Vector) -> Any:
        """Its value: a number, or an array."""
        return float(numbers[0]) if self.shape is None else np.asarray(numbers, dtype=float).reshape(self.shape)

    def element(self, place: int) -> str:
        """The name of one of its numbers, `amps[3]`."""
        if self.shape is None:
            return self.name
        if len(self.shape) == 1:
            return f"{self.name}[{place}]"
        return f"{self.name}[{', '.join(map(str, np.unravel_index(place, self.shape)))}]"


class Numbers(list[Parameter]):
    """Parameters in a row, whose ends are asked for in every step."""

    @cached_property
    def low(self) -> Vector:
        return np.array([each.low for each in self])

    @cached_property
    def high(self) -> Vector:
        return np.array([each.high for each in self])

    @cached_property
    def free(self) -> Vector:
        """The places of those that are searched over."""
        return np.flatnonzero(self.low < self.high)

    @classmethod
    def of(cls, parameters: Sequence[Parameter]) -> Numbers:
        return parameters if isinstance(parameters, Numbers) else cls(parameters)


@dataclass(frozen=True, slots=True)
class At:
    """The function and its derivatives at `x`, in SI. The Hessian is empty where nobody asked for it."""

    x: Vector
    value: float
    gradient: Vector
    hessian: Matrix


class Function(Protocol):
    """What is made small. It may answer nan where it is not defined: the search then steps back."""

    @property
    def parameters(self) -> Sequence[Parameter]: ...

    def evaluate(self, x: Vector, order: int) -> tuple[float, Vector | None, Matrix | None]:
        """The value and, up to `order`, the gradient (1) and the Hessian (2) at `x`, all in SI."""
        ...


def split(arguments: Sequence[Argument], x: Vector) -> list[Vector]:
    """The numbers of each argument."""
    ends = np.cumsum([each.size for each in arguments])
    return list(np.split(x, ends[:-1]))
