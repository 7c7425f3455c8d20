"""Every exact primitive as machine code: the bits of the interpreter, element by element and in vector loops."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import numpy as np
import pytest
from tests.core.outcome import bits, outcome, told
from tests.native.running import kernels, module

from qdsl.lang import native
from qdsl.lang.core.builder import Builder
from qdsl.lang.core.interpret import KernelFailure, interpret
from qdsl.lang.core.ir import BOOL, INT, REAL, Code, Module, Scalar
from qdsl.lang.core.primitives import PRIMITIVES, Primitive
from qdsl.lang.source import Source
from qdsl.runtime.kernel import Kernel, KernelError

EXACT = [primitive for primitive in PRIMITIVES.values() if primitive.exact]
EDGES: dict[Scalar, list[Any]] = {
    REAL: [
        *(math.inf, -math.inf, math.nan),
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -2.5,
        3.5,
        1e-308,
        5e-324,
        -1e300,
        2.0**52 + 0.5,
        2.0**63,
        -(2.0**63),
    ],
    INT: [0, 1, -1, 2, -3, 7, 62, 63, 64, 65, -64, 2**31, 2**53 + 1, 2**62, 2**63 - 1, -(2**63), -(2**63) + 1],
    BOOL: [False, True],
}


def function_of(primitive: Primitive) -> Any:
    b = Builder()
    operands = [b.parameter(type_, f"x{i}") for i, type_ in enumerate(primitive.operands)]
    return b.function(primitive.name, [b.op(primitive.name, *operands)])


@pytest.fixture(scope="module")
def all_primitives() -> tuple[Module, dict[str, Kernel]]:
    whole = Module({primitive.name: function_of(primitive) for primitive in EXACT})
    compiled = native.compile(whole, list(whole.functions))
    return whole, {name: Kernel(compiled.entry(name)) for name in whole.functions}


def cases(primitive: Primitive) -> list[tuple[Any, ...]]:
    """All combinations of edges, or a sample where they are many, and numbers in between."""
    dice = random.Random(primitive.name)
    found = list(itertools.product(*(EDGES[type_] for type_ in primitive.operands)))
    if len(found) > 600:
        found = dice.sample(found, 600)
    between = {
        REAL: lambda: dice.uniform(-10, 10),
        INT: lambda: dice.randrange(-99, 99),
        BOOL: lambda: dice.random() < 0.5,
    }
    return found + [tuple(between[type_]() for type_ in primitive.operands) for _ in range(100)]


@pytest.mark.parametrize("primitive", EXACT, ids=lambda primitive: primitive.name)
def test_a_number_at_a_time(all_primitives: Any, primitive: Primitive) -> None:
    whole, compiled = all_primitives
    call = compiled[primitive.name]
    for operands in cases(primitive):
        expected = outcome(whole, primitive.name, list(operands))
        try:
            found = *bits((call(*operands, nonfinite="keep"),)), told(())
        except KernelError as error:
            found = error.kind, expected[1], bits(error.values), error.within
        assert found == expected, operands


@pytest.mark.parametrize("primitive", EXACT, ids=lambda primitive: primitive.name)
def test_a_column_at_a_time(all_primitives: Any, primitive: Primitive) -> None:
    """The operands that do not fail, long enough to fill vectors and leave a rest."""
    whole, compiled = all_primitives
    rows, answers = [], []
    for operands in cases(primitive):
        try:
            answers.append(interpret(whole, primitive.name, list(operands))[0])
            rows.append(operands)
        except KernelFailure:
            continue
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    found = compiled[primitive.name](*columns, nonfinite="keep")
    assert bits(tuple(found.tolist())) == bits(tuple(answers))


@pytest.mark.parametrize(
    ("name", "operands", "code"),
    [
        ("iadd", (2**63 - 1, 1), Code.OVERFLOW),
        ("idiv", (1, 0), Code.DIVISION),
        ("idiv", (-(2**63), -1), Code.OVERFLOW),
        ("imod", (1, 0), Code.DIVISION),
        ("ipow", (2, -1), Code.DOMAIN),
        ("ipow", (2, 63), Code.OVERFLOW),
        ("to_int", (1e30,), Code.CAST),
        ("to_int", (math.nan,), Code.CAST),
    ],
)
def test_a_failure_among_many_elements_has_its_index(
    all_primitives: Any, name: str, operands: tuple[Any, ...], code: Code
) -> None:
    good = [1] * len(operands)
    columns = [np.array([g] * 700, dtype=type(bad)) for g, bad in zip(good, operands, strict=True)]
    for column, bad in zip(columns, operands, strict=True):
        column[531] = bad
    with pytest.raises(KernelError) as caught:
        all_primitives[1][name](*columns)
    assert (caught.value.kind, caught.value.index) == (code, (531,))


def test_a_check_stops_with_its_words_numbers_and_place() -> None:
    text = """
    func @f(%x: real) -> (real) {
      %0 = const 0.0
      %ok = ge %x, %0
      check %ok, %x or DOMAIN "sqrt of {0} {braces}"
      %r = sqrt %x
      return %r
    }"""
    call = kernels(text)["f"]
    assert call(4.0) == 2.0
    with pytest.raises(KernelError) as caught:
        call(np.array([[1.0, 4.0], [9.0, -2.5]]))
    assert str(caught.value) == "sqrt of -2.5 {braces}, at element (1, 1)"
    assert (caught.value.values, caught.value.index) == ((-2.5,), (1, 1))


def test_the_arm_not_taken_cannot_fail() -> None:
    """In vector loops both arms run; what the other one would have stopped for must not count."""
    text = """
    func @f(%n: int) -> (int) {
      %0 = const 0
      %safe = ieq %n, %0
      %r = if %safe -> int {
        yield %0
      } else {
        %h = const 100
        %q = idiv %h, %n
        yield %q
      }
      return %r
    }"""
    call = kernels(text)["f"]
    n = np.arange(-300, 300)
    assert call(n).tolist() == [100 // k if k else 0 for k in n.tolist()]


def test_a_result_must_be_finite_where_the_arguments_are() -> None:
    text = "func @f(%x: real, %y: real) -> (real) {\n %r = div %x, %y\n return %r }"
    call = kernels(text)["f"]
    assert math.isnan(call(math.nan, 1.0))
    assert call(math.inf, 1.0) == math.inf
    for arguments, index in (((1.0, 0.0), ()), ((np.ones(300), np.arange(300.0)[::-1]), (299,))):
        with pytest.raises(KernelError) as caught:
            call(*arguments)
        assert (caught.value.kind, caught.value.values, caught.value.index) == (Code.NONFINITE, (1.0, 0.0), index)
        assert "not finite at x = 1, y = 0" in str(caught.value)
    assert call(1.0, 0.0, nonfinite="keep") == math.inf
    kept = call(np.ones(300), np.arange(300.0), nonfinite="keep")
    assert kept[0] == math.inf
    assert kept[299] == 1 / 299


def test_text_is_the_same_wherever_the_program_stands() -> None:
    """Places in the source are not in the text, so moving a line leaves compiled code valid."""
    text = "func @f(%n: int) -> (int) {\n %1 = iadd %n, %n\n return %1 }"
    here, there = module(text), module(text)
    there.functions["f"].body.ops[0].span = Source("b.qdsl", "n + n").span(0, 5)
    first, second = (native.compile(each, ["f"]) for each in (here, there))
    assert first.llvm == second.llvm
    with pytest.raises(KernelError) as caught:
        Kernel(second.entry("f"))(2**62)
    assert caught.value.span is not None
    assert caught.value.span.text == "n + n"
