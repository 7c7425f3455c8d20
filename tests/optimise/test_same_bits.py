"""Optimised programs give the same bits, and fail in the same way, as programs that were left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.outcome import outcome
from tests.core.random_programs import random_arguments, random_program

from qdsl.lang.core.ir import Module
from qdsl.lang.optimise import PASSES, Pass, optimise


def agree(module: Module, other: Module, seed: int) -> None:
    for each in range(5):
        arguments = random_arguments(seed + each)
        assert outcome(other, "f", arguments) == outcome(module, "f", arguments)


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 40))
def test_all_passes(seed: int, size: int) -> None:
    module = random_program(seed, size)
    agree(module, optimise(module, ["f"]), seed)


@pytest.mark.parametrize("each", PASSES, ids=lambda each: each.name)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_each_pass_alone(each: Pass, seed: int) -> None:
    module = random_program(seed, 25)
    agree(module, optimise(module, ["f"], passes=(each,)), seed)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_it_ends_and_never_makes_a_program_longer_for_nothing(seed: int) -> None:
    """A second run changes nothing: the rounds were enough."""
    optimised = optimise(random_program(seed, 30), ["f"])
    assert optimise(optimised, ["f"]) is optimised
