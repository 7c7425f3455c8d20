"""The types that the library's functions and constants show to a user, and what they refuse."""

from __future__ import annotations

import functools

import pytest
from tests.stdlib.examples import files

from qdsl.lang import library
from qdsl.lang.compile import Context, check
from qdsl.lang.source import Source
from qdsl.lang.typed.show import Show


@functools.cache
def checked_library() -> library.Library:
    return library.build({path.stem: path.read_text("utf-8") for path in files()})


def messages(text: str) -> list[str]:
    """What the checker says to a program."""
    found = check(Source("program", text), Context(checked_library())).diagnostics
    return [f"{each.code}: {each.message}" for each in found.in_order()]


TYPES = {
    "sqrt": "(D) -> D^(1/2)",
    "hypot": "(D, D) -> D",
    "atan2": "(D, D) -> Scalar",
    "fma": "(A, B, A * B) -> A * B",
    "floor": "(Scalar) -> Int",
    "bit_xor": "(Int, Int) -> Int",
    "clamp": "(D, D, D) -> D",
    "sign": "(D) -> Scalar",
    "lorentzian": "(D, D, D) -> Scalar",
    "period": "(Frequency) -> Time",
    "frequency": "(Time) -> Frequency",
    "wavelength": "(Frequency) -> Length",
    "from_dbm": "(Scalar) -> Power",
    "choose": "(Int, Int) -> Int",
    "variance": "([D]) -> D^2",
    "trapz": "([Y; n], [X; n]) -> X * Y",
    "argmin": "([D]) -> Int",
    "dot": "([A; n], [B; n]) -> A * B",
    "matmul": "([A; n, k], [B; k, m]) -> [A * B; n, m]",
    "normal_log_density": "(D, D, D) -> Scalar",
    "normal_information": "(D, D) -> (mean: 1/D^2, sigma: 1/D^2)",
    "binomial_log_density": "(Int, Int, Scalar) -> Scalar",
    "exponential_draw": "(Int, Int, D) -> D",
    "philox": "(Int, Int, Int) -> (x0: Int, x1: Int, x2: Int, x3: Int)",
}


@pytest.mark.parametrize(("name", "type_"), TYPES.items())
def test_type(name: str, type_: str) -> None:
    show = Show(checked_library().dimension_names)
    assert show.type(checked_library().function(name).type) == type_


DIMENSIONS = {
    "m/s": "Speed",
    "m^2/s^2": "Length^2/Time^2",
    "J*s": "Action",
    "V/m": "ElectricField",
    "kg*m/s^2": "Force",
    "s^-1": "Rate",
    "Hz": "Frequency",
}


@pytest.mark.parametrize(("unit", "name"), DIMENSIONS.items())
def test_a_derived_dimension_is_shown_by_its_name(unit: str, name: str) -> None:
    (message,) = messages(f"1 cd + 1 {unit}")
    assert message.endswith(f"cannot add Luminosity and {name}")


RIGHT = [
    "h * 5 GHz + hbar * 3 rad/s",
    "Phi0 * 5 GHz + 1 uV",
    "Phi0 + 1 Wb",
    "K_J * 1 uV + 1 Hz",
    "muB * 1 T / h + 1 Hz",
    "muB * 1 T / hbar + 1 / 1 s",
    "gamma_p * 1 T / 2pi + 1 Hz",
    "1 m_e * c^2 + 1 eV",
    "R_inf * c * h + 1 J",
    "1e6 Sps + 3 Bq + 1 rad/s",
    "sum(zeros(3)) + 1 s",
    "max(1 s, inf) + min(0, 3 s)",
]
WRONG = [
    "hbar * 5 GHz + 1 J",
    "gamma_p * 1 T + 1 Hz",
    "5 Bq + 5 Hz",
    "frequency(5 Hz)",
    "wavelength(1 / 1 s)",
    "sin(1 cycle)",
    "db(1 W)",
    "sqrt(1 s) + 1 s",
    "dot([1 s], [1 m]) + 1 s",
    "log(2 s)",
    "normal_draw(1, 0, 1 s, 1 m)",
    "binomial_draw(1, 0, 3.5, 0.5)",
]


@pytest.mark.parametrize("text", RIGHT)
def test_right_formulas_check(text: str) -> None:
    assert messages(text) == []


@pytest.mark.parametrize("text", WRONG)
def test_wrong_formulas_do_not(text: str) -> None:
    found = messages(text)
    assert len(found) == 1
    assert found[0].startswith(("E03", "E04"))
