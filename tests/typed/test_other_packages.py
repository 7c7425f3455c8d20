"""What is offered for a word of another package is right, and the names of operators are those that there are."""

from __future__ import annotations

import pytest

from qdsl.lang.compile import Context, check
from qdsl.lang.names.other_packages import INSTEAD, OPERATORS, Instead
from qdsl.lang.source import Source
from qdsl.lang.typed.quantum_makers import ELEMENTARY
from qdsl.runtime.library import standard_library

BEFORE = """
space q: Qubit
space c: Fock(20)
space s: Spin(3/2)
let f = 5 MHz
let kappa = 1e6 / s_
let alpha = 1 + 2i
let H = 2pi * f * (Z(q) + n(c))
let psi = |0>(q) * |0>(c)
let ts = [1 us, 2 us]
""".replace("s_", "second")


@pytest.mark.parametrize("word", sorted(INSTEAD))
def test_what_is_offered_is_well_typed(word: str) -> None:
    source = Source("offered.qdsl", f"{BEFORE}let offered = {INSTEAD[word].example}\n")
    found = check(source, Context(standard_library())).diagnostics.in_order()
    assert [each.message for each in found] == []


@pytest.mark.parametrize("word", sorted(INSTEAD))
def test_no_word_of_another_package_is_one_of_the_language(word: str) -> None:
    library = standard_library()
    assert library.prelude.value(word) is None
    assert library.prelude.call(word) is None


def test_a_hint_says_what_to_write_and_what_else_there_is_to_know() -> None:
    assert Instead("X(q)").hint == "here it is written X(q)"
    assert Instead("X(q)", "a note").hint == "here it is written X(q); a note"


def test_the_operators_are_those_that_there_are() -> None:
    assert set(ELEMENTARY) | {"P"} == OPERATORS
