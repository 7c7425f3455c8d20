"""y' = (sum of weight * matrix) y: H and jump operators as real matrices on the numbers of a state.

In: H as terms, each a coefficient times a constant `Sum`, and jump operators as such terms. Out: pairs of a `Weight`,
which says how the factor follows from the coefficients, and a constant real matrix. What the coefficients are is known
only when the program runs; everything else is computed here.

    H = c P          psi' = -i c P psi                    re c * (-i P), im c * P
    L = s C          rho' = |s|^2 (C rho C† - {C†C, rho} / 2)

Source: H.-P. Breuer and F. Petruccione, "The theory of open quantum systems" (2002), section 3.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

from qdsl.lang.quantum.coordinates import beside, between, ket_map
from qdsl.lang.quantum.pattern import Sum
from qdsl.lang.quantum.sparse import Ints, Sparse
from qdsl.lang.typed.spaces import Space


class Part(Enum):
    """Which real number of a complex one."""

    RE = "re"
    IM = "im"


@dataclass(frozen=True, slots=True)
class OfH:
    """The part of the coefficient of term k of H; 1 where the term has none."""

    term: int
    part: Part


@dataclass(frozen=True, slots=True)
class OfJump:
    """The part of s_k times the conjugate of s_l, of one jump operator's terms k and l."""

    jump: int
    left: int
    right: int
    part: Part


@dataclass(frozen=True, slots=True)
class One:
    """1: of what is constant."""


@dataclass(frozen=True, eq=False, slots=True)
class OfMatrix:
    """A number for each element of the matrix, whose elements are 1: what a jump operator that is a computed matrix
    does to a density over these spaces, in these rows and columns of the matrix that has all of its numbers.
    """

    jump: int
    spaces: tuple[Space, ...]
    rows: Ints
    columns: Ints


Weight = OfH | OfJump | One | OfMatrix


@dataclass(frozen=True, slots=True)
class Term:
    """A constant pattern, and which parts its coefficient has."""

    pattern: Sum
    has_re: bool = True
    has_im: bool = False
    is_constant: bool = False


@dataclass(frozen=True, slots=True)
class Computed:
    """A jump operator whose matrix over these spaces is known only when the program runs."""

    spaces: frozenset[Space]


Jump = Sequence[Term] | Computed


@dataclass(frozen=True, eq=False)
class Generator:
    """The weighted matrices, all of one size; of them only `kept` rows and columns, if that is given. `patterns` are
    the operators that they come from, `lost` is what in the matrix of `One` comes from jump operators.
    """

    size: int
    maps: tuple[tuple[Weight, Sparse], ...]
    kept: Ints | None = None
    patterns: tuple[Sum, ...] = ()
    lost: Sparse | None = None

    @property
    def unknowns(self) -> int:
        return self.size if self.kept is None else len(self.kept)

    def restricted(self, kept: Ints) -> Generator:
        """To some of the unknowns, renumbered."""
        place = np.full(self.size, -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))

        def inside(weight: Weight, matrix: Sparse) -> tuple[Weight, Sparse]:
            stays = (place[matrix.rows] >= 0) & (place[matrix.columns] >= 0)
            rows, columns = matrix.rows[stays], matrix.columns[stays]
            if isinstance(weight, OfMatrix):
                weight = replace(weight, rows=weight.rows[stays], columns=weight.columns[stays])
            return weight, Sparse(len(kept), place[rows], place[columns], matrix.values[stays])

        maps = tuple(each for each in (inside(*map_) for map_ in self.maps) if len(each[1].rows))
        lost = None if self.lost is None else inside(One(), self.lost)[1]
        return Generator(self.size, maps, kept, self.patterns, lost)

    def by_origin(self) -> tuple[list[tuple[int, Sparse]], list[tuple[int, Sparse]]]:
        """The matrices of H, and those of jump operators, each with the place of its weight in `maps`."""
        of_h, of_jumps = [], []
        for place, (weight, matrix) in enumerate(self.maps):
            if isinstance(weight, One) and self.lost is not None:
                of_h.append((place, _sum(matrix, self.lost.times(-1))))
                of_jumps.append((place, self.lost))
            else:
                (of_jumps if isinstance(weight, OfJump | OfMatrix) else of_h).append((place, matrix))
        return of_h, of_jumps


def generator(
    hamiltonian: Sequence[Term], jumps: Sequence[Jump], spaces: Sequence[Space], is_density: bool
) -> Generator:
    """Of a density over the spaces, or of a ket, for which jumps tell their patterns alone."""
    whole: dict[Weight, Sparse] = {}
    lost: Sparse | None = None
    size = 0
    from_jumps = list(_of_jumps(jumps, spaces)) if is_density else []
    for weight, matrix in from_jumps:
        if isinstance(weight, One):
            lost = matrix if lost is None else _sum(lost, matrix)
    for weight, matrix in (*_of_hamiltonian(hamiltonian, spaces, is_density), *from_jumps):
        size = matrix.size
        if weight in whole:
            matrix = _sum(whole[weight], matrix)
        whole[weight] = matrix
    if not size:
        size = _size(spaces) ** 2 if is_density else 2 * _size(spaces)
    maps = tuple((weight, matrix) for weight, matrix in whole.items() if len(matrix.rows))
    written = [each for each in jumps if not isinstance(each, Computed)]
    patterns = tuple(term.pattern for terms in (hamiltonian, *written) for term in terms)
    return Generator(size, maps, None, patterns, lost)


def _size(spaces: Sequence[Space]) -> int:
    from qdsl.lang.quantum.sparse import size_of

    return size_of(spaces)


def _of_hamiltonian(
    terms: Sequence[Term], spaces: Sequence[Space], is_density: bool
) -> Iterator[tuple[Weight, Sparse]]:
    act = beside if is_density else ket_map
    for k, term in enumerate(terms):
        matrix = term.pattern.expanded(spaces)
        if term.is_constant:
            yield One(), act(matrix.times(-1j))
            continue
        if term.has_re:
            yield OfH(k, Part.RE), act(matrix.times(-1j))
        if term.has_im:
            yield OfH(k, Part.IM), act(matrix)


def _of_jumps(jumps: Sequence[Jump], spaces: Sequence[Space]) -> Iterator[tuple[Weight, Sparse]]:
    for number, terms in enumerate(jumps):
        if isinstance(terms, Computed):
            there = _dissipator(terms, spaces)
            ones = replace(there, values=np.ones(len(there.rows)))
            yield OfMatrix(number, tuple(spaces), there.rows, there.columns), ones
            continue
        for k, left in enumerate(terms):
            matrix = left.pattern.expanded(spaces)
            lost = (left.pattern.adjoint @ left.pattern).expanded(spaces).times(-0.5)
            weight = One() if left.is_constant else OfJump(number, k, k, Part.RE)
            yield weight, _sum(between(matrix, matrix), beside(lost))
            for m, right in enumerate(terms[:k]):
                yield from _crossed(number, (m, right.pattern), (k, left.pattern), spaces)


def _crossed(
    number: int, first: tuple[int, Sum], second: tuple[int, Sum], spaces: Sequence[Space]
) -> Iterator[tuple[Weight, Sparse]]:
    """What two terms of one jump operator do together, by the parts of z = s_k conj(s_l)."""
    (k, left), (m, right) = first, second
    a, b = left.expanded(spaces), right.expanded(spaces)
    one = (left.adjoint @ right).times(-0.5)
    other = (right.adjoint @ left).times(-0.5)
    for part, factor in ((Part.RE, 1), (Part.IM, 1j)):
        lost = (one.times(complex(factor).conjugate()) + other.times(factor)).expanded(spaces)
        yield OfJump(number, k, m, part), _sum(between(a.times(factor), b), beside(lost))


def _dissipator(jump: Computed, spaces: Sequence[Space]) -> Sparse:
    """What some such jump operator does: where it has elements, all of them have."""
    own, base = _levels(spaces, jump.spaces)
    rng = np.random.default_rng(0)
    d = int(own.max()) + 1
    matrix = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    rows, columns = np.nonzero(base[:, None] == base[None, :])

    def over_all(local: npt.NDArray[np.complex128]) -> Sparse:
        return Sparse(len(own), rows, columns, local[own[rows], own[columns]])

    whole = over_all(matrix)
    return _sum(between(whole, whole), beside(over_all(matrix.conj().T @ matrix).times(-0.5)))


def _levels(spaces: Sequence[Space], some: frozenset[Space]) -> tuple[Ints, Ints]:
    """Of each basis state the number that its levels in some of the spaces make, and in the others."""
    found = [np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)]
    for space in spaces:
        size = space.size or 1
        for which, matters in enumerate((space in some, space not in some)):
            levels = np.arange(size) if matters else np.zeros(size, dtype=np.int64)
            found[which] = np.add.outer(found[which] * (size if matters else 1), levels).ravel()
    return found[0], found[1]


def _sum(left: Sparse, right: Sparse) -> Sparse:
    return Sparse.of(
        left.size,
        np.concatenate([left.rows, right.rows]),
        np.concatenate([left.columns, right.columns]),
        np.concatenate([left.values, right.values]),
    )
