"""Over lanes a program gives the bits it gives point by point, at every width, its watches see the worst of all points;
and it fails if any point does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.outcome import bits, told
from tests.core.random_programs import random_program
from tests.lanes.points import Points, random_points
from tests.lanes.running import places, run_wide

from qdsl.lang.core.interpret import KernelFailure, interpret
from qdsl.lang.core.ir import Code, Module
from qdsl.lang.core.sightings import Sighting, worst
from qdsl.lang.core.verify import verify
from qdsl.lang.lanes.varying import NoLanes
from qdsl.lang.lanes.widen import Wide, widen

WIDTHS = (1, 2, 4, 8)


def one_by_one(module: Module, points: Points) -> list[Any]:
    """The bits of each point's results, then what watches saw; where a point fails, that failure last."""
    found: list[Any] = []
    seen: list[Sighting] = []
    for at, arguments in enumerate(points.arguments):
        own: list[Sighting] = []
        try:
            found.append(bits(interpret(module, "f", arguments, own.append)))
        except KernelFailure as failure:
            return [*found, failure]
        seen += (replace(each, element=(at,)) for each in own)
    return [*found, worst(seen)]


def interpreted(wide: Wide, points: Points) -> tuple[tuple[Any, ...], list[Sighting]] | KernelFailure:
    """The results in lanes and what was seen, or how it failed."""
    seen: list[Sighting] = []
    try:
        return interpret(wide.module, wide.root, points.in_lanes(), seen.append), seen
    except KernelFailure as failure:
        return failure


def of_lane(result: Any, lane: int) -> Any:
    """A result in lanes as one of them has it: a number, or an array of numbers."""
    if result and isinstance(result[0], tuple):
        return tuple(element[lane] for element in result)
    return result[lane] if len(result) else ()


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.sampled_from(WIDTHS))
def test_interpreted(seed: int, width: int) -> None:
    module, points = random_program(seed, 30), random_points(seed, width)
    try:
        wide = widen(module, "f", points.varying, width)
    except NoLanes:
        return
    verify(wide.module)
    expected = one_by_one(module, points)
    failure = expected[-1] if isinstance(expected[-1], KernelFailure) else None
    found = interpreted(wide, points)
    if isinstance(found, KernelFailure):
        # Lanes whose arrays come to differ in length are the one thing that stops them without a point failing.
        assert failure is not None or found.kind is Code.SHAPE
        return
    assert failure is None
    (results, seen), (*answers, sightings) = found, expected
    assert [bits(tuple(of_lane(each, lane) for each in results)) for lane in range(width)] == answers
    assert told(seen) == told(sightings)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.sampled_from(WIDTHS), count=st.integers(1, 11))
def test_compiled(seed: int, width: int, count: int) -> None:
    """Machine code, a last group that is not full, and the index and code of the first failure."""
    module, points = random_program(seed, 30, exact=True), random_points(seed, count)
    *expected, last = one_by_one(module, points)
    expected.append((last.kind, len(expected)) if isinstance(last, KernelFailure) else places(last))
    length = len(expected[0][2]) if isinstance(expected[0], tuple) and len(expected[0]) == 3 else 1
    short = [at for at, each in enumerate(expected[:-1]) if len(each[2]) != length]
    if short:
        expected[short[0] :] = [(Code.SHAPE, short[0])]
    try:
        assert run_wide(module, points, width, length) == expected
    except NoLanes:
        return


@pytest.mark.parametrize("width", WIDTHS)
def test_random_programs_have_lanes_often_enough_to_test_them(width: int) -> None:
    count = 0
    for seed in range(60):
        try:
            widen(random_program(seed, 30), "f", random_points(seed, width).varying, width)
        except NoLanes:
            continue
        count += 1
    assert count > 20
