"""Values drawn from ranges: where the points of a random or a Sobol sweep are.

    drawn(ranges, "random", 256, seed, ..)      an array of 256 values for each range

Random values are functions of the seed, the number of the point and the place of the param in its experiment: they
do not depend on how many points there are, nor on what else is swept. Their Philox counters begin at -2^63, where no
draw of a measurement is. Sobol points are those of `runtime.sobol`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.generate import Expression
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.sweep_params import LINEAR, LOG
from qdsl.lang.typed.types import SCALAR
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.sobol import sobol

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Range:
    """The ends, which are values that can come out, and how what is between them is told: evenly, or in ratios."""

    low: float
    high: float
    scale: str = LINEAR

    def as_dict(self) -> dict[str, object]:
        return {"low": self.low, "high": self.high, "scale": self.scale}


def drawn(
    ranges: Mapping[int, Range], method: str, count: int, seed: int, compiler: Compiler, at: Span
) -> list[Column]:
    """For each range so many values; its key is the place of its param in the experiment."""
    places = sorted(ranges)
    if method == "sobol":
        shares = dict(zip(places, sobol(len(places), count, seed), strict=True))
    else:
        shares = {place: _uniform(place, count, seed, compiler) for place in places}
    return [_within(ranges[place], shares[place], compiler, at) for place in ranges]


def _uniform(place: int, count: int, seed: int, compiler: Compiler) -> Column:
    """Random numbers between 0 and 1, by the library's own generator."""
    kernel = compiler.kernel(compiler.generator.generate(compiler.library.function("uniforms"), stop_after="core"))
    counters = np.arange(count, dtype=np.int64) + (-(2**63) + (place << 32))
    first, _ = kernel(seed, counters, 0)
    return np.asarray(first, dtype=np.float64)


def _within(range_: Range, shares: Column, compiler: Compiler, at: Span) -> Column:
    """The values at these shares of the way from low to high; nothing on the way is beyond the ends."""
    low, high = range_.low, range_.high
    if range_.scale == LOG:
        power = _power(compiler, at)
        values: Column = power(low, 1 - shares) * power(high, shares)
    else:
        values = low * (1 - shares) + high * shares
    return np.asarray(np.clip(values, low, high))


def _power(compiler: Compiler, at: Span) -> Any:
    """x^y by the language's own function, which has the same bits on every machine."""
    x, y = typed.Variable("x", SCALAR, at), typed.Variable("y", SCALAR, at)
    uses = tuple(typed.Local(at, SCALAR, each) for each in (x, y))
    power = Expression(typed.Operation(at, SCALAR, "pow", uses), (x, y))
    return compiler.kernel(compiler.generator.generate(power, stop_after="core"))
