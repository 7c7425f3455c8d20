"""Unification over dimensions is sound and most general; occurrences of 2π are decided as the language says."""

from __future__ import annotations

from itertools import product as choices

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.typed.groups import ground, over, product, substituted, turns, variables

from qdsl.lang.typed.dimension import CYCLE, FREQUENCY, ONE, RATE, Dimension, DimVar, base
from qdsl.lang.typed.solve import MOST_OPEN, Solver, TooManyTurns

NAMES = (DimVar("x"), DimVar("y"), DimVar("z"))
shapes = over(("Length", "Time", *NAMES))
"""Equations over three names; each example puts fresh variables in their place."""


def fresh(pairs: list[tuple[Dimension, Dimension]]) -> tuple[list[tuple[Dimension, Dimension]], dict[DimVar, DimVar]]:
    """The equations over variables of their own, as unification fills them in."""
    new = {name: DimVar() for name in NAMES}
    values = {name: Dimension({variable: 1}) for name, variable in new.items()}
    return [(substituted(a, values), substituted(b, values)) for a, b in pairs], new


# ── unknown dimensions ───────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.tuples(shapes, shapes), max_size=4))
def test_a_unifier_makes_both_sides_equal(pairs: list[tuple[Dimension, Dimension]]) -> None:
    equations, _ = fresh(pairs)
    solver = Solver()
    assume(all(solver.unify(a, b) for a, b in equations))
    for a, b in equations:
        assert a.resolved() == b.resolved()


@given(st.lists(st.tuples(shapes, shapes), max_size=4), st.tuples(ground, ground, ground))
def test_a_unifier_is_most_general(
    pairs: list[tuple[Dimension, Dimension]], values: tuple[Dimension, Dimension, Dimension]
) -> None:
    """Equations made to hold for some values are solved, and those values are an instance of the solution."""
    wanted = dict(zip(NAMES, values, strict=True))
    holding = [(a, b * substituted(a, wanted) / substituted(b, wanted)) for a, b in pairs]
    equations, new = fresh(holding)
    solver = Solver()
    assert all(solver.unify(a, b) for a, b in equations)
    for name, variable in new.items():
        left = Dimension({variable: 1})
        assert solver.unify(left, wanted[name])
        assert left.resolved() == wanted[name]


@given(shapes, shapes)
def test_what_cannot_be_equal_is_left_alone(a: Dimension, b: Dimension) -> None:
    [(left, right)], new = fresh([(a, b)])
    if not Solver().unify(left, right):
        assert all(variable.solution is None for variable in new.values())
        assert not any(True for _ in (left / right).variables())


def test_a_named_dimension_of_a_signature_stays_open() -> None:
    d, e = DimVar("D", rigid=True), DimVar("E", rigid=True)
    solver = Solver()
    assert not solver.unify(Dimension({d: 1}), base("Time"))
    assert not solver.unify(Dimension({d: 1}), Dimension({e: 1}))
    assert solver.unify(Dimension({d: 1}), Dimension({d: 1}))
    [free] = variables(1)
    assert solver.unify(Dimension({free: 2}), Dimension({d: 1}))
    assert Dimension({free: 2}).resolved() == Dimension({d: 1})


# ── occurrences of 2π ────────────────────────────────────────────────────────────────────────────────────────────

weights = st.lists(st.integers(-2, 2), min_size=1, max_size=4)
systems = st.lists(st.tuples(weights, st.integers(-3, 3)), min_size=1, max_size=4)


def answers(equations: list[tuple[list[int], int]], count: int) -> list[tuple[int, ...]]:
    """Every choice of 0 and 1 for the turns that all equations allow, by trying."""
    return [
        values
        for values in choices((0, 1), repeat=count)
        if all(sum(w * v for w, v in zip(row, values, strict=False)) == total for row, total in equations)
    ]


@given(systems)
@example([([-2, 1, 2, 2], 1), ([0, 1], 0)])
def test_turns_against_trying_every_choice(equations: list[tuple[list[int], int]]) -> None:
    """An equation is refused just when nothing fits it and those before; what is decided agrees with every answer."""
    count = max(len(row) for row, _ in equations)
    occurrences, solver = turns(count), Solver()
    kept: list[tuple[list[int], int]] = []
    for row, total in equations:
        left = product(dict(zip(occurrences, row, strict=False)))
        taken = solver.unify(left, product({CYCLE: -total}))
        assert taken == bool(answers([*kept, (row, total)], count))
        kept += [(row, total)] if taken else []
    left_over = answers(kept, count)
    for place, turn in enumerate(occurrences):
        if turn.carries is not None:
            assert {values[place] for values in left_over} == {int(turn.carries)}


@given(systems, weights, ground)
def test_settling_follows_the_rule(equations: list[tuple[list[int], int]], own: list[int], rest: Dimension) -> None:
    """Both Rate and Frequency possible: one of them; else the least exponent of cycle."""
    count = max(len(own), *(len(row) for row, _ in equations))
    occurrences, solver = turns(count), Solver()
    taken = [
        (row, total)
        for row, total in equations
        if solver.unify(product(dict(zip(occurrences, row, strict=False))), product({CYCLE: -total}))
    ]
    dimension = rest * product(dict(zip(occurrences, own, strict=False)))

    def under(values: tuple[int, ...]) -> Dimension:
        carried = sum(w * v for w, v in zip(own, values, strict=False))
        return rest * product({CYCLE: -carried})

    possible = answers(taken, count)
    solver.settle(dimension)
    settled = dimension.resolved()
    assert not any(True for _ in settled.turns())
    everything = {under(values) for values in possible}
    assert settled in everything
    if not {RATE, FREQUENCY} <= everything:
        assert abs(settled.factors.get(CYCLE, 0)) == min(abs(each.factors.get(CYCLE, 0)) for each in everything)
    else:
        assert settled in (RATE, FREQUENCY)
    shown = {turn for turn, w in zip(occurrences, own, strict=False) if w}
    assert all(turn.carries is not None for turn in shown)


def test_two_pi_times_a_frequency_is_a_rate_and_an_area_stays_one() -> None:
    [turn] = turns(1)
    solver = Solver()
    carried = FREQUENCY * Dimension({turn: 1})
    solver.settle(carried)
    assert carried.resolved() == RATE
    [turn] = turns(1)
    area = base("Length") ** 2 * Dimension({turn: 1})
    solver.settle(area)
    assert area.resolved() == base("Length") ** 2


def test_a_refused_equation_leaves_everything_as_it_was() -> None:
    a, b = turns(2)
    solver = Solver()
    assert solver.unify(Dimension({a: 1, b: 1}), product({CYCLE: -1}))
    assert not solver.unify(Dimension({a: 1, b: 1}), product({CYCLE: -2}))
    assert a.carries is b.carries is None
    assert solver.unify(Dimension({a: 1}), ONE)
    assert (a.carries, b.carries) == (False, True)


def test_more_open_occurrences_than_can_be_tried_ask_for_a_type() -> None:
    """An equation leaves one less open than there are."""
    few, many = turns(MOST_OPEN + 1), turns(MOST_OPEN + 2)
    assert Solver().unify(Dimension(dict.fromkeys(few, 1)), product({CYCLE: -2}))
    solver = Solver()
    with pytest.raises(TooManyTurns):
        solver.unify(Dimension(dict.fromkeys(many, 1)), product({CYCLE: -2}))
    assert solver.rows == {}
    assert all(turn.carries is None for turn in many)


def test_equal_occurrences_are_one() -> None:
    first, *others = turns(200)
    solver = Solver()
    assert all(solver.unify(Dimension({first: 1}), Dimension({other: 1})) for other in others)
    solver.settle(FREQUENCY * Dimension({others[-1]: 1}))
    assert all(turn.carries for turn in (first, *others))


def test_a_bound_decides_any_number_of_them() -> None:
    many = turns(100)
    assert Solver().unify(Dimension(dict.fromkeys(many, 1)), product({CYCLE: -100}))
    assert all(turn.carries for turn in many)
