"""Each primitive's rule alone, against mpmath's derivative of the mathematical function in fifty digits."""

from __future__ import annotations

import math
import random
from typing import Any

import mpmath
import pytest
from tests.differentiate.high_precision import FUNCTIONS

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import REAL, Module
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.differentiate import NotDifferentiable, gradient, hessian
from qdsl.lang.differentiate.rules import CHOICES, PARTIALS

RANGES: dict[str, tuple[float, float]] = {
    "sqrt": (1e-6, 1e6),
    "log": (1e-6, 1e6),
    "log2": (1e-6, 1e6),
    "log10": (1e-6, 1e6),
    "log1p": (-0.9, 50.0),
    "asin": (-0.99, 0.99),
    "acos": (-0.99, 0.99),
    "atanh": (-0.99, 0.99),
    "acosh": (1.01, 100.0),
    "pow": (0.1, 5.0),
    "lgamma": (0.05, 20.0),
    "digamma": (0.05, 20.0),
    "tan": (-1.4, 1.4),
    "exp": (-30.0, 30.0),
    "tanh": (-30.0, 30.0),
}


def alone(name: str) -> Module:
    """@f is the primitive and nothing else."""
    b = Builder()
    operands = [b.parameter(type_) for type_ in PRIMITIVES[name].operands]
    return Module({"f": b.function("f", [b.op(name, *operands)])})


def test_every_real_function_has_a_rule_or_is_known_to_have_none() -> None:
    real = {name for name, each in PRIMITIVES.items() if each.result is REAL and REAL in each.operands}
    assert real - PARTIALS.keys() - CHOICES.keys() == {"floor", "ceil", "round", "trunc", "trigamma"}


@pytest.mark.parametrize("name", [name for name in (*PARTIALS, *CHOICES) if name not in ("grafted", "noted")])
def test_first_derivatives(name: str) -> None:
    """To 4e-15 of the derivative: a rule rounds a few times and no more."""
    arity = len(PRIMITIVES[name].operands)
    module = gradient(alone(name), "f", range(arity))
    dice = random.Random(name)
    for _ in range(40):
        at = [dice.uniform(*RANGES.get(name, (-3.0, 3.0))) for _ in range(arity)]
        _, *found = interpret(module, "f.grad", at)
        for place, answer in enumerate(found):
            exact = derivative(name, at, [1 if each == place else 0 for each in range(arity)])
            assert answer == pytest.approx(float(exact), rel=4e-15, abs=1e-300), (at, place)


@pytest.mark.parametrize("name", sorted((PARTIALS.keys() - {"digamma", "grafted", "noted"}) | CHOICES.keys()))
def test_second_derivatives(name: str) -> None:
    """Forward over forward uses the rules of the functions that the rules use."""
    arity = len(PRIMITIVES[name].operands)
    module = hessian(alone(name), "f", range(arity))
    dice = random.Random(name)
    pairs = [(i, j) for i in range(arity) for j in range(i, arity)]
    for _ in range(15):
        at = [dice.uniform(*RANGES.get(name, (-3.0, 3.0))) for _ in range(arity)]
        found = interpret(module, "f.hess", at)[1 + arity :]
        for (i, j), answer in zip(pairs, found, strict=True):
            exact = derivative(name, at, [(each == i) + (each == j) for each in range(arity)])
            assert answer == pytest.approx(float(exact), rel=1e-11, abs=1e-13), (at, i, j)


def derivative(name: str, at: list[float], orders: list[int]) -> Any:
    with mpmath.workdps(50):
        function = FUNCTIONS[name]
        return mpmath.diff(function, tuple(map(mpmath.mpf, at)), tuple(orders))


@pytest.mark.parametrize(
    ("name", "at", "answers"),
    [
        ("abs", (0.0,), (1.0,)),
        ("abs", (-0.0,), (1.0,)),
        ("min", (2.0, 2.0), (1.0, 0.0)),
        ("max", (2.0, 2.0), (1.0, 0.0)),
        ("sqrt", (0.0,), (math.inf,)),
        ("pow", (0.0, 2.0), (0.0, 0.0)),
        ("pow", (0.0, 1.0), (1.0, 0.0)),
        ("pow", (0.0, 0.0), (0.0, 0.0)),
        ("tanh", (400.0,), (0.0,)),
        ("tanh", (20.0,), (4.0 * math.exp(-40.0),)),
        ("atan2", (1e300, 1e300), (0.5e-300, -0.5e-300)),
        ("copysign", (-3.0, 2.0), (-1.0, 0.0)),
        ("grafted", (3.0, 2.0), (0.0, 1.0)),
        ("noted", (3.0, 2.0), (1.0, 0.0)),
    ],
)
def test_edges(name: str, at: tuple[float, ...], answers: tuple[float, ...]) -> None:
    """Kinks and singular points as `differentiate.rules` states them, and no overflow on the way."""
    module = gradient(alone(name), "f", range(len(at)))
    assert interpret(module, "f.grad", at)[1:] == pytest.approx(answers, rel=1e-14)


@pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "trigamma", "to_int"])
def test_a_missing_derivative_is_said(name: str) -> None:
    with pytest.raises(NotDifferentiable) as caught:
        gradient(alone(name), "f", [0])
    assert caught.value.op == name


def test_it_is_not_missing_where_nothing_depends_on_it() -> None:
    b = Builder()
    x, y = b.parameter(REAL), b.parameter(REAL)
    module = Module({"f": b.function("f", [b.op("mul", x, b.op("floor", y))])})
    assert interpret(gradient(module, "f", [0]), "f.grad", [2.0, 3.5]) == (6.0, 3.0)
