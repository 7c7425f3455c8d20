"""Every syntax error has its own words: no state that a one-token edit of the corpus reaches is without a situation."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from tests.surface.reading import CORPUS, read

from qdsl.lang.source import Chunk, Source
from qdsl.lang.surface.chunks import cuts
from qdsl.lang.surface.layout import Layout
from qdsl.lang.surface.lexer import lexed
from qdsl.lang.surface.syntax_errors import SITUATIONS
from qdsl.lang.surface.syntax_examples import EXAMPLES
from qdsl.lang.surface.table import table

SIGNS = """x 1 2i "t" "{a}" ( ) [ ] { } , ; : . .. -> ~ ? = == < +/- + - * / ^ † test"t" """
KEYWORDS = "let var fn if else for in while break return to as not true assert import from show"
SOFT = "experiment param axis measure dimension unit const option"
WORDS = [*SIGNS.split(), *KEYWORDS.split(), *(f"{word} n" for word in SOFT.split()), "\n"]


def edits(text: str) -> Iterator[str]:
    """Every token left out, every word put before it and in its place; once for each state and token that follows."""
    chunk = Source("corpus", text).whole
    tokens = lexed(chunk).tokens
    states = _states(chunk)
    for token, after in pairwise(tokens):
        state = states.get(token.start)
        for word in (*WORDS, ""):
            for begin, following in ((token.start, token), (token.end, after)):
                if (state, word, following.kind) not in _SEEN:
                    _SEEN.add((state, word, following.kind))
                    yield f"{text[: token.start]} {word} {text[begin:]}"


_SEEN: set[tuple[object, ...]] = set()


def _states(chunk: Chunk) -> dict[int, int]:
    """The state of the parser before the token that starts at each place."""
    stack = [table().starts["start"]]
    states: dict[int, int] = {}
    for token in Layout(chunk, lexed(chunk).tokens):
        states[token.start] = stack[-1]
        table().step(stack, token.kind)
    return states


def test_every_reachable_error_state_has_its_situation() -> None:
    parts = table()
    reached: dict[int, str] = {}
    for path in CORPUS:
        text = path.read_text(encoding="utf-8")
        starts = cuts(text)
        for begin, end in zip(starts, [*starts[1:], len(text)], strict=True):
            for edited in edits(text[begin:end]):
                chunk = Source("edited", edited).whole
                stop = parts.stop(token.kind for token in Layout(chunk, lexed(chunk).tokens))
                if stop is not None:
                    reached.setdefault(stop[0], edited)
    assert len(reached) > 250
    assert [text for state, text in reached.items() if not parts.situations[state]] == []


def test_situations_and_their_examples_belong_together() -> None:
    assert set(EXAMPLES) == set(SITUATIONS)
    assert all(words[-1].kinds == frozenset() for words in SITUATIONS.values())
    assert set(table().situations) - {""} == set(SITUATIONS)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("let = 3", "E0106", "a name is missing after `let`"),
        ("let if = 3", "E0106", "`if` is a word of the language and cannot be a name"),
        ("let x =\nlet y = 2", "E0101", "a value is missing after `=`"),
        ("let x = 3 *", "E0101", "a value is missing after `*`"),
        ("let x = 3 * / 2", "E0101", "a value is missing between `*` and `/`"),
        ("let x = a b", "E0102", "an operator is missing between `a` and `b`"),
        ("f(a b)", "E0107", "a comma or an operator is missing between `a` and `b`"),
        ("let x = {a: 3}", "E0116", "a block cannot stand here; a record is written (name = value)"),
        (
            "let x = (1, 2)",
            "E0123",
            "values in round brackets are a record (a = 1, b = 2), an array [1, 2] or a lambda's (x, y) -> ..",
        ),
        (
            "if a = b { c }",
            "E0107",
            "`=` gives a name its value, after `let` or `var` or in a call; to compare, write `==`",
        ),
        ("let r = 0 .. 5", "E0107", "a range lo .. hi stands only after `in`, and after the name of an argument"),
        ("fn f x = 3", "E0107", "the parameters in round brackets are missing after `f`: fn name(x, y)"),
        ("fn f(x) x", "E0107", "`=` and a value, or a block, are missing after the head of the function"),
        ("for k range(8) { k }", "E0107", "`in` is missing after `k`: for k in range(n)"),
        ("param p = 3", "E0126", "`param` stands inside an experiment: experiment name { .. }"),
        ("experiment e { param p in 4 }", "E0107", "bounds are a range: in 0 .. 1"),
        ("else { 3 }", "E0126", "this `else` has no `if` before it"),
        ("x to us to ms", "E0102", "a value is converted once; put the first conversion in brackets"),
        (
            "let x: Time Length = 3",
            "E0109",
            "a sign is missing between `Time` and `Length`: dimensions are joined by `*` and `/`",
        ),
        ("let x: = 3", "E0109", "a type is missing between `:` and `=`"),
        ("let z: Complex<V>= 3", "E0109", "put a space between `>` and `=`"),
        ("f(x) = 3", "E0122", "only a `var` or an element of one can be assigned to"),
        ("while a", "E0108", "the line ends too early: a block { .. }, or another part, is missing after `a`"),
        ("test foo {}", "E0106", 'the name of a test is a text: test "name" { .. }'),
    ],
)
def test_sentences(text: str, code: str, message: str) -> None:
    first = read(text)[1][0]
    assert (first.code, first.message) == (code, message)


def test_a_divided_juxtaposition_warns() -> None:
    (warning,) = read("let y = x / 9.8 m/s^2")[1]
    assert (warning.code, warning.severity.value, warning.span and warning.span.text) == ("W0120", "warning", "9.8 m")
    assert read("let y = x / (9.8 m) / s^2")[1] == []
    assert read("let y = x / (9.8 m/s^2)")[1] == []
