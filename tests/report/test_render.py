"""How messages look: each test shows a message as a person sees it."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error, warning
from qdsl.lang.report.render import render, render_all, summary
from qdsl.lang.source import Source, Span


def place(source: Source, text: str, nth: int = 0) -> Span:
    """The nth occurrence of a text."""
    at = -1
    for _ in range(nth + 1):
        at = source.text.index(text, at + 1)
    return source.span(at, at + len(text))


def expect(diagnostic: Diagnostic, text: str, limit: int = 120) -> None:
    assert render(diagnostic, limit=limit) == dedent(text).strip("\n")


def test_a_label_inside_another() -> None:
    source = Source("a.qdsl", "let x = 1\nlet p = 0.5 + cos(f * t)\n")
    expect(
        error(
            "E0412",
            "cos takes radians",
            Label(place(source, "f * t"), "this counts cycles"),
            Label(place(source, "cos(f * t)"), "radians = 2π × cycles"),
            fixes=(Fix("multiply by 2pi", (Edit(place(source, "f * t").before(), "2pi * "),)),),
        ),
        """
        error E0412: cos takes radians
          --> a.qdsl:2:19
           |
         2 | let p = 0.5 + cos(f * t)
           |               ----^^^^^-
           |               |   |
           |               |   this counts cycles
           |               radians = 2π × cycles
           |
           help: multiply by 2pi
         2 | let p = 0.5 + cos(2pi * f * t)
           |                   ++++++
        """,
    )


def test_labels_on_several_lines_with_a_gap() -> None:
    source = Source("a.qdsl", "fn f(t) = t\n1\n2\n3\n4\nf(1, 2)\n")
    expect(
        error(
            "E0308", "`f` takes 1 argument", Label(place(source, "2", 1), "one too many"), Label(place(source, "f(t)"))
        ),
        """
        error E0308: `f` takes 1 argument
          --> a.qdsl:6:6
           |
         1 | fn f(t) = t
           |    ----
        ...
         6 | f(1, 2)
           |      ^ one too many
        """,
    )


def test_a_gap_of_one_line_is_shown() -> None:
    source = Source("a.qdsl", "a\nb\nc\n")
    expect(
        error("E0204", "twice", Label(place(source, "c"), "again"), Label(place(source, "a"), "first")),
        """
        error E0204: twice
          --> a.qdsl:3:1
           |
         1 | a
           | - first
         2 | b
         3 | c
           | ^ again
        """,
    )


def test_a_span_of_several_lines() -> None:
    source = Source("a.qdsl", "let x = if c {\n    1\n} else {\n    2\n}\n")
    whole = source.span(8, len(source.text))
    expect(
        error("E0304", "the branches differ", Label(whole, "this `if`"), Label(place(source, "2"), "an Int")),
        """
        error E0304: the branches differ
          --> a.qdsl:1:9
           |
         1 |   let x = if c {
           |  _________^
         2 | |     1
         3 | | } else {
         4 | |     2
           | |     - an Int
         5 | | }
           | |_^ this `if`
        """,
    )


def test_a_tall_span_that_opens_its_line_shows_its_ends() -> None:
    source = Source("a.qdsl", "experiment e {\n" + "    a\n" * 12 + "}\n")
    expect(
        error("E0501", "it measures nothing", Label(source.span(0, len(source.text)))),
        """
        error E0501: it measures nothing
          --> a.qdsl:1:1
            |
          1 | / experiment e {
        ...   |
         14 | | }
            | |_^
        """.replace("          -->", "           -->"),
    )


def test_wide_and_combining_characters_and_tabs_keep_the_underline_in_place() -> None:
    source = Source("a.qdsl", '\tlet größe = "日本語" + e\u0301x\n')
    expect(
        error("E0302", "no", Label(place(source, "日本語"), "six columns"), Label(place(source, "e\u0301x"), "two")),
        """
        error E0302: no
          --> a.qdsl:1:15
           |
         1 |     let größe = "日本語" + éx
           |                  ^^^^^^    -- two
           |                  |
           |                  six columns
        """.replace("éx", "e\u0301x"),
    )


def test_what_could_disturb_a_terminal_is_made_visible() -> None:
    source = Source("a.qdsl", "x\x1b[31m \u202e y\n")
    text = render(error("E0115", "no", Label(place(source, "y"))))
    assert "x␛[31m <U+202E> y" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_long_line_is_cut_around_the_place() -> None:
    source = Source("a.qdsl", "let y = " + " + ".join(f"name{i}" for i in range(10, 90)) + "\n")
    text = render(error("E0201", "no", Label(place(source, "name50"))), limit=54)
    line, carets = text.splitlines()[-2:]
    assert max(map(len, text.splitlines())) <= 54
    assert line[carets.index("^") : carets.rindex("^") + 1] == "name50"
    assert "…" in line[:8]
    assert line.endswith("…")


def test_the_end_of_a_file_points_behind_its_last_character() -> None:
    source = Source("a.qdsl", "let x = (1\n")
    expect(
        error("E0102", "this is not closed", Label(source.span(len(source.text), len(source.text)), "here")),
        """
        error E0102: this is not closed
          --> a.qdsl:1:11
           |
         1 | let x = (1
           |           ^ here
        """,
    )


def test_two_files() -> None:
    first, second = Source("a.qdsl", "f(1)\n"), Source("b.qdsl", "fn f() = 1\n")
    expect(
        error("E0308", "too many", Label(place(first, "1")), Label(place(second, "f()"), "declared here")),
        """
        error E0308: too many
          --> a.qdsl:1:3
           |
         1 | f(1)
           |   ^
          ::: b.qdsl:1:4
           |
         1 | fn f() = 1
           |    --- declared here
        """,
    )


def test_note_hint_and_unsure_fix() -> None:
    source = Source("a.qdsl", "x = 1\n")
    fix = Fix("bind it", (Edit(source.span(0, 0), "let "),), sure=False)
    expect(
        error(
            "E0211",
            "never declared",
            Label(place(source, "x")),
            note=" left: a\nright: b",
            hint="say let",
            fixes=(fix,),
        ),
        """
        error E0211: never declared
          --> a.qdsl:1:1
           |
         1 | x = 1
           | ^
           |
            left: a
           right: b
           hint: say let
           perhaps: bind it
         1 | let x = 1
           | ++++
        """,
    )


def test_a_message_about_no_place() -> None:
    expect(
        error("E0901", "there is no file x", hint="did you mean y?"),
        "error E0901: there is no file x\n   hint: did you mean y?",
    )


def test_colour_changes_nothing_but_colour() -> None:
    source = Source("a.qdsl", "let x = if c {\n    1\n}\n")
    message = warning(
        "W0220", "w", Label(source.span(8, len(source.text)), "a"), Label(place(source, "1"), "b"), hint="h"
    )
    coloured = render(message, colour=True)
    assert coloured != render(message)
    plain = re.sub("\x1b\\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == render(message).splitlines()


def test_messages_and_their_number() -> None:
    found = [error("E0901", "a"), warning("W0220", "b"), error("E0902", "c")]
    assert summary(found) == "2 errors, 1 warning"
    assert summary([]) == ""
    assert render_all(found[:2]) == "error E0901: a\n\nwarning W0220: b"


@given(
    st.text(alphabet=st.sampled_from("ab \t\n日é\u0301\u200b\r🙂("), max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.sampled_from(["", "text"])), min_size=1, max_size=5),
    st.integers(30, 120),
)
def test_any_labels_on_any_text_can_be_drawn(text: str, places: list[tuple[int, int, str]], limit: int) -> None:
    source = Source("a.qdsl", text)
    spans = [tuple(sorted((min(a, len(text)), min(b, len(text))))) for a, b, _ in places]
    labels = [Label(source.span(*span), said) for span, (_, _, said) in zip(spans, places, strict=True)]
    rows = render(error("E0100", "m", *labels), limit=limit).splitlines()
    assert sum(row.count("text") for row in rows) == sum(label.text == "text" for label in labels)
    assert any("^" in row for row in rows)


@pytest.mark.parametrize("text", ["", "\n", "   ", "\r\n\r\n"])
def test_an_empty_file_has_a_place_too(text: str) -> None:
    source = Source("a.qdsl", text)
    assert "^" in render(error("E0100", "empty", Label(source.span(len(text), len(text)))))
