"""Node classes are dataclasses in all that their users see."""

from __future__ import annotations

import pickle
from dataclasses import fields, is_dataclass, replace

import pytest

from qdsl.lang.node import NodeType, field


class Expr(metaclass=NodeType):
    span: int
    shown: str = field(default="", kw_only=True)


class Sum(Expr):
    left: int
    right: int = 7


def test_fields_come_in_order_those_of_the_base_first() -> None:
    node = Sum(1, 2, shown="m")
    assert (node.span, node.left, node.right, node.shown) == (1, 2, 7, "m")
    assert [each.name for each in fields(node)] == ["span", "shown", "left", "right"]


def test_a_pattern_takes_the_fields_that_are_not_keywords() -> None:
    match Sum(1, 2, 3, shown="m"):
        case Sum(span, left, right):
            assert (span, left, right) == (1, 2, 3)


def test_nodes_are_compared_by_identity() -> None:
    assert Sum(1, 2) != Sum(1, 2)
    assert len({Sum(1, 2), Sum(1, 2)}) == 2


def test_what_is_missing_or_too_much_is_refused() -> None:
    with pytest.raises(TypeError, match="left"):
        Sum(1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Sum(1, 2, 3, "m")  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        Sum(1, 2).middle = 3  # type: ignore[attr-defined]


def test_dataclasses_know_them() -> None:
    changed = replace(Sum(1, 2, shown="m"), right=9)  # type: ignore[type-var]
    assert (changed.span, changed.left, changed.right, changed.shown) == (1, 2, 9, "m")
    assert is_dataclass(Sum)
    assert [each.name for each in fields(Expr)] == ["span", "shown"]  # type: ignore[arg-type]


def test_they_are_shown_and_pickled() -> None:
    copied = pickle.loads(pickle.dumps(Sum(1, 2, shown="m")))
    assert repr(copied) == "Sum(span=1, shown='m', left=2, right=7)"
