"""Variables, branches, loops and the ways out of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lowering.programs import failure, lowered, run

from qdsl.lang.core.ir import Code
from qdsl.lang.core.printer import module_text


def test_a_loop_carries_what_it_assigns() -> None:
    assert (
        module_text(
            lowered(
                """
fn f(n: Int, x: Scalar) -> Scalar {
    var y = x
    let two = 2.0
    for k in range(n) { y = y * two }
    y
}"""
            ).module
        )
        == """\
func @f(%n: int, %x: real) -> (real) {
  %two = const 2.0
  %0 = const 0
  %y = for %0, %n, %x -> real { |%k: int, %y.1: real|
    %y.2 = mul %y.1, %two
    yield %y.2
  }
  return %y
}
"""
    )


def test_an_early_return_is_an_if_without_flags() -> None:
    assert (
        module_text(
            lowered(
                """
fn f(x: Scalar) -> Scalar {
    if x < 0 { return 0 }
    let y = x + 1
    y * y
}"""
            ).module
        )
        == """\
func @f(%x: real) -> (real) {
  %0 = const 0.0
  %1 = lt %x, %0
  %2 = if %1 -> real {
    %3 = const 0.0
    yield %3
  } else {
    %4 = const 1.0
    %y = add %x, %4
    %5 = mul %y, %y
    yield %5
  }
  return %2
}
"""
    )


def test_a_break_stops_the_counting() -> None:
    """What comes after the break is not computed: the loop would fail at its second step."""
    text = """
fn f(xs: [Scalar]) -> Int {
    var last = -1
    for i in range(1000000000) {
        if xs[i] < 0 { break }
        last = i
    }
    last
}"""
    assert run(text, [1.0, 2.0, -1.0]) == 1
    assert failure(text, [1.0]).kind is Code.INDEX


CASES: list[tuple[str, Callable[[int], Any]]] = [
    (
        """
fn f(n: Int) -> Int {
    var x = n
    var steps = 0
    while x > 1 {
        if mod(x, 2) == 0 { x = div(x, 2) } else { x = 3 * x + 1 }
        steps = steps + 1
        if steps > 20 { return -1 }
    }
    steps
}""",
        lambda n: _collatz(n),
    ),
    (
        """
fn f(n: Int) -> Int {
    for i in 1 .. n {
        for j in i .. n {
            if i * i + j * j == n { return 100 * i + j }
            if i * i + j * j > n { break }
        }
        if i * i > n { break }
    }
    0
}""",
        lambda n: next(
            (100 * i + j for i in range(1, n + 1) for j in range(i, n + 1) if i * i + j * j == n),
            0,
        ),
    ),
    (
        """
fn f(n: Int) -> Int {
    var total = 0
    if n > 3 {
        if n > 6 { return 7 }
        total = total + 10
    } else {
        total = 1
    }
    total + n
}""",
        lambda n: 7 if n > 6 else 10 + n if n > 3 else 1 + n,
    ),
    (
        """
fn f(n: Int) -> Int {
    let a = 1 + (if n > 5 { return 50 } else { n })
    let b = if a > 3 { if n == 4 { return 40 }; 2 } else { 3 }
    a * 10 + b
}""",
        lambda n: 50 if n > 5 else 40 if n == 4 else (1 + n) * 10 + (2 if 1 + n > 3 else 3),
    ),
    (
        """
fn f(n: Int) -> Int {
    var i = 0
    while i < 10 and (if i == n { return i * 100 } else { true }) { i = i + 3 }
    i
}""",
        lambda n: n * 100 if n in (0, 3, 6, 9) else 12,
    ),
    (
        """
fn f(n: Int) -> Int {
    var seen = 0
    for i in range(n) {
        if i == 2 {
            if n == 7 { break }
            seen = seen + 100
        }
        seen = seen + 1
    }
    seen
}""",
        lambda n: 2 if n == 7 else max(n, 0) + (100 if n > 2 else 0),
    ),
    (
        """
fn f(n: Int) -> Int {
    if n > 4 { return 1 } else if n > 2 { return 2 } else { return 3 }
}""",
        lambda n: 1 if n > 4 else 2 if n > 2 else 3,
    ),
    (
        """
fn f(n: Int) -> Int {
    let x = if n > -9 { if n == 3 { return 33 }; n * 2 } else { 0 }
    if n == 1 { 11 } else { return x }
}""",
        lambda n: 33 if n == 3 else 11 if n == 1 else n * 2,
    ),
    (
        """
fn f(n: Int) -> Int {
    var a = 1
    var b = 1
    while true {
        let next = a + b
        a = b
        b = next
        if b > n { break }
    }
    let c = if n > 3 { a = a + 1000
        b } else { a }
    a * 7 + c
}""",
        lambda n: _fibonacci(n),
    ),
    (
        """
fn f(n: Int) -> Int = if n <= 0 { 0 } else { g(n - 1) + 1 }
fn g(n: Int) -> Int = if n <= 0 { 100 } else { f(n - 1) + 10 }
""",
        lambda n: _mutual(n),
    ),
    (
        """
fn f(n: Int) -> Int {
    for i in range(n) {
        if i * i >= n { return if i == 2 { -2 } else { if n == 7 { return 77 } else { i } } }
    }
    -1
}""",
        lambda n: _first_square(n),
    ),
]


def _collatz(n: int) -> int:
    steps = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
        if steps > 20:
            return -1
    return steps


def _fibonacci(n: int) -> int:
    a = b = 1
    while True:
        a, b = b, a + b
        if b > n:
            break
    c = a
    if n > 3:
        a += 1000
        c = b
    return a * 7 + c


def _mutual(n: int) -> int:
    return 0 if n <= 0 else 101 if n == 1 else _mutual(n - 2) + 11


def _first_square(n: int) -> int:
    i = next((i for i in range(n) if i * i >= n), None)
    if i is None:
        return -1
    return -2 if i == 2 else 77 if n == 7 else i


@pytest.mark.parametrize(("text", "meaning"), CASES)
def test_control_flow_does_what_python_does(text: str, meaning: Callable[[int], Any]) -> None:
    for n in range(-1, 14):
        assert run(text, n) == meaning(n), n


def test_an_if_without_exit_has_no_flags() -> None:
    text = module_text(lowered("fn f(n: Int) -> Int { var x = n\n if n > 1 { x = 2 }\n x }").module)
    assert "bool {" not in text
    assert "const true" not in text


def test_a_loop_over_an_array_takes_its_elements() -> None:
    assert run("fn f(xs: [Scalar]) -> Scalar { var s = 1.0\n for x in xs { s = s * x }\n s }", [2.0, 3.0, 4.0]) == 24.0


def test_an_assertion_says_what_was_not_true() -> None:
    found = failure("fn f(x: Scalar) -> Scalar { assert x > 1\n x }", 0.5)
    assert (found.kind, str(found)) == (Code.ASSERTION, "not true: x > 1")
    assert found.span is not None
    assert found.span.text == "assert x > 1"


def test_recursion_is_bounded() -> None:
    assert failure("fn f(n: Int) -> Int = f(n + 1)", 0).kind is Code.RECURSION


def test_shadowed_names_are_different_variables() -> None:
    text = """
fn f(x: Scalar) -> Scalar {
    var y = x
    for i in range(3) {
        let x = y + i
        y = x * 2
    }
    y + x
}"""
    assert run(text, 1.0) == (((1 * 2 + 1) * 2) + 2) * 2 + 1


# ── programs at random ───────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def _statements(draw: st.DrawFn, depth: int, in_loop: bool) -> list[str]:
    """Statements that are the same in QDSL and, line by line, in Python."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(_statement(depth, in_loop))
    return lines


@st.composite
def _statement(draw: st.DrawFn, depth: int, in_loop: bool) -> list[str]:
    kinds = ["assign", "assign", "return"] + ["break"] * in_loop + ["if", "if", "for", "while"] * (depth > 0)
    match draw(st.sampled_from(kinds)):
        case "assign":
            return [f"{draw(_name)} = {draw(_sum)}"]
        case "return":
            return [f"if {draw(_test)} {{", f"return {draw(_sum)}", "}"]
        case "break":
            return [f"if {draw(_test)} {{", "break", "}"]
        case "if":
            then, other = draw(_statements(depth - 1, in_loop)), draw(_statements(depth - 1, in_loop))
            return [f"if {draw(_test)} {{", *then, "} else {", *other, "}"]
        case "for":
            return [f"for i{depth} in range({draw(st.integers(0, 4))}) {{", *draw(_statements(depth - 1, True)), "}"]
        case _:
            return ["while c < 9 {", "c = c + 1", *draw(_statements(depth - 1, True)), "}"]


_name = st.sampled_from(["a", "b"])
_sum = st.builds(
    lambda x, sign, y: f"{x} {sign} {y}", _name, st.sampled_from("+-"), st.sampled_from(["a", "b", "c", "1", "7"])
)
_test = st.builds(lambda x, y, z: f"{x} + c < {y} - {z}", _name, _name, st.integers(-5, 9))


def _python(lines: list[str]) -> str:
    text = ["def f(a, b):", "    c = 0"]
    depth = 1
    for line in lines:
        if line.startswith("}"):
            depth -= 1
        if line != "}":
            text.append("    " * depth + line.removeprefix("} ").replace(" {", ":"))
        if line.endswith("{"):
            depth += 1
    return "\n".join([*text, "    return a * 1000 + b * 10 + c"])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(_statements(3, False), st.integers(-3, 3), st.integers(-3, 3))
def test_random_control_flow_does_what_python_does(lines: list[str], a: int, b: int) -> None:
    space: dict[str, Any] = {}
    exec(_python(lines), space)
    heading = "fn f(a0: Int, b0: Int) -> Int {\nvar a = a0\nvar b = b0\nvar c = 0\n"
    assert run(heading + "\n".join(lines) + "\na * 1000 + b * 10 + c\n}", a, b) == space["f"](a, b)
