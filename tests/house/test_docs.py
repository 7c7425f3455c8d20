"""The documents say what is true: their programs run, their links lead somewhere, their tables are the tested ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.mdtest.claims import claims
from tests.mdtest.document import Case, cases
from tests.mdtest.judge import checked_case, outcome
from tests.mdtest.verdict import complaints

from qdsl.cli.main import main
from qdsl.lang.report.render import render

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LANGUAGE = ROOT / "docs" / "language.md"
VERDICTS = {
    "check": "checks",
    "error": "error",
    "error that offers the meant reading": "offers",
    "warn": "warns",
    "known miss": "miss",
}


@pytest.mark.parametrize("case", cases(LANGUAGE.read_text(encoding="utf-8")), ids=lambda case: case.name)
def test_a_program_of_the_reference_does_what_it_says(case: Case) -> None:
    assert complaints(claims(case.text), outcome(case)) == []


def test_the_readme_shows_the_example_without_its_comments() -> None:
    [shown] = cases((ROOT / "README.md").read_text(encoding="utf-8"))
    example = (ROOT / "examples" / "t1.qdsl").read_text(encoding="utf-8")
    lines = [re.sub(r"\s*#.*", "", line) for line in example.splitlines()]
    assert [line for line in shown.text.splitlines() if line] == [line for line in lines if line]


def test_the_readme_shows_what_the_example_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    for name in ("t1.qdsl", "data/t1_counts.csv"):
        (tmp_path / name).write_bytes((ROOT / "examples" / name).read_bytes())
    assert main(["run", str(tmp_path / "t1.qdsl")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("tau       = 23.88(65) ns\n")
    assert f"```\n{printed}```" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (tmp_path / "t1.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_the_readme_shows_a_message_as_it_is() -> None:
    case = Case("signal", 1, "fn signal(f: Frequency, t: Time) -> Scalar = cos(f * t)\n", "standard")
    [message] = checked_case(case).diagnostics
    text = render(message).replace("case.qdsl", "signal.qdsl")
    assert f"```\n{text}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_formulas_is_the_tested_one() -> None:
    rows = [line.split("\t") for line in (ROOT / "tests/data/cycle_rule.tsv").read_text().splitlines()[1:]]
    wanted = [f"| `{formula}` | {as_} | {physics} | {VERDICTS[verdict]} |" for formula, as_, physics, verdict in rows]
    text = LANGUAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `.*\| (?:right|wrong) \| \w+ \|$", text, re.MULTILINE) == wanted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_folders_that_the_readme_names_are_there() -> None:
    named = re.findall(r"^\| `([\w/]+)/` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(named) >= 6
    assert [name for name in named if not (ROOT / name).is_dir()] == []


def test_the_links_at_the_top_lead_into_the_package() -> None:
    for name in ("lang", "runtime", "stdlib"):
        assert (ROOT / name).resolve() == ROOT / "src" / "qdsl" / name
