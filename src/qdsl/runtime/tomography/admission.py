"""Whether effects, prepared states and counts can be the data of a tomography; a message at their place if not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.source import Span
from qdsl.lang.typed.spaces import Kind, Space
from qdsl.runtime.tomography import errors
from qdsl.runtime.tomography.hermitian import Matrices, Reals, adjoint, lowest, matrices, numbers, pauli_basis, words
from qdsl.runtime.tomography.observed import Observed
from qdsl.runtime.tomography.tangent import named, tangent, unseen
from qdsl.runtime.value.matrix import labels

TOLERANCE = 1e-9
"""How far effects may be from what they have to be, by rounding."""

MOST_COUNTS = 2**53
"""Up to which each whole number is one of 64 bits."""

MOST_MEMORY = 4.0
"""Gigabytes."""


def check_effects(effects: Matrices, spaces: Sequence[Space], at: Span) -> None:
    """(s, k, d, d): each Hermitian and positive, those of a setting one in sum."""
    off = np.abs(effects - adjoint(effects)).max(axis=(-1, -2))
    if (off > TOLERANCE).any():
        place = np.unravel_index(int(off.argmax()), off.shape)
        raise errors.not_hermitian(at, _effect(place, effects), float(off.max()))
    least = lowest(effects)
    if (least < -TOLERANCE).any():
        place = np.unravel_index(int(least.argmin()), least.shape)
        raise errors.negative_effect(at, _effect(place, effects), float(least.min()))
    _check_sums(effects, spaces, at)


def _check_sums(effects: Matrices, spaces: Sequence[Space], at: Span) -> None:
    totals = effects.sum(axis=1)
    off = np.abs(totals - np.eye(effects.shape[-1]))
    if off.max() <= TOLERANCE:
        return
    setting, i, j = (int(each) for each in np.unravel_index(int(off.argmax()), off.shape))
    states = labels(spaces)
    where = f"|{states[i]}><{states[j]}|"
    name = f"setting {setting}" if len(effects) > 1 else "this setting"
    raise errors.not_a_measurement(at, name, where, complex(totals[setting, i, j]))


def _effect(place: Sequence[np.intp], effects: Matrices) -> str:
    setting, outcome = (int(each) for each in place)
    return f"effect {outcome}" + (f" of setting {setting}" if len(effects) > 1 else "")


def check_states(states: Matrices, at: Span) -> None:
    """(p, d, d): each a density."""
    for k, each in enumerate(states):
        trace = float(np.trace(each).real)
        if abs(trace - 1) > TOLERANCE:
            raise errors.not_a_state(at, f"state {k}", f"its trace is {trace:.6g}")
        if lowest(each) < -TOLERANCE:
            raise errors.not_a_state(at, f"state {k}", f"it has the eigenvalue {float(lowest(each)):.3g}")


def check_counts(counts: Reals, at: Span) -> None:
    """(.., s, k): finite, not negative, and some; a setting that was measured has at least one."""
    wrong = np.argwhere(~(np.isfinite(counts) & (counts >= 0)))
    if len(wrong):
        raise errors.impossible_count(at, float(counts[tuple(wrong[0])]), place(wrong[0]))
    totals = np.minimum(counts, MOST_COUNTS + 1.0).sum(axis=-1)
    if not totals.any():
        raise errors.no_counts(at)
    few = np.argwhere((totals > 0) & (totals < 1 - TOLERANCE))
    if len(few):
        raise errors.parts_of_a_count(at, float(totals[tuple(few[0])]), place(few[0]))
    if totals.sum() > MOST_COUNTS:
        raise errors.too_many_counts(at, MOST_COUNTS)


def check_shots(shots: int, at: Span) -> None:
    """A number of shots that can be drawn, or have been."""
    if shots < 0:
        raise errors.too_few_shots(at, shots)
    if shots > MOST_COUNTS:
        raise errors.too_many_shots(at, shots, MOST_COUNTS)


def place(index: NDArray[np.int64]) -> str:
    """`[2, 1]`."""
    return f"[{', '.join(map(str, index))}]"


def check_memory(size: int, rows: int, at: Span) -> None:
    """The effects, and some matrices of d² by d²."""
    gigabytes = 8e-9 * size**2 * (3 * rows + 10 * size**2)
    if gigabytes > MOST_MEMORY:
        raise errors.too_large(at, size, gigabytes)


def check_complete(observed: Observed, spaces: Sequence[Space], at: Span) -> None:
    """Whether the outcomes that were measured depend on all there is to know."""
    used = observed.totals > 0
    effects = observed.problem.effects.reshape(*observed.counts.shape, -1)[used]
    open_ = unseen(effects.reshape(-1, effects.shape[-1]), tangent(observed.problem))
    if not open_.shape[1]:
        return
    if observed.kept == 1:
        basis, names = _basis(spaces)
        raise errors.unseen_state(at, named(open_, basis, names), int((~used).sum()))
    basis, names = _basis_of_processes(spaces)
    raise errors.unseen_process(at, named(open_, basis, names))


def _basis(spaces: Sequence[Space]) -> tuple[Reals, list[str]]:
    """(d², b), orthonormal columns, and how they are written: Paulis of qubits, else parts of entries."""
    if all(space.kind is Kind.QUBIT for space in spaces):
        basis = numbers(pauli_basis(len(spaces))) / np.sqrt(2 ** len(spaces))
        return basis.T, [_product(word, spaces) for word in words("IXYZ", len(spaces))]
    size = len(labels(spaces))
    kets = labels(spaces)
    rows, columns = np.triu_indices(size, 1)
    places = list(zip(rows.tolist(), columns.tolist(), strict=True))
    diagonal = [f"|{ket}><{ket}|" for ket in kets]
    parts = [f"the {part} part of |{kets[i]}><{kets[j]}|" for part in ("real", "imaginary") for i, j in places]
    return np.eye(size * size), [*diagonal, *parts]


def _product(word: str, spaces: Sequence[Space]) -> str:
    """`X(q) * Z(r)`."""
    factors = [f"{letter}({space.name})" for letter, space in zip(word, spaces, strict=True) if letter != "I"]
    return " * ".join(factors) or "1"


def _basis_of_processes(spaces: Sequence[Space]) -> tuple[Reals, list[str]]:
    """Of a Choi matrix: what an input operator becomes, by an output operator."""
    own, names = _basis(spaces)
    operators = matrices(own.T)
    both = np.einsum("iba,ocd->ioacbd", operators, operators)
    size = len(operators[0]) ** 2
    basis = numbers(both.reshape(-1, size, size)).T
    return basis, [f"{a} -> {b}" for a in names for b in names]
