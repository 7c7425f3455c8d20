"""The reference interpreter in fifty digits: the same program with every real an mpmath number.

    with fifty_digits():
        interpret(module, "f", [mpmath.mpf("0.1")])

For programs with a derivative only: the functions with jumps are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import mpmath

from qdsl.lang.core import interpret
from qdsl.lang.core.ir import REAL, Module
from qdsl.lang.core.primitives import PRIMITIVES

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "abs": abs,
    "min": min,
    "max": max,
    "fma": lambda x, y, z: x * y + z,
    "sqrt": mpmath.sqrt,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "log1p": mpmath.log1p,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "atan2": mpmath.atan2,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "pow": mpmath.power,
    "hypot": mpmath.hypot,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "digamma": mpmath.digamma,
    "trigamma": lambda x: mpmath.polygamma(1, x),
    "copysign": lambda x, y: abs(x) * (1 if y >= 0 else -1),
    "to_real": mpmath.mpf,
}


@contextmanager
def fifty_digits() -> Iterator[None]:
    precise = {name: replace(PRIMITIVES[name], evaluate=function) for name, function in FUNCTIONS.items()}
    with (
        mpmath.workdps(50),
        patch.object(interpret, "PRIMITIVES", {**PRIMITIVES, **precise}),
        patch.dict(interpret._PYTHON, {REAL: mpmath.mpf}),
    ):
        yield


def differences(module: Module, name: str, arguments: list[Any], step: float = 1e-15) -> list[Any]:
    """Central differences of all results by each of the first two parameters: right to about 25 digits."""
    found = []
    for place in (0, 1):
        shifted = [[*arguments], [*arguments]]
        shifted[0][place] = mpmath.mpf(arguments[place]) - step
        shifted[1][place] = mpmath.mpf(arguments[place]) + step
        low, high = (interpret.interpret(module, name, each) for each in shifted)
        found.append([_slope(one, other, 2 * mpmath.mpf(step)) for one, other in zip(low, high, strict=True)])
    return found


def _slope(low: Any, high: Any, width: Any) -> Any:
    if isinstance(low, tuple):
        return tuple(_slope(one, other, width) for one, other in zip(low, high, strict=True))
    return (high - low) / width
