"""Calls, functions as values, derivatives."""

from __future__ import annotations

import math

import pytest
from tests.lowering.programs import call, checked, failure, lowered, refused, run

from qdsl.lang import differentiate
from qdsl.lang.core.from_typed import Lowering
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.printer import module_text
from qdsl.lang.core.verify import verify
from qdsl.lang.typed import tree as typed

TWICE = "fn twice(g: (Scalar) -> Scalar, x: Scalar) -> Scalar = g(g(x))\n"


def test_only_what_is_reached_is_lowered() -> None:
    entry = lowered("fn g(x: Scalar) = x + 1\nfn h(x: Scalar) = x + 2\nfn f(x: Scalar) = g(x)")
    assert set(entry.module.functions) == {"f", "g"}


def test_defaults_and_names() -> None:
    assert run("fn g(a: Scalar, b: Scalar = 10) = a - b\nfn f(x: Scalar) = g(b = 1, a = x) + g(x)", 3.0) == 2.0 - 7.0


def test_a_lambda_takes_along_what_it_captures() -> None:
    text = TWICE + "fn f(x: Scalar, k: Scalar) -> Scalar = twice(t -> k * t + 1, x)"
    assert run(text, 2.0, 3.0) == 3 * (3 * 2 + 1) + 1
    assert (
        module_text(lowered(text).module)
        == """\
func @lambda(%t: real, %k: real) -> (real) {
  %0 = mul %k, %t
  %1 = const 1.0
  %2 = add %0, %1
  return %2
}

func @twice<lambda>(%k: real, %x: real) -> (real) {
  %0 = call @lambda(%x, %k) -> real
  %1 = call @lambda(%0, %k) -> real
  return %1
}

func @f(%x: real, %k: real) -> (real) {
  %0 = call @twice<lambda>(%k, %x) -> real
  return %0
}
"""
    )


def test_one_function_for_one_lambda() -> None:
    entry = lowered(TWICE + "fn g(k: Scalar) = twice(t -> k * t, 1.0)\nfn f(x: Scalar) = g(x) + g(2 * x)")
    assert len(entry.module.functions) == 4


def test_functions_of_functions() -> None:
    text = (
        TWICE
        + """
fn compose(g: (Scalar) -> Scalar, h: (Scalar) -> Scalar, x: Scalar) -> Scalar = twice(t -> g(h(t)), x)
fn f(x: Scalar, k: Scalar) -> Scalar {
    let add = t -> t + k
    compose(add, t -> t * k, x)
}"""
    )
    assert run(text, 2.0, 3.0) == ((2 * 3 + 3) * 3) + 3


def test_a_primitive_is_a_value() -> None:
    assert run(TWICE + "fn f(x: Scalar) -> Scalar = twice(sin, x)", 1.0) == math.sin(math.sin(1.0))
    assert str(failure(TWICE + "fn f(x: Scalar) -> Scalar = twice(sqrt, x)", -1.0)).startswith("sqrt of -1")


def test_a_function_value_maps_over_an_array() -> None:
    assert run("fn f(xs: [Scalar], k: Scalar) { let g = x -> x * k\n g(xs) }", [1.0, 2.0], 3.0) == (3.0, 6.0)


def test_recursion_with_a_function_argument() -> None:
    text = """
fn times(g: (Scalar) -> Scalar, n: Int, x: Scalar) -> Scalar = if n == 0 { x } else { times(g, n - 1, g(x)) }
fn f(n: Int, k: Scalar) -> Scalar = times(x -> x * k, n, 1)"""
    assert run(text, 5, 2.0) == 32.0


def test_ever_larger_functions_are_refused() -> None:
    text = """
fn grow(g: (Scalar) -> Scalar, n: Int, x: Scalar) -> Scalar = if n == 0 { g(x) } else { grow(t -> g(t) + 1, n - 1, x) }
fn f(n: Int, x: Scalar) -> Scalar = grow(t -> t, n, x)"""
    assert refused(text).code == "E0351"


def test_which_function_must_be_known() -> None:
    text = TWICE + "fn f(n: Int, x: Scalar) -> Scalar { let g = if n > 0 { sin } else { cos }\n twice(g, x) }"
    assert refused(text).code == "E0350"


def test_a_refusal_leaves_the_other_kernels_alone() -> None:
    program = checked(
        TWICE + "fn bad(x: Scalar) -> Scalar = twice(if x > 0 { sin } else { cos }, g(x))\nfn g(x: Scalar) = x"
    )
    lowering = Lowering(differentiate)
    with pytest.raises(Exception, match="must be known"):
        lowering.kernel(program.module.functions["bad"])
    assert call(lowering.kernel(program.module.functions["g"]), 2.0) == 2.0


# ── the session's variables ──────────────────────────────────────────────────────────────────────────────────────


def test_a_kernel_takes_the_sessions_variables_that_it_or_its_callees_use() -> None:
    program = checked("let a = 2 s\nlet b = 3\nlet c = 4\nfn g(x: Scalar) = x * b\nfn f(t: Time) = t / a + g(1)")
    entry = Lowering(differentiate).kernel(program.module.functions["f"])
    assert [each.name for each in entry.globals] == ["a", "b"]
    assert interpret(entry.module, entry.name, [6.0, 2.0, 3]) == (6.0,)


def test_an_expression_of_the_session() -> None:
    program = checked("let a = 2 s\nlet b = 3\nlet c = (x -> x * b)(a) + a")
    statement = program.module.statements[2]
    assert isinstance(statement, typed.Let)
    entry = Lowering(differentiate).expression(statement.value)
    verify(entry.module)
    assert [each.name for each in entry.globals] == ["b", "a"]
    assert interpret(entry.module, entry.name, [3, 2.0]) == (8.0,)


def test_equal_expressions_give_equal_modules() -> None:
    program = checked("let x = 2 * exp(1)\nlet y = 2 * exp(1)")
    lowering = Lowering(differentiate)
    first, second = (
        module_text(lowering.expression(each.value).module)
        for each in program.module.statements
        if isinstance(each, typed.Let)
    )
    assert first == second


def test_nodes_of_an_expression_can_be_brought_from_outside() -> None:
    program = checked("let x = 2 * exp(1 + 0)")
    statement = program.module.statements[0]
    assert isinstance(statement, typed.Let)
    assert isinstance(statement.value, typed.Operation)
    entry = Lowering(differentiate).expression(statement.value, [statement.value.operands[1]])
    assert interpret(entry.module, entry.name, [10.0]) == (20.0,)


# ── derivatives ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_gradient_of_one_argument_is_a_number() -> None:
    assert run("fn g(x: Time) = x^3\nfn f(x: Time) = grad(g)(x)", 2.0) == 12.0


def test_the_gradient_of_several_is_a_record() -> None:
    text = "fn g(n: Int, x: Time, y: Length) = n * x^2 * y\nfn f(n: Int, x: Time, y: Length) = grad(g)(n, x, y)"
    assert run(text, 3, 2.0, 5.0) == {"x": 60.0, "y": 12.0}


def test_the_gradient_by_an_array_is_an_array() -> None:
    text = "fn g(xs: [Scalar], a: Scalar) = a * sum(xs * xs)\nfn f(xs: [Scalar], a: Scalar) = grad(g)(xs, a)"
    assert run(text, [1.0, 2.0, 3.0], 2.0) == {"xs": (4.0, 8.0, 12.0), "a": 14.0}


def test_a_jacobian_has_the_axes_of_both() -> None:
    text = "fn g(xs: [Scalar]) = [xs[0] * xs[1], xs[0] + xs[2]]\nfn f(xs: [Scalar]) = jacobian(g)(xs)"
    assert run(text, [2.0, 3.0, 5.0]) == ((3.0, 2.0, 0.0), (1.0, 0.0, 1.0))


def test_a_hessian_is_a_record_of_records() -> None:
    text = """
fn g(x: Scalar, y: Scalar, z: Scalar) = x^2 * y + sin(z) * x
fn f(x: Scalar, y: Scalar, z: Scalar) = hessian(g)(x, y, z)"""
    found = run(text, 2.0, 3.0, 0.5)
    assert found["x"] == pytest.approx({"x": 6.0, "y": 4.0, "z": math.cos(0.5)})
    assert found["y"] == pytest.approx({"x": 4.0, "y": 0.0, "z": 0.0})
    assert found["z"] == pytest.approx({"x": math.cos(0.5), "y": 0.0, "z": -2 * math.sin(0.5)})


def test_derivatives_of_lambdas_and_of_derivatives() -> None:
    text = """
fn newton(g: (Scalar) -> Scalar, x: Scalar) -> Scalar {
    var y = x
    for i in range(20) { y = y - g(y) / grad(g)(y) }
    y
}
fn f(a: Scalar) -> Scalar = newton(x -> x^3 - a, 1.0) + grad(grad(x -> x^3 * a))(2.0)"""
    assert run(text, 8.0) == pytest.approx(2.0 + 96.0, rel=1e-14)


def test_no_derivative_of_rounding() -> None:
    found = refused("fn g(x: Scalar) -> Scalar = x * floor(x)\nfn f(x: Scalar) = grad(g)(x)")
    assert found.code == "E0601"
    assert [label.span.text for label in found.labels] == ["floor(x)", "grad(g)"]


def test_no_function_uses_its_own_derivative() -> None:
    assert refused("fn f(x: Scalar) -> Scalar = if x > 1 { x } else { grad(f)(x + 1) }").code == "E0602"
