"""The formatter: what it prints reads as the same tree, keeps the comments, and does not change when printed again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.surface.reading import CORPUS, STDLIB, read, right, shown

from qdsl.lang.source import Source, Span
from qdsl.lang.surface import tree as t
from qdsl.lang.surface.printer import formatted


def again(text: str) -> str:
    return formatted(read(text)[0])


@pytest.mark.parametrize("path", [*CORPUS, *STDLIB], ids=lambda path: path.stem)
def test_files_round_trip(path: Path) -> None:
    before = right(path.read_text(encoding="utf-8"))
    text = formatted(before)
    after = right(text)
    assert [shown(item) for item in after.items] == [shown(item) for item in before.items]
    assert sorted(c.text for c in after.comments) == sorted(c.text for c in before.comments)
    assert formatted(after) == text
    assert all(len(line.partition("#")[0].rstrip()) <= 100 or '"' in line for line in text.splitlines())


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("let  x=1", "let x = 1\n"),
        ("x ≈ y ± 1e-6", "x ~= y +/- 1e-6\n"),
        ("cos( 2π*f )", "cos(2pi * f)\n"),
        ("2 pi", "2pi\n"),
        ("a†", "dag(a)\n"),
        ("|0⟩( q )", "|0>(q)\n"),
        ("⟨0| +i⟩(q)", "<0|+i>(q)\n"),
        ("| 1 ,12>(q,c)", "|1,12>(q, c)\n"),
        ("0.6|0>(q)+2i <1|(q)*psi", "0.6 |0>(q) + 2i <1|(q) * psi\n"),
        ("|0> <1|(q)", "|0><1|(q)\n"),
        ("|01>( q )†*X (q)", "dag(|01>(q)) * X(q)\n"),
        ("space  r:Qubit[ n+1 ]", "space r: Qubit[n + 1]\n"),
        ("space s:Spin( 3/2 )", "space s: Spin(3 / 2)\n"),
        ("space m:Fock( 4 ) [2]", "space m: Fock(4)[2]\n"),
        ("povm m( q,c )=[a,b]", "povm m(q, c) = [a, b]\n"),
        ("projective  m(q)=[a]", "projective m(q) = [a]\n"),
        ("show  2*H   as  matrix", "show 2 * H as matrix\n"),
        ("fn f(q:Qubit,r:Fock [n])->Operator<Rate> =H", "fn f(q: Qubit, r: Fock[n]) -> Operator<Rate> = H\n"),
        ("x / 9.8 m/s^2", "x / (9.8 m) / s^2\n"),
        ("g*(9.8m/s^2)", "g * (9.8 m/s^2)\n"),
        ("(a*b)/c", "a * b / c\n"),
        ("a*(b/c)", "a * (b / c)\n"),
        ("-(2 m)", "-2 m\n"),
        ("x^(1/2)", "x^(1/2)\n"),
        ("(-x)^2", "(-x)^2\n"),
        ("1_000 us", "1_000 us\n"),
        ("let t: Length / Time ^ 2=g", "let t: Length/Time^2 = g\n"),
        ("(x)->x", "x -> x\n"),
        ("a;-b", "a;\n-b\n"),
        ("if a {b}\nelse {c}", "if a { b } else { c }\n"),
        ("fn f(){\nx}", "fn f() {\n    x\n}\n"),
        ('"{{{a}}}"', '"{{{a}}}"\n'),
        ("a\n\n\n\nb", "a\n\nb\n"),
        ("# c\n\n##  d\n", "# c\n\n##  d\n"),
        ("", ""),
    ],
)
def test_canonical_spelling(written: str, printed: str) -> None:
    assert again(written) == printed
    assert again(printed) == printed


def test_comments_stay_in_place() -> None:
    text = """# the file

## doc
let a = 1  # beside

# above
let b = f(
    # the first
    1,  # one
    2,
    # the end
)

fn g() {
    # only this
}

experiment e {
    param p = 1  # a parameter
    # between

    param q = 2
}
# last
"""
    assert again(text) == text


def test_a_comment_inside_an_expression_moves_above_it() -> None:
    assert again("let a = 1    # one\n    + 2    # two\n") == "# one\nlet a = 1 + 2  # two\n"


def test_a_block_on_one_line_does_not_break_after_an_equal_sign() -> None:
    long = f"if {'a' * 60} {{ high = middle }} else {{ lower = middle }}"
    once = f"if {'a' * 60} {{\n    high = middle\n}} else {{ lower = middle }}\n"
    assert again(long) == again(once) == once


def test_long_lines_break_inside_brackets() -> None:
    call = f"let x = function({', '.join(f'argument_{n}' for n in range(12))})"
    assert again(call) == f"let x = function(\n{''.join(f'    argument_{n},' + chr(10) for n in range(12))})\n"
    long = "fn name(a: Scalar, b: Scalar) -> Scalar = " + " + ".join(["first_term", "second_term"] * 3)
    assert again(long) == long.replace(" = ", " =\n    ") + "\n"


def test_a_record_that_a_function_gives_has_a_line_for_each_field_where_it_is_long() -> None:
    names = ["first_of_them", "second_of_them", "third_of_them", "fourth_of_them"]
    fields = ", ".join(f"{name}: Scalar" for name in names)
    short = "fn f() -> (first_of_them: Scalar, second_of_them: Scalar) = g()\n"
    assert again(short) == short
    long = f"fn f(a: Scalar) -> ({fields},  # the last\n) {{ g(a) }}"
    rows = "".join(f"    {name}: Scalar,\n" for name in names[:-1])
    assert again(long) == f"fn f(a: Scalar) -> (\n{rows}    {names[-1]}: Scalar,  # the last\n) {{ g(a) }}\n"


# ── generated trees ──────────────────────────────────────────────────────────────────────────────────────────────

SPAN = Span(Source("generated", "").whole, 0, 0)
NAMES = st.sampled_from(["a", "x", "pi", "m", "s", "param", "axis", "e", "α", "n_1"])
TEXTS = st.text("ab{}\\\"\n\t'#π ", max_size=6)


def made(kind, *parts):  # type: ignore[no-untyped-def]
    """A strategy for nodes of this kind."""
    return st.builds(lambda *values: kind(SPAN, *values), *parts)


def several(strategy, least=0, most=3):  # type: ignore[no-untyped-def]
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def maybe(strategy):  # type: ignore[no-untyped-def]
    return st.none() | strategy


names = made(t.Name, NAMES)
references = made(t.Reference, NAMES)
numbers = st.sampled_from(["1", "2.5", "1e-3", "1_000"]).map(
    lambda text: t.Number(SPAN, text, int(text.replace("_", "")) if text.replace("_", "").isdigit() else float(text))
)
imaginary = st.just(t.Number(SPAN, "2i", 2.0, True))
uncertain = st.just(t.Uncertain(SPAN, "1.5(2)", 1.5, 0.2))
plain = st.sampled_from(["1", "2"]).map(lambda text: t.Number(SPAN, text, int(text)))
exponents = plain | made(t.Unary, st.just("-"), plain) | made(t.Binary, st.just("/"), st.just(SPAN), plain, plain)
unit_atoms = references | made(t.Binary, st.just("^"), st.just(SPAN), references, exponents)
units = st.recursive(
    unit_atoms, lambda inner: made(t.Binary, st.sampled_from("*/"), st.just(SPAN), inner, inner), max_leaves=4
)


def parts_of_text(expressions):  # type: ignore[no-untyped-def]
    """Texts and expressions in turn, no text empty and no two texts together."""

    def joined(pieces):  # type: ignore[no-untyped-def]
        out: list[object] = []
        for piece in pieces:
            if isinstance(piece, str) and (not piece or (out and isinstance(out[-1], str))):
                continue
            out.append(piece)
        return tuple(out)

    return st.lists(TEXTS | expressions, max_size=3).map(joined)


def larger(inner):  # type: ignore[no-untyped-def]
    blocks = made(t.Block, several(statements_of(inner), 0, 2))
    arguments = made(t.Argument, maybe(names), inner)
    fields = made(t.RecordField, names, inner)
    ranges = made(t.Range, inner, inner)
    operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~="])
    return st.one_of(
        made(t.String, parts_of_text(inner)),
        made(t.Unary, st.sampled_from(["-", "not"]), inner),
        made(t.Binary, st.sampled_from(["+", "-", "*", "/", "^", "and", "or", "+/-"]), st.just(SPAN), inner, inner),
        made(
            t.Juxtapose,
            numbers | imaginary | uncertain,
            st.one_of(references, made(t.Call, references | kets, several(arguments)), inner),
        ),
        st.lists(inner, min_size=2, max_size=3).flatmap(
            lambda operands: st.lists(operators, min_size=len(operands) - 1, max_size=len(operands) - 1).map(
                lambda signs: t.Compare(SPAN, tuple(signs), tuple(operands))
            )
        ),
        made(t.Convert, inner, units),
        made(t.Call, inner, several(arguments)),
        made(t.Index, inner, several(inner | made(t.Slice, maybe(inner), maybe(inner)), 1)),
        made(t.Field, inner, names),
        made(t.Array, several(inner)),
        made(t.Comprehension, inner, names, inner | ranges),
        made(t.Record, several(fields, 1)),
        made(t.Lambda, several(names), inner | blocks),
        made(t.If, inner, blocks, maybe(blocks | made(t.If, inner, blocks, maybe(blocks)))),
    )


def statements_of(inner):  # type: ignore[no-untyped-def]
    return st.one_of(
        made(t.ExpressionStatement, inner),
        made(t.Let, names, st.none(), inner),
        made(t.Assign, references | made(t.Index, references, several(inner, 1, 2)), inner),
        made(t.Assert, inner),
    )


kets = made(t.Ket, st.sampled_from(["|0>", "<1|", "|+i->", "<0|1>", "|3,12>", "|0><1|"]))
expressions = st.recursive(
    references | kets | numbers | imaginary | uncertain | made(t.Boolean, st.booleans()), larger, max_leaves=12
)
sizes = several(numbers | references, 0, 1)
kinds = made(t.TypeName, names, st.just(()), st.just(()), sizes) | made(
    t.TypeName, names, st.just(()), st.just(()), sizes, numbers | references
)
items = st.one_of(
    statements_of(expressions),
    made(t.Var, names, st.none(), expressions),
    made(t.Space, names, kinds),
    made(t.Effects, names, several(references, 1), expressions, st.booleans()),
    made(t.ShowAs, expressions, names),
)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(several(items, 1, 3))
def test_generated_trees_round_trip(generated: tuple[t.Item, ...]) -> None:
    module = t.Module(SPAN.source, generated, ())
    text = formatted(module)
    back, found = read(text)
    assert [each.message for each in found if each.severity.value == "error"] == [], text
    assert [shown(item) for item in back.items] == [shown(item) for item in generated], text
    assert formatted(back) == formatted(read(formatted(back))[0])


def test_same_sees_every_difference() -> None:
    """The law above is as strong as the comparison: changing any one word of a tree is noticed."""
    before = right("let x = f(a + 2 m, n = [1, 2]) to us").items[0]
    assert t.same(before, dataclasses.replace(before, doc=""))
    assert not t.same(before, dataclasses.replace(before, doc="other"))
    assert not t.same(before, right("let x = f(a + 2 m, n = [1, 3]) to us").items[0])
