"""Which unit a dimension is shown in when the program does not say.

In: a ground `Dimension`. Out: a `NaturalUnit`, a symbol and whether SI prefixes suit it. A dimension that has a derived
unit gets it (`Hz`, `N`, `V/m`); any other is a product of base units (`m/s^2`). The symbols are those of the standard
library, so that what is printed can be pasted back into a program.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from qdsl.lang.typed.dimension import CYCLE, Dimension, Exponent

BASE_SYMBOLS = {
    "Mass": "kg",
    "Length": "m",
    "Current": "A",
    "Temperature": "K",
    "Amount": "mol",
    "Luminosity": "cd",
    CYCLE: "cycle",
    "Time": "s",
}

# Powers of (Time, Length, Mass, Current, Temperature, Cycle). A plain symbol takes prefixes, a quotient does not.
_DERIVED: tuple[tuple[str, tuple[int, int, int, int, int, int]], ...] = (
    ("Hz", (-1, 0, 0, 0, 0, 1)),
    ("N", (-2, 1, 1, 0, 0, 0)),
    ("J", (-2, 2, 1, 0, 0, 0)),
    ("W", (-3, 2, 1, 0, 0, 0)),
    ("Pa", (-2, -1, 1, 0, 0, 0)),
    ("C", (1, 0, 0, 1, 0, 0)),
    ("V", (-3, 2, 1, -1, 0, 0)),
    ("ohm", (-3, 2, 1, -2, 0, 0)),
    ("S", (3, -2, -1, 2, 0, 0)),
    ("F", (4, -2, -1, 2, 0, 0)),
    ("H", (-2, 2, 1, -2, 0, 0)),
    ("Wb", (-2, 2, 1, -1, 0, 0)),
    ("T", (-2, 0, 1, -1, 0, 0)),
    ("V/m", (-3, 1, 1, -1, 0, 0)),
    ("J*s", (-1, 2, 1, 0, 0, 0)),
    ("J/Hz", (-1, 2, 1, 0, 0, -1)),
    ("J/K", (-2, 2, 1, 0, -1, 0)),
    ("Hz/T", (1, 0, -1, 1, 0, 1)),
    ("J/T", (0, 2, 0, 1, 0, 0)),
    ("V/K", (-3, 2, 1, -1, -1, 0)),
)
_ORDER = ("Time", "Length", "Mass", "Current", "Temperature", CYCLE)
DERIVED: dict[Dimension, str] = {
    Dimension({name: power for name, power in zip(_ORDER, powers, strict=True) if power}): symbol
    for symbol, powers in _DERIVED
}


@dataclass(frozen=True, slots=True)
class NaturalUnit:
    """A unit by default: 10^`decade` in SI; `lowest` to `highest` are the powers of ten its prefixes may have."""

    symbol: str
    decade: int = 0
    lowest: int = 0
    highest: int = 0


# Nobody says kiloseconds, kilokelvin or megagrams; metres, and every derived unit, go both ways.
_OWN_PREFIXES = {
    "Time": NaturalUnit("s", lowest=-18),
    "Mass": NaturalUnit("g", -3, -15, 3),
    "Length": NaturalUnit("m", 0, -15, 3),
    "Current": NaturalUnit("A", 0, -18, 3),
    "Temperature": NaturalUnit("K", lowest=-9),
    "Amount": NaturalUnit("mol", lowest=-15),
}


@lru_cache(maxsize=256)
def natural_unit(dimension: Dimension) -> NaturalUnit:
    """The unit a quantity of this dimension is shown in; a pure number's symbol is empty."""
    symbol = DERIVED.get(dimension)
    if symbol is not None:
        return NaturalUnit(symbol, 0, -18, 15) if symbol.isalpha() else NaturalUnit(symbol)
    if len(dimension.factors) == 1:
        ((name, power),) = dimension.factors.items()
        if power == 1 and name in _OWN_PREFIXES:
            return _OWN_PREFIXES[str(name)]
    return NaturalUnit(product_text(dimension, BASE_SYMBOLS))


def si_unit(dimension: Dimension) -> str:
    """The coherent SI unit, in which numbers are kept: `s`, `Hz`, `kg*m`; "" for a number."""
    return DERIVED.get(dimension) or product_text(dimension, BASE_SYMBOLS)


def product_text(dimension: Dimension, names: dict[str, str] | None = None) -> str:
    """The dimension as a product of powers: `Length/Time^2`, or with unit symbols for names `m/s^2`; "" for a number.

    A base dimension that `names` does not know keeps its own name.
    """
    names = names or {}
    ordered = sorted(dimension.factors.items(), key=lambda item: _rank(str(item[0])))
    above = [_power(names.get(str(atom), str(atom)), power) for atom, power in ordered if power > 0]
    below = [_power(names.get(str(atom), str(atom)), -power) for atom, power in ordered if power < 0]
    if not below:
        return "*".join(above)
    return "/".join(["*".join(above) or "1", *below])


def _rank(name: str) -> tuple[int, str]:
    known = list(BASE_SYMBOLS)
    return (known.index(name) if name in BASE_SYMBOLS else len(known), name)


def _power(symbol: str, power: Exponent) -> str:
    if power == 1:
        return symbol
    return f"{symbol}^{power}" if isinstance(power, int) else f"{symbol}^({power})"
