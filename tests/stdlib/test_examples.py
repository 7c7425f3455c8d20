"""Every example of the library's doc comments holds, by the reference interpreter."""

from __future__ import annotations

import cmath

import pytest
from tests.stdlib.examples import Example, all_examples
from tests.stdlib.running import checked, value_of


@pytest.mark.parametrize("example", all_examples(), ids=lambda example: f"{example.where}: {example.expression}")
def test_example(example: Example) -> None:
    # comparing them needs one dimension on both sides
    checked(example.program(f"({example.expression}) == ({example.expected})"))
    found, expected = (value_of(example.program(each)) for each in (example.expression, example.expected))
    if example.tolerance is not None:
        assert abs(found - expected) <= value_of(example.tolerance).real
    else:
        assert found == expected or cmath.isclose(found, expected, rel_tol=1e-12, abs_tol=0)
