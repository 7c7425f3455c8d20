"""Units against SciPy and against what their names say."""

from __future__ import annotations

import math

import pytest
from scipy import constants
from tests.stdlib.examples import FOLDER, declarations
from tests.stdlib.running import number

from qdsl.lang.names.symbols import LONG_PREFIXES, SHORT_PREFIXES
from qdsl.lang.surface import tree as surface
from qdsl.lang.surface.tokens import RESERVED

FACTORS = {
    "deg": constants.degree,
    "arcmin": constants.arcmin,
    "arcsec": constants.arcsec,
    "percent": 0.01,
    "ppm": 1e-6,
    "ppb": 1e-9,
    "rpm": 1 / 60,
    "cps": 1.0,
    "Sps": 1.0,
    "turn": 1.0,
    "min": constants.minute,
    "hr": constants.hour,
    "day": constants.day,
    "yr": constants.Julian_year,
    "angstrom": constants.angstrom,
    "bohr": constants.physical_constants["atomic unit of length"][0],
    "L": constants.litre,
    "barn": 1e-28,
    "tonne": constants.metric_ton,
    "Da": constants.physical_constants["unified atomic mass unit"][0],
    "amu": constants.physical_constants["unified atomic mass unit"][0],
    "eV": constants.eV,
    "Eh": constants.physical_constants["atomic unit of energy"][0],
    "Ry": constants.physical_constants["Rydberg constant times hc in J"][0],
    "atomic_time": constants.physical_constants["atomic unit of time"][0],
    "cal": constants.calorie,
    "bar": constants.bar,
    "mbar": constants.bar / 1e3,
    "kbar": constants.bar * 1e3,
    "atm": constants.atm,
    "Torr": constants.torr,
    "G": 1e-4,
    "debye": 1e-21 / constants.c,
}
PREFIXES = {
    "q": -30, "r": -27, "y": -24, "z": -21, "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "m": -3, "c": -2,
    "d": -1, "da": 1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24, "R": 27, "Q": 30,
}  # fmt: skip


def test_every_unit_beside_the_si_is_compared() -> None:
    offset = {"degC", "degF"}
    declared = {(item.symbol or item.name).text for item in declarations(FOLDER / "lab_units.qdsl")}
    assert declared == FACTORS.keys() - {"angstrom"} | {"Å"} | offset


@pytest.mark.parametrize(("unit", "factor"), FACTORS.items())
def test_size(unit: str, factor: float) -> None:
    assert number(f"1 {unit}") == pytest.approx(factor, rel=1e-11 if unit == "Ry" else 3e-16, abs=0)


@pytest.mark.parametrize(("prefix", "power"), PREFIXES.items())
def test_a_prefix_is_a_power_of_ten_rounded_once(prefix: str, power: int) -> None:
    assert number(f"1 {prefix}V") == float(f"1e{power}")
    assert number(f"3.3 {prefix}V") == float(f"3.3e{power}")


@pytest.mark.parametrize(
    ("quantity", "size"),
    [
        ("1 kohm", 1e3), ("1 kΩ", 1e3), ("2 Mcps", 2e6), ("1 mbarn", 1e-31), ("1 kG", 0.1), ("1 kilogram", 1.0),
        ("1 kilometre", 1e3), ("5 g", 5e-3), ("1 min", 60.0), ("1 cd", 1.0), ("1 Pa", 1.0), ("1 hPa", 100.0),
        ("3 cm^-1", 300.0), ("20 degC", 293.15), ("-40 degC", 233.15), ("32 degF", 273.15), ("212 degF", 373.15),
    ],
)  # fmt: skip
def test_spellings(quantity: str, size: float) -> None:
    assert number(quantity) == pytest.approx(size, rel=1e-15, abs=0)


def test_degrees_are_plain_numbers() -> None:
    assert number("sin(30 deg)") == pytest.approx(0.5, rel=1e-15)
    assert number("180 deg") == math.pi


def test_no_spelling_has_two_meanings() -> None:
    """With every prefix before every unit; what is declared wins over what is prefixed, so those two must be equal."""
    spellings: dict[str, set[str]] = {}
    for path in (FOLDER / "units.qdsl", FOLDER / "lab_units.qdsl"):
        for item in declarations(path):
            if isinstance(item, surface.Unit):
                for spelling in _spellings(item):
                    spellings.setdefault(spelling, set()).add(item.name.text)
    doubled = {spelling for spelling, units in spellings.items() if len(units) > 1}
    assert doubled == {"kg", "kilogram"}
    constant_names = {item.name.text for item in declarations(FOLDER / "constants.qdsl")}
    assert spellings.keys() & constant_names == {"F", "G"}
    assert spellings.keys() & RESERVED.keys() == {"as"}


def _spellings(unit: surface.Unit) -> set[str]:
    short = {unit.symbol.text} if unit.symbol else {unit.name.text}
    found = short | {unit.name.text}
    if unit.prefixes is not None:
        found |= {prefix + each for prefix in SHORT_PREFIXES for each in short}
        found |= {prefix + unit.name.text for prefix in LONG_PREFIXES}
    return found
