"""Where the polynomials of `native/math/coefficients.py` come from: Remez's exchange, against mpmath.

    python -m tests.native.minimax [NAME...]      computes them anew and prints them as they stand in that file

In: a function, an interval and a degree. Out: the polynomial whose greatest relative error is least, rounded to doubles
one coefficient after the other, each refitted to what rounding the ones before it left (Muller, Elementary Functions,
3rd edition, section 4.5).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mpmath
from mpmath import mpf

PRECISION = 220
REFITTED = 3
"""So many low coefficients are rounded one by one; the rounding of higher ones is far below the last bit."""

Function = Callable[[mpf], mpf]


@dataclass(frozen=True)
class Fit:
    """A polynomial in u for `function` on [low, high]; errors are relative to `scale`, by default to the function."""

    function: Function
    low: float
    high: float
    degree: int
    scale: Function | None = None


def divided(function: Function, lead: Callable[[mpf], mpf], power: int) -> Function:
    """(function - lead) / u^power, where it takes all the working digits twice over to survive the cancellation."""

    def value(u: mpf) -> mpf:
        with mpmath.workprec(4 * PRECISION):
            return (function(u) - lead(u)) / u**power

    return value


def in_square(function: Function) -> Function:
    """The even function as one of its argument's square."""
    return lambda u: function(mpmath.sqrt(u))


def _scaled_erfc(t: mpf) -> mpf:
    """(1 + 2x) exp(x^2) erfc(x) with t = (x - K) / (x + K)."""
    x = ERFC_CENTRE * (1 + t) / (1 - t)
    return (1 + 2 * x) * mpmath.exp(x * x) * mpmath.erfc(x)


def _stirling(u: mpf) -> mpf:
    """What lgamma is more than (x - 1/2) log x - x + log(2 pi) / 2, times x, with u = 1 / x^2."""
    x = 1 / mpmath.sqrt(u)
    return x * (mpmath.loggamma(x) - (x - 0.5) * mpmath.log(x) + x - mpmath.log(2 * mpmath.pi) / 2)


def _lgamma_between(u: mpf) -> mpf:
    """lgamma(x) / ((x - 1) (x - 2)) with u = x - 3/2."""
    x = u + mpf(1.5)
    return mpmath.loggamma(x) / ((x - 1) * (x - 2))


ERFC_CENTRE = 4.0
EXP_REACH = 0.34658
"""log(2) / 2 and a little: how far the reduced argument of exp may go."""

FITS: dict[str, Fit] = {
    "EXP": Fit(divided(mpmath.exp, lambda u: 1 + u, 2), -EXP_REACH, 0.99 * EXP_REACH, 10),
    "SINH": Fit(in_square(lambda r: (mpmath.sinh(r) / r - 1) / r**2), 1e-12, EXP_REACH**2, 4),
    "COSH": Fit(in_square(lambda r: (mpmath.cosh(r) - 1) / r**2), 1e-12, EXP_REACH**2, 5),
    "LOG": Fit(in_square(lambda s: 2 * (mpmath.atanh(s) / s - 1) / s**2), 1e-12, 0.0295, 6),
    "LOG_OF_DOUBLE": Fit(in_square(lambda s: (2 * mpmath.atanh(s / 2) / s - 1) / s**2), 1e-12, 0.118, 6),
    "LOG_TAIL": Fit(in_square(lambda s: (2 * mpmath.atanh(s / 2) / s - 1 - s**2 / 12) / s**4), 1e-12, 0.118, 7),
    "SIN": Fit(in_square(lambda r: (mpmath.sin(r) / r - 1) / r**2), 1e-12, 0.6170, 5),
    "COS": Fit(in_square(lambda r: (mpmath.cos(r) - 1 + r**2 / 2) / r**4), 1e-12, 0.6170, 5),
    "ATAN": Fit(in_square(lambda q: (mpmath.atan(q) / q - 1) / q**2), 1e-12, 0.17158, 11),
    "ASIN": Fit(in_square(lambda g: (mpmath.asin(g) / g - 1) / g**2), 1e-12, 0.25, 13),
    "ERF": Fit(in_square(lambda x: (mpmath.erf(x) / x - 2 / mpmath.sqrt(mpmath.pi)) / x**2), 1e-12, 1.0, 11),
    "ERFC": Fit(_scaled_erfc, -0.7778, 0.7445, 21),
    "LGAMMA": Fit(_lgamma_between, -0.49999, 0.499995, 21),
    "STIRLING": Fit(_stirling, 1e-9, 1 / 64, 5),
    "CBRT": Fit(lambda m: m ** (mpf(-1) / 3), 0.35, 2.83, 4),
}

MEANINGS = {
    "EXP": "(e^r - 1 - r) / r^2, |r| < 0.3466",
    "SINH": "(sinh(r) / r - 1) / r^2 in r^2, |r| < 0.3466",
    "COSH": "(cosh(r) - 1) / r^2 in r^2, |r| < 0.3466",
    "LOG": "2 (artanh(s) / s - 1) / s^2 in s^2, |s| < 0.1717",
    "LOG_OF_DOUBLE": "(2 artanh(s / 2) / s - 1) / s^2 in s^2, |s| < 0.3432",
    "LOG_TAIL": "(2 artanh(s / 2) / s - 1 - s^2 / 12) / s^4 in s^2, |s| < 0.3432",
    "SIN": "(sin(r) / r - 1) / r^2 in r^2, |r| < 0.7855",
    "COS": "(cos(r) - 1 + r^2 / 2) / r^4 in r^2, |r| < 0.7855",
    "ATAN": "(arctan(q) / q - 1) / q^2 in q^2, |q| < 0.4142",
    "ASIN": "(arcsin(g) / g - 1) / g^2 in g^2, |g| <= 0.5",
    "ERF": "(erf(x) / x - 2 / sqrt(pi)) / x^2 in x^2, |x| <= 1",
    "ERFC": "(1 + 2x) exp(x^2) erfc(x) in (x - 4) / (x + 4), 0.5 <= x <= 27.3",
    "LGAMMA": "lgamma(x) / ((x - 1) (x - 2)) in x - 3/2, 1 <= x <= 2",
    "STIRLING": "x (lgamma(x) - (x - 1/2) log(x) + x - log(2 pi) / 2) in 1 / x^2, x >= 8",
    "CBRT": "m^(-1/3), 0.35 <= m <= 2.83; a start",
}


def minimax(fit: Fit) -> tuple[list[mpf], mpf]:
    """The coefficients, the constant first, and the greatest error."""
    size = 24 * (fit.degree + 2)
    middle, half = (mpf(fit.high) + fit.low) / 2, (mpf(fit.high) - fit.low) / 2
    grid = [middle - half * mpmath.cos(mpmath.pi * i / size) for i in range(size + 1)]
    values = [fit.function(u) for u in grid]
    weights = [1 / abs(fit.scale(u)) for u in grid] if fit.scale else [1 / abs(value) for value in values]
    chosen = [round(size * i / (fit.degree + 1)) for i in range(fit.degree + 2)]
    for _ in range(30):
        rows = [[*(grid[i] ** k for k in range(fit.degree + 1)), (-1) ** j / weights[i]] for j, i in enumerate(chosen)]
        solution = list(mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix([values[i] for i in chosen])))
        coefficients, level = solution[:-1], abs(solution[-1])
        errors = [(_value(coefficients, u) - v) * w for u, v, w in zip(grid, values, weights, strict=True)]
        worst = max(map(abs, errors))
        chosen = _extrema(errors, fit.degree + 2)
        if worst <= level * mpf("1.02"):
            break
    return coefficients, worst


def _value(coefficients: Sequence[mpf], u: mpf) -> mpf:
    """By Horner's rule, the constant first."""
    total = mpf(0)
    for coefficient in reversed(coefficients):
        total = total * u + coefficient
    return total


def _extrema(errors: Sequence[mpf], count: int) -> list[int]:
    """The places of the greatest error of each run of one sign, so many of them, the smaller of the ends left out."""
    peaks: list[int] = []
    for i, error in enumerate(errors):
        if peaks and (error > 0) == (errors[peaks[-1]] > 0):
            if abs(error) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        else:
            peaks.append(i)
    while len(peaks) > count:
        peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
    if len(peaks) < count:
        raise ArithmeticError("the error has too few extrema: it is within the working digits, or the degree too high")
    return peaks


def rounded(fit: Fit) -> tuple[float, ...]:
    """The coefficients as doubles."""
    with mpmath.workprec(PRECISION):
        found: list[float] = []
        scale = fit.scale or fit.function
        rest = fit
        while True:
            coefficients, _ = minimax(rest)
            if len(found) == min(REFITTED, fit.degree) or rest.degree == 0 or fit.low < 0 < fit.high:
                return (*found, *map(float, coefficients))
            found.append(float(coefficients[0]))
            rest = _without_constant(rest, found, fit, scale)


def _without_constant(rest: Fit, found: Sequence[float], fit: Fit, scale: Function) -> Fit:
    known = [mpf(each) for each in found]
    power = len(found)

    def function(u: mpf) -> mpf:
        return (fit.function(u) - _value(known, u)) / u**power

    return Fit(function, rest.low, rest.high, rest.degree - 1, lambda u: scale(u) / u**power)


def error_of(fit: Fit, coefficients: Sequence[float], points: int = 400) -> mpf:
    """The greatest relative error of the rounded polynomial, evaluated exactly."""
    with mpmath.workprec(PRECISION):
        exact = [mpf(each) for each in coefficients]
        scale = fit.scale or fit.function
        worst = mpf(0)
        for i in range(points + 1):
            u = mpf(fit.low) + (mpf(fit.high) - fit.low) * (i + mpf(0.5)) / (points + 1)
            worst = max(worst, abs((_value(exact, u) - fit.function(u)) / scale(u)))
        return worst


def two_over_pi(bits: int) -> int:
    """The first bits of 2 / pi after the point, as an integer."""
    with mpmath.workprec(bits + 100):
        return int(mpmath.floor(2 / mpmath.pi * mpmath.mpf(2) ** bits))


def main(names: Sequence[str]) -> None:
    for name in names or FITS:
        coefficients = rounded(FITS[name])
        error = error_of(FITS[name], coefficients)
        print(f"{name} = (\n" + "".join(f"    {each!r},\n" for each in coefficients) + ")")
        print(f'"""{MEANINGS[name]}: error 2^{float(mpmath.log(error, 2)):.1f}."""\n', flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
