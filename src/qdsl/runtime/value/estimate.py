"""A number with its uncertainty, correlated with the estimates it came with.

An `Estimate` is a value and its derivatives with respect to *sources of uncertainty*. An `Origin` is one such source:
the covariance matrix of a fit, or the square of a single standard error. Two estimates that share an origin are
correlated, so `tau - tau` has no error and a rate computed from `amplitude / tau` has the right one. Propagation is
linear: the derivatives follow the chain rule, and an error is the square root of slopes · covariance · slopes, summed
over origins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.value.quantity import best_unit, in_unit, number, with_unit


@dataclass(frozen=True, eq=False, slots=True)
class Origin:
    """Jointly uncertain numbers: their covariance matrix, in SI units. Compared by identity."""

    covariance: tuple[tuple[float, ...], ...]


Slopes = Mapping[Origin, tuple[float, ...]]


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """An SI value, its derivatives with respect to each origin, and how it is shown."""

    value: float
    slopes: Slopes
    dimension: Dimension = ONE
    display: DisplayUnit | None = None
    error: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "error", standard_error(self.slopes))

    def __str__(self) -> str:
        return shown_estimate(self.value, self.error, self.dimension, self.display)

    def __repr__(self) -> str:
        return f"<Estimate {self}>"

    def __neg__(self) -> Estimate:
        return propagated(-self.value, [(self, -1.0)], self.dimension, self.display)


def independent(value: float, error: float, dimension: Dimension = ONE, display: DisplayUnit | None = None) -> Estimate:
    """An estimate of its own, as written in a program: `18.21(42) us`. Its error must not be negative."""
    origin = Origin(((error * error,),))
    return Estimate(value, {origin: (1.0,)}, dimension, display)


def siblings(
    values: Sequence[float],
    covariance: Sequence[Sequence[float]],
    dimensions: Sequence[Dimension],
    displays: Sequence[DisplayUnit | None],
) -> tuple[Estimate, ...]:
    """Estimates that share a covariance matrix: the parameters of one fit."""
    origin = Origin(tuple(tuple(float(entry) for entry in row) for row in covariance))
    size = len(values)
    return tuple(
        Estimate(float(value), {origin: tuple(float(i == k) for i in range(size))}, dimension, display)
        for k, (value, dimension, display) in enumerate(zip(values, dimensions, displays, strict=True))
    )


def propagated(
    value: float,
    inputs: Iterable[tuple[Estimate, float]],
    dimension: Dimension = ONE,
    display: DisplayUnit | None = None,
) -> Estimate:
    """The result of a computation: `value`, and for every input its derivative there."""
    total: dict[Origin, tuple[float, ...]] = {}
    for estimate, derivative in inputs:
        for origin, slopes in estimate.slopes.items():
            before = total.get(origin, (0.0,) * len(slopes))
            total[origin] = tuple(a + _times(derivative, b) for a, b in zip(before, slopes, strict=True))
    return Estimate(value, total, dimension, display)


def standard_error(slopes: Slopes) -> float:
    """The square root of the variance; where a covariance is unknown (nan), so is the error."""
    variance = math.fsum(_quadratic(origin, each, each) for origin, each in slopes.items())
    return math.sqrt(variance) if variance > 0.0 or math.isnan(variance) else 0.0


def covariance(a: Estimate, b: Estimate) -> float:
    """The covariance of two estimates, through the origins they share."""
    return math.fsum(
        _quadratic(origin, each, b.slopes[origin]) for origin, each in a.slopes.items() if origin in b.slopes
    )


def correlation(a: Estimate, b: Estimate) -> float:
    """Between -1 and 1; nan where one of them is exact."""
    scale = a.error * b.error
    return covariance(a, b) / scale if scale else math.nan


def _quadratic(origin: Origin, left: Sequence[float], right: Sequence[float]) -> float:
    """left · covariance · right. A zero slope meets nothing, not even an infinite variance."""
    return math.fsum(
        a * entry * b
        for a, row in zip(left, origin.covariance, strict=True)
        if a
        for entry, b in zip(row, right, strict=True)
        if b
    )


def _times(derivative: float, slope: float) -> float:
    return derivative * slope if slope else 0.0


def shown_estimate(value: float, error: float, dimension: Dimension = ONE, display: DisplayUnit | None = None) -> str:
    """`23.88(65) ns`: two digits of the error, in brackets, count units of the value's last place."""
    unit = display
    if unit is None:
        sizes = [abs(each) for each in (value, error) if math.isfinite(each)]
        unit = best_unit(max(sizes, default=0.0), dimension)
    reach = error / unit.scale
    return with_unit(_bracketed(float(in_unit(value, unit).real), reach), unit.symbol)


def _bracketed(value: float, error: float) -> str:
    """The number with its error: `0.923(12)`, `1.2340(56)e6`; without digits to align `0.5 ± inf`."""
    if not math.isfinite(value) or not math.isfinite(error):
        return f"{number(value)} ± {number(error)}"
    if error == 0.0:
        return f"{_with_point(number(value))}(0)"
    place = _place(error)
    largest = max(abs(value), error)
    exponent = math.floor(math.log10(largest))
    if place > 0 or exponent < -4:
        # An exponent keeps every written digit significant: 12340 with an error of 560 is 1.234(56)e4.
        value, error, place = _shifted(value, -exponent), _shifted(error, -exponent), place - exponent
        return f"{_digits(value, error, place)}e{exponent}"
    return _digits(value, error, place)


def _place(error: float) -> int:
    """The power of ten of the error's second digit, after it has been rounded to two: 0.6475 has -2, 0.0996 has -2."""
    return int(f"{error:.1e}".partition("e")[2]) - 1


def _digits(value: float, error: float, place: int) -> str:
    decimals = max(0, -place)
    return f"{value:.{decimals}f}({round(_shifted(error, -place))})"


def _shifted(value: float, power: int) -> float:
    """value · 10^power, rounded once: a negative power divides, because 10^-n is not a binary number."""
    return value * 10.0**power if power >= 0 else value / 10.0**-power


def _with_point(text: str) -> str:
    """An uncertain literal needs a point or an exponent: `24.0(0)`."""
    mantissa, separator, _ = text.partition("e")
    return text if separator or "." in mantissa else f"{mantissa}.0"
