"""Gradients and Hessians of whole programs: known answers, and random programs against fifty digits."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.outcome import bits, outcome
from tests.core.random_programs import random_arguments, random_program
from tests.differentiate.high_precision import differences, fifty_digits

from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import INT, Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.printer import function_text
from qdsl.lang.core.verify import verify
from qdsl.lang.differentiate import NotDifferentiable, gradient, hessian
from qdsl.lang.optimise import optimise
from qdsl.lang.report import InternalError
from qdsl.lang.source import Source


def program(text: str) -> Module:
    module = parse_module(text)
    verify(module)
    return module


def test_golden() -> None:
    module = program("func @f(%x: real, %y: real) -> (real) { %0 = mul %x, %y %1 = sin %0 return %1 }")
    assert function_text(gradient(module, "f", [0, 1]).functions["f.grad"]) == (
        "func @f.grad(%x: real, %y: real) -> (real, real, real) {\n"
        "  %0 = const 1.0\n"
        "  %1 = const 1.0\n"
        "  %2 = mul %x, %y\n"
        "  %3 = sin %2\n"
        "  %4 = cos %2\n"
        "  %5 = mul %4, %y\n"
        "  %6 = mul %4, %x\n"
        "  return %3, %5, %6\n"
        "}\n"
    )


def test_what_is_zero_is_not_carried() -> None:
    """A loop with one value that depends on x, one that depends on y and one that depends on neither: two tangents."""
    module = program(
        """
        func @f(%n: int, %x: real, %y: real) -> (real, real, real) {
          %0 = const 0
          %one = const 1.0
          %a, %b, %c = for %0, %n, %one, %one, %one -> real, real, real { |%i: int, %p: real, %q: real, %r: real|
            %1 = mul %p, %x
            %2 = mul %q, %y
            %3 = exp %r
            yield %1, %2, %3
          }
          return %a, %b, %c
        }
        """
    )
    grad = gradient(module, "f", [1, 2])
    (loop,) = [op for op in grad.functions["f.grad"].body.walk() if op.name == "for"]
    assert len(loop.results) == 5


def test_activity_that_spreads_step_by_step() -> None:
    """p becomes active in the first trip, c in the second, d in the third; an inner loop starts inactive each time."""
    module = program(
        """
        func @f(%n: int, %x: real) -> (real) {
          %0 = const 0
          %z = const 0.5
          %p, %c, %d = for %0, %n, %z, %z, %z -> real, real, real { |%i: int, %p: real, %c: real, %d: real|
            %s = for %0, %n, %z -> real { |%j: int, %b: real|
              %1 = mul %b, %z
              %2 = add %1, %p
              yield %2
            }
            %t = mul %x, %z
            %3 = add %c, %z
            yield %t, %s, %3
          }
          return %d
        }
        """
    )
    grad = gradient(module, "f", [1])
    verify(grad)
    # with s = 0.5 b + p run four times from 0.5: 1.875 p + 0.03125; p is x / 2 after one trip, d is c + 0.5
    assert interpret(grad, "f.grad", [4, 3.0]) == (1.875 * 1.5 + 0.03125 + 0.5, 1.875 * 0.5)


# ── random programs ──────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(3, 25))
def test_gradients_of_random_programs(seed: int, size: int) -> None:
    """Loops, branches, arrays and calls: every derivative agrees with differences in fifty digits."""
    module = random_program(seed, size, smooth=True)
    grad = gradient(module, "f", [0, 1])
    verify(grad)
    arguments = random_arguments(seed, smooth=True)
    results = interpret(grad, "f.grad", arguments)
    with fifty_digits():
        by_x, by_y = differences(module, "f", arguments)
    assert bits(results[:3]) == bits(interpret(module, "f", arguments))
    for found, exact in zip(results[3:], [each for pair in zip(by_x, by_y, strict=True) for each in pair], strict=True):
        assert close(found, exact, 1e-9)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(3, 15))
def test_hessians_of_random_programs(seed: int, size: int) -> None:
    """The upper triangle is the derivative of the gradient."""
    module = random_program(seed, size, smooth=True)
    hess = optimise(hessian(module, "f", [0, 1]), ["f.hess"])
    arguments = random_arguments(seed, smooth=True)
    results = interpret(hess, "f.hess", arguments)
    grad = gradient(module, "f", [0, 1])
    with fifty_digits():
        by_x, by_y = differences(grad, "f.grad", arguments)
    for place in range(3):
        xx, xy, yy = results[9 + 3 * place : 12 + 3 * place]
        assert close(xx, by_x[3 + 2 * place], 1e-7)
        assert close(xy, by_y[3 + 2 * place], 1e-7)
        assert close(yy, by_y[4 + 2 * place], 1e-7)


def close(found: Any, exact: Any, tolerance: float) -> bool:
    """Within the tolerance of the larger of the number and 1: the programs' numbers are of order one."""
    if isinstance(found, tuple):
        return len(found) == len(exact) and all(close(*each, tolerance) for each in zip(found, exact, strict=True))
    return bool(abs(found - exact) <= tolerance * max(1, abs(exact)))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_function_itself_is_unchanged(seed: int) -> None:
    """Values and failures of any program that has a gradient, wild ones included, are those of the program.

    But for the element of an array that was being built: with its derivatives it is built by loops.
    """
    module = random_program(seed, 25)
    try:
        grad = gradient(module, "f", [0, 1])
    except NotDifferentiable:
        return
    verify(grad)
    optimised = optimise(grad, ["f.grad"])
    for each in range(4):
        arguments = random_arguments(seed + each)
        expected, found = outcome(module, "f", arguments), outcome(grad, "f.grad", arguments)
        failed = not isinstance(expected[0], str | tuple)
        assert found[:3] == expected[:3]
        assert failed or found[-1] == expected[-1]
        assert outcome(optimised, "f.grad", arguments) == found


# ── known answers ────────────────────────────────────────────────────────────────────────────────────────────────

LIKELIHOOD = """
func @nll(%t: [real], %k: [real], %shots: real, %tau: real, %a: real, %b: real) -> (real) {
  %0 = const 0
  %1 = const 0.0
  %one = const 1.0
  %n = len %t axis 0
  %sum = for %0, %n, %1 -> real { |%i: int, %acc: real|
    %ti = get %t, %i -> real
    %ki = get %k, %i -> real
    %r = div %ti, %tau
    %m = neg %r
    %e = exp %m
    %ae = mul %a, %e
    %p = add %ae, %b
    %q = sub %one, %p
    %lp = log %p
    %lq = log %q
    %s = mul %ki, %lp
    %nk = sub %shots, %ki
    %u = mul %nk, %lq
    %v = add %s, %u
    %3 = sub %acc, %v
    yield %3
  }
  return %sum
}
"""


def test_a_binomial_likelihood() -> None:
    """Value, gradient and Hessian of a decay's likelihood in one loop, against the formula in fifty digits."""
    times, counts, shots, at = [0.5, 1.0, 2.0, 4.0], [72.0, 60.0, 37.0, 17.0], 100.0, (2.0, 0.9, 0.05)

    def nll(tau: Any, a: Any, b: Any) -> Any:
        p = [a * mpmath.exp(-mpmath.mpf(t) / tau) + b for t in times]
        return -sum(k * mpmath.log(q) + (shots - k) * mpmath.log(1 - q) for k, q in zip(counts, p, strict=True))

    hess = optimise(hessian(program(LIKELIHOOD), "nll", [3, 4, 5]), ["nll.hess"])
    found = interpret(hess, "nll.hess", [times, counts, shots, *at])
    orders = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    orders += [(2, 0, 0), (1, 1, 0), (1, 0, 1), (0, 2, 0), (0, 1, 1), (0, 0, 2)]
    with mpmath.workdps(50):
        at_exactly = tuple(map(mpmath.mpf, at))
        exact = [float(mpmath.diff(nll, at_exactly, order) if any(order) else nll(*at_exactly)) for order in orders]
    assert found == pytest.approx(exact, rel=1e-12)
    loops = [op for op in hess.functions["nll.hess"].body.walk() if op.name == "for"]
    assert [len(loop.results) for loop in loops] == [10]  # value, 3 and 6 derivatives, and not the lower triangle


ARRAYS = """
func @f(%x: [real], %s: real) -> (real, [real]) {
  %n = len %x axis 0
  %y = build %n -> [real] { |%i: int|
    %xi = get %x, %i -> real
    %z = mul %xi, %s
    %w = exp %z
    yield %w
  }
  %0 = const 0
  %1 = const 0.0
  %sum = for %0, %n, %1 -> real { |%i: int, %acc: real|
    %yi = get %y, %i -> real
    %xi = get %x, %i -> real
    %p = mul %yi, %xi
    %a = add %acc, %p
    yield %a
  }
  return %sum, %y
}
"""


def test_arrays_in_and_out() -> None:
    """sum x e^(s x) and the array e^(s x): the array's derivative by the array is a matrix."""
    x, s = (0.5, -1.0, 2.0), 0.3
    e = [math.exp(s * each) for each in x]
    module = gradient(program(ARRAYS), "f", [0, 1])
    verify(module)
    value, array, by_x, by_s, array_by_x, array_by_s = interpret(optimise(module, ["f.grad"]), "f.grad", [x, s])
    assert value == pytest.approx(sum(a * b for a, b in zip(x, e, strict=True)))
    assert array == pytest.approx(tuple(e))
    assert by_x == pytest.approx([(1 + s * a) * b for a, b in zip(x, e, strict=True)], rel=1e-14)
    assert by_s == pytest.approx(sum(a * a * b for a, b in zip(x, e, strict=True)), rel=1e-14)
    assert array_by_s == pytest.approx([a * b for a, b in zip(x, e, strict=True)], rel=1e-14)
    for row in range(3):
        assert array_by_x[row] == pytest.approx(
            [s * e[row] if row == column else 0.0 for column in range(3)], rel=1e-14
        )


def test_second_derivatives_by_an_array_are_a_square() -> None:
    x, s = (0.5, -1.0), 0.3
    module = hessian(program(ARRAYS), "f", [0, 1])
    verify(module)
    results = interpret(optimise(module, ["f.hess"]), "f.hess", [x, s])
    by_xx, by_xs, by_ss = results[6:9]
    e = [math.exp(s * each) for each in x]
    for i in range(2):
        expected = [(2 * s + s * s * x[i]) * e[i] if i == j else 0.0 for j in range(2)]
        assert by_xx[i] == pytest.approx(expected, rel=1e-13)
        assert by_xs[i] == pytest.approx((2 * x[i] + s * x[i] ** 2) * e[i], rel=1e-13)
    assert by_ss == pytest.approx(sum(a**3 * b for a, b in zip(x, e, strict=True)), rel=1e-13)


def test_the_lower_triangle_is_not_computed_in_arrays_either() -> None:
    """By two numbers: a value, two first and three second derivatives of each element, in one loop of six arrays."""
    module = program(
        """
        func @f(%n: int, %a: real, %b: real) -> (real) {
          %y = build %n -> [real] { |%i: int|
            %t = to_real %i
            %bt = mul %b, %t
            %e = exp %bt
            %ae = mul %a, %e
            %s = sin %ae
            yield %s
          }
          %0 = const 0
          %r = get %y, %0 -> real
          return %r
        }
        """
    )
    hess = optimise(hessian(module, "f", [1, 2]), ["f.hess"])
    loops = [op for op in hess.functions["f.hess"].body.walk() if op.name == "for"]
    assert [len(loop.results) for loop in loops] == [6]


def test_a_loop_may_forget_a_length() -> None:
    """What a loop carries may be typed less exactly than what it starts from, and so are its derivatives."""
    module = program(
        """
        func @f(%n: int, %x: real) -> (real) {
          %0 = const 0
          %1 = const 1
          %start = array %x, %x -> [real; 2]
          %a = for %0, %n, %start -> [real] { |%i: int, %b: [real]|
            %c = slice %b, %0, %1 -> [real]
            yield %c
          }
          %r = get %a, %0 -> real
          %k = len %a axis 0
          %m = to_real %k
          %s = mul %r, %m
          return %s
        }
        """
    )
    grad = gradient(module, "f", [1])
    verify(grad)
    optimised = optimise(grad, ["f.grad"])
    for n, length in ((0, 2.0), (3, 1.0)):
        assert interpret(grad, "f.grad", [n, 5.0]) == (5.0 * length, length)
        assert interpret(optimised, "f.grad", [n, 5.0]) == (5.0 * length, length)


def test_a_block_of_two_arrays_has_the_axes_of_the_first_first() -> None:
    module = program(
        """
        func @f(%x: [real; 2], %y: [real; 3]) -> (real) {
          %i = const 1
          %j = const 2
          %a = get %x, %i -> real
          %b = get %y, %j -> real
          %r = mul %a, %b
          return %r
        }
        """
    )
    *_, by_xx, by_xy, by_yy = interpret(hessian(module, "f", [0, 1]), "f.hess", [(1.0, 2.0), (3.0, 4.0, 5.0)])
    assert by_xx == ((0.0, 0.0),) * 2
    assert by_xy == ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    assert by_yy == ((0.0, 0.0, 0.0),) * 3


def test_a_matrix_parameter() -> None:
    """sum of m[i, j] * m[j, i] over a square matrix: the derivative is twice the transpose."""
    module = program(
        """
        func @f(%m: [real; ?, ?]) -> (real) {
          %0 = const 0
          %z = const 0.0
          %n = len %m axis 0
          %r = for %0, %n, %z -> real { |%i: int, %a: real|
            %s = for %0, %n, %a -> real { |%j: int, %b: real|
              %p = get %m, %i, %j -> real
              %q = get %m, %j, %i -> real
              %c = fma %p, %q, %b
              yield %c
            }
            yield %s
          }
          return %r
        }
        """
    )
    grad = gradient(module, "f", [0])
    verify(grad)
    assert interpret(grad, "f.grad", [((1.0, 2.0), (3.0, 4.0))]) == (29.0, ((2.0, 6.0), (4.0, 8.0)))


POWER = """
func @power(%x: real, %n: int) -> (real) {
  %0 = const 0
  %done = ile %n, %0
  %r = if %done -> real {
    %one = const 1.0
    yield %one
  } else {
    %1 = const 1
    %m = isub %n, %1
    %below = call @power(%x, %m) -> real
    %y = mul %below, %x
    yield %y
  }
  return %r
}
"""


def test_a_recursive_function() -> None:
    module = hessian(program(POWER), "power", [0])
    verify(module)
    assert interpret(module, "power.hess", [1.5, 5]) == (1.5**5, 5 * 1.5**4, 20 * 1.5**3)
    assert interpret(module, "power.hess", [1.5, 0]) == (1.0, 0.0, 0.0)


def test_a_while_loop_that_becomes_active_inside() -> None:
    """Newton's square root: y starts as a constant and depends on x after one trip. dy/dx is 1 / (2 sqrt x)."""
    module = program(
        """
        func @root(%x: real) -> (real) {
          %one = const 1.0
          %half = const 0.5
          %tiny = const 1e-13
          %y = while %one -> real { |%y: real|
            %yy = mul %y, %y
            %d = sub %yy, %x
            %e = abs %d
            %go = gt %e, %tiny
            yield %go
          } else { |%y: real|
            %q = div %x, %y
            %s = add %y, %q
            %next = mul %s, %half
            yield %next
          }
          return %y
        }
        """
    )
    grad = gradient(module, "root", [0])
    verify(grad)
    value, slope = interpret(grad, "root.grad", [2.0])
    assert value == pytest.approx(math.sqrt(2.0), rel=1e-15)
    assert slope == pytest.approx(0.5 / math.sqrt(2.0), rel=1e-12)


def test_perturbations_are_not_confused() -> None:
    """d/dx (x * d/dy (x + y)) is 1: the classic in which tags are mixed up gives 2."""
    inner = gradient(program("func @g(%x: real, %y: real) -> (real) { %0 = add %x, %y return %0 }"), "g", [1])
    body = "%0, %1 = call @g.grad(%x, %y) -> real, real %2 = mul %x, %1 return %2"
    text = f"func @f(%x: real, %y: real) -> (real) {{ {body} }}"
    outer = gradient(Module({**inner.functions, **parse_module(text).functions}), "f", [0])
    verify(outer)
    assert interpret(outer, "f.grad", [3.0, 4.0]) == (3.0, 1.0)


def test_the_place_of_a_missing_derivative_is_known() -> None:
    module = program("func @f(%x: real) -> (real) { %0 = floor %x return %0 }")
    span = Source("a.qdsl", "floor(x)").span(0, 8)
    module.functions["f"].body.ops[0].span = span
    with pytest.raises(NotDifferentiable) as caught:
        gradient(module, "f", [0])
    assert (caught.value.op, caught.value.span) == ("floor", span)


def test_by_an_int_is_our_mistake() -> None:
    module = program("func @f(%n: int) -> (real) { %0 = to_real %n return %0 }")
    assert module.functions["f"].parameters[0].type is INT
    with pytest.raises(InternalError, match="parameter 0"):
        gradient(module, "f", [0])


@pytest.mark.parametrize("n", [0.5, 1.0, 1.2, 2.0])
def test_a_stretched_exponential_at_its_first_point(n: float) -> None:
    """(t/tau)^n is 0 at t = 0 for every tau and n > 0, so all its derivatives by them are 0 there."""
    module = program(
        """
        func @f(%t: real, %tau: real, %n: real) -> (real) {
          %0 = div %t, %tau
          %1 = pow %0, %n
          return %1
        }
        """
    )
    found = interpret(hessian(module, "f", [1, 2]), "f.hess", [0.0, 3.0, n])
    assert found == (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
