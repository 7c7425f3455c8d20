"""A table has no derivative, and what is multiplied by its numbers has: forwards, backwards, and twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.core.outcome import bits
from tests.core.sparse import energy, random_matrix, steps

from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import REAL, ArrayType, Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.verify import verify
from qdsl.lang.differentiate import forward, gradient, hessian, reverse
from qdsl.lang.differentiate.forward import pushforward
from qdsl.lang.optimise import optimise

MATRIX = random_matrix(3, 12, 3)
Y = tuple(np.linspace(-1.0, 1.5, 12).tolist())


def run(module: Module, name: str, arguments: list[Any]) -> Any:
    """Verified, and the same optimised."""
    verify(module)
    found = interpret(module, name, arguments)
    assert bits(interpret(optimise(module, [name]), name, arguments)) == bits(found)
    return found


def exact(count: int) -> tuple[Any, Any]:
    """What comes of so many steps, and its derivatives by where they began."""
    dense, y, jacobian = MATRIX.dense(), np.array(Y), np.eye(12)
    for _ in range(count):
        jacobian = (dense - np.diag(y / 4)) @ jacobian
        y = dense @ y - y * y / 8
    return y, jacobian


@pytest.mark.parametrize("way", [forward.gradient, reverse.gradient, gradient])
@pytest.mark.parametrize("count", [0, 1, 4])
def test_gradient_of_a_sparse_product(way: Any, count: int) -> None:
    y, jacobian = exact(count)
    value, slopes = run(way(energy(MATRIX), "f", [1]), "f.grad", [count, Y])
    assert value == pytest.approx(0.5 * y @ y, rel=1e-13)
    assert np.allclose(slopes, y @ jacobian, rtol=1e-12, atol=1e-15)


def test_jacobian_and_direction() -> None:
    y, jacobian = exact(3)
    value, slopes = run(forward.gradient(steps(MATRIX), "f", [1]), "f.grad", [3, Y])
    assert np.allclose(value, y, rtol=1e-13)
    assert np.allclose(slopes, jacobian, rtol=1e-12, atol=1e-15)
    direction = np.cos(np.arange(12.0))
    _, change = run(pushforward(steps(MATRIX), "f", [1]), "f.push", [3, Y, tuple(direction)])
    assert np.allclose(change, jacobian @ direction, rtol=1e-12, atol=1e-15)


def test_hessian() -> None:
    """After one step z = M y - y y / 8 it is J' J - diag(z / 4)."""
    dense, y = MATRIX.dense(), np.array(Y)
    z, jacobian = dense @ y - y * y / 8, dense - np.diag(y / 4)
    _, slopes, curvature = run(hessian(energy(MATRIX), "f", [1]), "f.hess", [1, Y])
    assert np.allclose(slopes, z @ jacobian, rtol=1e-12, atol=1e-15)
    assert np.allclose(curvature, jacobian.T @ jacobian - np.diag(z / 4), rtol=1e-12, atol=1e-14)


def test_a_derivative_has_the_tables_of_its_function_and_no_zeros_for_them() -> None:
    matrix = random_matrix(3, 80, 3)  # more than is written out
    for way in (forward.gradient, reverse.gradient):
        grad = optimise(way(energy(matrix), "f", [1]), ["f.grad"])
        ops = [op for function in grad.functions.values() for op in function.body.walk()]
        tables = {op.attributes["numbers"].values for op in ops if op.name == "table"}
        assert tables == {matrix.numbers, matrix.columns}
        assert not any(op.result.type == ArrayType(REAL, (240,)) for op in ops if op.name == "build")


@pytest.mark.parametrize("way", [forward.gradient, reverse.gradient])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_what_is_written_into_a_table_has_a_derivative(way: Any, index: int) -> None:
    """x squared stands at 1, each round of the loop doubles it; the numbers beside it stay."""
    text = """
        func @f(%x: real, %i: int) -> (real) {
          %t = table 3.0, 4.0, 5.0 -> [real; 3]
          %0 = const 0 %1 = const 1 %3 = const 3
          %xx = mul %x, %x
          %u = set %t, %1, %xx -> [real; 3]
          %v = for %0, %3, %u -> [real; 3] { |%k: int, %w: [real; 3]|
            %e = get %w, %1 -> real %ee = add %e, %e %w.1 = set %w, %1, %ee -> [real; 3] yield %w.1 }
          %a = get %v, %i -> real %b = get %t, %i -> real %c = mul %a, %b return %c
        }
    """
    expected = {0: (9.0, 0.0), 1: (4.0 * 8 * 0.25, 4.0 * 8 * 1.0), 2: (25.0, 0.0)}
    assert run(way(parse_module(text), "f", [0]), "f.grad", [0.5, index]) == expected[index]


@pytest.mark.parametrize("way", [forward.gradient, reverse.gradient])
@pytest.mark.parametrize("taken", [True, False])
def test_a_table_or_an_array(way: Any, taken: bool) -> None:
    """Where the table is taken the derivative is zero."""
    text = """
        func @f(%a: [real; 2], %c: bool) -> (real) {
          %t = table 3.0, 4.0 -> [real; 2] %1 = const 1
          %u = if %c -> [real; 2] { yield %t } else { yield %a }
          %v = select %c, %u, %a -> [real; 2]
          %y = get %v, %1 -> real %z = mul %y, %y return %z
        }
    """
    value, slope = run(way(parse_module(text), "f", [0]), "f.grad", [(0.5, 1.5), taken])
    assert (value, slope) == ((16.0, (0.0, 0.0)) if taken else (2.25, (0.0, 3.0)))
