"""The mathematical functions as the tests see them: the truth by mpmath, where to look, and the error that is claimed.

Points are drawn where a function is interesting: by sign, by exponent, near its zeros, its edges, and the places where
its formula goes over into another. The same seed gives the same points.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import mpmath

Point = tuple[float, ...]
Draw = Callable[[random.Random], Point]


@dataclass(frozen=True)
class Function:
    """A function, the truth about it, where to look, and the error that is claimed, in ulps."""

    name: str
    truth: Callable[..., mpmath.mpf]
    draw: Draw
    claim: float
    edges: tuple[float, ...] = ()
    where: str = ""

    @property
    def title(self) -> str:
        return f"{self.name} {self.where}".strip()


def uniform(low: float, high: float) -> Draw:
    return lambda dice: (dice.uniform(low, high),)


def scaled(low: int, high: int, signed: bool = True) -> Draw:
    """Exponents from `low` to `high`, all equally often."""
    return lambda dice: (
        math.ldexp(dice.uniform(1, 2), dice.randint(low, high)) * (dice.choice((1, -1)) if signed else 1),
    )


def near(*places: float, signed: bool = False) -> Draw:
    """So close to one of them that some digits stay: from 2^-3 to 2^-50 of it away."""
    return lambda dice: (
        dice.choice(places)
        * (1.0 + math.ldexp(dice.uniform(-1, 1), -dice.randint(3, 50)))
        * (dice.choice((1, -1)) if signed else 1),
    )


def near_multiples(unit: float, count: int) -> Draw:
    """Close to a multiple of `unit`, both signs."""
    return lambda dice: (dice.randint(-count, count) * unit * (1.0 + math.ldexp(dice.uniform(-1, 1), -20)),)


def mixed(*ways: Draw) -> Draw:
    return lambda dice: dice.choice(ways)(dice)


def pairs(one: Draw, other: Draw) -> Draw:
    return lambda dice: (*one(dice), *other(dice))


def near_multiples_of_half_pi(dice: random.Random) -> Point:
    """Where sin or cos nearly vanishes: all that is left is what the reduction kept."""
    value = float(dice.randint(-(2**29), 2**29) * mpmath.pi / 2)
    return (math.nextafter(value, dice.choice((-math.inf, math.inf))) if dice.random() < 0.5 else value,)


def powers_in_reach(dice: random.Random) -> Point:
    """x^y anywhere among the doubles, with x near 1 as often as far from it."""
    x = dice.choice((math.ldexp(dice.uniform(1, 2), dice.randint(-1022, 1022)), dice.uniform(0.5, 2.0)))
    return (x, dice.uniform(-745.0, 709.7) / (math.log(x) or 1e-9))


HALF_LOG_2 = 0.34657359027997264
LOG_EDGE = 2.0**0.5
WAVES = mixed(uniform(-10, 10), scaled(-30, 29), near_multiples_of_half_pi)
HUGE = scaled(31, 1023)
HARD_COSINE = 6381956970095103.0 * 2.0**797
"""The double that comes nearest to a multiple of pi/2 (Kahan)."""

SPECIAL = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    5e-324,
    1e-310,
    1e308,
    -1e308,
    math.inf,
    -math.inf,
    math.nan,
)
"""Where functions have a value by decree, or formulas meet the ends of the doubles."""

POSITIVE = scaled(-1074, 1023, signed=False)
SHORT = mixed(uniform(-1, 1), scaled(-60, -1), near(0.5, 1.0, signed=True))
STEPS_OF_EXP = near_multiples(HALF_LOG_2, 40)
"""Where exp's reduction goes from one multiple of log 2 to the next."""

FUNCTIONS = (
    Function(
        "exp",
        mpmath.exp,
        mixed(uniform(-1, 1), uniform(-745, 709.7), scaled(-60, 9), STEPS_OF_EXP),
        1.0,
        (709.782712893384, -745.1),
    ),
    Function(
        "expm1", mpmath.expm1, mixed(uniform(-5, 5), scaled(-60, 9), STEPS_OF_EXP), 1.0, (709.782712893384, -40.0)
    ),
    Function(
        "log", mpmath.log, mixed(uniform(0.5, 2), POSITIVE, near(1.0, LOG_EDGE, LOG_EDGE / 2)), 1.0, (5e-324, 1.0)
    ),
    Function(
        "log1p",
        mpmath.log1p,
        mixed(uniform(-0.99, 5), scaled(-60, 1000, signed=False), near(LOG_EDGE - 1.0, LOG_EDGE / 2 - 1.0)),
        1.0,
        (-1.0 + 2.0**-53,),
    ),
    Function(
        "log2", lambda x: mpmath.log(x, 2), mixed(uniform(0.5, 2), POSITIVE, near(1.0, LOG_EDGE)), 1.0, (8.0, 5e-324)
    ),
    Function(
        "log10", lambda x: mpmath.log(x, 10), mixed(uniform(0.5, 2), POSITIVE, near(1.0, LOG_EDGE)), 1.0, (1e3, 1e22)
    ),
    Function(
        "pow",
        mpmath.power,
        mixed(pairs(uniform(0.01, 10), uniform(-50, 50)), powers_in_reach, pairs(near(1.0), uniform(-1e4, 1e4))),
        1.0,
    ),
    Function("sin", mpmath.sin, WAVES, 1.0, (2.0**30, 5e-324)),
    Function("cos", mpmath.cos, WAVES, 1.0, (2.0**30,)),
    Function("tan", mpmath.tan, WAVES, 1.0, (2.0**30, 5e-324)),
    Function("sin", mpmath.sin, HUGE, 1.0, (HARD_COSINE, 1e22), "beyond 2^30"),
    Function("cos", mpmath.cos, HUGE, 1.0, (HARD_COSINE, 1e22), "beyond 2^30"),
    Function("tan", mpmath.tan, HUGE, 1.0, (HARD_COSINE, 1e22), "beyond 2^30"),
    Function("asin", mpmath.asin, SHORT, 1.0, (1.0, 0.5)),
    Function("acos", mpmath.acos, SHORT, 1.0, (1.0, 0.5)),
    Function("atan", mpmath.atan, mixed(uniform(-5, 5), scaled(-60, 60), near(0.41421356, 1.0, 2.41421356)), 1.0),
    Function(
        "atan2",
        mpmath.atan2,
        mixed(
            pairs(uniform(-5, 5), uniform(-5, 5)),
            pairs(scaled(-20, 20), scaled(-20, 20)),
            pairs(scaled(-1000, 1000), scaled(-1000, 1000)),
        ),
        1.0,
    ),
    Function("sinh", mpmath.sinh, mixed(uniform(-5, 5), scaled(-60, 9), STEPS_OF_EXP), 1.0, (710.4,)),
    Function("cosh", mpmath.cosh, mixed(uniform(-5, 5), scaled(-60, 9), STEPS_OF_EXP), 1.0, (710.4,)),
    Function("tanh", mpmath.tanh, mixed(uniform(-1, 1), uniform(-25, 25), scaled(-60, 5)), 1.0, (19.99, 20.01)),
    Function("asinh", mpmath.asinh, mixed(uniform(-5, 5), scaled(-60, 1000)), 1.0, (2.0**30,)),
    Function("acosh", mpmath.acosh, mixed(uniform(1, 5), scaled(1, 1000, signed=False)), 1.0, (1.0 + 2.0**-52,)),
    Function("atanh", mpmath.atanh, SHORT, 1.0, (1.0 - 2.0**-53,)),
    Function(
        "hypot",
        lambda x, y: mpmath.sqrt(x * x + y * y),
        mixed(
            pairs(uniform(-5, 5), uniform(-5, 5)),
            pairs(scaled(-20, 20), scaled(-20, 20)),
            pairs(scaled(-1070, 1020), scaled(-1070, 1020)),
        ),
        1.0,
    ),
    Function("cbrt", mpmath.cbrt, scaled(-1070, 1023, signed=False), 1.0),
    Function("erf", mpmath.erf, mixed(uniform(-6, 6), scaled(-60, 2), near(0.75, 1.0, signed=True)), 1.0),
    Function("erfc", mpmath.erfc, mixed(uniform(-6, 26), near(0.6), uniform(-1, 1)), 1.5, (26.5,)),
    Function(
        "lgamma",
        mpmath.loggamma,
        mixed(uniform(0.001, 20), scaled(-1070, 1000, signed=False), near(1.0, 2.0, 8.0)),
        2.0,
        (2.5e305,),
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
)


def points(function: Function, count: int) -> list[Point]:
    """The edges and points drawn at random."""
    dice = random.Random(function.title)
    return [*((edge,) for edge in function.edges), *(function.draw(dice) for _ in range(count))]


def error_in_ulps(function: Function, point: Point, answer: float) -> float:
    """The distance to the truth, in units of the last place that the truth has as a double."""
    with mpmath.workprec(1300 if max(map(abs, point)) > 2.0**100 else 160):
        truth = function.truth(*map(mpmath.mpf, point))
        if not isinstance(truth, mpmath.mpf):
            return 0.0 if math.isnan(answer) else math.inf
        nearest = float(truth)
        if not math.isfinite(nearest) or not math.isfinite(answer):
            return 0.0 if nearest == answer else math.inf
        return float(abs(mpmath.mpf(answer) - truth) / mpmath.mpf(math.ulp(nearest)))
