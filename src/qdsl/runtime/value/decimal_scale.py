"""Decimal text to SI and back, exact to the last bit.

`3` in a column of nanoseconds means the float nearest to 3·10⁻⁹; multiplying the float 3.0 by the float 1e-9 gives a
neighbour. So a cell and its unit's scale are multiplied as decimals and rounded once. In the other direction 17
significant digits of the quotient always lead back, and mostly fewer do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal
from functools import lru_cache

from qdsl.lang.typed.tree import DisplayUnit

# Wide enough that every product of a cell and a scale is exact; no trap, so that an overflow becomes an infinity.
_WIDE = Context(prec=120, Emin=-999_999, Emax=999_999, traps=[])


@lru_cache(maxsize=64)
def _decimal(number: float) -> Decimal:
    """The decimal that a scale was written as: 1e-9 is one part in a billion, not its nearest binary fraction."""
    return Decimal(repr(number))


def si_from_text(text: str, unit: DisplayUnit) -> float:
    """The SI value of a decimal number in `unit`, rounded once. Raises ValueError where the text is not a number."""
    value = float(text)
    if not math.isfinite(value) or (unit.scale == 1.0 and not unit.offset):
        return value
    return float(_WIDE.fma(_WIDE.create_decimal(text.strip()), _decimal(unit.scale), _decimal(unit.offset)))


def si_from_cells(cells: Sequence[str], unit: DisplayUnit) -> list[float]:
    """The same for a whole column, quickly: a scale of 10ⁿ is written behind the digits, and Python rounds once."""
    power = _power_of_ten(unit)
    if power is None:
        return [si_from_text(cell, unit) for cell in cells]
    if power == 0:
        return [float(cell) for cell in cells]
    suffix = f"e{power}"
    try:
        return [float(cell + suffix) for cell in cells]
    except ValueError:  # a cell has an exponent of its own, or is no number
        return [si_from_text(cell, unit) for cell in cells]


def text_from_si(value: float, unit: DisplayUnit) -> str:
    """A short decimal in `unit` that `si_from_text` turns back into exactly `value`."""
    if not math.isfinite(value):
        return repr(value)
    quotient = _WIDE.divide(_WIDE.subtract(Decimal(value), _decimal(unit.offset)), _decimal(unit.scale))
    for digits in (15, 16, 17):
        text = _written(quotient, digits)
        if si_from_text(text, unit) == value:
            return text
    # The offset has cancelled leading digits: a nanokelvin in degC.
    return _written(quotient, 18 + max(0, quotient.adjusted() - Decimal(value).adjusted()))


def _power_of_ten(unit: DisplayUnit) -> int | None:
    if unit.offset or unit.scale <= 0.0:
        return None
    power = round(math.log10(unit.scale))
    return power if float(f"1e{power}") == unit.scale else None


def _written(number: Decimal, digits: int) -> str:
    """The number with so many significant digits, correctly rounded, without trailing zeros."""
    rounded = Context(prec=digits, Emin=-999_999, Emax=999_999, traps=[]).plus(number).normalize(_WIDE)
    plain = f"{rounded:f}"
    return plain if len(plain) <= digits + 6 else f"{rounded:e}".replace("e+", "e")
