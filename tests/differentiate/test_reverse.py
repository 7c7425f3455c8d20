"""Derivatives computed backwards: the same as forwards, for programs of every kind; and which way is taken when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.outcome import bits
from tests.core.random_programs import random_arguments, random_program

import qdsl
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import Block, Function, Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.printer import function_text
from qdsl.lang.core.verify import verify
from qdsl.lang.differentiate import NotDifferentiable, choice, forward, gradient, reverse
from qdsl.lang.differentiate.sweep import NoReverse
from qdsl.lang.optimise import optimise


def program(text: str) -> Module:
    module = parse_module(text)
    verify(module)
    return module


def both(module: Module, wrt: Sequence[int], arguments: Sequence[Any]) -> tuple[Any, Any]:
    """What the derivatives backwards give, and forwards."""
    backwards = reverse.gradient(module, "f", wrt)
    verify(backwards)
    found = interpret(backwards, "f.grad", arguments)
    assert bits(interpret(optimise(backwards, ["f.grad"]), "f.grad", arguments)) == bits(found)
    return found, interpret(forward.gradient(module, "f", wrt), "f.grad", arguments)


def close(found: Any, exact: Any) -> bool:
    if isinstance(found, tuple):
        return len(found) == len(exact) and all(map(close, found, exact))
    return bool(abs(found - exact) <= 1e-12 * max(1, abs(exact)))


# ── random programs ──────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(3, 25), place=st.integers(0, 1))
def test_random_programs(seed: int, size: int, place: int) -> None:
    """Loops in loops, branches, arrays and calls; the forward way is held to fifty digits elsewhere."""
    module = random_program(seed, size, smooth=True)
    body = module.functions["f"].body
    chosen = Function("f", Block(body.parameters, body.ops, (body.yields[place],)))
    module = Module({**module.functions, "f": chosen})
    try:
        found, exact = both(module, [0, 1, 4], random_arguments(seed, smooth=True))
    except NoReverse:
        return  # an array whose length may change from round to round
    assert bits(found[:1]) == bits(exact[:1])
    assert close(found, exact)


def test_most_random_programs_can_be_gone_through_backwards() -> None:
    def can(seed: int) -> bool:
        module = random_program(seed, 12, smooth=True)
        body = module.functions["f"].body
        first = Function("f", Block(body.parameters, body.ops, body.yields[:1]))
        try:
            reverse.gradient(Module({**module.functions, "f": first}), "f", [0, 1, 4])
        except NoReverse:
            return False
        return True

    assert sum(map(can, range(100))) > 70


# ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────


def test_golden() -> None:
    module = program("func @f(%x: real, %y: real) -> (real) { %0 = mul %x, %y %1 = sin %0 return %1 }")
    grad = optimise(reverse.gradient(module, "f", [0, 1]), ["f.grad"])
    assert function_text(grad.functions["f.grad"]) == (
        "func @f.grad(%x: real, %y: real) -> (real, real, real) {\n"
        "  %0 = mul %x, %y\n"
        "  %1 = sin %0\n"
        "  %2 = cos %0\n"
        "  %3 = mul %2, %y\n"
        "  %4 = mul %2, %x\n"
        "  return %1, %3, %4\n"
        "}\n"
    )


SUM = """
func @f(%a: [real], %k: real) -> (real) {
  %low = const 0
  %zero = const 0.0
  %n = len %a axis 0
  %s = for %low, %n, %zero -> real { |%i: int, %t: real|
    %1 = get %a, %i -> real
    %2 = mul %1, %k
    %3 = exp %2
    %4 = add %t, %3
    yield %4
  }
  return %s
}
"""
PRODUCT = SUM.replace("add %t, %3", "mul %t, %3")


def test_a_sum_needs_no_tape_and_a_product_does() -> None:
    def tapes(text: str) -> int:
        grad = optimise(reverse.gradient(program(text), "f", [0]), ["f.grad"])
        return sum(op.name == "build" for op in grad.functions["f.grad"].body.walk()) - 1  # one is the result

    assert (tapes(SUM), tapes(PRODUCT)) == (0, 1)


@pytest.mark.parametrize("text", [SUM, PRODUCT])
@pytest.mark.parametrize("array", [(), (0.5,), (0.5, -1.0, 2.0)])
def test_loops(text: str, array: tuple[float, ...]) -> None:
    found, exact = both(program(text), [0, 1], [array, 0.3])
    assert close(found, exact)


def test_a_loop_that_ends_by_itself() -> None:
    """Newton's square root: rounds are counted first."""
    text = """
        func @f(%x: real) -> (real) {
          %half = const 0.5
          %small = const 1e-12
          %y = while %x -> real { |%y: real|
            %0 = mul %y, %y
            %1 = sub %0, %x
            %2 = abs %1
            %3 = gt %2, %small
            yield %3
          } { |%y: real|
            %4 = div %x, %y
            %5 = add %y, %4
            %6 = mul %half, %5
            yield %6
          }
          return %y
        }
    """
    value, slope = both(program(text), [0], [2.0])[0]
    assert value == pytest.approx(2**0.5, rel=1e-12)
    assert slope == pytest.approx(0.5 / 2**0.5, rel=1e-9)


def test_arrays_that_loops_carry() -> None:
    """Each round needs the array as it was at its start."""
    text = """
        func @f(%a: [real; 3], %n: int) -> (real) {
          %0 = const 0
          %1 = const 1
          %2 = const 2
          %end = for %0, %n, %a -> [real; 3] { |%i: int, %b: [real; 3]|
            %x = get %b, %0 -> real
            %y = get %b, %1 -> real
            %z = get %b, %2 -> real
            %xy = mul %x, %y
            %s = sin %z
            %c = set %b, %0, %s -> [real; 3]
            %d = set %c, %1, %xy -> [real; 3]
            %e = set %d, %2, %x -> [real; 3]
            yield %e
          }
          %x = get %end, %0 -> real
          %y = get %end, %1 -> real
          %z = get %end, %2 -> real
          %xy = mul %x, %y
          %xyz = mul %xy, %z
          return %xyz
        }
    """
    for rounds in range(5):
        found, exact = both(program(text), [0], [(0.3, 0.7, 1.1), rounds])
        assert close(found, exact)


# ── which way ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_few_parameters_go_forwards_and_many_backwards() -> None:
    def way(count: int) -> bool:
        names = [f"x{i}" for i in range(count)]
        sums = " ".join(f"%s{i + 1} = add %s{i}, %{name}" for i, name in enumerate(names))
        takes = ", ".join(f"%{name}: real" for name in names)
        module = program(f"func @f({takes}) -> (real) {{ %s0 = const 0.0 {sums} return %s{count} }}")
        wrt = list(range(count))
        chosen, back = (
            function_text(m.functions["f.grad"])
            for m in (gradient(module, "f", wrt), reverse.gradient(module, "f", wrt))
        )
        return chosen == back

    assert not way(2)
    assert way(choice.BACKWARDS_FROM)


def test_an_array_goes_backwards_but_for_several_results() -> None:
    module = program(SUM)
    assert choice.directions(module.functions["f"], [0]) >= choice.BACKWARDS_FROM
    assert not any("f.d_" in name for name in gradient(module, "f", [0]).functions)
    two = program(SUM.replace("-> (real) {", "-> (real, real) {", 1).replace("return %s", "return %s, %zero"))
    assert any("f.d_" in name for name in gradient(two, "f", [0]).functions)


@pytest.mark.parametrize(
    "operation",
    [
        "%1 = floor %x",
        "%i = to_int %x %1 = to_real %i",
        "%0 = const 0.5 %1 = pow %x, %0",
        "%1 = call @f(%a, %x) -> real",
    ],
)
def test_what_is_left_to_the_forward_way(operation: str) -> None:
    """No derivative, or one that is infinite where the function is not, or a function that calls itself."""
    module = program(
        f"func @f(%a: [real], %x0: real) -> (real) {{ %j = const 0 %x = get %a, %j -> real {operation} return %1 }}"
    )
    with pytest.raises(NoReverse):
        reverse.gradient(module, "f", [0])
    if "floor" in operation or "to_int" in operation:
        with pytest.raises(NotDifferentiable):
            gradient(module, "f", [0])


def test_arrays_that_grow_go_forwards() -> None:
    text = """
        fn f(xs: [Scalar]) -> Scalar {
            var ys = xs
            for i in range(3) { ys = [ys[j] * ys[0] for j in range(len(ys) - 1)] }
            sum(ys)
        }
    """
    module = qdsl.compile(text)
    x = np.linspace(0.5, 1.5, 12)
    step = 1e-6 * np.eye(12)
    differences = [(module.f(x + each) - module.f(x - each)) / 2e-6 for each in step]
    assert np.allclose(module.f.grad(x), differences, rtol=1e-6)


# ── in the language ──────────────────────────────────────────────────────────────────────────────────────────────


def test_rosenbrock_beside_scipy() -> None:
    """A thousand derivatives, and ten thousand second ones, against SciPy's formulas."""
    from scipy.optimize import rosen_der, rosen_hess

    module = qdsl.compile(
        "fn f(x: [Scalar]) -> Scalar = sum([100 * (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2 for i in range(len(x) - 1)])"
    )
    x = np.linspace(-1.5, 2.0, 1000)
    assert np.allclose(module.f.grad(x), rosen_der(x), rtol=1e-12, atol=1e-11)
    assert np.allclose(module.f.hessian(x[:100]), rosen_hess(x[:100]), rtol=1e-12, atol=1e-11)


def test_a_differential_equation_with_a_force_at_every_time() -> None:
    """By a hundred forces of where a particle ends, through a loop of a hundred steps; known in closed form."""
    module = qdsl.compile(
        """
        fn end(forces: [Scalar; 100]) -> Scalar {
            var x: Scalar = 0
            var v: Scalar = 0
            for k in range(100) {
                v = v + forces[k] / 100
                x = x + v / 100
            }
            x^2
        }
        """
    )
    forces = np.cos(np.arange(100.0))
    weights = (100 - np.arange(100)) / 1e4
    assert np.allclose(module.end.grad(forces), 2 * (weights @ forces) * weights, rtol=1e-12)


def test_through_a_solver() -> None:
    """An equation solved by `find_root` has the derivative of the implicit function theorem, backwards too."""
    module = qdsl.compile(
        """
        from roots import find_root
        fn root(a: [Scalar; 12]) -> Scalar = find_root(x -> x^3 + sum(a) * x - 2, 0, 2)
        """
    )
    a = np.linspace(0.1, 0.3, 12)
    x = module.root(a)
    assert np.allclose(module.root.grad(a), -x / (3 * x**2 + a.sum()), rtol=1e-12)
