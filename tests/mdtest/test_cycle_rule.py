"""The 2π rule on formulas of physics: data/cycle_rule.tsv says of each what the checker must say.

A formula becomes a function whose parameters have the types that physics gives them and whose result has the wanted
dimension; `pi` and `h` are the language's own. `docs/language.md` has the table for readers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.mdtest.document import Case
from tests.mdtest.judge import checked_case

from qdsl.lang.report.fixes import apply

TABLE = Path(__file__).parents[1] / "data" / "cycle_rule.tsv"
BASES = {"kg": "Mass", "m": "Length", "s": "Time", "A": "Current", "K": "Temperature", "cyc": "Cycle", "1": "Scalar"}
SYMBOLS = {
    **dict.fromkeys(["t", "tau", "T1", "period"], "Time"),
    **dict.fromkeys(["f", "f0", "df", "g", "Bw"], "Frequency"),
    **dict.fromkeys(["w", "kappa", "Om", "cnt"], "Rate"),
    **dict.fromkeys(["lam", "r", "dL"], "Length"),
    "n": "Scalar",
    "c": "Length / Time",
    "e": "Current * Time",
    "me": "Mass",
    "hbar": "Energy * Time",
    "kB": "Energy / Temperature",
    "Temp": "Temperature",
    "volt": "Voltage",
    "Phi0p": "Voltage * Time",
    "R": "Voltage / Current",
    "Lh": "Voltage * Time / Current",
    "Cf": "Current * Time / Voltage",
    "eps0": "(Current * Time)^2 / (Energy * Length)",
    "mu": "Mass / (Time^2 * Current) * Length / Current",
    "sig": "Current / (Voltage * Length)",
    "Bz": "Mass / (Time^2 * Current)",
    "muB": "Energy * Time^2 * Current / Mass",
    "gam": "Frequency * Time^2 * Current / Mass",
    "v": "Frequency / Time",
    "S": "Voltage^2 / Frequency",
}


@dataclass(frozen=True)
class Row:
    formula: str
    wanted: str
    verdict: str

    @property
    def program(self) -> str:
        names = dict.fromkeys(re.findall(r"[A-Za-z]\w*", self.formula))
        parameters = ", ".join(f"{name}: {SYMBOLS[name]}" for name in names if name in SYMBOLS)
        return f"fn formula({parameters}) -> {_type(self.wanted)} = {self.formula}\n"


def _type(wanted: str) -> str:
    factors = (re.fullmatch(r"(\w+?)(?:\^(-?\d+))?", factor) for factor in wanted.split("·"))
    return " * ".join(f"{BASES[factor[1]]}^{factor[2] or 1}" for factor in factors if factor)


ROWS = [
    Row(formula, wanted, verdict)
    for formula, wanted, _, verdict in (line.split("\t") for line in TABLE.read_text().splitlines()[1:])
]


def said(program: str) -> list[str]:
    """The codes of what is said of a program."""
    return [each.code for each in checked_case(Case("cycles", 1, program, "standard")).diagnostics]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.formula} as {row.wanted}")
def test_the_verdict_of_a_formula(row: Row) -> None:
    codes = said(row.program)
    match row.verdict:
        case "check" | "known miss":
            assert codes == []
        case "warn":
            assert codes == ["W0413"]
        case "error":
            errors = [code for code in codes if code.startswith("E")]
            assert errors
            assert all(code.startswith("E04") for code in errors)
        case "error that offers the meant reading":
            [error] = checked_case(Case("cycles", 1, row.program, "standard")).diagnostics.errors
            source = error.labels[0].span.source
            assert [] in [said(apply(source, [fix])) for fix in error.fixes]
        case _:
            pytest.fail(f"an unknown verdict: {row.verdict}")


def test_the_table_is_whole() -> None:
    assert len(ROWS) == 77
    assert {row.verdict for row in ROWS} == {
        "check",
        "error",
        "error that offers the meant reading",
        "warn",
        "known miss",
    }


@pytest.mark.parametrize("row", [row for row in ROWS if row.verdict == "warn"], ids=lambda row: row.formula)
def test_a_warning_of_a_doubled_turn_has_a_fix_that_ends_it(row: Row) -> None:
    [warning] = checked_case(Case("cycles", 1, row.program, "standard")).diagnostics
    assert len(warning.fixes) == 1
    assert said(apply(warning.labels[0].span.source, warning.fixes)) == []
