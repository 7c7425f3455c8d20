"""Trees of the corpus, against golden files (`--update` rewrites them); and the decisions of precedence, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.surface.reading import CORPUS, HERE, right, shown, statements

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.surface import parse, parse_unit


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_golden(path: Path, request: pytest.FixtureRequest) -> None:
    tree = "".join(f"{shown(item)}\n" for item in right(path.read_text(encoding="utf-8")).items)
    golden = HERE / "golden" / f"{path.stem}.txt"
    if request.config.getoption("--update"):
        golden.write_text(tree, encoding="utf-8")
    assert tree == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("9.8 m/s^2", "((9.8 m) / (s^2))"),
        ("2pi^2", "2 (pi^2)"),
        ("2 x[0] * y", "(2 (x[0])) * y"),
        ("2 f(x)^2", "2 ((f(x))^2)"),
        ("-2 m", "-(2 m)"),
        ("-x^2", "-(x^2)"),
        ("x^-y^2", "x^(-(y^2))"),
        ("a^b^c", "a^(b^c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("a + b to us", "(a + b) to us"),
        ("a to us < b", "(a to us) < b"),
        ("a ~= b + c +/- d", "a ~= ((b + c) +/- d)"),
        ("not a == b and c or d", "((not (a == b)) and c) or d"),
        ("x -> a or b", "x -> (a or b)"),
        ("x.f(y).z", "((x.f)(y)).z"),
    ],
)
def test_precedence(short: str, long: str) -> None:
    assert statements(short) == statements(long)


def test_brackets_count_in_the_place_but_not_in_the_tree() -> None:
    text = "let x = (a + b) * c"
    (item,) = right(text).items
    assert item.value.span.text == "(a + b) * c"  # type: ignore[attr-defined]
    assert item.value.left.span.text == "(a + b)"  # type: ignore[attr-defined]


def test_units_on_their_own() -> None:
    found = Diagnostics()
    for text, tree in [("us", "Reference('us')"), ("1/s", "Binary('/', Number('1', 1, False), Reference('s'))")]:
        assert shown(parse_unit(text, found)) == tree
    assert not len(found)
    parse_unit("m per s", found)
    parse_unit("", found)
    assert [each.code for each in found] == ["E0125", "E0125"]


def test_a_source_may_begin_with_a_mark_and_end_lines_as_windows_does() -> None:
    assert statements("\ufefflet x = 1\r\nx\r\n") == statements("let x = 1\nx\n")


def test_positions() -> None:
    source = Source("a.qdsl", "let x = 1\nlet y = x + 2\n")
    module = parse(source, Diagnostics())
    value = module.items[1].value  # type: ignore[attr-defined]
    assert (value.span.begins, value.operator_span.begins) == ((2, 9), (2, 11))
