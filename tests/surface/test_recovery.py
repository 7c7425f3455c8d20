"""A broken line costs itself only: what is said, what is kept, and what the fixes make of it."""

from __future__ import annotations

import random
import time

import pytest
from tests.surface.reading import CORPUS, codes, mended, read, shown

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.surface import is_incomplete, parse
from qdsl.lang.surface.printer import formatted
from qdsl.lang.surface.tree import BrokenExpr, BrokenItem, Node, children


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("let a = f(1, x\nlet b = 3\n", "let a = f(1, x)\nlet b = 3\n"),
        ("let a = (1 + [2, 3\nb = 4\n", "let a = (1 + [2, 3])\nb = 4\n"),
        ("fn f(x {\n    x\n}\n", "fn f(x) {\n    x\n}\n"),
        ("let e = if (a > b { 3 } else { 4 }\n", "let e = if (a > b) { 3 } else { 4 }\n"),
        ("fn g(x) {\n    let z = [1, 2\n    h(z)\n}\n", "fn g(x) {\n    let z = [1, 2]\n    h(z)\n}\n"),
        (
            "fn g(n) {\n    for k in range(n) {\n        y = k\n    let z = 4\n    z\n}\nlet a = 1\n",
            "fn g(n) {\n    for k in range(n) {\n        y = k\n    }\n    let z = 4\n    z\n}\nlet a = 1\n",
        ),
        (
            "fn f(x) {\n    let y = 2\n    y\n\nfn g(x) = x\n",
            "fn f(x) {\n    let y = 2\n    y\n}\n\nfn g(x) = x\n",
        ),
        (
            "experiment e {\n    param p = 1\n    measure n ~ f(p\n\nexperiment d {}\n",
            "experiment e {\n    param p = 1\n    measure n ~ f(p)\n}\n\nexperiment d {}\n",
        ),
        (
            "fn f(x) {\n    if x {\n        1\n    else {\n        2\n    }\n}\n",
            "fn f(x) {\n    if x {\n        1\n    }\n    else {\n        2\n    }\n}\n",
        ),
        ("f(1, 2]\n", "f(1, 2)\n"),
        ("f(x))\n", "f(x)\n"),
        ('print("{f(x}")\n', 'print("{f(x)}")\n'),
        ("let x 3\n", "let x = 3\n"),
        ("f(a b)\n", "f(a, b)\n"),
        ("for k range(3) { k }\n", "for k in range(3) { k }\n"),
        ("let a = 1 let b = 2\n", "let a = 1; let b = 2\n"),
        ("experiment e {\n    measure n Poisson(3)\n}\n", "experiment e {\n    measure n ~ Poisson(3)\n}\n"),
        ("x = = 3\n", "x =  3\n"),
        ("a && !b\n", "a and not b\n"),
        ("x ** 2 × 3\n", "x ^ 2 * 3\n"),
        ("def f(x) = x\n", "fn f(x) = x\n"),
    ],
)
def test_one_message_and_a_fix_that_mends(wrong: str, right: str) -> None:
    found = read(wrong)[1]
    assert len({each.span for each in found}) == len(found)
    assert mended(wrong) == right
    assert codes(right) == []


@pytest.mark.parametrize(
    "broken",
    [
        "let = 3",
        "let d d d",
        "fn (x) = 3",
        "let x = 3 +",
        "f(1, * 2)",
        "let x = f(a",
        "param p = 3",
        "prove forall a: Boson { comm(a, a†) == |1> }",
        "space q Qubit",
        "povm m(q = [1]",
        "show a + as matrix",
        "let x = |0>(q)|1>(c)",
        "let y = (1, 2)",
        "fn f(x) {",
        "experiment e { f(x) }",
        'let s = "abc',
        'let s = "abc {x',
        "else { 3 }",
        "} ) ]",
        "let x: = 3",
        "$ # @",
    ],
)
def test_a_broken_line_never_hides_the_next(broken: str) -> None:
    module, found = read(f"let before = 1\n{broken}\nlet after = 2\nlet = 0\n")
    kept = [shown(item) for item in module.items]
    assert kept[0].startswith("Let(Name('before')")
    assert any(item.startswith("Let(Name('after')") for item in kept)
    assert found[-1].message == "a name is missing after `let`"
    assert len(found) >= 2


def test_what_was_understood_is_kept() -> None:
    module, _ = read("let x = f(a, b c, g(d))\nlet y 3 4 = q\n")
    names = [each.name for each in walk(module.items) if type(each).__name__ == "Reference"]  # type: ignore[attr-defined]
    assert {"f", "a", "b", "d"} <= set(names)


def test_words_of_later_versions_get_one_message_each() -> None:
    text = 'store "lab.qdb"\nprove x { |0> == <1| }\nselect a from b\ndisprove { a == b }\n'
    assert codes(text) == ["E0117"] * 4
    assert codes("circuit c(q: Qubit) {\n    h(q)\n}\nlet x = 1") == ["E0117"]


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("let x =", True),
        ("f(1,", True),
        ("fn f(x) {", True),
        ("fn f(x) {\n    x\n}", False),
        ("a +", True),
        ("a", False),
        ("let = 3", False),
        ("let = (", False),
        ("if a {", True),
        ("for k in", True),
        ("## doc", True),
        ("# comment", False),
        ("", False),
        ('"text', False),
        ("space q:", True),
        ("space q: Qubit", False),
        ("povm m(q) = [", True),
        ("show H as", True),
        ("show H as matrix", False),
        ("|0>", False),
        ("|0>(q) *", True),
        ("evolve(H, |0>(q),", True),
        ("t -> 2pi * f *", True),
    ],
)
def test_incomplete(text: str, waits: bool) -> None:
    assert is_incomplete(text) is waits


def test_a_thousand_mutations() -> None:
    """Whatever is done to a program: no exception, no hang, a tree, spans within the text, and a printable result."""
    draw = random.Random(2026)
    texts = [path.read_text(encoding="utf-8") for path in CORPUS if path.stat().st_size]
    signs = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        "=",
        "\n",
        '"',
        "let ",
        "fn ",
        "if ",
        "for ",
        "in ",
        " x ",
        "1",
        "'",
        "|",
        "\\",
        "π",
    ]
    begin = time.monotonic()
    for _ in range(1000):
        text = draw.choice(texts)
        low = draw.randrange(len(text))
        text = text[low : low + 400]
        for _ in range(draw.choice((1, 1, 2, 5))):
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.choice((draw.choice(signs), "", text[:20])) + text[at + draw.choice((0, 1, 5)) :]
        module, found = read(text)
        for each in walk(module.items):
            low, high = each.span.absolute
            assert 0 <= low <= high <= len(text)
        broken = any(isinstance(each, BrokenItem | BrokenExpr) for each in walk(module.items))
        assert found or not broken
        assert all(each.span is not None and each.code != "E0100" for each in found)
        formatted(module)
    assert time.monotonic() - begin < 60


def walk(items: tuple[Node, ...]) -> list[Node]:
    out: list[Node] = []
    waiting = list(items)
    while waiting:
        each = waiting.pop()
        out.append(each)
        waiting.extend(children(each))
    return out


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "let x = " + "(" * 10_000 + "1" + ")" * 10_000,
        "let x = " + "+".join("1" * 10_000),
        "let x = " + "-" * 10_000 + "1",
        "let x = " + "a -> " * 10_000 + "1",
        "let x = " + "f(" * 10_000 + ")" * 10_000,
        "if a {} " + "else if b {} " * 10_000,
        "fn f() {" + "if a {" * 10_000 + "}" * 10_000 + "}",
        "let x: " + "[" * 10_000 + "T" + "]" * 10_000 + " = 1",
        "let x: " + "*".join("T" * 10_000) + " = 1",
        "x to " + "/".join("s" * 10_000),
        "f" + "(1)" * 10_000,
    ],
    ids=lambda text: text[:16],
)
def test_ten_thousand_deep_is_one_message(text: str) -> None:
    begin = time.monotonic()
    module, found = read(text + "\nlet after = 1\n")
    assert [each.code for each in found] == ["E0118"]
    assert shown(module.items[-1]).startswith("Let(Name('after')")
    assert time.monotonic() - begin < 5


def test_a_thousand_is_not_too_deep() -> None:
    assert codes("let x = " + "+".join("1" * 990)) == []
    assert codes("let x = " + "(" * 990 + "1" + ")" * 990) == []
    assert codes("let x = [" + ",".join("1" * 20_000) + "]") == []


def test_ten_megabytes_are_refused_at_once() -> None:
    found = Diagnostics()
    assert parse(Source("big.qdsl", "let x = 1\n" * 1_000_000), found).items == ()
    assert [each.message for each in found] == ["this file has 10,000,000 characters; the limit is 2,000,000"]
