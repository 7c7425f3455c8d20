"""How numbers and quantities are written: `3.2 us`, `2.5e6 1/s`, `101`.

In: a value in coherent SI units, its dimension and, where the program chose one, its display unit. Out: text. Without a
display unit the best SI prefix is taken. Six significant digits unless more are asked for.
"""

from __future__ import annotations

import math

from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.value.units import NaturalUnit, natural_unit

DIGITS = 6

PREFIXES = {
    -18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P",
}  # fmt: skip


def shown(
    value: float | complex, dimension: Dimension, display: DisplayUnit | None = None, digits: int = DIGITS
) -> str:
    """The quantity with its unit: `3.2 us`. An int without a unit is written plainly."""
    size = abs(value)
    unit = display or best_unit(size, dimension, digits)
    return with_unit(number(in_unit(value, unit), digits), unit.symbol)


def with_unit(text: str, symbol: str) -> str:
    """A number and its unit, with a space between them where there is a unit."""
    return f"{text} {symbol}" if symbol else text


def in_unit(value: float | complex, unit: DisplayUnit) -> float | complex:
    """The SI value counted in `unit`; a scale below one multiplies by its reciprocal, which is exact for 1e-9."""
    if unit.scale == 1.0 and not unit.offset:
        return value
    reciprocal = 1.0 / unit.scale
    shifted = value - unit.offset
    return shifted * reciprocal if unit.scale < 1.0 and reciprocal.is_integer() else shifted / unit.scale


def best_unit(size: float, dimension: Dimension, digits: int = DIGITS) -> DisplayUnit:
    """The natural unit of the dimension, with the prefix that puts a number of this size between 1 and 1000."""
    unit = natural_unit(dimension)
    power = _prefix_power(size, unit, digits)
    return DisplayUnit(PREFIXES[power] + unit.symbol, float(f"1e{power + unit.decade}"))


def _prefix_power(size: float, unit: NaturalUnit, digits: int) -> int:
    """The power of ten of the prefix; none for a size so far out that the prefix would not help to read it."""
    if not math.isfinite(size) or size == 0.0:
        return 0
    # Rounding comes first: 999.9999995 ns is 1 us.
    exponent = int(f"{size:.{digits - 1}e}".partition("e")[2]) - unit.decade
    power = 3 * (exponent // 3)
    if power < unit.lowest:
        return 0
    return min(power, unit.highest)


def number(value: float | complex, digits: int = DIGITS) -> str:
    """A number with so many significant digits, and a short exponent where it is very large or small: `2.5e6`."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case complex():
            return _complex(value, digits)
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def _complex(value: complex, digits: int) -> str:
    imaginary = number(value.imag, digits)
    sign, size = ("-", imaginary[1:]) if imaginary.startswith("-") else ("+", imaginary)
    return f"({number(value.real, digits)} {sign} {size}i)"
