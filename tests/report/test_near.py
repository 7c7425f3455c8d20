"""Which name is suggested: only one that is surely meant."""

from __future__ import annotations

import pytest

from qdsl.lang.report.near import distance, nearest

NAMES = ["detuning", "visibility", "T2", "tau", "sin", "sinh", "cos", "cosh", "linspace", "logspace", "MHz", "us"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("detunning", "detuning"),  # a letter too many
        ("detunin", "detuning"),  # one missing
        ("deutning", "detuning"),  # two swapped
        ("Detuning", "detuning"),  # its case
        ("visiblity", "visibility"),
        ("linspce", "linspace"),
        ("t2", "T2"),
        ("mhz", "MHz"),
        ("csoh", "cosh"),
        ("usec", None),  # nothing is near
        ("x", None),
        ("T1", None),  # one letter of two is not a slip
        ("tan", None),  # one letter of three is not a slip
        ("tua", "tau"),  # but two swapped are
        ("frequency", None),
    ],
)
def test_what_is_suggested(typed: str, meant: str | None) -> None:
    assert nearest(typed, NAMES) == meant


def test_two_that_are_as_near_are_not_guessed_between() -> None:
    assert nearest("gammb", ["gamma", "gamme"]) is None
    assert nearest("gammb", ["gamma", "gamma"]) == "gamma"


@pytest.mark.parametrize(
    ("left", "right", "cost"),
    [("abc", "abc", 0), ("abc", "abd", 4), ("abc", "acb", 3), ("abc", "ab", 4), ("abc", "Abc", 1), ("ca", "abc", 12)],
)
def test_costs(left: str, right: str, cost: int) -> None:
    """The last is where this distance differs from Damerau's unrestricted one, which would give 8."""
    assert distance(left, right, 100) == distance(right, left, 100) == cost
