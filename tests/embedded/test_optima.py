"""`m.f.minimize(..)` and `m.f.maximize(..)` in Python."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import qdsl

PROGRAM = """
fn rosenbrock(x: Scalar, y: Scalar) -> Scalar = (1 - x)^2 + 100 * (y - x^2)^2
fn miss(x: Time, n: Int, w: Rate = 3 rad/s) -> Scalar = (x * w - n)^2
fn far<D: Dim>(x: [D], y: D) -> D^2 = sum((x - y)^2)
fn root(x: Scalar) -> Scalar = sqrt(x)
fn hides(start: Scalar, on: Bool) -> Scalar = if on { (start - 3)^2 } else { start }
fn complex(x: Scalar, z: Complex) -> Scalar = abs(x - z)^2
fn whole(n: Int) -> Int = n
"""


@pytest.fixture(scope="module")
def m() -> Any:
    return qdsl.compile(PROGRAM)


def test_an_optimum_has_its_arguments_by_name(m: Any) -> None:
    best = m.rosenbrock.minimize(start={"x": -1.2, "y": 1.0})
    assert best.x == best["x"] == best.values["x"] == pytest.approx(1.0, abs=1e-10)
    assert list(best) == ["x", "y"]
    assert best.value == pytest.approx(0.0, abs=1e-20)
    assert best.converged
    assert best.verdict.word == "converged"
    assert best.evaluations > 3
    assert repr(best) == f"<minimum {best.value!r}, converged>"
    with pytest.raises(AttributeError, match="no argument 'z'"):
        _ = best.z


def test_a_tuple_is_a_range_and_a_number_is_held(m: Any) -> None:
    assert m.miss.minimize(x=(0.1, 3.0), n=2).x == pytest.approx(2 / 3, rel=1e-12)
    assert m.miss.minimize(x=(np.float64(0.1), 3), n=np.int64(2), w=1.5).x == pytest.approx(4 / 3, rel=1e-12)
    assert m.hides.minimize(start=(0, 5), on=True).start == pytest.approx(3.0, rel=1e-12)
    assert m.complex.minimize(x=(-9, 9), z=2 + 1j).value == pytest.approx(1.0, rel=1e-12)
    assert m.rosenbrock.maximize(x=(-2, 2), y=0.0, starts=4).value == pytest.approx(9 + 1600)


def test_arrays(m: Any) -> None:
    best = m.far.minimize(x=(0, [1, 2.5, 3]), y=2.0)
    assert best.x.tolist() == [1.0, 2.0, 2.0]
    assert str(best.verdict) == "at_bound(x[0])"
    assert m.far.minimize(start={"x": np.zeros(4)}, y=2.0).x == pytest.approx(np.full(4, 2.0))


def test_several_places_of_one_value() -> None:
    twice = qdsl.compile("fn f(x: Scalar) -> Scalar = (x^2 - 1)^2").f.minimize(x=(-2, 2))
    assert sorted([twice.x, *(each["x"] for each in twice.others)]) == pytest.approx([-1.0, 1.0])


def test_a_copy_is_the_same(m: Any) -> None:
    best = m.far.minimize(x=(0, [1, 2.5, 3]), y=2.0)
    for again in (pickle.loads(pickle.dumps(best)), copy.deepcopy(best)):
        assert str(again) == str(best)
        assert again.x.tolist() == best.x.tolist()


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("rosenbrock", {"x": (0, 1)}, "also needs 'y'"),
        ("rosenbrock", {"x": (0, 1), "z": 2}, "has no argument 'z'"),
        ("rosenbrock", {"x": (0, 1), "start": {"z": 2}}, "has no argument 'z'"),
        ("rosenbrock", {"x": (0, 1), "y": 1, "strats": 3}, "'strats': did you mean `starts`"),
        ("rosenbrock", {"x": (0, 1), "y": 1, "seed": 3}, "`seed` is an option of `posterior`"),
        ("rosenbrock", {"x": 1.0, "y": 2.0}, "nothing to search over"),
        ("rosenbrock", {"x": 1.0, "y": (0, 1), "start": {"x": 2.0}}, "x is held at a value, and has a start"),
        ("miss", {"x": (1, 2), "n": (1, 2)}, "n is no real number"),
        ("miss", {"x": ("a", 2), "n": 2}, "searched over numbers"),
        ("miss", {"x": (1, 2), "n": 2.5}, "n takes Int"),
        ("whole", {"n": (1, 2)}, "n is no real number"),
    ],
)
def test_what_does_not_fit_is_a_type_error(m: Any, name: str, given: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        getattr(m, name).minimize(**given)


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("miss", {"x": (2, 1), "n": 2}, "E0877"),
        ("miss", {"x": (1, float("nan")), "n": 2}, "E0877"),
        ("miss", {"x": (1, 2), "n": 2, "start": {"x": 5}}, "E0878"),
        ("miss", {"start": {"x": float("inf")}, "n": 2}, "E0878"),
        ("far", {"x": (0, 1), "y": 0.0}, "E0878"),
        ("root", {"start": {"x": -1}}, "E0879"),
        ("rosenbrock", {"x": (1, 2), "y": 3, "starts": 0}, "E0849"),
    ],
)
def test_a_search_that_cannot_be_has_a_code(m: Any, name: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(qdsl.CompileError) as refused:
        getattr(m, name).minimize(**given)
    assert [each.code for each in refused.value.diagnostics] == [code]
