"""What checking costs, counted in calls of Python functions, which are the same on every machine."""

from __future__ import annotations

import sys
from types import FrameType

from tests.typed.programs import checked

from qdsl.runtime.library import standard_library


def calls(text: str) -> int:
    """How many calls it takes to parse and check a program without mistakes."""
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        result = checked(text)
    finally:
        sys.setprofile(None)
    assert result.diagnostics.in_order() == []
    return count


def lets(count: int) -> str:
    """Occurrences of pi, each decided by its own let."""
    return "let f = 5 MHz\n" + "".join(f"let w{k} = 2pi * {k + 1} * f\n" for k in range(count))


def one_function(count: int) -> str:
    """Occurrences of pi in one declaration, each decided by a product of its own."""
    body = "".join(f"    total = total + cos(2pi * {k + 1} * f * t)\n" for k in range(count))
    return f"fn series(f: Frequency, t: Time) -> Scalar {{\n    var total = 0.0\n{body}    total\n}}\n"


def untyped(count: int) -> str:
    """Parameters without types: what each is follows from its uses."""
    names = [f"a{k}" for k in range(count)]
    return f"fn total({', '.join(names)}) = {' + '.join(names)}\n"


def test_parameters_without_types_cost_in_proportion() -> None:
    standard_library()
    calls(untyped(1))
    assert calls(untyped(200)) < 4.4 * calls(untyped(50))


def test_two_hundred_occurrences_of_pi_cost_in_proportion() -> None:
    standard_library()
    for program in (lets, one_function):
        calls(program(1))
        few, many = calls(program(50)), calls(program(200))
        assert many < 4.4 * few
        assert (many - few) / 150 < 2_000  # milliseconds for all of them


def test_the_worst_that_is_tried_stays_small() -> None:
    """Twelve occurrences that depend on one another: 4096 choices at most, for each of few questions."""
    product = " * ".join(["pi"] * 12)
    assert calls(f"let f = 5 MHz\nlet x = {product} * f\n") < 500_000
