"""Programs as machine code: the optimised and compiled kernel gives, bit for bit, what the interpreter gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.lowering.programs import lowered
from tests.lowering.test_control import CASES

from qdsl.lang import native
from qdsl.lang.core.from_typed import Entry
from qdsl.lang.core.interpret import KernelFailure, interpret
from qdsl.lang.optimise import optimise
from qdsl.runtime.kernel import Kernel, KernelError


def kernel(entry: Entry) -> Kernel:
    return Kernel(native.compile(optimise(entry.module, [entry.name]), [entry.name], None).entry(entry.name))


def outcome(run: Any) -> Any:
    """The results as nested tuples, or the code it stopped with."""
    try:
        found = run()
    except (KernelFailure, KernelError) as failure:
        return failure.kind
    return tuple(map(_plain, found if isinstance(found, tuple) else (found,)))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def agree(text: str, *calls: tuple[Any, ...]) -> None:
    entry = lowered(text)
    compiled = kernel(entry)
    for arguments in calls:
        given = [np.array(each) if isinstance(each, list) else each for each in arguments]
        expected = outcome(lambda arguments=arguments: interpret(entry.module, entry.name, arguments))
        found = outcome(lambda given=given: compiled(*given))
        assert found == expected, arguments


@pytest.mark.parametrize("text", [text for text, _ in CASES])
def test_control_flow(text: str) -> None:
    agree(text, *((n,) for n in range(-1, 14)))


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("fn f(xs: [Scalar], ys: [Scalar]) = 2 * xs + ys^2", [([1.0, 2.0], [3.0, 4.0]), ([1.0], [1.0, 2.0])]),
        ("fn f(xs: [Scalar]) = sort(xs)", [([3.0, 1.0, 2.0, 0.0, 5.0],)]),
        ("fn f(n: Int) = [[i * 10 + j for j in range(n)] for i in range(3)]", [(2,), (0,)]),
        ("fn f(xs: [Scalar], i: Int) { var ys = xs\n ys[i] = 7\n (a = ys, b = xs) }", [([1.0, 2.0], 1), ([1.0], 1)]),
        ("fn f(a: [Scalar; n, k], b: [Scalar; k, m]) = matmul(a, b)", [([[1.0, 2.0]], [[3.0], [4.0]])]),
        ("fn f(zs: [Scalar], w: Scalar) = real((zs + 1i * w) / (2 - zs * 1i))", [([1.0, 2.0], 3.0)]),
        ("fn f(x: Scalar) = [sqrt(x), [x, 2.0][1]]", [(4.0,), (-4.0,)]),
    ],
)
def test_arrays(text: str, calls: list[tuple[Any, ...]]) -> None:
    agree(text, *calls)


def test_functions_of_functions() -> None:
    twice = "fn twice(g: (Scalar) -> Scalar, x: Scalar) -> Scalar = g(g(x))\n"
    agree(twice + "fn f(x: Scalar, k: Scalar) = twice(t -> t * k, x)", (2.0, 3.0))
    agree("fn g(x: Scalar, y: Scalar) = x^2 * y\nfn f(x: Scalar, y: Scalar) = hessian(g)(x, y)", (2.0, 3.0))
    quadratic = "fn g(x: [Scalar; n, n], y: [Scalar]) = [x[0, 1] * y[1] * y[2], x[1, 0]^2 * y[0]]\n"
    agree(
        quadratic + "fn f(x: [Scalar; n, n], y: [Scalar]) = hessian(g)(x, y)",
        ([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0, 7.0]),
    )


def test_a_failure_names_the_place_in_the_program() -> None:
    with pytest.raises(KernelError) as caught:
        kernel(lowered("fn g(x: Scalar) = sqrt(x - 1)\nfn f(x: Scalar) = 2 * g(x)"))(0.5)
    assert caught.value.span is not None
    assert caught.value.span.text == "sqrt(x - 1)"
