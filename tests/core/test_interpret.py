"""What core programs mean, by small programs with known answers."""

from __future__ import annotations

from typing import Any

import pytest

from qdsl.lang.core.interpret import KernelFailure, interpret
from qdsl.lang.core.ir import LARGEST_ARRAY, Code
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.verify import verify
from qdsl.lang.source import Source


def run(signature: str, body: str, *arguments: Any) -> Any:
    module = parse_module(f"func @f{signature} {{\n{body}\n}}")
    verify(module)
    return interpret(module, "f", arguments)


def failure(signature: str, body: str, *arguments: Any) -> KernelFailure:
    with pytest.raises(KernelFailure) as caught:
        run(signature, body, *arguments)
    return caught.value


SUM = """
  %0 = const 0
  %1 = const 0.0
  %r = for %0, %n, %1 -> real { |%i: int, %acc: real|
    %2 = get %x, %i -> real
    %3 = add %acc, %2
    yield %3
  }
  return %r
"""


def test_for_counts_up_to_and_not_including_its_end() -> None:
    assert run("(%n: int, %x: [real]) -> (real)", SUM, 3, [1.0, 2.0, 4.0]) == (7.0,)
    assert run("(%n: int, %x: [real]) -> (real)", SUM, -2, [1.0]) == (0.0,)


def test_an_index_outside_fails_with_index_and_length() -> None:
    caught = failure("(%n: int, %x: [real]) -> (real)", SUM, 4, [1.0, 2.0, 4.0])
    assert (caught.kind, caught.values) == (Code.INDEX, (3.0, 3.0))
    assert str(caught) == "index 3 is outside an array of length 3"


def test_while_tests_before_each_trip() -> None:
    body = """
      %r, %t = while %x, %n -> real, int { |%y: real, %k: int|
        %one = const 1.0
        %go = gt %y, %one
        yield %go
      } else { |%z: real, %j: int|
        %half = const 0.5
        %z2 = mul %z, %half
        %1 = const 1
        %j2 = iadd %j, %1
        yield %z2, %j2
      }
      return %r, %t"""
    assert run("(%x: real, %n: int) -> (real, int)", body, 10.0, 0) == (0.625, 4)
    assert run("(%x: real, %n: int) -> (real, int)", body, 0.5, 7) == (0.5, 7)


def test_only_the_branch_taken_is_run() -> None:
    body = """
      %r = if %c -> int {
        %0 = const 0
        %1 = idiv %n, %0
        yield %1
      } else {
        yield %n
      }
      return %r"""
    assert run("(%c: bool, %n: int) -> (int)", body, False, 3) == (3,)
    assert failure("(%c: bool, %n: int) -> (int)", body, True, 3).kind is Code.DIVISION


def test_build_runs_the_last_axis_fastest_and_a_negative_length_is_none() -> None:
    body = """
      %ten = const 10
      %m = build %a, %b -> [int; ?, ?] { |%i: int, %j: int|
        %0 = imul %i, %ten
        %1 = iadd %0, %j
        yield %1
      }
      %rows = len %m axis 0
      %columns = len %m axis 1
      return %m, %rows, %columns"""
    signature = "(%a: int, %b: int) -> ([int; ?, ?], int, int)"
    assert run(signature, body, 2, 3) == (((0, 1, 2), (10, 11, 12)), 2, 3)
    assert run(signature, body, -1, 3) == ((), 0, 3)


def test_set_makes_a_new_array() -> None:
    body = "%b = set %a, %n, %n, %x -> [real; 2, 2]\n return %a, %b"
    signature = "(%a: [real; 2, 2], %n: int, %x: real) -> ([real; 2, 2], [real; 2, 2])"
    old = ((1.0, 2.0), (3.0, 4.0))
    assert run(signature, body, old, 1, 9.0) == (old, ((1.0, 2.0), (3.0, 9.0)))
    assert failure(signature, body, old, -1, 9.0).values == (-1.0, 2.0)


@pytest.mark.parametrize(("low", "high", "wrong"), [(-1, 2, -1), (2, 1, 1), (0, 4, 4), (4, 4, 4)])
def test_a_slice_needs_its_ends_in_order_and_inside(low: int, high: int, wrong: int) -> None:
    signature, body = "(%a: [int], %l: int, %h: int) -> ([int])", "%s = slice %a, %l, %h -> [int]\n return %s"
    assert run(signature, body, [1, 2, 3], 1, 3) == ((2, 3),)
    assert run(signature, body, [1, 2, 3], 3, 3) == ((),)
    assert failure(signature, body, [1, 2, 3], low, high).values == (wrong, 3.0)


def test_a_check_says_what_it_was_told() -> None:
    body = '%0 = const 0.0\n %ok = ge %x, %0\n check %ok, %x or DOMAIN "sqrt of {0} {braces}"\n return %x'
    assert run("(%x: real) -> (real)", body, 2.0) == (2.0,)
    caught = failure("(%x: real) -> (real)", body, -2.5)
    assert (caught.kind, str(caught)) == (Code.DOMAIN, "sqrt of -2.5 {braces}")


COUNT = """
func @count(%n: int) -> (int) {
  %0 = const 0
  %stop = ile %n, %0
  %r = if %stop -> int {
    yield %0
  } else {
    %one = const 1
    %m = isub %n, %one
    %k = call @count(%m) -> int
    %same = call @same(%k) -> int
    %k1 = iadd %same, %one
    yield %k1
  }
  return %r
}
func @same(%n: int) -> (int) {
  return %n
}
"""


def test_a_thousand_nested_calls_and_no_more() -> None:
    """Calls of @same do not count: it cannot come to call itself."""
    module = parse_module(COUNT)
    assert interpret(module, "count", [999]) == (999,)
    with pytest.raises(KernelFailure) as caught:
        interpret(module, "count", [1000])
    assert caught.value.kind is Code.RECURSION


def test_calls_that_have_returned_do_not_count() -> None:
    twice = """
    func @twice(%n: int) -> (int) {
      %1 = call @count(%n) -> int
      %2 = call @count(%1) -> int
      return %2
    }
    """
    assert interpret(parse_module(COUNT + twice), "twice", [900]) == (900,)


def test_a_failure_has_its_place() -> None:
    module = parse_module("func @f(%n: int) -> (int) {\n %1 = iadd %n, %n\n return %1 }")
    span = Source("a.qdsl", "n + n").span(0, 5)
    module.functions["f"].body.ops[0].span = span
    with pytest.raises(KernelFailure) as caught:
        interpret(module, "f", [2**62])
    assert (caught.value.kind, caught.value.span) == (Code.OVERFLOW, span)


def test_an_array_too_large_is_refused_before_it_is_made() -> None:
    body = "%a = build %n -> [int] { |%i: int| yield %i }\n %k = len %a axis 0\n return %k"
    assert failure("(%n: int) -> (int)", body, LARGEST_ARRAY + 1).kind is Code.MEMORY


def test_arguments_of_the_wrong_shape_are_refused() -> None:
    assert failure("(%a: [real; 2]) -> ([real; 2])", "return %a", [1.0]).kind is Code.SHAPE
    assert failure("(%a: [real; ?, ?]) -> ()", "return", [[1.0, 2.0], [3.0]]).kind is Code.SHAPE
