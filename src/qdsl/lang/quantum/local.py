"""Matrices of one space: the operators that a kind of space has.

Convention: |1> of a qubit is the excited state, sm = |0><1| lowers it, Z|0> = +|0>. A spin's levels go from m = j down
to -j. A photon number n is its level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from math import sqrt

from qdsl.lang.typed.spaces import Space

Entries = Mapping[tuple[int, int], complex]


@dataclass(frozen=True)
class Local:
    """A constant matrix over the levels of one space, its zeros left out; equal ones are one.

    It may be cut out of a larger one: then from the levels in `out` that leads to levels that are not there, and to the
    levels in `into` it leads from such.
    """

    size: int
    entries: tuple[tuple[tuple[int, int], complex], ...]
    out: frozenset[int] = field(default=frozenset(), compare=False)
    into: frozenset[int] = field(default=frozenset(), compare=False)

    @staticmethod
    def of(size: int, entries: Entries, out: frozenset[int] = frozenset(), into: frozenset[int] = frozenset()) -> Local:
        kept = tuple(sorted((place, complex(value)) for place, value in entries.items() if value))
        return Local(size, kept, out, into)

    @cached_property
    def _hash(self) -> int:
        return hash((self.size, self.entries))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def rows(self) -> dict[int, list[tuple[int, complex]]]:
        found: dict[int, list[tuple[int, complex]]] = {}
        for (i, j), value in self.entries:
            found.setdefault(i, []).append((j, value))
        return found

    def __matmul__(self, other: Local) -> Local:
        product: dict[tuple[int, int], complex] = {}
        for (i, k), value in self.entries:
            for j, factor in other.rows.get(k, ()):
                product[i, j] = product.get((i, j), 0) + value * factor
        out = other.out | {j for (i, j), _ in other.entries if i in self.out}
        into = self.into | {i for (i, j), _ in self.entries if j in other.into}
        return Local.of(self.size, product, out, into)

    def plus(self, other: Local, times: complex) -> Local:
        total = dict(self.entries)
        for place, value in other.entries:
            total[place] = total.get(place, 0) + times * value
        return Local.of(self.size, total, self.out | other.out, self.into | other.into)

    def times(self, factor: complex) -> Local:
        scaled = {place: factor * value for place, value in self.entries}
        return Local.of(self.size, scaled, self.out, self.into)

    @cached_property
    def adjoint(self) -> Local:
        turned = {(j, i): value.conjugate() for (i, j), value in self.entries}
        return Local.of(self.size, turned, self.into, self.out)

    @cached_property
    def is_identity(self) -> bool:
        return self == identity(self.size)


@cache
def identity(size: int) -> Local:
    return Local.of(size, {(k, k): 1 for k in range(size)})


def projector(size: int, level: int) -> Local:
    return Local.of(size, {(level, level): 1})


def flip(size: int, row: int, column: int) -> Local:
    """|row><column|."""
    return Local.of(size, {(row, column): 1})


def _diagonal(size: int, value: Callable[[int], float]) -> Local:
    return Local.of(size, {(k, k): value(k) for k in range(size)})


def _lowering(size: int) -> Local:
    """Of a ladder without end: to its last level here it leads from the one above."""
    return Local.of(size, {(k, k + 1): sqrt(k + 1) for k in range(size - 1)}, into=frozenset((size - 1,)))


def _spin_raising(size: int) -> Local:
    """<m + 1|S+|m> = sqrt(j (j + 1) - m (m + 1)); level k has m = j - k."""
    j = (size - 1) / 2
    return Local.of(size, {(k - 1, k): sqrt(j * (j + 1) - (j - k) * (j - k + 1)) for k in range(1, size)})


def elementary(name: str, space: Space) -> Local:
    """The operator of that name (`typed.quantum_makers.ELEMENTARY`)."""
    size = space.size
    assert size is not None
    half = 1 / sqrt(2)
    lowers = _lowering(size)
    match name:
        case "I":
            return identity(size)
        case "X":
            return Local.of(2, {(0, 1): 1, (1, 0): 1})
        case "Y":
            return Local.of(2, {(0, 1): -1j, (1, 0): 1j})
        case "Z":
            return Local.of(2, {(0, 0): 1, (1, 1): -1})
        case "sm":
            return flip(2, 0, 1)
        case "sp":
            return flip(2, 1, 0)
        case "a":
            return lowers
        case "n":
            return _diagonal(size, float)
        case "x":
            return lowers.plus(lowers.adjoint, 1).times(half)
        case "p":
            return lowers.plus(lowers.adjoint, -1).times(-1j * half)
        case "parity":
            return _diagonal(size, lambda k: (-1) ** k)
        case "Sz":
            return _diagonal(size, lambda k: (size - 1) / 2 - k)
        case "Sp":
            return _spin_raising(size)
        case "Sm":
            return _spin_raising(size).adjoint
        case "Sx":
            return _spin_raising(size).plus(_spin_raising(size).adjoint, 1).times(0.5)
        case "Sy":
            return _spin_raising(size).plus(_spin_raising(size).adjoint, -1).times(-0.5j)
    raise KeyError(name)


_HALF = 1 / sqrt(2)
_STATES: dict[str, tuple[complex, complex]] = {
    "+": (_HALF, _HALF),
    "-": (_HALF, -_HALF),
    "+i": (_HALF, 1j * _HALF),
    "-i": (_HALF, -1j * _HALF),
}


def state(letter: str, space: Space) -> dict[int, complex]:
    """The amplitudes of `|letter>`."""
    if letter in _STATES:
        return dict(enumerate(_STATES[letter]))
    return {int(letter): 1}
