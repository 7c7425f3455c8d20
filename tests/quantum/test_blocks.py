"""Blocks of a generator: found as a graph's components are, and with the answers of formulas and of one matrix."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

import qdsl
from qdsl.lang.quantum.blocks import blocks_of
from qdsl.lang.quantum.generator import Generator, One
from qdsl.lang.quantum.sparse import Sparse


@pytest.mark.parametrize("seed", range(40))
def test_blocks_are_the_components_of_a_graph(seed: int) -> None:
    """Unknowns of one component are in one block, blocks have room for all, and no slot is taken twice."""
    rng = np.random.default_rng(seed)
    n, entries = int(rng.integers(1, 40)), int(rng.integers(0, 40))
    rows, columns = rng.integers(n, size=entries), rng.integers(n, size=entries)
    halves = (slice(0, entries // 2), slice(entries // 2, None))
    maps = tuple((One(), Sparse(n, rows[half], columns[half], np.ones(len(rows[half])))) for half in halves)
    found = blocks_of(Generator(n, maps))
    _, label = connected_components(coo_matrix((np.ones(entries), (rows, columns)), (n, n)), directed=False)
    assert len(set(found.slots.tolist())) == n
    assert found.slots.min() >= 0
    assert found.slots.max() < found.count * found.width
    largest = np.bincount(label).max()
    if (found.count, found.width) != (1, n):
        assert found.width == largest
        assert found.cost < n**3
        assert set(range(found.count)) == set((found.slots // found.width).tolist())
    for each in np.unique(label):
        assert len(set((found.slots[label == each] // found.width).tolist())) == 1


def test_a_chain_is_one_block() -> None:
    """Found at its far end too, however its numbers stand."""
    order = np.random.default_rng(1).permutation(200)
    chain = Sparse(200, order[:-1], order[1:], np.ones(199))
    assert blocks_of(Generator(200, ((One(), chain),))).count == 1


MODEL = """
space q: Qubit
space c: Fock(50)
fn inversion(g: Rate, delta: Rate, alpha: Scalar, ts: [Time]) -> [Scalar] =
    expect(-Z(q), evolve(delta * n(c) + g * (sp(q) * a(c) + dag(sp(q) * a(c))),
                         |1>(q) * coherent(c, alpha), ts))
fn slope(g: Rate, delta: Rate, alpha: Scalar, t: Time) = grad(x -> inversion(x, delta, alpha, [t])[0])(g)
fn photons(g: Rate, ts: [Time]) -> [Scalar] =
    expect(n(c), evolve(g * (sp(q) * a(c) + dag(sp(q) * a(c))), (|1>(q) * coherent(c, 1.5)) , ts, from = 0.3 s))
fn final(g: Rate, t: Time) -> [Complex] = amplitudes(evolve(g * (sp(q) * a(c) + dag(sp(q) * a(c))),
    |0>(q) * coherent(c, 1.5i), t))
fn in_one(g: Rate, t: Time) -> [Complex] = amplitudes(evolve(g * (sp(q) * a(c) + dag(sp(q) * a(c))),
    |0>(q) * coherent(c, 1.5i), t, method = "fine", rtol = 1e-12))
"""
"""|1, n> and |0, n + 1> are `delta` apart."""


@pytest.fixture(scope="module")
def model() -> qdsl.Module:
    return qdsl.compile(MODEL)


def inversion(g: float, delta: float, alpha: float, t: np.ndarray) -> np.ndarray:
    """Collapse and revival: E. T. Jaynes and F. W. Cummings, Proc. IEEE 51 (1963) 89; C. C. Gerry and P. L. Knight,
    "Introductory quantum optics" (2005), section 4.8.
    """
    total = np.zeros_like(t)
    for n in range(49):
        chance = math.exp(-(alpha**2) + 2 * n * math.log(alpha) - math.lgamma(n + 1))
        rabi = math.sqrt(delta**2 + 4 * g**2 * (n + 1))
        total += chance * (delta**2 + 4 * g**2 * (n + 1) * np.cos(rabi * t)) / rabi**2
    return total


@pytest.mark.parametrize("delta", [0.0, 1.3])
def test_collapse_and_revival(model: qdsl.Module, delta: float) -> None:
    ts = np.linspace(0, 40, 201)
    found = np.asarray(model.inversion(1.0, delta, 3.0, ts))
    assert np.abs(found - inversion(1.0, delta, 3.0, ts)).max() < 1e-10
    uneven = np.cumsum(np.random.default_rng(3).exponential(0.4, 60))
    found = np.asarray(model.inversion(1.0, delta, 3.0, uneven))
    assert np.abs(found - inversion(1.0, delta, 3.0, uneven)).max() < 1e-10


def test_slopes_through_blocks(model: qdsl.Module) -> None:
    """Beside central differences of the formula."""
    for t in (0.7, 5.0):
        ends = [inversion(g, 1.3, 2.0, np.array([t]))[0] for g in (1 - 1e-5, 1 + 1e-5)]
        assert model.slope(1.0, 1.3, 2.0, t) == pytest.approx((ends[1] - ends[0]) / 2e-5, abs=1e-7)


def test_photons_and_excitations_are_kept_together(model: qdsl.Module) -> None:
    """n + P(q, 1) is conserved, so photons tell the inversion."""
    ts = np.linspace(0.3, 20, 50)
    excited = (1 + inversion(0.8, 0.0, 1.5, ts - 0.3)) / 2
    assert np.abs(np.asarray(model.photons(0.8, ts)) - (1.5**2 + 1 - excited)).max() < 1e-10


def test_all_amplitudes_come_back_from_their_slots(model: qdsl.Module) -> None:
    assert np.abs(np.asarray(model.final(1.0, 3.0)) - np.asarray(model.in_one(1.0, 3.0))).max() < 1e-9
