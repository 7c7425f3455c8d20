"""Fixes as text and messages as data."""

from __future__ import annotations

import json

from qdsl.lang.report import Edit, Fix, Label, error
from qdsl.lang.report.data import as_json
from qdsl.lang.report.fixes import EditedLine, apply, edited_lines
from qdsl.lang.source import Chunk, Source, Span

SOURCE = Source("a.qdsl", "let a = cos(f)\nlet b = 2\nlet c = 3")


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(SOURCE.span(start, end), text)


def test_edits_of_one_fix_are_applied_together_and_in_place() -> None:
    wrap = Fix("wrap", (edit(13, 13, ")"), edit(12, 12, "(2pi * ")))
    assert apply(SOURCE, [wrap]) == "let a = cos((2pi * f))\nlet b = 2\nlet c = 3"
    assert edited_lines(SOURCE, wrap) == [EditedLine(1, "let a = cos((2pi * f))", ((12, 19), (20, 21)))]


def test_of_two_fixes_for_one_place_the_first_counts() -> None:
    first, second = Fix("x", (edit(12, 13, "x"),)), Fix("y", (edit(11, 14, "y"), edit(24, 24, "!")))
    assert apply(SOURCE, [first, second]) == "let a = cos(x)\nlet b = 2\nlet c = 3"
    assert apply(SOURCE, [first, Fix("z", (edit(33, 34, "4"),))]) == "let a = cos(x)\nlet b = 2\nlet c = 4"


def test_lines_taken_away_and_put_in() -> None:
    assert [line.text for line in edited_lines(SOURCE, Fix("join", (edit(14, 15, "; "),)))] == [
        "let a = cos(f); let b = 2"
    ]
    split = edited_lines(SOURCE, Fix("split", (edit(23, 23, "\nlet d"),)))
    assert [(line.number, line.text, line.fresh) for line in split] == [(2, "let b = ", ()), (3, "let d2", ((0, 5),))]


def test_places_as_data_count_lines_and_columns_from_one() -> None:
    chunk = Chunk(SOURCE, 15, "let b = 2")
    message = error("E0401", "m", Label(Span(chunk, 8, 9), "two"), fixes=(Fix("t", (Edit(Span(chunk, 8, 8), "1"),)),))
    [data] = json.loads(json.dumps(as_json([message])))
    place = {
        "file": "a.qdsl",
        "start": {"line": 2, "column": 9, "offset": 23},
        "end": {"line": 2, "column": 10, "offset": 24},
    }
    assert data == {
        "code": "E0401",
        "severity": "error",
        "message": "m",
        "place": place,
        "labels": [{"place": place, "text": "two"}],
        "note": "",
        "hint": "",
        "fixes": [{"title": "t", "sure": True, "edits": [{"place": {**place, "end": place["start"]}, "text": "1"}]}],
    }
    assert as_json([error("E0901", "no file")])[0]["place"] is None
