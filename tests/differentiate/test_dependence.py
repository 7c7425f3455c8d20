"""Which results of a function have a derivative, and that a call writes none for the others."""

from __future__ import annotations

import pytest

from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.printer import module_text
from qdsl.lang.differentiate import gradient
from qdsl.lang.differentiate.dependence import dependence

STRAIGHT = """
    func @f(%x: real, %a: real, %n: int) -> (real, real, real, int) {
      %0 = grafted %x, %a
      %1 = mul %x, %a
      %2 = to_real %n
      return %0, %1, %2, %n
    }
"""
LOOP = """
    func @f(%x: real, %y: real, %z: real) -> (real, real, real) {
      %0 = const 0
      %1 = const 3
      %2, %3, %4 = for %0, %1, %x, %y, %z -> real, real, real { |%i: int, %a: real, %b: real, %c: real|
        yield %b, %c, %c
      }
      return %2, %3, %4
    }
"""
CALL = """
    func @g(%x: real, %a: real) -> (real, real) {
      %0 = const 0.0
      %1 = mul %x, %a
      %2 = grafted %1, %0
      return %2, %a
    }
    func @f(%x: real, %a: real) -> (real, real) {
      %0, %1 = call @g(%x, %a) -> real, real
      %2 = sqrt %0
      return %2, %1
    }
"""
RECURSIVE = """
    func @f(%x: real, %a: real) -> (real) {
      %0 = const 0.0
      %1 = lt %x, %0
      %2 = if %1 -> real {
        yield %x
      } else {
        %3 = call @f(%a, %x) -> real
        yield %3
      }
      return %2
    }
"""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (STRAIGHT, [{1}, {0, 1}, set(), set()]),
        (LOOP, [{0, 1, 2}, {1, 2}, {2}]),
        (CALL, [set(), {1}]),
        (RECURSIVE, [{0, 1}]),
    ],
)
def test_results_come_from_parameters(text: str, answer: list[set[int]]) -> None:
    assert [set(each) for each in dependence(parse_module(text), "f")["f"]] == answer


def test_what_has_no_derivative_stays_without() -> None:
    """The slope of sqrt is infinite at 0: a zero tangent written out would make it nan."""
    module = gradient(parse_module(CALL), "f", [0, 1])
    assert interpret(module, "f.grad", [0.0, 5.0])[2:] == (0.0, 0.0, 0.0, 1.0)


def test_a_call_of_which_nothing_comes_is_a_plain_one() -> None:
    text = """
        func @g(%x: real, %a: real) -> (real) {
          %0 = const 0.0
          %1 = mul %x, %a
          %2 = grafted %1, %0
          return %2
        }
        func @f(%x: real, %a: real) -> (real) {
          %0 = call @g(%x, %a) -> real
          return %0
        }
    """
    assert "g.d_" not in module_text(gradient(parse_module(text), "f", [0, 1]))
