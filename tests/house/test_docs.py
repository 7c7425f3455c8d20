"""The documents say what is true: their programs run, their links lead somewhere, their tables are the tested ones."""

from __future__ import annotations

import doctest
import re
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest
from tests.house.floors import FLOORS
from tests.mdtest.claims import claims
from tests.mdtest.document import Case, cases
from tests.mdtest.judge import checked_case, outcome
from tests.mdtest.verdict import complaints

from qdsl.cli.main import COMMANDS, EXITS, main
from qdsl.lang.report.render import render
from qdsl.lang.surface.tokens import LATER, RESERVED, SOFT

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LANGUAGE = ROOT / "docs" / "language.md"
TEMPLATES = ROOT / "docs" / "templates.md"
CYCLES = ROOT / "docs" / "cycles.md"
VERDICTS = {
    "check": "checks",
    "error": "error",
    "error that offers the meant reading": "offers",
    "warn": "warns",
    "known miss": "miss",
}


def _programs() -> list[object]:
    """Every program in docs; the pages of the messages have tests of their own."""
    return [
        pytest.param(case, id=f"{page.stem}: {case.name}")
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if page.parent.name != "errors"
        for case in cases(page.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("case", _programs())
def test_a_program_in_the_docs_does_what_it_says(case: Case) -> None:
    assert complaints(claims(case.text), outcome(case)) == []


@pytest.mark.parametrize(("page", "least"), [(LANGUAGE, 8), (TEMPLATES, 8)], ids=["language", "templates"])
def test_python_in_the_docs_does_what_it_says(page: Path, least: int) -> None:
    found = doctest.DocTestParser().get_doctest(_python(page), {}, page.name, str(page), 0)
    assert len(found.examples) >= least
    told: list[str] = []
    doctest.DocTestRunner(verbose=False).run(found, out=told.append)
    assert told == []


def _python(page: Path) -> str:
    return "\n".join(re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))


def test_every_block_in_the_docs_is_of_a_kind_that_is_tested() -> None:
    """Programs run, Python runs, consoles and pictures have tests by name; anything else would go stale unseen."""
    kinds = {
        (page.name, fence)
        for page in PAGES
        if page.parent.name != "errors"
        for fence in re.findall(r"^```(\w*).*\n(?:(?!```).*\n)*```$", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {fence for _, fence in kinds} == {"", "qdsl", "python", "console"}
    assert {page for page, fence in kinds if fence == "console"} == {"compiler.md", "templates.md"}
    assert {page for page, fence in kinds if not fence} == {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"}


def test_the_reference_lists_every_command_with_its_options() -> None:
    rows = dict(re.findall(r"^\| `qdsl (\w+)([^`]*)` \|", LANGUAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert list(rows) == list(COMMANDS)
    for name, shown in rows.items():
        parser = ArgumentParser(add_help=False)
        import_module(f"qdsl.cli.{name}").arguments(parser)
        options = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"--\w+", shown)) == options, name


def test_the_reference_lists_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|$", LANGUAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [f"  {code:<5}{meaning}" for code, meaning in rows] == EXITS.splitlines()[1:]


def test_the_reference_names_the_words_of_the_language() -> None:
    text = LANGUAGE.read_text(encoding="utf-8")
    words = text[text.index("The words of the language are") : text.index("begin a declaration at the start")]
    assert {word for word in re.findall(r"[a-z]+", words) if word in RESERVED} == set(RESERVED)
    [soft] = re.findall(r"`([a-z ]+\noption)` begin", text)
    assert set(soft.split()) == {word for word, kind in SOFT.items() if kind not in LATER} - {"extern", "prefixes"}


def test_the_tools_that_contributing_names_are_tasks() -> None:
    named = re.findall(
        r"^python3 tasks.py (\w+) ", (ROOT / "docs/CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(named) >= 4
    tasks = (ROOT / "tasks.py").read_text(encoding="utf-8")
    assert [name for name in named if f'"{name}": {name}' not in tasks] == []


def test_the_floors_are_drawn_as_they_are() -> None:
    text = (ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
    [drawn] = re.findall(r"^```\nqdsl, __main__\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rows = [re.sub(r"\(.*\)", "", line).split() for line in reversed(drawn.splitlines())]
    floors = [{room.removeprefix("qdsl.").replace(".", "/") for room in floor} for floor in FLOORS[:-1]]
    assert [set(row) for row in rows] == floors


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
    text = CYCLES.read_text(encoding="utf-8")
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
