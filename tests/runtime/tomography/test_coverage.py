"""Well inside the states the uncertainties hold as often as they say; the script that measures it prints a table."""

from __future__ import annotations

from math import sqrt

import pytest
from tests.runtime.tomography.coverage import ONE_SIGMA, WIDE, covered, laboratories, line

TRIALS = 300


@pytest.fixture(scope="module")
def inside() -> list[tuple[float, float, float, str]]:
    """Of each quantity the shares within one error and within 1.96, the bias, and the line of the table."""
    lab = next(laboratories())
    rows, share = covered(lab, TRIALS, 20, 4)
    return [(each.within, each.within_wide, each.bias, line(lab, each, share)) for each in rows]


def test_errors_hold_inside_the_states(inside: list[tuple[float, float, float, str]]) -> None:
    """Shares of trials scatter by a binomial; four of its widths are allowed."""
    assert len(inside) == 4
    for within, wide, bias, _ in inside:
        assert abs(within - ONE_SIGMA) < 4 * sqrt(ONE_SIGMA * (1 - ONE_SIGMA) / TRIALS)
        assert abs(wide - WIDE) < 4 * sqrt(WIDE * (1 - WIDE) / TRIALS)
        assert abs(bias) < 4 / sqrt(TRIALS) + 0.1  # the purity is convex: half its curvature times the variance


def test_a_line_of_the_table_has_the_monte_carlo_error(inside: list[tuple[float, float, float, str]]) -> None:
    within, _, _, text = inside[0]
    error = 100 * sqrt(within * (1 - within) / TRIALS)
    assert text.startswith("1 qubit,  0.4 mixed")
    assert f"{100 * within:.1f} ± {error:.1f} %" in text
