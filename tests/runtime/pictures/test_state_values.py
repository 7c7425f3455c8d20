"""States of some spaces alone: against sums written out, for random states of three spaces."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from qdsl.lang.typed.spaces import Kind, Space
from qdsl.runtime.pictures.grid import grid_of
from qdsl.runtime.pictures.state_values import States, bloch_vectors

SPACES = tuple(Space(name, Kind.LEVEL, size, (k, 0)) for k, (name, size) in enumerate([("a", 2), ("b", 3), ("c", 2)]))
SIZES = [space.size or 0 for space in SPACES]
CHOICES = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]


def kets(count: int = 4) -> Any:
    random = np.random.default_rng(5)
    values = random.normal(size=(count, 12)) + 1j * random.normal(size=(count, 12))
    return values / np.linalg.norm(values, axis=1)[:, None]


def traced(rho: Any, chosen: tuple[int, ...]) -> Any:
    """The partial trace, element by element."""
    whole = rho.reshape(*SIZES, *SIZES)
    kept = list(product(*(range(SIZES[k]) for k in chosen)))
    others = [k for k in range(3) if k not in chosen]
    result = np.zeros((len(kept), len(kept)), dtype=complex)
    for (i, row), (j, column) in product(enumerate(kept), repeat=2):
        for rest in product(*(range(SIZES[k]) for k in others)):
            left, right = dict(zip(chosen, row, strict=True)), dict(zip(chosen, column, strict=True))
            same = dict(zip(others, rest, strict=True))
            place = [(left | same)[k] for k in range(3)] + [(right | same)[k] for k in range(3)]
            result[i, j] += whole[tuple(place)]
    return result


@pytest.mark.parametrize("chosen", CHOICES)
def test_kets_and_densities_are_reduced_alike(chosen: tuple[int, ...]) -> None:
    pure = kets()
    densities = np.einsum("ni,nj->nij", pure, pure.conj())
    kept = [SPACES[k] for k in chosen]
    wanted = np.stack([traced(rho, chosen) for rho in densities])
    for states in (States(pure, SPACES), States(densities, SPACES)):
        assert states.densities(kept) == pytest.approx(wanted, abs=1e-14)
        assert states.probabilities(kept) == pytest.approx(np.einsum("nii->ni", wanted).real, abs=1e-14)


@pytest.mark.parametrize("chosen", CHOICES)
def test_an_overlap_is_the_mean_of_a_projector(chosen: tuple[int, ...]) -> None:
    pure = kets()
    densities = np.einsum("ni,nj->nij", pure, pure.conj())
    kept = [SPACES[k] for k in chosen]
    ket = kets(1)[0, : int(np.prod([SIZES[k] for k in chosen]))]
    wanted = [np.vdot(ket, traced(rho, chosen) @ ket).real for rho in densities]
    for states in (States(pure, SPACES), States(densities, SPACES)):
        assert states.overlaps(ket, kept) == pytest.approx(wanted, abs=1e-14)


def test_bloch_vectors_are_the_means_of_the_paulis() -> None:
    paulis = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    rho = np.stack([traced(np.outer(each, each.conj()), (0,)) for each in kets()])
    assert bloch_vectors(rho) == pytest.approx(np.einsum("aij,nji->na", paulis, rho).real, abs=1e-14)


def test_points_make_a_grid_whatever_their_order() -> None:
    xs, ys = np.array([2.0, 1.0, 1.0, 2.0, 2.0]), np.array([7.0, 5.0, 7.0, 7.0, 5.0])
    grid = grid_of(xs, ys)
    assert (grid.xs.tolist(), grid.ys.tolist(), grid.share) == ([1.0, 2.0], [5.0, 7.0], 1.0)
    assert grid.filled(10.0 * xs + ys).tolist() == [[15.0, 17.0], [25.0, 27.0]]
