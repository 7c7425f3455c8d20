"""Tables: constant arrays, known by every bit of their numbers and by their text."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.outcome import bits

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import INT, REAL, ArrayType, Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.printer import module_text
from qdsl.lang.core.table import Table
from qdsl.lang.core.verify import verify
from qdsl.lang.report import InternalError

INTS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20)
REALS = st.lists(st.floats(), max_size=20)


def module(values: list[int] | list[float], shape: tuple[int, ...] | None = None) -> Module:
    """A function that gives a table."""
    b = Builder()
    return Module({"f": b.function("f", [b.table(values, shape)])})


@given(INTS | REALS)
def test_the_text_says_every_number(values: list[int] | list[float]) -> None:
    written = module(values)
    verify(written)
    read = parse_module(module_text(written))
    verify(read)
    assert module_text(read) == module_text(written)
    (before,), (after,) = (each.functions["f"].body.ops for each in (written, read))
    assert before.attributes["numbers"] == after.attributes["numbers"]
    assert bits(interpret(read, "f", [])) == bits((tuple(values),))


def test_an_empty_table_knows_its_kind() -> None:
    for text in ("table -> [int; 0]", "table -> [real; 0, 3]"):
        module_ = parse_module(f"func @f() -> () {{ %0 = {text} return }}")
        verify(module_)
        assert f"  %0 = {text}\n" in module_text(module_)


def test_axes() -> None:
    matrix = module([1, 2, 3, 4, 5, 6], (2, 3))
    verify(matrix)
    assert interpret(matrix, "f", []) == (((1, 2, 3), (4, 5, 6)),)
    assert "table 1, 2, 3, 4, 5, 6 -> [int; 2, 3]" in module_text(matrix)


def test_the_kind_of_its_numbers() -> None:
    b = Builder()
    for values in ([1, 2], [np.int64(3)], np.arange(3)):
        assert b.table(values).type == ArrayType(INT, (len(values),))
    for values in ([1, 2.0], [], np.arange(3.0)):
        assert b.table(values).type == ArrayType(REAL, (len(values),))
    assert b.table([1, 2], element=REAL).type == ArrayType(REAL, (2,))
    assert [type(each) for each in Table.of(np.arange(2)).values] == [int, int]


def test_tables_are_equal_if_every_bit_is() -> None:
    different = [Table.of(each) for each in ([0.0], [-0.0], [0], [0.0, 0.0], [math.nan], [math.inf])]
    assert len({*different, *(Table.of(each.values) for each in different)}) == len(different)
    assert Table.of([math.nan]) == Table.of([-math.nan]) == Table.of([math.inf - math.inf])


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_an_int_has_64_bits(number: int) -> None:
    with pytest.raises(InternalError, match="does not fit"):
        Table.of([number])


def test_a_change_is_a_new_array() -> None:
    text = """
        func @f(%i: int, %x: real) -> (real, [real; 3]) {
          %t = table 0.5, 1.5, 2.5 -> [real; 3]
          %u = set %t, %i, %x -> [real; 3]
          %y = get %t, %i -> real
          return %y, %u
        }
    """
    assert interpret(parse_module(text), "f", [1, 9.0]) == (1.5, (0.5, 9.0, 2.5))
