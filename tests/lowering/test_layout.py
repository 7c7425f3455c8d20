"""How values of the language are laid out as core values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType
from qdsl.lang.core.layout import Leaf, NoLayout, assembler, flatten, leaves, unflatten
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE, TIME

REAL_TIME, COMPLEX = types.Real(TIME), types.Complex(ONE)
NESTED = types.Record((("a", REAL_TIME), ("b", types.Record((("z", COMPLEX), ("yes", types.BOOL))))))


def test_a_number_is_one_value() -> None:
    assert leaves(REAL_TIME) == (Leaf((), REAL),)
    assert leaves(types.INT) == (Leaf((), INT),)
    assert leaves(types.NOTHING) == ()


def test_records_and_complex_numbers_are_their_parts_in_order() -> None:
    assert leaves(NESTED) == (
        Leaf(("a",), REAL),
        Leaf(("b", "z", "re"), REAL),
        Leaf(("b", "z", "im"), REAL),
        Leaf(("b", "yes"), BOOL),
    )


def test_an_array_of_records_is_an_array_for_each_part() -> None:
    array = types.Array(types.Record((("n", types.INT), ("z", COMPLEX))), ("n", 3))
    assert [(leaf.path, leaf.type) for leaf in leaves(array)] == [
        (("n",), ArrayType(INT, (None, 3))),
        (("z", "re"), ArrayType(REAL, (None, 3))),
        (("z", "im"), ArrayType(REAL, (None, 3))),
    ]


@pytest.mark.parametrize("type_", [types.TEXT, types.Array(types.TEXT), types.Record((("t", types.TEXT),))])
def test_a_text_has_no_layout(type_: types.Type) -> None:
    with pytest.raises(NoLayout):
        leaves(type_)


@pytest.mark.parametrize(
    ("type_", "value", "parts"),
    [
        (REAL_TIME, 2.0, [2.0]),
        (COMPLEX, 1 + 2j, [1.0, 2.0]),
        (NESTED, {"a": 1.0, "b": {"z": 2 + 3j, "yes": True}}, [1.0, 2.0, 3.0, True]),
        (types.Array(COMPLEX), (1 + 2j, 3 + 4j), [(1.0, 3.0), (2.0, 4.0)]),
        (types.Array(COMPLEX, (1, 2)), ((1 + 2j, 3 + 4j),), [((1.0, 3.0),), ((2.0, 4.0),)]),
        (types.Array(NESTED), {"a": (1.0,), "b": {"z": (2j,), "yes": (True,)}}, [(1.0,), (0.0,), (2.0,), (True,)]),
    ],
)
def test_values_of_a_host_are_taken_apart_and_put_together(type_: types.Type, value: Any, parts: list[Any]) -> None:
    assert flatten(type_, value) == parts
    assert unflatten(type_, parts) == assembler(type_)(parts) == value


def test_names_of_fields_may_be_any() -> None:
    """They stand in an expression that is written for the type."""
    type_ = types.Record((("τ", REAL_TIME), ("class", COMPLEX), ("p", types.Record((("others", types.INT),)))))
    assert assembler(type_)((1.0, 2.0, 3.0, 4)) == {"τ": 1.0, "class": 2 + 3j, "p": {"others": 4}}


def test_numpy_arrays_are_not_taken_element_by_element() -> None:
    value = np.array([1 + 2j, 3 - 1j])
    re, im = flatten(types.Array(COMPLEX), value)
    assert isinstance(re, np.ndarray)
    assert np.array_equal(unflatten(types.Array(COMPLEX), [re, im]), value)
