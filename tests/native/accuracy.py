"""How far the mathematical functions are from the truth: the error in units in the last place, against mpmath.

    python -m tests.native.accuracy [points]      measures every function and prints the table of docs/accuracy.md

Points are drawn where the function is interesting, by sign, by exponent and near its zeros and edges; the same seed
gives the same points.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mpmath
import numpy as np
from tests.native.running import kernels

from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.runtime.kernel import Kernel

Point = tuple[float, ...]


@dataclass(frozen=True)
class Function:
    """A function, the truth about it, where to look, and the error that is claimed, in ulps."""

    name: str
    truth: Callable[..., mpmath.mpf]
    draw: Callable[[random.Random], Point]
    claim: float
    edges: tuple[float, ...] = ()
    where: str = ""

    @property
    def title(self) -> str:
        return f"{self.name} {self.where}".strip()


def uniform(low: float, high: float) -> Callable[[random.Random], Point]:
    return lambda dice: (dice.uniform(low, high),)


def scaled(low: int, high: int, signed: bool = True) -> Callable[[random.Random], Point]:
    """Exponents from `low` to `high`, all equally often."""
    return lambda dice: (
        math.ldexp(dice.uniform(1, 2), dice.randint(low, high)) * (dice.choice((1, -1)) if signed else 1),
    )


def mixed(*ways: Callable[[random.Random], Point]) -> Callable[[random.Random], Point]:
    return lambda dice: dice.choice(ways)(dice)


def near_multiples_of_half_pi(dice: random.Random) -> Point:
    """Where sin or cos nearly vanishes: all that is left is what the reduction kept."""
    value = float(dice.randint(-(2**29), 2**29) * mpmath.pi / 2)
    return (math.nextafter(value, dice.choice((-math.inf, math.inf))) if dice.random() < 0.5 else value,)


def pairs(
    one: Callable[[random.Random], Point], other: Callable[[random.Random], Point]
) -> Callable[[random.Random], Point]:
    return lambda dice: (*one(dice), *other(dice))


WAVES = mixed(uniform(-10, 10), scaled(-30, 29), near_multiples_of_half_pi)
HUGE = scaled(31, 1000)
HARD_COSINE = 6381956970095103.0 * 2.0**797
"""The double that comes nearest to a multiple of pi/2 (Kahan)."""

FUNCTIONS = (
    Function(
        "exp", mpmath.exp, mixed(uniform(-1, 1), uniform(-745, 709.7), scaled(-60, 9)), 1.0, (709.782712893384, -745.1)
    ),
    Function(
        "log", mpmath.log, mixed(uniform(0.5, 2), scaled(-1070, 1023, signed=False), uniform(0, 100)), 1.0, (5e-324,)
    ),
    Function("tanh", mpmath.tanh, mixed(uniform(-1, 1), uniform(-25, 25), scaled(-60, 5)), 3.0, (19.99, 20.01)),
    Function("sin", mpmath.sin, WAVES, 1.0, (2.0**30, 5e-324)),
    Function("cos", mpmath.cos, WAVES, 1.0, (2.0**30,)),
    Function(
        "hypot",
        lambda x, y: mpmath.sqrt(x * x + y * y),
        mixed(
            pairs(uniform(-5, 5), uniform(-5, 5)),
            pairs(scaled(-20, 20), scaled(-20, 20)),
            pairs(scaled(-1000, 900), scaled(-1000, 900)),
        ),
        1.0,
    ),
    Function(
        "digamma",
        mpmath.digamma,
        mixed(uniform(0.001, 20), scaled(-300, 300, signed=False)),
        45.0,
        (1.4616321449683622,),
    ),
    Function(
        "trigamma", lambda x: mpmath.polygamma(1, x), mixed(uniform(0.001, 20), scaled(-300, 300, signed=False)), 6.0
    ),
    Function("lgamma", mpmath.loggamma, mixed(uniform(0.001, 20), scaled(-300, 300, signed=False)), 4.0),
    Function("cbrt", mpmath.cbrt, scaled(-300, 300, signed=False), 4.0),
    Function("expm1", mpmath.expm1, mixed(uniform(-5, 5), scaled(-60, 9)), 1.0),
    Function("log2", lambda x: mpmath.log(x, 2), mixed(uniform(0.5, 2), scaled(-1000, 1000, signed=False)), 1.0),
    Function("log10", lambda x: mpmath.log(x, 10), mixed(uniform(0.5, 2), scaled(-1000, 1000, signed=False)), 2.0),
    Function("log1p", mpmath.log1p, mixed(uniform(-0.9, 5), scaled(-60, 500, signed=False)), 1.0),
    Function("sin", mpmath.sin, HUGE, 10.0, (HARD_COSINE, 1e22), "beyond 2^30"),
    Function("cos", mpmath.cos, HUGE, 10.0, (HARD_COSINE, 1e22), "beyond 2^30"),
    Function("tan", mpmath.tan, WAVES, 1.0),
    Function("asin", mpmath.asin, mixed(uniform(-1, 1), scaled(-60, -1)), 1.0),
    Function("acos", mpmath.acos, mixed(uniform(-1, 1), scaled(-60, -1)), 1.0),
    Function("atan", mpmath.atan, mixed(uniform(-5, 5), scaled(-60, 60)), 1.0),
    Function("atan2", mpmath.atan2, pairs(scaled(-20, 20), scaled(-20, 20)), 1.0),
    Function("sinh", mpmath.sinh, mixed(uniform(-5, 5), scaled(-60, 9)), 2.5),
    Function("cosh", mpmath.cosh, mixed(uniform(-5, 5), scaled(-60, 9)), 2.5),
    Function("asinh", mpmath.asinh, mixed(uniform(-5, 5), scaled(-60, 500)), 2.0),
    Function("acosh", mpmath.acosh, mixed(uniform(1, 5), scaled(1, 500, signed=False)), 2.5),
    Function("atanh", mpmath.atanh, mixed(uniform(-1, 1), scaled(-60, -1)), 2.5),
    Function(
        "pow",
        mpmath.power,
        mixed(pairs(uniform(0.01, 10), uniform(-50, 50)), pairs(scaled(-20, 20, signed=False), uniform(-40, 40))),
        1.0,
    ),
    Function("erf", mpmath.erf, mixed(uniform(-6, 6), scaled(-60, 2)), 1.5),
    Function("erfc", mpmath.erfc, uniform(-6, 26), 5.0),
)


def points(function: Function, count: int) -> list[Point]:
    """The edges and points drawn at random."""
    dice = random.Random(function.title)
    return [*((edge,) for edge in function.edges), *(function.draw(dice) for _ in range(count))]


def error_in_ulps(function: Function, point: Point, answer: float) -> float:
    """The distance to the truth, in units of the last place that the truth has as a double."""
    with mpmath.workprec(1300 if max(map(abs, point)) > 2.0**100 else 160):
        truth = function.truth(*map(mpmath.mpf, point))
        nearest = float(truth)
        if not math.isfinite(nearest) or not math.isfinite(answer):
            return 0.0 if nearest == answer else math.inf
        return float(abs(mpmath.mpf(answer) - truth) / mpmath.mpf(math.ulp(nearest)))


def answers(call: Kernel, where: Sequence[Point]) -> list[float]:
    """By the vector loop."""
    found: list[float] = call(*(np.array(column) for column in zip(*where, strict=True)), nonfinite="keep").tolist()
    return found


def compiled() -> dict[str, Kernel]:
    """A kernel for each function of the table."""
    text = []
    for name in dict.fromkeys(function.name for function in FUNCTIONS):
        names = ["%x", "%y"][: len(PRIMITIVES[name].operands)]
        given = ", ".join(f"{each}: real" for each in names)
        text.append(f"func @{name}({given}) -> (real) {{\n %r = {name} {', '.join(names)}\n return %r }}")
    return kernels("\n".join(text))


def main(count: int) -> None:
    """Print the table."""
    calls = compiled()
    print("| function | greatest error seen, ulp | claimed, ulp |\n|---|---|---|")
    for function in FUNCTIONS:
        where = points(function, count)
        errors = map(error_in_ulps, [function] * len(where), where, answers(calls[function.name], where))
        print(f"| {function.title} | {max(errors):.2f} | {function.claim:g} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
