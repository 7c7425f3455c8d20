"""The text of core IR says everything but the spans: what is printed can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.outcome import outcome
from tests.core.random_programs import random_arguments, random_program

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import REAL, Code, Failure, Module
from qdsl.lang.core.parser import CoreTextError, parse_function, parse_module
from qdsl.lang.core.printer import function_text, module_text

TOTAL = """\
func @total(%n: int, %x: [real]) -> (real) {
  %0 = const 0
  %1 = const -0.0
  %sum = for %0, %n, %1 -> real { |%i: int, %acc: real|
    %2 = get %x, %i inside -> real
    %acc.1 = add %acc, %2
    yield %acc.1
  }
  %3 = is_finite %sum
  check %3, %sum or NONFINITE "the sum is {0}, \\"not finite\\""
  %4 = if %3 -> real {
    yield %sum
  } else {
    %5 = const 1e-300
    yield %5
  }
  %6 = while %4 -> real { |%λ: real|
    %7 = lt %λ, %4
    yield %7
  } else { |%y: real|
    yield %y
  }
  %8 = build %0, %n -> [real; ?, 3] { |%i.1: int, %j: int|
    yield %6
  }
  %9 = len %8 axis 1
  %10, %11 = call @"odd name"(%9) -> bool, [int]
  %12 = table -0.5, inf, 1e-300 -> [real; 3]
  return %6
}
"""


def test_golden() -> None:
    assert function_text(parse_function(TOTAL)) == TOTAL


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 40))
def test_round_trip(seed: int, size: int) -> None:
    module = random_program(seed, size)
    text = module_text(module)
    again = parse_module(text)
    assert module_text(again) == text
    arguments = random_arguments(seed)
    assert outcome(again, "f", arguments) == outcome(module, "f", arguments)


@given(st.floats(), st.text())
def test_numbers_and_messages_survive(number: float, message: str) -> None:
    b = Builder()
    b.check(b.const(True), Failure(Code.ASSERTION, message), b.parameter(REAL))
    function = b.function("f", [b.const(number)])
    ops = parse_module(module_text(Module({"f": function}))).functions["f"].body.ops
    assert repr(ops[2].attributes["value"]) == repr(number)
    assert ops[1].attributes["failure"].message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("func @f() -> () {\n  %0 = add %1, %2\n}", "line 2: %1 is not defined"),
        ("func @f() -> (real) {\n  return\n", "line 3: expected '}', found ''"),
        ("func @f(%x: complex) -> () {", "line 1: expected a type, found 'complex'"),
        ("func @f() -> () {\n\n  %0, %1 = const 1\n  return }", "line 4: const has 1 results"),
    ],
)
def test_a_mistake_is_located(text: str, message: str) -> None:
    with pytest.raises(CoreTextError) as error:
        parse_module(text)
    assert str(error.value).startswith(message)
