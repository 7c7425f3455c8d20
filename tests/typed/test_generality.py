"""Inferred types of functions are the most general ones, and the 2π in them stay open."""

from __future__ import annotations

import pytest
from tests.typed.programs import codes, type_of


@pytest.mark.parametrize(
    ("function", "type_"),
    [
        ("f(x) = x^2", "(D) -> D^2"),
        ("f(x) = x^(1/2)", "(D) -> D^(1/2)"),
        ("f(x, y) = x * y", "(D, E) -> D * E"),
        ("f(x, y) = x + y", "(D, D) -> D"),
        ("f(x) = x * x / x", "(D) -> D"),
        ("f(x) = x - x + 1 s", "(Time) -> Time"),
        ("f(x, y) = x^2 + y^3", "(D, D^(2/3)) -> D^2"),
        ("f(x, y) = sqrt(x * y)", "(D, E) -> D^(1/2) * E^(1/2)"),
        ("f(xs) = xs[0]^2", "([D]) -> D^2"),
        ("f(m) = m[0, 0]", "([D; ?, ?]) -> D"),
        ("f(g, x) = g(g(x))", "((D) -> D, D) -> D"),
        ("f(g, h, x) = g(h(x))", "((D) -> E, (F) -> D, F) -> E"),
        ("f(x) = x > 0", "(D) -> Bool"),
        ("f(x) = 0 * x", "(D) -> D"),
        ("f(n) = [k for k in range(n)]", "(Int) -> [Int]"),
        ("f(b, x) = if b { x } else { 0 }", "(Bool, D) -> D"),
        ("f(r, x) = hypot(r, x) / r", "(D, D) -> Scalar"),
    ],
)
def test_what_is_inferred(function: str, type_: str) -> None:
    assert type_of(f"fn {function}\n", "f") == type_


def test_a_function_keeps_its_two_pi_open_and_a_let_does_not() -> None:
    circle = "fn turned(x) = 2pi * x\n"
    assert codes(circle + "let w: Rate = turned(3 Hz)\nlet l: Length = turned(3 m)\n") == []
    assert codes("let k = 2pi\nlet w: Rate = k * 3 Hz\n") == ["E0411"]
    assert codes("let k = 2pi\nlet l: Length = k * 3 m\n") == []


@pytest.mark.parametrize("literal", ["0", "inf", "nan", "-inf", "0.0"])
def test_what_fits_any_dimension(literal: str) -> None:
    assert codes(f"let t: Time = {literal}\nlet l: Length = {literal}\nlet b = 3 m > {literal}\n") == []
    assert codes(f"fn f(x: Time) -> Time = if x > {literal} {{ x }} else {{ {literal} }}\n") == []
    assert codes(f"let xs: [Time] = [{literal}, 3 s]\n") == []


@pytest.mark.parametrize("literal", ["1", "1.0", "1e-300", "2 * 1"])
def test_what_does_not(literal: str) -> None:
    assert codes(f"let t: Time = {literal}\n") == ["E0402"]


def test_a_let_of_zero_is_plain() -> None:
    assert codes("let zero = 0.0\nlet t: Time = zero\n") == ["E0402"]
    assert codes("let far = inf\nlet t: Time = far\n") == ["E0402"]
