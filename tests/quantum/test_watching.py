"""What is watched while states evolve, as Python hears of it; the advice it gives is followed, and is enough."""

from __future__ import annotations

import math
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import qdsl
from qdsl.lang.quantum.edges import Edge, edges
from qdsl.lang.quantum.local import elementary
from qdsl.lang.quantum.pattern import Sum
from qdsl.lang.typed.spaces import Kind, Space

PHOTONS = """\
space c: Fock({size})
fn photons(g: Rate) -> Scalar = expect(n(c), {state})
"""

DYNAMICS = {
    # A driven field is coherent, of amplitude g t.
    "a drive": ("evolve(g * (a(c) + a(c)†), |0>(c), 1 us)", 12, 1.7, 1.7**2),
    # With losses at a rate kappa it stays at an amplitude 2 g / kappa.
    "a driven field with losses": ("steady_state(g * (a(c) + a(c)†), loss = [sqrt(2 / us) * a(c)])", 9, 1.1, 1.1**2),
    # A bath of n photons per mode: detailed balance between losses at (n + 1) and gains at n, here 0.4.
    "a warm bath": ("steady_state(g * n(c), loss = [sqrt(1.4 / us) * a(c), sqrt(0.4 / us) * a(c)†])", 7, 1.0, 0.4),
    # Photons come in pairs, with sinh(2 r)^2 after H = i r (a^2 - a†^2).
    "squeezing": ("evolve(1i * g * (a(c)^2 - (a(c)†)^2), |0>(c), 1 us)", 16, 0.25, math.sinh(0.5) ** 2),
}


def heard(call: Any, *arguments: Any) -> tuple[Any, list[qdsl.SimulationWarning]]:
    """What a call gives, and what it warns of."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        result = call(*arguments)
    assert all(isinstance(each.message, qdsl.SimulationWarning) for each in found)
    return result, [each.message for each in found]  # type: ignore[misc]


@pytest.mark.parametrize("name", DYNAMICS)
def test_with_the_levels_to_use_nothing_is_said_and_the_number_is_right(name: str) -> None:
    state, size, g, answer = DYNAMICS[name]
    program = PHOTONS.format(size="{size}", state=state)
    wrong, told = heard(qdsl.compile(program.format(size=size)).photons, g * 1e6)
    assert [each.code for each in told] == ["W0713"]
    population, levels = told[0].values
    assert population > 1e-6
    right, quiet = heard(qdsl.compile(program.format(size=levels)).photons, g * 1e6)
    assert quiet == []
    assert_allclose(right, answer, atol=1e-4)
    assert abs(right - answer) < abs(wrong - answer)


def test_of_many_points_the_worst_is_told_once() -> None:
    module = qdsl.compile(PHOTONS.format(size=5, state="evolve(g * (a(c) + a(c)†), |0>(c), 1 us)"))
    rates = np.array([[0.1, 0.5, 0.2], [0.3, 0.6, 0.4]]) * 1e6
    _, (told,) = heard(module.photons, rates)
    assert (told.code, told.index) == ("W0713", (1, 1))
    _, (alone,) = heard(module.photons, rates[1, 1])
    assert told.values == alone.values
    assert "element (1, 1)" in str(told)
    assert "use Fock(" in str(told)


def test_a_warning_survives_pickling() -> None:
    module = qdsl.compile(PHOTONS.format(size=4, state="evolve(g * (a(c) + a(c)†), |0>(c), 1 us)"))
    _, (told,) = heard(module.photons, 1e6)
    again = pickle.loads(pickle.dumps(told))
    assert (again.code, again.values, str(again)) == (told.code, told.values, str(told))


def test_derivatives_and_what_is_small_enough_say_nothing_new() -> None:
    """A gradient is watched once, as its function is; a drive of 0.02 photons needs no more than 6 levels."""
    module = qdsl.compile(PHOTONS.format(size=6, state="evolve(g * (a(c) + a(c)†), |0>(c), 1 us)"))
    slope, told = heard(module.photons.grad, 1.5e6)
    assert [each.code for each in told] == ["W0713"]
    assert told[0].values == heard(module.photons, 1.5e6)[1][0].values
    slope, told = heard(module.photons.grad, 0.15e6)
    assert told == []
    assert_allclose(slope, 2 * 0.15e6 * 1e-12, rtol=1e-4)


# ── where a dynamics leaves its spaces ───────────────────────────────────────────────────────────────────────────

Q, C = Space("q", Kind.QUBIT, 2, (0, 0)), Space("c", Kind.FOCK, 4, (1, 0))
A = elementary("a", C)
EVERY = np.ones(8, dtype=bool)


def product(left: Any, right: Any) -> Sum:
    return Sum.of({((Q, left), (C, right)): 1})


def test_an_exchange_leaves_from_the_last_level_beside_an_excited_qubit() -> None:
    """Of |q, c>, 4 q + c: |1, 3> goes to |0, 4>; |1, 2> is the same a level lower. From |0, 3> it comes to |1, 2>."""
    exchange = [product(elementary("sm", Q), A.adjoint), product(elementary("sp", Q), A)]
    assert edges(exchange, (Q, C), EVERY) == (Edge(C, 1, (7,), (6,)),)
    one_excitation = np.isin(np.arange(8), [1, 4])
    assert edges(exchange, (Q, C), one_excitation) == ()


def test_two_photons_at_a_time_leave_from_the_last_two_levels() -> None:
    pairs = [Sum.single(C, A.adjoint @ A.adjoint)]
    assert edges(pairs, (Q, C), EVERY) == (Edge(C, 2, (2, 3, 6, 7), (0, 1, 4, 5)),)


@pytest.mark.parametrize("inside", [A, A.adjoint @ A, elementary("n", C), elementary("parity", C)])
def test_what_goes_down_or_stays_leaves_nothing(inside: Any) -> None:
    assert edges([Sum.single(C, inside)], (Q, C), EVERY) == ()
