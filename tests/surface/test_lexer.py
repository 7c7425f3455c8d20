"""Where statements end, which words are keywords, and what numbers and texts are."""

from __future__ import annotations

import pytest
from tests.surface.reading import codes, mended, read, right, shown, statements

from qdsl.lang.surface.tree import Call, ExpressionStatement, Ket, Let, Number, String, Uncertain, walk


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a\nb", 2),
        ("a; b", 2),
        ("a;\n\n;b;", 2),
        ("(a\n+ b)", 1),
        ("f(a,\nb\n)", 1),
        ("[a\n,b]", 1),
        ("a +\nb", 1),
        ("a\n+ b", 1),
        ("a\n- b", 1),
        ("a;\n- b", 2),
        ("if a { b }\n-c", 2),
        ("if a { b }\n+c", 1),
        ("a\n.b", 1),
        ("if a { b }\nelse { c }", 1),
        ("import a\nas b", 1),
        ("a\nto us", 1),
        ("a\nand b", 1),
        ("let x =\n\n# a comment\n3", 1),
        ("a\n# a comment\n+ b", 1),
        ("a\n(b)", 2),
        ("a\n[b]", 2),
        ("not a\nnot b", 2),
        ("f(x -> {\na\nb\n})", 1),
    ],
)
def test_newlines(text: str, count: int) -> None:
    assert len(right(text).items) == count


def test_soft_keywords_are_names_elsewhere() -> None:
    text = "axis = 1\nparam = axis + test\nunit(2)\nlet option = experiment\nmeasure to us\na n"
    assert [type(item).__name__ for item in read(text)[0].items[:5]] == [
        "Assign",
        "Assign",
        "ExpressionStatement",
        "Let",
        "ExpressionStatement",
    ]


def test_unicode_has_ascii_spellings() -> None:
    assert statements("x ≈ π ± a† and b ≤ c and d ≥ e and f ≠ g") == statements(
        "x ~= pi +/- dag(a) and b <= c and d >= e and f != g"
    )


def test_one_spelling_for_one_name() -> None:
    """The micro sign and the letter mu, the ohm sign and the letter omega."""
    assert statements("3 µs + 2 Ω") == statements("3 μs + 2 Ω")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1_000", 1000), ("2.5e-6", 2.5e-6), ("1e3", 1000.0), ("0", 0)],
)
def test_numbers(text: str, value: float) -> None:
    (item,) = right(text).items
    assert isinstance(item, ExpressionStatement)
    assert isinstance(item.value, Number)
    assert (item.value.value, type(item.value.value), item.value.text) == (value, type(value), text)


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        ("18.21(42)", 18.21, 0.42),
        ("6.67430(15)e-11", 6.67430e-11, 0.00015e-11),
        ("5(2)e3", 5e3, 2e3),
        ("1_000.5(1)", 1000.5, 0.1),
    ],
)
def test_uncertain_numbers(text: str, value: float, error: float) -> None:
    """The digits in brackets count in the last places of the value; both are the nearest doubles."""
    (item,) = right(text).items
    assert isinstance(item, ExpressionStatement)
    assert isinstance(item.value, Uncertain)
    assert item.value.value == value
    assert item.value.error == pytest.approx(error, rel=1e-15)


def test_an_imaginary_number_ends_in_i() -> None:
    assert statements("2i") == ["ExpressionStatement(Number('2i', 2.0, True))"]
    assert statements("2 i") == ["ExpressionStatement(Juxtapose(Number('2', 2, False), Reference('i')))"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('"plain"', ("plain",)),
        ('""', ()),
        (r'"a\"b\\c\n\t"', ('a"b\\c\n\t',)),
        ('"{{x}}"', ("{x}",)),
        ('"}"', ("}",)),
    ],
)
def test_texts(text: str, parts: tuple[str, ...]) -> None:
    (item,) = right(text).items
    assert isinstance(item, ExpressionStatement)
    assert isinstance(item.value, String)
    assert item.value.parts == parts


def test_interpolation_nests() -> None:
    (item,) = right('"a {f("b {c}")} d"').items
    assert isinstance(item, ExpressionStatement)
    assert isinstance(item.value, String)
    before, inner, after = item.value.parts
    assert (before, after) == ("a ", " d")
    assert isinstance(inner, Call)
    assert shown(inner.arguments) == "[Argument(None, String(['b ', Reference('c')]))]"


def test_paths_and_test_names_do_not_interpolate() -> None:
    assert statements('import "a {b}.qdsl"') == ["Import('a {b}.qdsl', True, None)"]
    assert statements('test "a {b" {}') == ["Test('a {b', Block([]))"]


def test_doc_comments_belong_to_the_declaration_below() -> None:
    module = right("# not this\n## One.\n## Two.\nlet x = 1  ## nor this\n\n## lost\nx\n")
    let = module.items[0]
    assert isinstance(let, Let)
    assert let.doc == "One.\nTwo."
    assert [comment.text for comment in module.comments] == ["# not this", "## nor this", "## lost"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a += 1", "E0110"),
        ("a % b", "E0110"),
        ("a && b", "E0110"),
        ("a || b", "E0110"),
        ("!a", "E0110"),
        ("a ** b", "E0110"),
        ("a // b", "E0110"),
        ("a × b", "E0110"),
        ("def f(x) = x", "E0111"),
        ("if a {} elif b {}", "E0111"),
        ("x'", "E0112"),
        ("'text'", "E0113"),
        ('"text', "E0113"),
        ('"{a"', "E0113"),
        (r'"C:\data"', "E0113"),
        ("2(3)", "E0114"),
        ("2e3(4)", "E0114"),
        ("18.2(1.5)", "E0114"),
        (".5", "E0114"),
        ("1. + 2", "E0114"),
        ("0x10", "E0114"),
        ("1e999", "E0114"),
        ("m²", "E0115"),
        ("a $ b", "E0115"),
    ],
)
def test_what_is_not_in_the_language_gets_one_message(text: str, code: str) -> None:
    assert codes(f"let y = 0\n{text}\n")[0] == code
    assert codes("1 $ 2\nlet ok = 1") == ["E0115"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("a&&b", "a and b"),
        ("a||b", "a or b"),
        ("(a)|(b)", "(a) or (b)"),
        ("a and!b", "a and not b"),
        ("f(!b)", "f(not b)"),
        ("|a - b| + |c|", "abs(a - b) + abs(c)"),
        ("18(4) us", "18 * 4 us"),
        ("18.2(1.5) us", "18.2 * 1.5 us"),
        ("3.e5", "3.0e5"),
        ("print(“a {b}”)", 'print("a {b}")'),
        ('f("a', 'f("a")'),
        ('f([1, "a])', 'f([1, "a"])'),
        ('f("a {b} c)', 'f("a {b} c")'),
        ('f("a {g(b', 'f("a {g(b)}")'),
        ('f("{")', 'f("{{")'),
        ('f("{b} {")', 'f("{b} {{")'),
        ('f("{b")', 'f("{b}")'),
        ('f("a\n  , b)', 'f("a"\n  , b)'),
        ("x = 3 $", "x = 3 "),
    ],
)
def test_the_first_fix_leaves_nothing_wrong(wrong: str, right: str) -> None:
    assert mended(wrong) == right
    assert codes(right) == []


@pytest.mark.parametrize(
    ("text", "kets"),
    [
        ("|0>", ["|0>"]),
        ("|+i-01>(r)", ["|+i-01>"]),
        ("| 3 , 12 >(a, b)", ["|3,12>"]),
        ("<0|", ["<0|"]),
        ("<0|1>(q)", ["<0|1>"]),
        ("|0><1|(q)", ["|0><1|"]),
        ("|0> <1|(q)", ["|0><1|"]),
        ("⟨0|+⟩(q) * |0⟩(q)", ["<0|+>", "|0>"]),
        ("f(|+>, 1)", ["|+>"]),
        ("x == |0>(q)", ["|0>"]),
        ("2 * |01>", ["|01>"]),
        ("0.6 |0>(q) + 2i |1>(q)", ["|0>", "|1>"]),
        ("2 <1|-i>(q)", ["<1|-i>"]),
        ("2 |0><1|(q)", ["|0><1|"]),
        ("|psi>", ["|psi>"]),
        ("a < 1", []),
        ("a <b", []),
    ],
)
def test_kets(text: str, kets: list[str]) -> None:
    found = [node.text for item in right(text).items for node in walk(item) if isinstance(node, Ket)]
    assert found == kets


@pytest.mark.parametrize(
    ("wrong", "code", "right"),
    [
        ("|0>(q)|1>(c)", "E0102", "|0>(q) * |1>(c)"),
        ("|0>(q) |1>(c)", "E0102", "|0>(q) * |1>(c)"),
        ("|0>(q)<1|(q)", "E0102", "|0>(q) * <1|(q)"),
        ("X(q)|psi>", "E0102", "X(q) * |psi>"),
        ("|0 1>(q, c)", "E0107", "|0,1>(q, c)"),
        ("|10  3>(q, c)", "E0107", "|10,3>(q, c)"),
        ("<psi|H|psi>", "E0110", "expect(H, psi)"),
    ],
)
def test_kets_as_on_paper(wrong: str, code: str, right: str) -> None:
    assert codes(wrong) == [code]
    assert mended(wrong) == right


@pytest.mark.parametrize("text", ["a |b> c", "a|b", "x <0 | y", "|x - 1| > |y|"])
def test_a_bar_that_makes_no_ket(text: str) -> None:
    assert set(codes(text)) == {"E0110"}


@pytest.mark.parametrize("wrong", ["3 $ 4", "5!", "f(&x)", "2e5(3)e4"])
def test_one_message_without_a_fix(wrong: str) -> None:
    [message] = read(wrong)[1]
    assert message.fixes == ()
