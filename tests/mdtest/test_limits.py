"""Programs that no document should hold: too long, too deep, too open. Each gets a message, soon, and never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.mdtest.document import Case
from tests.mdtest.judge import checked_case, outcome

LOADING = """experiment line {
    param a: Scalar = 2
    axis t: Time
    measure y ~ Normal(a * (t / 1 s), 0.1)
}
let run = load("line.csv", line)
"""


def codes(program: str) -> list[str]:
    return [each.code for each in checked_case(Case("limits", 1, program, "standard")).diagnostics.errors]


@pytest.mark.parametrize(
    "program",
    [
        "let x = " + "(" * 10_000 + "1" + ")" * 10_000 + "\n",
        "let x = " + "[" * 10_000 + "1" + "]" * 10_000 + "\n",
        "let x = " + "-" * 10_000 + "1\n",
        "fn f(x: Scalar) -> Scalar = " + "if x > 0 { " * 3_000 + "1" + " } else { 2 }" * 3_000 + "\n",
    ],
    ids=["brackets", "arrays", "signs", "ifs"],
)
def test_nesting_has_a_limit_that_is_told(program: str) -> None:
    assert codes(program) == ["E0118"]


@pytest.mark.parametrize("program", ["let x = 1" + " + 1" * 300 + "\n", "let x = [" + "1, " * 5_000 + "1]\n"])
def test_what_is_long_but_not_deep_is_no_matter(program: str) -> None:
    assert codes(program) == []


@pytest.mark.parametrize(
    "number",
    [
        "0." + "1" * 5_000,
        "1" * 5_000,
        "." + "1" * 5_000,
        "1" * 5_000 + "e-4999",
        "1e" + "9" * 5_000 + "i",
        "1e-" + "9" * 5_000 + " degC",
        "1.5(2)e" + "9" * 5_000,
        "1.5(" + "2" * 5_000 + ")",
        "3 m to m^" + "1" * 5_000,
        "3 m to m^(1/" + "1" * 5_000 + ")",
        "0; let zero: Length^" + "1" * 5_000 + " = 0",
        "0; let zero: [Scalar; " + "1" * 5_000 + "] = zeros(1)",
    ],
)
def test_a_number_has_a_limit_that_is_told(number: str) -> None:
    assert codes(f"let x = {number}\n") == ["E0114"]


def test_a_number_of_pages_is_not_repeated() -> None:
    [found] = checked_case(Case("limits", 1, f"let x = {'1' * 100_000}\n", "standard")).diagnostics
    assert found.message == "this number has 100,000 characters; the limit is 1,000"
    assert codes(f"let x = 0.{'1' * 990}\n") == []


@pytest.mark.parametrize("unit", ["mm^1e308", "mm^(1/1e-320)", "Qm^11", "qm^11", "s/qm^20", "mm^" + "9" * 900])
def test_a_unit_has_a_size_that_is_a_number(unit: str) -> None:
    assert codes(f"let x = 3 {unit}\n") == ["E0416"]
    assert codes(f"let x = 3 m to {unit}\n") == ["E0416"]


def test_a_file_has_a_limit_that_is_told() -> None:
    assert codes("let x = 1\n" * 1_000_000) == ["E0119"]


def test_too_many_open_turns() -> None:
    assert codes("let x = " + " * ".join(["pi"] * 12) + "\n") == []
    assert codes("let x = " + " * ".join(["pi"] * 13) + "\n") == ["E0410"]


@pytest.mark.parametrize(
    ("header", "code"), [("t [s],größe", "E0802"), ("t [3 +],y", "E0812"), ("t [furlong],y", "E0812")]
)
def test_headers_that_cannot_be_read(header: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text = Path.write_text

    def as_latin_1(path: Path, text: str, encoding: str) -> int:
        return write_text(path, text, encoding="latin-1" if path.suffix == ".csv" else encoding)

    monkeypatch.setattr(Path, "write_text", as_latin_1)
    case = Case("headers", 1, LOADING, "standard", {"line.csv": f"{header}\n1,2.1\n2,3.9\n"})
    assert [said.code for said in outcome(case).messages] == [code]
