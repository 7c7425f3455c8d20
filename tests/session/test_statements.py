"""Statements at the top of a file: they run in order, and mean what they mean inside a function."""

from __future__ import annotations

import pytest
from tests.session.running import lines, run


def test_lets_and_vars() -> None:
    assert lines("let x = 3 us\nvar y = x\ny = y + 500 ns\nprint(x, y)") == ["3 us 3.5 us"]


def test_a_loop_changes_what_is_outside_it() -> None:
    program = """
    var total = 0
    for k in range(5) {
        if k > 3 { total = total + 100 } else if k == 1 { total = total + 1 } else { print("k is {k}") }
    }
    print(total)
    """
    assert lines(program) == ["k is 0", "k is 2", "k is 3", "101"]


def test_a_block_in_a_block_runs() -> None:
    assert lines("for i in range(2) { for k in range(2) { if i == k { print(i, k) } } }") == ["0 0", "1 1"]


def test_break_leaves_the_innermost_loop() -> None:
    program = """
    for i in range(3) {
        for k in range(10) { if k == 2 { break } print(i, k) }
        if i == 1 { break }
    }
    var n = 0
    while true { n = n + 1
        if n == 7 { break } }
    print(n)
    """
    assert lines(program.replace("} print", "}\n print")) == ["0 0", "0 1", "1 0", "1 1", "7"]


def test_while_asks_before_every_turn() -> None:
    assert lines("var n = 5\nwhile n > 5 { n = 0 }\nwhile n > 2 { n = n - 1 }\nprint(n)") == ["2"]


def test_a_loop_variable_over_an_array_keeps_its_unit() -> None:
    assert lines("for t in [1 us, 20 us] { print(t) }") == ["1 us", "20 us"]


def test_a_loop_over_rows_records_and_truth_values() -> None:
    assert lines("for row in [[1 m, 2 m], [3 m, 4 m]] { print(row) }") == ["[1, 2] m", "[3, 4] m"]
    assert lines("for r in [(a = 1 s, b = 2), (a = 3 s, b = 4)] { print(r.b, r) }") == [
        "2 (a = 1 s, b = 2)",
        "4 (a = 3 s, b = 4)",
    ]
    assert lines("for b in [1, 2] == [1, 3] { print(b) }") == ["true", "false"]


def test_elements_are_set_and_arrays_are_values() -> None:
    program = """
    var a = [0, 0, 0]
    let b = a
    for k in range(3) { a[k] = k^2 }
    var m = [[1 m, 2 m], [3 m, 4 m]]
    m[0, 1] = 7 m
    var z = [1i, 2]
    z[1] = 5 + 2i
    print(a, b, m, z)
    """
    assert lines(program) == ["[0, 1, 4] [0, 0, 0] [[1, 7] m, [3, 4] m] [(0 + 1i), (5 + 2i)]"]


def test_an_element_outside_its_array_is_not_set() -> None:
    ran = run("var a = [0, 0]\nfor k in range(3) { a[k] = 1 }\nprint(a)")
    assert (ran.codes, ran.printed) == (["E0704"], [])
    (message,) = ran.messages
    assert message.span is not None
    assert message.span.begins.line == 2


def test_an_if_has_a_value() -> None:
    program = """
    let n = 4
    let word = if n > 3 { "big" } else { "small" }
    let q = if n > 5 { 1 } else { let h = 2 * n
        h + 1 }
    print(word, q)
    """
    assert lines(program) == ["big 9"]


def test_functions_see_lets_that_have_run() -> None:
    assert lines("let scale = 3 V\nfn scaled(x: Scalar) = x * scale\nprint(scaled(2))") == ["6 V"]
    assert run("fn scaled(x: Scalar) = x * scale\nprint(scaled(2))\nlet scale = 3 V").codes == ["E0205"]


def test_a_lambda_takes_its_surroundings_along() -> None:
    program = """
    for a in [1, 10] {
        let f = x -> a * x
        print(f(3))
    }
    let g = grad(x -> x^3)
    print(g(2))
    """
    assert lines(program) == ["3", "30", "12"]


def test_the_same_expression_over_other_values_is_computed_anew() -> None:
    assert lines("for n in range(1, 4) { print(sum([k for k in range(n)])) }") == ["0", "1", "3"]


def test_what_came_before_an_error_was_done() -> None:
    ran = run("print(1)\nprint(sqrt(-1 * len([1])))\nprint(2)")
    assert (ran.printed, ran.codes, ran.finished) == (["1"], ["E0701"], False)


def test_what_does_not_check_does_not_start() -> None:
    ran = run("print(1)\nprint(1 m + 1 s)")
    assert (ran.printed, ran.codes) == ([], ["E0401"])


@pytest.mark.parametrize(
    ("program", "message", "note"),
    [
        ("let x = 3\nassert x == 4", "this does not hold: x == 4", "  x is 3"),
        ("let t = 3 us\nassert t < 2 us", "this does not hold: t < 2 us", "  t is 3 us"),
        ("assert not true", "this does not hold: not true", ""),
        ("assert 1.0 == 2", "this does not hold: 1.0 == 2", ""),
        ("assert [1,2] == [1, 1 + 2]", "this does not hold: [1,2] == [1, 1 + 2]", "  [1, 1 + 2] is [1, 3]"),
        ("let a = [1, 2]\nassert a == [1, 3]", "this does not hold: a == [1, 3]", "  a is [1, 2]"),
    ],
)
def test_a_false_assertion_shows_its_sides(program: str, message: str, note: str) -> None:
    (found,) = run(program).messages
    assert (found.code, found.message, found.note) == ("E0709", message, note)


def test_assertions_that_hold() -> None:
    assert lines("assert 1 ~= 1.05 +/- 0.1\nassert [1, 2] == [1, 2]\nassert 1 < 2 <= 2") == []


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        ("1 / x", 1),
        ("exp(1 / (x + 0.001))", 1),
        ("[1 / x, 2]", 1),
        ("log(x)", 1),
        ("(a = 1 / x, b = 1)", 1),
        ("1 / x + 1i", 1),
    ],
)
def test_a_result_that_is_not_finite_is_told_where_it_arises(expression: str, line: int) -> None:
    ran = run(f"fn f(x: Scalar) = {expression}\nlet y = f(0)\n")
    assert ran.codes == ["E0706"]
    (found,) = ran.messages
    assert found.span is not None
    assert found.span.begins.line == line


@pytest.mark.parametrize("kept", ["inf", "[0, inf]", "-inf", "2 * x"])
def test_infinities_that_are_written_are_no_mistake(kept: str) -> None:
    assert "inf" in lines(f"let x = inf\nprint({kept}, x)")[0]


def test_nonfinite_results_are_kept_on_demand() -> None:
    program = "option nonfinite = keep\nfn f(x: Scalar) = 1 / x\nprint(f(0), [f(k) for k in range(2)])"
    assert lines(program) == ["inf [inf, 1]"]


def test_what_passes_through_infinity_and_comes_back_is_right() -> None:
    assert lines("fn f(x: Scalar) = 1 / (1 + exp(x))\nprint(f(1000))") == ["0"]
