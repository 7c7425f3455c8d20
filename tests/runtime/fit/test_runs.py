"""Runs of signs: every order counted out, the tables of 1943, and where counting ends."""

from __future__ import annotations

import math
from itertools import combinations, groupby

import numpy as np
import pytest

from qdsl.runtime.fit import runs
from qdsl.runtime.fit.runs import Runs, few_in_each, few_runs, fewest, runs_of

SIZES = [(1, 1), (1, 6), (2, 3), (3, 3), (4, 7), (5, 5), (6, 6), (8, 5)]


def counted(above: int, below: int) -> list[int]:
    """The number of runs of every order of so many plus and minus."""
    found = []
    for places in combinations(range(above + below), above):
        signs = [place in places for place in range(above + below)]
        found.append(len(list(groupby(signs))))
    return found


@pytest.mark.parametrize(("above", "below"), SIZES)
def test_the_probabilities_are_those_of_all_orders(above: int, below: int) -> None:
    orders = counted(above, below)
    for most in range(1, above + below + 1):
        share = sum(each <= most for each in orders) / len(orders)
        assert few_runs(most, above, below) == pytest.approx(share, rel=1e-14, abs=0.0)


@pytest.mark.parametrize(("above", "below"), SIZES)
def test_so_many_runs_are_expected_on_average(above: int, below: int) -> None:
    signs = np.array([1.0] * above + [-1.0] * below)
    found = runs_of(signs)
    assert found is not None
    assert found.expected == pytest.approx(np.mean(counted(above, below)), rel=1e-14)


SWED_EISENHART = {
    (2, 3): {2: 0.200, 3: 0.500, 4: 0.900},
    (5, 5): {2: 0.008, 3: 0.040, 4: 0.167, 5: 0.357, 6: 0.643, 7: 0.833, 8: 0.960, 9: 0.992},
    (10, 10): {4: 0.001, 5: 0.004, 6: 0.019, 7: 0.051, 8: 0.128, 9: 0.242, 10: 0.414},
}
"""F. S. Swed and C. Eisenhart, Annals of Mathematical Statistics 14 (1943) 66, table I, to the three digits there."""


@pytest.mark.parametrize("sizes", SWED_EISENHART, ids=str)
def test_the_published_table(sizes: tuple[int, int]) -> None:
    for most, probability in SWED_EISENHART[sizes].items():
        assert few_runs(most, *sizes) == pytest.approx(probability, abs=5.0001e-4)


@pytest.mark.parametrize(("above", "below"), [(501, 501), (640, 362)])
def test_many_signs_are_as_if_they_had_been_counted(above: int, below: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Down to the probability at which models are rejected."""
    mean = 1 + 2 * above * below / (above + below)
    least = next(most for most in range(2, above) if few_runs(most, above, below) > 0.001)
    for most in (least, round(0.5 * (least + mean)), round(mean), round(mean + 20)):
        near = few_runs(most, above, below)
        with monkeypatch.context() as patch:
            patch.setattr(runs, "EXACT_UP_TO", above + below)
            assert few_runs(most, above, below) == pytest.approx(near, rel=0.05)


def test_many_rows_are_as_each_by_itself() -> None:
    rng = np.random.default_rng(1)
    signs = np.sign(np.cumsum(rng.normal(size=(300, 24)), axis=1) + 2.0 * rng.normal(size=(300, 24)))
    signs[rng.random(signs.shape) < 0.2] = 0.0
    signs[:3] = [[1.0] * 24, [0.0] * 24, [1.0, -1.0] * 12]
    sides = [row[row != 0.0] for row in signs]
    counts = [[1 + np.count_nonzero(np.diff(each)), (each > 0).sum(), (each < 0).sum()] for each in sides]
    found = few_in_each(*np.array(counts, dtype=float).T)
    assert np.isnan(found[:2]).all()
    rejected = 0
    for p, row in zip(found[2:], signs[2:], strict=True):
        alone = runs_of(row)
        if alone is None:
            assert math.isnan(p)
        elif alone.p_value < 0.001:
            rejected += 1
            assert p == alone.p_value
        else:
            assert p >= 0.001
    assert rejected > 3


def test_what_is_not_looked_at_closely_is_not_rare() -> None:
    some = (*range(1, 40), 90, 300, 700)
    for above in some:
        for below in some:
            count, twice = above + below, 2.0 * above * below
            deviation = math.sqrt(twice * (twice - count) / (count**2 * (count - 1.0)))
            least = max(2, math.ceil(1.0 + twice / count - runs.NEAR * deviation))
            assert few_runs(least, above, below) > 0.001


def test_zeros_have_no_sign_and_one_sign_alone_tells_nothing() -> None:
    assert runs_of(np.array([1.0, 0.0, 2.0, -1.0, 0.0, -3.0])) == Runs(2, 3.0, pytest.approx(1 / 3))
    assert runs_of(np.array([1.0, 0.0, 2.0])) is None
    assert runs_of(np.zeros(0)) is None


def test_several_sequences_are_not_more_suspicious_than_one() -> None:
    clumped, mixed = Runs(2, 6.0, 0.008), Runs(6, 6.0, 0.643)
    assert fewest([mixed, clumped]) == Runs(2, 6.0, 0.016)
    assert fewest([mixed, mixed]) == Runs(6, 6.0, 1.0)
    assert fewest([]) is None
