"""The core text that the lane transform writes, held to `goldens.md`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.printer import module_text
from qdsl.lang.core.verify import verify
from qdsl.lang.lanes.varying import NoLanes
from qdsl.lang.lanes.widen import widen

PAGE = Path(__file__).with_name("goldens.md")
WIDTH = 2
CASE = re.compile(
    r"^## (?P<title>.*)\n(?:(?!```|## ).*\n)*```core varying: (?P<varying>.*)\n(?P<before>(?:(?!```).*\n)*)```\n\n"
    r"```core\n(?P<after>(?:(?!```).*\n)*)```$",
    re.MULTILINE,
)


class Golden(NamedTuple):
    """One case: a program, the parameters of its @f that vary, and the wide program; `at` is where that is written."""

    title: str
    varying: frozenset[str]
    before: str
    after: str
    at: tuple[int, int]


def goldens() -> list[Golden]:
    return [
        Golden(
            found["title"], frozenset(found["varying"].split()), found["before"], found["after"], found.span("after")
        )
        for found in CASE.finditer(PAGE.read_text(encoding="utf-8"))
    ]


def widened_text(golden: Golden) -> str:
    """What the transform makes of the program, which both before and after is legal core."""
    module = parse_module(golden.before)
    verify(module)
    pattern = tuple(value.hint in golden.varying for value in module.functions["f"].parameters)
    assert sum(pattern) == len(golden.varying)
    wide = widen(module, "f", pattern, WIDTH).module
    verify(wide)
    return module_text(wide)


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: golden.title)
def test_what_lanes_make_of_it(golden: Golden, request: pytest.FixtureRequest) -> None:
    text = widened_text(golden)
    if request.config.getoption("--update"):
        page = PAGE.read_text(encoding="utf-8")
        [current] = [each for each in goldens() if each.title == golden.title]
        low, high = current.at
        PAGE.write_text(page[:low] + text + page[high:], encoding="utf-8")
        return
    assert text == golden.after


def test_every_heading_is_a_case() -> None:
    headings = re.findall(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [golden.title for golden in goldens()] == headings
    assert len(headings) >= 12


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("%w = slice %v, %i, %n -> [real]\n  %y = len %w axis 0", "the length of a slice differs from point to point"),
        (
            "%w = build %i -> [real] { |%k: int|\n    %e = const 0.0\n    yield %e\n  }\n  %y = len %w axis 0",
            "the length of an array differs from point to point",
        ),
        ("%y = call @f(%i, %n, %v) -> int", "f calls itself"),
    ],
)
def test_where_lengths_would_differ_there_are_no_lanes(program: str, reason: str) -> None:
    module = parse_module(f"func @f(%i: int, %n: int, %v: [real]) -> (int) {{\n  {program}\n  return %y\n}}")
    verify(module)
    with pytest.raises(NoLanes) as refused:
        widen(module, "f", (True, False, False), WIDTH)
    assert refused.value.reason == reason
