"""Numbers, operations, comparisons and logic."""

from __future__ import annotations

import cmath
import math

import pytest
from tests.lowering.programs import failure, lowered, run

from qdsl.lang.core.ir import Code
from qdsl.lang.core.printer import module_text


def test_units_are_gone() -> None:
    assert run("fn f(t: Time) -> Length = 3 km/s * t", 2.0) == 6000.0


def test_a_real_function_is_its_operations() -> None:
    text = module_text(lowered("fn f(t: Time, tau: Time) -> Scalar = exp(-t / tau)").module)
    assert text == (
        "func @f(%t: real, %tau: real) -> (real) {\n  %0 = neg %t\n  %1 = div %0, %tau\n  %2 = exp %1\n  return %2\n}\n"
    )


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("n + 3", 10),
        ("n * n - 1", 48),
        ("-n", -7),
        ("n^3", 343),
        ("div(-n, 2)", -4),
        ("mod(-n, 2)", 1),
        ("abs(-n)", 7),
        ("min(n, 3) + max(n, 9)", 12),
        ("bit_and(n, 5) + bit_or(n, 8) + bit_xor(n, 1)", 5 + 15 + 6),
        ("shift_left(n, 3) + shift_right(n, 1)", 56 + 3),
        ("wrapping_mul(n, 9223372036854775807)", 2**63 - 7),
        ("round(2.5) + floor(-1.5) + ceil(1.2) + trunc(-3.9)", 2 - 2 + 2 - 3),
    ],
)
def test_ints_have_their_own_operations(expression: str, value: int) -> None:
    found = run(f"fn f(n: Int) -> Int = {expression}", 7)
    assert found == value
    assert type(found) is int


def test_an_int_rises_to_a_real_and_a_real_to_a_complex() -> None:
    assert run("fn f(n: Int) -> Scalar = n / 2", 7) == 3.5
    assert run("fn f(n: Int, x: Scalar) -> Complex = n + x * 1i", 2, 3.0) == 2 + 3j


def test_int_overflow_stops() -> None:
    found = failure("fn f(n: Int) -> Int = n * n", 2**40)
    assert found.kind is Code.OVERFLOW
    assert found.span is not None
    assert found.span.text == "n * n"


@pytest.mark.parametrize(
    ("expression", "x", "truth"),
    [
        ("0 < x <= 1", 1.0, True),
        ("0 < x <= 1", 0.0, False),
        ("0 < x < 2 < 3", 1.0, True),
        ("x == 1 or x != x", math.nan, True),
        ("not (x >= 0)", math.nan, True),
        ("x ~= 1", 1 + 5e-10, True),
        ("x ~= 1", 1 + 5e-9, False),
        ("x ~= 1 +/- 0.1", 1.05, True),
        ("x ~= 1 +/- 0.1", 1.2, False),
        ("x ~= inf", math.inf, True),
        ("x ~= inf", 1.0, False),
    ],
)
def test_comparisons_chain(expression: str, x: float, truth: bool) -> None:
    assert run(f"fn f(x: Scalar) -> Bool = {expression}", x) is truth


def test_the_middle_of_a_chain_may_be_of_two_kinds() -> None:
    text = "fn f(n: Int, x: Scalar) -> Bool = 1 < n < x"
    assert run(text, 2, 2.5) is True
    assert run(text, 2, 2.0) is False
    assert run(text, 1, 2.0) is False


def test_complex_numbers_can_be_equal_or_close() -> None:
    assert run("fn f(z: Complex, w: Complex) -> Bool = z == w", 1 + 2j, 1 + 2j) is True
    assert run("fn f(z: Complex, w: Complex) -> Bool = z != w", 1 + 2j, 1 + 3j) is True
    assert run("fn f(z: Complex, w: Complex) -> Bool = z ~= w", 1e3 + 2j, 1e3 + (2 + 1e-7) * 1j) is True


def test_logic_asks_the_right_side_only_where_needed() -> None:
    text = "fn f(a: Int, b: Int) -> Bool = b != 0 and div(a, b) > 1"
    assert run(text, 4, 0) is False
    assert run(text, 4, 2) is True
    assert run("fn f(a: Int, b: Int) -> Bool = b == 0 or div(a, b) > 1", 4, 0) is True


# ── domains ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("expression", "x", "message"),
    [
        ("sqrt(x)", -1.0, "sqrt of -1, which is negative"),
        ("log(x)", -2.0, "log of -2, which is negative"),
        ("log2(x)", -2.0, "log2 of -2, which is negative"),
        ("log10(x)", -2.0, "log10 of -2, which is negative"),
        ("log1p(x)", -1.5, "log1p of -1.5, which is below -1"),
        ("asin(x)", 2.0, "asin of 2, which is outside -1 .. 1"),
        ("acos(x)", -2.0, "acos of -2, which is outside -1 .. 1"),
        ("acosh(x)", 0.5, "acosh of 0.5, which is below 1"),
        ("atanh(x)", 1.5, "atanh of 1.5, which is outside -1 .. 1"),
        ("x^0.5", -2.0, "-2 to the power 0.5, but a negative number has only whole powers"),
        ("pow(2.0, 1) * pow(x, x)", -1.5, "-1.5 to the power -1.5, but a negative number has only whole powers"),
        ("lgamma(x)", -3.0, "lgamma of -3, where it has a pole"),
        ("digamma(x)", 0.0, "digamma of 0, where it has a pole"),
    ],
)
def test_outside_its_domain_a_function_stops(expression: str, x: float, message: str) -> None:
    found = failure(f"fn f(x: Scalar) -> Scalar = {expression}", x)
    assert found.kind is Code.DOMAIN
    assert str(found) == message
    assert found.span is not None
    assert found.span.text == expression.split(" * ")[-1]


@pytest.mark.parametrize("name", ["sqrt", "log", "log1p", "asin", "acosh", "lgamma"])
def test_nan_is_no_domain_error(name: str) -> None:
    assert math.isnan(run(f"fn f(x: Scalar) -> Scalar = {name}(x)", math.nan))


def test_a_pole_is_no_domain_error() -> None:
    assert run("fn f(x: Scalar) -> Scalar = log(x)", 0.0) == -math.inf


@pytest.mark.parametrize(
    "expression",
    [
        "sqrt(x^2 + y * y)",
        "sqrt(2.0)",
        "log(exp(x) + abs(y))",
        "sqrt(max(x, 0))",
        "hypot(x, y)^0.5",
        "x^3 + y^(-2)",
    ],
)
def test_where_the_argument_is_plainly_inside_there_is_no_check(expression: str) -> None:
    assert "check" not in module_text(lowered(f"fn f(x: Scalar, y: Scalar) -> Scalar = {expression}").module)


def test_a_let_is_looked_through_and_a_var_is_not() -> None:
    text = "fn f(x: Scalar) -> Scalar {{ {word} square = x * x\n sqrt(square / 2) }}"
    assert "check" not in module_text(lowered(text.format(word="let")).module)
    assert "check" in module_text(lowered(text.format(word="var")).module)


@pytest.mark.parametrize(
    "expression",
    ["sqrt(x * y)", "sqrt(x^3)", "sqrt(x^2 - y^2)", "sqrt(min(x, y^2))", "log(-1.0 * x)", "sqrt(x^2 / -0.0)"],
)
def test_where_it_may_be_outside_there_is_one(expression: str) -> None:
    text = module_text(lowered(f"fn f(x: Scalar, y: Scalar) -> Scalar = {expression}").module)
    assert text.count("check") == 1


# ── complex numbers ──────────────────────────────────────────────────────────────────────────────────────────────

POINTS = [1 + 2j, -1.5 + 0.25j, -2 - 3j, 0.5 - 1j, 3 + 0j, -4 + 0j, 2j, -1j]


@pytest.mark.parametrize(
    ("expression", "meaning"),
    [
        ("z * z + 2", lambda z: z * z + 2),
        ("z / (1 + 2i)", lambda z: z / (1 + 2j)),
        ("(1 + 2i) / z", lambda z: (1 + 2j) / z),
        ("1 / z - 2i * z", lambda z: 1 / z - 2j * z),
        ("z / 2i", lambda z: z / 2j),
        ("-z", lambda z: -z),
        ("conj(z)", lambda z: z.conjugate()),
        ("z^3", lambda z: z**3),
        ("z^(-2)", lambda z: z**-2),
        ("z^0.5", lambda z: z**0.5),
        ("z^z", lambda z: z**z),
        ("exp(z)", cmath.exp),
        ("exp(1i * real(z))", lambda z: cmath.exp(1j * z.real)),
        ("log(z)", cmath.log),
        ("sqrt(z)", cmath.sqrt),
        ("sin(z)", cmath.sin),
        ("cos(z)", cmath.cos),
        ("sinh(z)", cmath.sinh),
        ("cosh(z)", cmath.cosh),
        ("abs(z) + 1i * arg(z)", lambda z: abs(z) + 1j * cmath.phase(z)),
        ("real(z) - imag(z) + 0i", lambda z: z.real - z.imag + 0j),
    ],
)
def test_complex_operations_agree_with_cmath(expression: str, meaning: object) -> None:
    text = f"fn f(z: Complex) -> Complex = {expression}"
    for z in POINTS:
        assert callable(meaning)
        assert run(text, z) == pytest.approx(meaning(z), rel=1e-14, abs=1e-14)


def test_an_absent_part_costs_nothing() -> None:
    """2i times a real is one product, and exp of an imaginary number no exponential."""
    text = module_text(lowered("fn f(x: Scalar) -> Complex = exp(2i * x)").module)
    assert text.count("mul") == 1
    assert "exp" not in text
    assert run("fn f(x: Scalar) -> Scalar = imag(2i * x)", math.inf) == math.inf


def test_division_does_not_overflow_on_the_way() -> None:
    assert run("fn f(z: Complex, w: Complex) -> Complex = z / w", 1e300 + 1e300j, 1e300 + 1e300j) == 1


def test_zero_has_powers_and_a_root() -> None:
    assert run("fn f(z: Complex, w: Complex) -> Complex = z ^ w", 0j, 1.5 + 0j) == 0
    assert run("fn f(z: Complex) -> Complex = sqrt(z)", 0j) == 0
