"""Arrays and records."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.lowering.programs import failure, lowered, refused, run

from qdsl.lang.core.ir import Code
from qdsl.lang.core.printer import module_text


def test_a_chain_of_operations_over_arrays_is_one_loop() -> None:
    text = "fn f(t: [Time], tau: Time, a: Scalar) -> [Scalar] = a * exp(-t / tau) + 1"
    assert (
        module_text(lowered(text).module)
        == """\
func @f(%t: [real], %tau: real, %a: real) -> ([real]) {
  %0 = const 1.0
  %1 = len %t axis 0
  %2 = build %1 -> [real] { |%i: int|
    %3 = get %t, %i -> real
    %4 = neg %3
    %5 = div %4, %tau
    %6 = exp %5
    %7 = mul %a, %6
    %8 = add %7, %0
    yield %8
  }
  return %2
}
"""
    )
    assert run(text, [0.0, 2.0], 2.0, 3.0) == (4.0, 3 * math.exp(-1) + 1)


def test_a_scalar_operand_is_computed_once() -> None:
    text = module_text(lowered("fn f(t: [Time], w: Rate, phi: Scalar) = sin(w * t + sqrt(phi))").module)
    assert text.index("sqrt %phi") < text.index("build")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("xs + ys", (5.0, 7.0, 9.0)),
        ("2 * xs - 1", (1.0, 3.0, 5.0)),
        ("-xs", (-1.0, -2.0, -3.0)),
        ("xs^2", (1.0, 4.0, 9.0)),
        ("max(xs, 2)", (2.0, 2.0, 3.0)),
        ("clamp(xs, 1.5, 2.5)", (1.5, 2.0, 2.5)),
        ("ns / 2", (0.0, 0.5, 1.0)),
        ("xs * ns", (0.0, 2.0, 6.0)),
        ("zeros(3) + xs", (1.0, 2.0, 3.0)),
        ("xs[1:3] * ys[0:2]", (8.0, 15.0)),
        ("reverse(xs)", (3.0, 2.0, 1.0)),
        ("linspace(0, 1, 3)", (0.0, 0.5, 1.0)),
        ("cumsum(xs)", (1.0, 3.0, 6.0)),
        ("sort([3, 1, 2, 0])", (0, 1, 2, 3)),
        ("[x * y for x in [1, 2]]", (4.0, 8.0)),
        ("range(2, 5) * 1.5", (3.0, 4.5, 6.0)),
    ],
)
def test_arrays_go_element_by_element(expression: str, value: Any) -> None:
    program = f"fn f(xs: [Scalar], ys: [Scalar], ns: [Int], y: Scalar) = {expression}"
    assert run(program, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [0, 1, 2], 4.0) == value


def test_comparisons_and_logic_go_element_by_element() -> None:
    text = "fn f(xs: [Scalar]) -> [Bool] = (0 < xs < 2) or xs == 3"
    assert run(text, [-1.0, 1.0, 2.0, 3.0]) == (False, True, False, True)


def test_a_declared_function_maps_over_an_array() -> None:
    text = (
        "fn g(x: Scalar, n: Int) -> Scalar { if x < 0 { return 0 }\n x^2 * n }\nfn f(xs: [Scalar], n: Int) = g(xs, n)"
    )
    assert run(text, [-1.0, 2.0], 3) == (0.0, 12.0)


def test_lengths_are_compared() -> None:
    text = "fn f(xs: [Scalar], ys: [Scalar]) = xs + ys"
    assert run(text, [1.0], [2.0]) == (3.0,)
    found = failure(text, [1.0], [2.0, 3.0])
    assert (found.kind, str(found)) == (Code.SHAPE, "arrays of lengths 1 and 2 do not go together")
    assert found.span is not None
    assert found.span.text == "xs + ys"


def test_lengths_known_to_be_equal_are_not_compared() -> None:
    assert "check" not in module_text(lowered("fn f(xs: [Scalar; 3], ys: [Scalar; 3]) = xs * ys + [1, 2, 3]").module)


def test_a_failing_element_tells_its_value() -> None:
    found = failure("fn f(xs: [Scalar]) = sqrt(xs)", [1.0, -4.0])
    assert str(found) == "sqrt of -4, which is negative, at element 1"


def test_named_lengths_must_agree() -> None:
    text = "fn f(a: [Scalar; n], b: [Scalar; n]) -> Scalar = a[0] + b[0]"
    assert run(text, [1.0, 2.0], [3.0, 4.0]) == 4.0
    assert failure(text, [1.0, 2.0], [3.0]).kind is Code.SHAPE


def test_a_promised_length_is_checked_where_it_is_not_known() -> None:
    text = """
fn three(a: [Scalar; 3]) -> Scalar = a[2]
fn f(n: Int) -> Scalar = three([1.0 * i for i in range(n)])"""
    assert run(text, 3) == 2.0
    assert failure(text, 4).kind is Code.SHAPE


def test_a_var_may_change_its_length_where_its_type_does_not_say_one() -> None:
    text = """
fn f(n: Int) -> Int {
    var a: [Int] = [1, 2, 3]
    for i in range(n) { a = [k for k in range(i)] }
    len(a)
}"""
    assert run(text, 0) == 3
    assert run(text, 6) == 5


# ── matrices ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_literal_of_literals_is_a_matrix() -> None:
    assert run("fn f(x: Scalar) = [[x, 1], [2, 3 * x], [0, 0]]", 5.0) == ((5.0, 1.0), (2.0, 15.0), (0.0, 0.0))


def test_rows_of_unknown_length_make_a_matrix_if_they_are_equally_long() -> None:
    text = "fn f(a: [Scalar], b: [Scalar]) = [a, b, 2 * a]"
    assert run(text, [1.0, 2.0], [3.0, 4.0]) == ((1.0, 2.0), (3.0, 4.0), (2.0, 4.0))
    assert failure(text, [1.0], [2.0, 3.0]).kind is Code.SHAPE


def test_elements_rows_and_lengths_of_a_matrix() -> None:
    program = "fn f(m: [Int; n, k], i: Int, j: Int) = {}"
    matrix = [[1, 2, 3], [4, 5, 6]]
    assert run(program.format("m[i, j] + 10 * m[i][j]"), matrix, 1, 2) == 66
    assert run(program.format("m[i]"), matrix, 1, 0) == (4, 5, 6)
    assert run(program.format("10 * len(m) + len(m[0]) + 100 * len(m, 1)"), matrix, 0, 0) == 323
    assert run(program.format("m * 2"), matrix, 0, 0) == ((2, 4, 6), (8, 10, 12))
    assert failure(program.format("m[i, j]"), matrix, 1, 3).kind is Code.INDEX
    assert failure(program.format("m[i, j]"), matrix, -1, 0).kind is Code.INDEX


def test_a_double_index_and_a_row_in_a_loop_take_no_row_out() -> None:
    loop = "fn f(m: [Scalar; n, k]) -> Scalar { var s = 0.0\n for row in m { s = s + row[0] * len(row) }\n s }"
    for text in ("fn f(m: [Scalar; n, k]) -> Scalar = m[0][1]", loop):
        assert "build" not in module_text(lowered(text).module)
    assert run(loop, [[1.0, 2.0], [3.0, 4.0]]) == 8.0


def test_a_row_in_a_loop_can_be_used_as_a_whole() -> None:
    text = "fn f(m: [Scalar; n, k]) -> Scalar { var s = 0.0\n for row in m { s = s + sum(row) }\n s }"
    assert run(text, [[1.0, 2.0], [3.0, 4.0]]) == 10.0


def test_comprehensions_of_comprehensions_are_one_build() -> None:
    entry = lowered("fn f(n: Int) = [[i * 10 + j for j in range(1, 4)] for i in range(n)]")
    assert module_text(entry.module).count("build") == 1
    assert run("fn f(n: Int) = [[i * 10 + j for j in range(1, 4)] for i in range(n)]", 2) == ((1, 2, 3), (11, 12, 13))


def test_rows_from_any_expression_must_be_equally_long() -> None:
    text = """
fn row(k: Int) = [k * j for j in range(k)]
fn f(low: Int, high: Int) = [row(max(i, 2)) for i in range(low, high)]"""
    assert run(text, 0, 3) == ((0, 2), (0, 2), (0, 2))
    assert run(text, 0, 0) == ()
    assert failure(text, 1, 4).kind is Code.SHAPE


def test_the_library_multiplies_matrices() -> None:
    text = "fn f(a: [Scalar; n, k], b: [Scalar; k, m]) = matmul(a, transpose(transpose(b)))"
    assert run(text, [[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [1.0, 0.0]]) == ((2.0, 1.0), (4.0, 3.0))
    assert failure(text, [[1.0, 2.0]], [[1.0]]).kind is Code.SHAPE


# ── elements that are set, slices, other elements ────────────────────────────────────────────────────────────────


def test_setting_an_element_leaves_other_arrays_alone() -> None:
    text = """
fn f(xs: [Scalar]) -> [Scalar] {
    var ys = xs
    ys[0] = 10
    for i in range(1, len(ys)) { ys[i] = ys[i - 1] + xs[i - 1] }
    ys
}"""
    assert run(text, [1.0, 2.0, 3.0]) == (10.0, 11.0, 13.0)
    assert failure(text.replace("ys[0]", "ys[3]"), [1.0, 2.0, 3.0]).kind is Code.INDEX


def test_slices() -> None:
    assert run("fn f(xs: [Int], i: Int) = xs[i:]", [1, 2, 3], 1) == (2, 3)
    assert run("fn f(xs: [Int], i: Int) = xs[:i]", [1, 2, 3], 0) == ()
    assert failure("fn f(xs: [Int], i: Int) = xs[i:]", [1, 2, 3], 4).kind is Code.INDEX


def test_arrays_of_complex_numbers() -> None:
    text = "fn f(zs: [Complex], w: Complex) -> [Complex] = zs * w + 1"
    assert run(text, [1j, 2 + 0j], 2j) == (-1 + 0j, 1 + 4j)
    assert run("fn f(zs: [Complex]) -> [Scalar] = abs(zs)", [3 + 4j]) == (5.0,)


def test_records_and_arrays_of_them() -> None:
    assert run("fn f(x: Time) = (a = x, b = (c = 2, d = x * 1i))", 3.0) == {"a": 3.0, "b": {"c": 2, "d": 3j}}
    assert run("fn f(r: (a: Time, z: Complex)) -> Complex = r.z * 2", {"a": 1.0, "z": 1j}) == 2j
    text = "fn point(i: Int) = (n = i, x = 0.5 * i)\nfn f(k: Int) = [point(i) for i in range(k)]"
    assert run(text, 3) == {"n": (0, 1, 2), "x": (0.0, 0.5, 1.0)}
    assert run(text.replace("[point(i) for i in range(k)]", "[point(i) for i in range(k)][1].x"), 3) == 0.5


def test_a_loop_can_carry_records() -> None:
    text = """
fn f(n: Int) -> Int {
    var pair = (a = 0, b = 1)
    for i in range(n) { pair = (a = pair.b, b = pair.a + pair.b) }
    pair.a
}"""
    assert run(text, 10) == 55


def test_no_exit_from_a_comprehension() -> None:
    found = refused("fn f(n: Int) -> [Int] = [if i > 2 { return [0] } else { i } for i in range(n)]")
    assert found.code == "E0353"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("fn f(n: Int) = [(a = [1, 2], b = i) for i in range(n)][0].b", "an array of arrays"),
        ('fn f(n: Int) = "n"', "a text"),
        ('fn f(n: Int) { let word = if n > 1 { "many" } else { "one" }\n n }', "a text"),
        ('fn f(n: Int) { if n > 1 { return "many" }\n "one" }', "a text"),
        ("fn f(n: Int, s: Text) = n", "a text"),
    ],
)
def test_what_is_no_number_is_refused(text: str, what: str) -> None:
    found = refused(text)
    assert (found.code, found.message) == ("E0352", f"{what} cannot stand in a compiled function")
