"""What params are measured in, read off the code; the answers are those that dimensions would give."""

from __future__ import annotations

import pytest

from qdsl.lang.core.homogeneity import Kind, kinds
from qdsl.lang.core.parser import parse_module


def kinds_of(body: str, params: str) -> dict[str, Kind]:
    """The kinds of params of a function of one axis x."""
    names = params.split()
    signature = ", ".join(f"%{name}: real" for name in [*names, "x"])
    module = parse_module(f"func @f({signature}) -> (real) {{\n{body}\n}}")
    return dict(zip(names, kinds(module.functions["f"], len(names), 1, [0]), strict=True))


def powers(kind: Kind) -> tuple[float, float]:
    return kind.axes[0], kind.means[0]


def test_a_decay_on_a_background() -> None:
    found = kinds_of("%0 = mul %b, %x\n%1 = neg %0\n%2 = exp %1\n%3 = mul %a, %2\n%4 = add %3, %c\nreturn %4", "a b c")
    assert {name: powers(kind) for name, kind in found.items()} == {"a": (0, 1), "b": (-1, 0), "c": (0, 1)}


def test_a_line_in_its_place() -> None:
    found = kinds_of("%0 = sub %x, %m\n%1 = div %0, %s\n%2 = mul %1, %1\n%3 = exp %2\nreturn %3", "m s")
    assert [powers(found["m"]), powers(found["s"])] == [(1, 0), (1, 0)]
    assert found["m"].is_place
    assert not found["s"].is_place


def test_a_polynomial_under_another() -> None:
    body = """
    %0 = const 1.0
    %1 = mul %b, %x
    %2 = mul %c, %x
    %3 = mul %2, %x
    %4 = add %0, %1
    %5 = add %4, %3
    %6 = div %a, %5
    return %6"""
    found = kinds_of(body, "a b c")
    assert [powers(found[each]) for each in "abc"] == [(0, 1), (-1, 0), (-2, 0)]


def test_a_frequency_and_its_phase() -> None:
    body = """
    %0 = const 6.283185307179586
    %1 = mul %0, %f
    %2 = mul %1, %x
    %3 = add %2, %p
    %4 = cos %3
    %5 = mul %a, %4
    return %5"""
    found = kinds_of(body, "a f p")
    assert powers(found["f"]) == (-1, 0)
    assert found["f"].factor == pytest.approx(1 / 6.283185307179586, rel=1e-9)
    assert found["f"].oscillates
    assert not found["f"].is_phase
    assert found["p"].is_phase
    assert not found["a"].oscillates


def test_a_literal_says_how_large() -> None:
    """E in exp(-E / (1.4e-23 x)) is as large as 1.4e-23 x."""
    found = kinds_of("%0 = const 1.4e-23\n%1 = mul %0, %x\n%2 = div %e, %1\n%3 = exp %2\nreturn %3", "e")
    assert powers(found["e"]) == (1, 0)
    assert found["e"].factor == pytest.approx(1.4e-23, rel=1e-9)


def test_a_scaled_axis_is_a_pure_number() -> None:
    """x / 12 goes into a cosine: 12 has the kind of x, and what is beside the cosine has none of it."""
    body = "%0 = const 12.0\n%1 = div %x, %0\n%2 = cos %1\n%3 = mul %a, %2\nreturn %3"
    assert powers(kinds_of(body, "a")["a"]) == (0, 1)


def test_an_unscaled_axis_is_no_contradiction() -> None:
    found = kinds_of("%0 = exp %x\n%1 = mul %a, %0\n%2 = div %x, %b\n%3 = exp %2\n%4 = add %1, %3\nreturn %4", "a b")
    assert powers(found["b"]) == (1, 0)


def test_a_power_is_a_pure_number() -> None:
    found = kinds_of("%0 = pow %x, %n\n%1 = mul %a, %0\nreturn %1", "a n")
    assert powers(found["n"]) == (0, 0)


def test_branches_are_alike() -> None:
    body = """
    %0 = const 2.0
    %1 = gt %x, %0
    %2 = if %1 -> real {
      %3 = mul %b, %x
      yield %3
    } else {
      yield %a
    }
    return %2"""
    found = kinds_of(body, "a b")
    assert [powers(found["a"]), powers(found["b"])] == [(0, 1), (-1, 1)]
