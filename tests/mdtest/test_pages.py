"""The page of each code: its first program gets that code, its second no error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.mdtest.document import Case, cases
from tests.mdtest.judge import outcome

import qdsl.lang.report
from qdsl.cli.explain import PAGES
from qdsl.lang.core.ir import Code
from qdsl.lang.report.codes import AREAS, TITLES

SRC = Path(qdsl.lang.report.__file__).parents[2]
FORM = re.compile(
    r"# (\w\d{4}): ([^\n]+)\n\n[^#]+?\n\n## Wrong\n(?:\n```.+?```\n)+\n## Right\n(?:\n```.+?```\n)+", re.DOTALL
)
WARNINGS_IN_MENDS = {"W0220"}


TESTS = Path(__file__).parents[1]


def _programs(heading: str) -> list[object]:
    return [
        pytest.param(path.stem, case, id=path.stem)
        for path in sorted(PAGES.glob("*.md"))
        for case in cases(path.read_text(encoding="utf-8"))
        if case.name.startswith(heading)
    ]


@pytest.mark.parametrize(("code", "case"), _programs("Wrong"))
def test_the_wrong_program_gets_the_code(code: str, case: Case) -> None:
    assert code in [said.code for said in outcome(case).messages]


@pytest.mark.parametrize(("code", "case"), _programs("Right"))
def test_the_mended_program_gets_no_message(code: str, case: Case) -> None:
    found = [f"{said.code}: {said.message}" for said in outcome(case).messages]
    assert [each for each in found if each[:5] not in WARNINGS_IN_MENDS or each.startswith(code)] == []


def test_every_page_has_its_form_and_its_title() -> None:
    found = {path.stem: FORM.fullmatch(path.read_text(encoding="utf-8")) for path in PAGES.glob("*.md")}
    assert [code for code, page in found.items() if page is None] == []
    assert {page[1]: page[2] for page in found.values() if page is not None} == TITLES


def test_every_code_in_the_program_has_a_page_and_the_other_way_round() -> None:
    used = {
        code
        for path in SRC.rglob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"([EW]\d{4})"', path.read_text(encoding="utf-8"))
    } | {code.text for code in Code}
    assert used == set(TITLES)
    assert {code[1:3] for code in TITLES} <= set(AREAS)


def test_a_code_whose_page_has_no_program_is_expected_by_some_other_test() -> None:
    """What no page can hold: files too large or not UTF-8, commands, a machine without matplotlib."""
    shown = {
        path.stem
        for path in PAGES.glob("*.md")
        for case in cases(path.read_text(encoding="utf-8"))
        if "Wrong" in case.name
    }
    expected = {
        code
        for path in TESTS.rglob("test_*.py")
        for code in re.findall(r"\b[EW]\d{4}\b", path.read_text(encoding="utf-8"))
    }
    assert set(TITLES) - shown - expected == set()
