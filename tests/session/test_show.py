"""Every kind of value as a person reads it, printed and in a text."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.session.running import lines

SHOWN = {
    # numbers and their units
    "3": "3",
    "2.5": "2.5",
    "1 / 3": "0.333333",
    "1e300": "1e300",
    "3 us": "3 us",
    "3 us + 500 ns": "3.5 us",
    "2 * 3 us": "6 us",
    "-(3 us)": "-3 us",
    "3 us to ns": "3000 ns",
    "36 km/hour to m/s": "10 m/s",
    "1 / (2 us)": "500000 1/s",
    "2 m * 3 m": "6 m^2",
    "1.5 m / (3 s)": "0.5 m/s",
    "300 K to degC": "26.85 degC",
    "25 degC": "25 degC",
    "5 percent": "5 percent",
    "h * 5 GHz to eV": "2.06783e-5 eV",
    "0 s": "0 s",
    "range(3)[1] * 4": "4",
    "round(2.6)": "3",
    # truth and text
    "1 < 2": "true",
    "not true": "false",
    '"a {1 + 1} b"': "a 2 b",
    '"{{x}"': "{x}",
    '"t = {3 us to ns}"': "t = 3000 ns",
    # complex
    "3 + 4i": "(3 + 4i)",
    "(3 - 4i) * 1 V": "(3 - 4i) V",
    "abs(3 + 4i)": "5",
    # estimates
    "18.21(42) us": "18.21(42) us",
    "2 * 18.21(42) us": "36.42(84) us",
    "18.21(42) us to ns": "1.821(42)e4 ns",
    "1 / 18.21(42) us to 1/ms": "54.9(13) 1/ms",
    "5.0 +/- 0.1": "5.00(10)",
    # arrays, matrices, records
    "[1 us, 2 us]": "[1, 2] us",
    "[1 us, 2 us] to ns": "[1000, 2000] ns",
    "[0, 0.5, 1]": "[0, 0.5, 1]",
    "[1, 2] == [1, 3]": "[true, false]",
    "[[1 m, 2 m], [3 m, 4 m]]": "[[1, 2] m, [3, 4] m]",
    "[1i, 2]": "[(0 + 1i), (2 + 0i)]",
    "(a = 1 s, b = 2)": "(a = 1 s, b = 2)",
    "[(a = 1 s, b = k) for k in range(2)]": "[(a = 1 s, b = 0), (a = 1 s, b = 1)]",
    "[k for k in range(25)]": "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]",
    "zeros(0)": "[]",
}


@pytest.mark.parametrize(("expression", "text"), SHOWN.items(), ids=SHOWN)
def test_a_value_as_printed(expression: str, text: str) -> None:
    assert lines(f"print({expression})") == [text]


@pytest.mark.parametrize("expression", [each for each in SHOWN if '"' not in each and "\\" not in each])
def test_a_value_is_the_same_in_a_text(expression: str) -> None:
    assert lines(f'let x = {expression}\nprint("<{{x}}>")') == [f"<{SHOWN[expression]}>"]


def test_several_values_stand_in_one_line() -> None:
    assert lines('print(1, "two", 3 us, true)') == ["1 two 3 us true"]
    assert lines("print()") in ([], [""])


TABLE = """
experiment line {
    param a: Rate = 2 Bq
    axis t: Time = [1 ms, 2 ms, 3 ms]
    measure y ~ Normal(a * t * 1000, 0.5)
}
"""


def test_a_table_has_its_units_in_its_header() -> None:
    assert lines(TABLE + "print(expected(line))") == ["t [ms]  y", "     1  2", "     2  4", "     3  6"]


def test_a_column_is_shown_in_the_unit_of_its_header(tmp_path: Path) -> None:
    program = (
        TABLE
        + """
    let data = load("data.csv", line)
    let t = data.t
    print(data.t, t, t[1], data.t[0:2], len(data))
    """
    )
    header = {"data.csv": "t [us],y\n1000,2\n2000,4\n"}
    (line,) = lines(program, folder=tmp_path, files=header)
    assert line == "[1000, 2000] us [1000, 2000] us 2000 us [1000, 2000] us 2"


def test_a_fit_and_its_parts() -> None:
    program = (
        TABLE
        + """
    let f = fit(line, simulate(line, seed = 1))
    print(f)
    print(f.a, f.verdict, f.dof, f.nll, f.deviance, f.p_value)
    """
    )
    shown = lines(program)
    assert shown[0].startswith("a = ")
    assert shown[0].endswith(" Bq")
    assert shown[1] == "converged"
    assert shown[-1].startswith(shown[0].removeprefix("a = ") + " converged 2 ")
