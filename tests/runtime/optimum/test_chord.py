"""The last steps into a minimum, by one Hessian: how near they lead, and where they are not made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qdsl.runtime.fit import Parameter
from qdsl.runtime.optimum.chord import refined
from qdsl.runtime.optimum.objective import At, Numbers

Array = NDArray[Any]
SIZE = 12
WANTED = np.linspace(0.5, 2.0, SIZE)


@dataclass
class Bowl:
    """(x - c)²/2 + (x - c)⁴ in each number, times `sign`; it counts how often it was asked up to each order."""

    parameters: Numbers
    sign: float = 1.0
    edge: float = math.inf
    asked: list[int] = field(default_factory=list)

    def evaluate(self, x: Array, order: int) -> tuple[float, Array | None, Array | None]:
        self.asked.append(order)
        away = x - WANTED
        if (np.abs(away) < self.edge).all() and self.edge < math.inf:
            return math.nan, np.full(SIZE, math.nan), np.full((SIZE, SIZE), math.nan)
        value = float(np.sum(away**2 / 2 + away**4))
        return self.sign * value, self.sign * (away + 4 * away**3), self.sign * np.diag(1 + 12 * away**2)

    def at(self, x: Array) -> At:
        value, slope, bend = self.evaluate(x, 2)
        assert slope is not None
        assert bend is not None
        self.asked.clear()
        return At(x, value, slope, bend)


def numbers(low: float = -math.inf, high: float = math.inf) -> Numbers:
    return Numbers(Parameter(f"x{k}", 1.0, low, high) for k in range(SIZE))


def test_near_the_minimum_slopes_lead_into_it() -> None:
    bowl = Bowl(numbers())
    end, is_there = refined(bowl, bowl.at(WANTED + 1e-3), np.ones(SIZE))
    assert is_there
    assert end.x == pytest.approx(WANTED, abs=1e-14)
    assert bowl.asked.count(2) == 1
    assert bowl.asked.count(1) <= 5


def test_far_from_it_no_step_is_believed_that_gains_little() -> None:
    bowl = Bowl(numbers())
    here = bowl.at(WANTED + 3.0)
    end, is_there = refined(bowl, here, np.ones(SIZE))
    assert not is_there
    assert end.value <= here.value


def test_the_top_of_a_hill_is_left_alone() -> None:
    bowl = Bowl(numbers(), sign=-1.0)
    here = bowl.at(WANTED + 1e-3)
    assert refined(bowl, here, np.ones(SIZE)) == (here, False)
    assert bowl.asked == []


def test_no_bound_is_crossed() -> None:
    low = float(WANTED[0]) + 2e-4
    bowl = Bowl(numbers(low=low))
    here = bowl.at(np.maximum(WANTED + 1e-3, low))
    end, is_there = refined(bowl, here, np.ones(SIZE))
    assert (end.x >= low).all()
    assert (end is here, is_there) == (True, False)


def test_a_number_at_its_bound_stays_while_the_others_go_on() -> None:
    low = float(WANTED[0]) + 0.1
    bowl = Bowl(numbers(low=low))
    x = np.maximum(WANTED + 1e-3, low)
    free = x > low
    end, _ = refined(bowl, bowl.at(x), np.ones(SIZE))
    assert (end.x[~free] == low).all()
    assert end.x[free & (low < WANTED)] == pytest.approx(WANTED[free & (low < WANTED)], abs=1e-12)


def test_a_step_out_of_the_domain_is_not_made() -> None:
    bowl = Bowl(numbers(), edge=5e-4)
    here = bowl.at(WANTED + 1e-3)
    assert refined(bowl, here, np.ones(SIZE)) == (here, False)
