"""Every example of the library's doc comments holds, by the reference interpreter."""

from __future__ import annotations

import cmath
from typing import NoReturn

import pytest
from qdsl.lang.core.from_typed import Lowering
from tests.stdlib.examples import Example, all_examples

from qdsl.lang.compile import Context, check
from qdsl.lang.core.interpret import interpret
from qdsl.lang.source import Source
from qdsl.lang.typed import tree as typed
from qdsl.runtime.library import standard_library


def value_of(text: str) -> complex:
    """What an expression evaluates to, in SI; a truth value is 0 or 1."""
    checked = check(Source("example", text), Context(standard_library()))
    assert not list(checked.diagnostics), [each.message for each in checked.diagnostics]
    (statement,) = checked.module.statements
    assert isinstance(statement, typed.Evaluate)
    entry = Lowering(_no_derivative).expression(statement.value)
    parts = interpret(entry.module, entry.name, [])
    assert 1 <= len(parts) <= 2
    return complex(*parts)


def _no_derivative(*_: object) -> NoReturn:
    raise AssertionError("no example asks for a derivative")


def same_dimension(left: str, right: str) -> None:
    """A comparison checks only between quantities of one dimension."""
    checked = check(Source("example", f"({left}) == ({right})"), Context(standard_library()))
    assert not list(checked.diagnostics), [each.message for each in checked.diagnostics]


@pytest.mark.parametrize("example", all_examples(), ids=lambda example: f"{example.where}: {example.expression}")
def test_example(example: Example) -> None:
    same_dimension(example.expression, example.expected)
    found, expected = value_of(example.expression), value_of(example.expected)
    if example.tolerance is not None:
        assert abs(found - expected) <= value_of(example.tolerance).real
    else:
        assert found == expected or cmath.isclose(found, expected, rel_tol=1e-12, abs_tol=0)
