"""Dimensions are an Abelian group whose elements have rational powers."""

from __future__ import annotations

import pickle
from fractions import Fraction

from hypothesis import given
from tests.typed.groups import exponents, ground, over, variables

from qdsl.lang.typed.dimension import ONE, PER_CYCLE, Dimension, Turn, base

VARIABLES = variables(3)
any_ = over(("Length", "Time", *VARIABLES, Turn(None)))


@given(any_, any_, any_)
def test_products_may_be_grouped_and_ordered_as_one_likes(a: Dimension, b: Dimension, c: Dimension) -> None:
    assert (a * b) * c == a * (b * c)
    assert a * b == b * a


@given(any_, any_)
def test_division_undoes_a_product(a: Dimension, b: Dimension) -> None:
    assert a * ONE == a
    assert a / a == ONE
    assert (a / a).is_one
    assert (a * b) / b == a
    assert a / b == a * b**-1


@given(any_, any_, exponents, exponents)
def test_powers(a: Dimension, b: Dimension, p: Fraction | int, q: Fraction | int) -> None:
    assert a**0 == ONE
    assert a**1 == a
    assert (a * b) ** p == a**p * b**p
    assert a**p * a**q == a ** (p + q)
    assert (a**p) ** q == a ** (p * q)


@given(any_, any_)
def test_equal_dimensions_have_one_hash_and_one_form(a: Dimension, b: Dimension) -> None:
    again = (a * b) / b
    assert hash(again) == hash(a)
    assert all(power and (type(power) is int or power.denominator > 1) for power in again.factors.values())


def test_dimensions_with_other_powers_differ() -> None:
    length, time = base("Length"), base("Time")
    assert len({ONE, length, time, length * time, length / time, length**2, length ** Fraction(1, 2)}) == 7


@given(ground)
def test_a_pickle_brings_it_back(a: Dimension) -> None:
    hash(a)
    assert pickle.loads(pickle.dumps(a)) == a
    assert hash(pickle.loads(pickle.dumps(a))) == hash(a)


@given(ground, ground)
def test_what_is_solved_is_looked_through(a: Dimension, b: Dimension) -> None:
    x, y = variables(2)
    x.solution, y.solution = a, Dimension({x: 2}) * b
    assert Dimension({y: 1, "Mass": 1}).resolved() == a**2 * b * base("Mass")


def test_a_decided_turn_is_plain_or_per_cycle() -> None:
    plain, carrying, still_open = Turn(None), Turn(None), Turn(None)
    plain.carries, carrying.carries = False, True
    assert Dimension({plain: 3}).resolved() == ONE
    assert Dimension({carrying: 2}).resolved() == PER_CYCLE**2
    assert Dimension({still_open: 1, plain: 1}).resolved() == Dimension({still_open: 1})
