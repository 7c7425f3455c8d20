"""Where the values of params may lie, from the data and from what the params are measured in.

    axis t: 0 us .. 10 us, every 0.1 us        =>        tau: Time        0.05 us .. 100 us
                                                         f: Frequency     10 kHz .. 10 MHz, and the data's frequencies

In: an experiment's params and the columns of its data. Out: for each param its `Range`s.

What a param is measured in is a product of powers of the axes and of what is measured. Its dimension says so, where
theirs leave no choice; else the code of the model does (`lang.core.homogeneity`). A cycle is a pure number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from qdsl.lang.core.homogeneity import Kind
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import CYCLE, ONE, Atom, Dimension, Exponent
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.fit.oscillations import extremes, frequencies
from qdsl.runtime.fit.ranges import Range

TURNS = (1.0, 2.0 * math.pi, 0.5, math.pi)
"""What a frequency of the data, in turns, may be called: itself, an angle, and half of both, as of a squared sine."""

ANGLES = (2.0 * math.pi, math.pi)
"""The same where the code says how large an angle is beside the param."""


@dataclass(frozen=True, eq=False)
class Scale:
    """How small and how large a column is: `short` is the gap between values, `long` what it spans, `low` and `high`
    are its ends.
    """

    short: float
    long: float
    low: float
    high: float


def scale_of_axis(values: Vector) -> Scale:
    places = np.unique(np.asarray(values, dtype=float))
    low, high = float(places[0]), float(places[-1])
    largest = max(abs(low), abs(high)) or 1.0
    if len(places) == 1:
        return Scale(0.1 * largest, largest, low, high)
    span = high - low
    long = max(span, largest) if largest < 10.0 * span else span
    return Scale(float(np.median(np.diff(places))), long, low, high)


def scale_of_means(values: Vector) -> Scale:
    largest = float(np.max(np.abs(values), initial=0.0)) or 1.0
    return Scale(0.03 * largest, 3.0 * largest, float(np.min(values, initial=0.0)), float(np.max(values, initial=0.0)))


@dataclass(frozen=True, eq=False)
class Columns:
    """The axes and what was measured, by name, and their dimensions."""

    axes: Sequence[tuple[typed.Variable, Vector]]
    means: Sequence[tuple[typed.Variable, Vector]]


def ranges_of(param: typed.ParamDeclaration, kind: Kind | None, columns: Columns) -> list[Range]:
    """Where the param may lie; its bounds are not looked at. `kind` is what the code says, if it says anything."""
    known = _by_dimension(param.variable, columns)
    if kind is None:
        return _anything(param) if known is None else _Ranges(*known, 1.0, None, None, columns).found()
    of_axes, of_means = known or (kind.axes, kind.means)
    factor = kind.factor if (tuple(of_axes), tuple(of_means)) == (kind.axes, kind.means) else 1.0
    return _Ranges(of_axes, of_means, factor, kind.is_place, kind.oscillates, columns).found()


@dataclass(frozen=True, eq=False)
class _Ranges:
    """Of a param that is so many times a product of these powers of the axes and the means. None is: not known."""

    of_axes: Sequence[float]
    of_means: Sequence[float]
    factor: float
    is_place: bool | None
    oscillates: bool | None
    columns: Columns

    def found(self) -> list[Range]:
        if not any(self.of_axes) and not any(self.of_means):
            return self._pure()
        found = self._sizes()
        if any(self.of_means):
            return found
        single = [place for place, power in enumerate(self.of_axes) if power]
        if len(single) == 1 and self.of_axes[single[0]] in (1.0, -1.0):
            values = np.asarray(self.columns.axes[single[0]][1], dtype=float)
            power = self.of_axes[single[0]]
            if power == 1.0 and self.is_place is not False:
                found = [*found, *self._places(values)]
            if self.oscillates is not False:
                found = [*found, *self._frequencies(values, power)]
        return found

    def _sizes(self) -> list[Range]:
        """Logarithms of sizes, of either sign: more often positive."""
        low = high = math.log(self.factor)
        for power, (_, values) in zip(self.of_axes, self.columns.axes, strict=True):
            scale = scale_of_axis(values)
            ends = power * math.log(0.5 * scale.short), power * math.log(10.0 * scale.long)
            low, high = low + min(ends), high + max(ends)
        for power, (_, values) in zip(self.of_means, self.columns.means, strict=True):
            scale = scale_of_means(values)
            ends = power * math.log(scale.short), power * math.log(scale.long)
            low, high = low + min(ends), high + max(ends)
        low, high = math.exp(max(low, -690.0)), math.exp(min(high, 690.0))
        return [Range(low, high, 1.0, True), Range(-high, -low, 0.25, True)]

    def _places(self, values: Vector) -> list[Range]:
        """Places on an axis: anywhere, and near where the data are farthest from their median."""
        scale = scale_of_axis(values)
        margin, near = 0.1 * (scale.high - scale.low), 0.03 * (scale.high - scale.low)
        found = [Range(scale.low - margin, scale.high + margin, 1.0)]
        for _, measured in self.columns.means:
            places = extremes(values, np.asarray(measured, dtype=float))
            found += [Range(each - near, each + near, 1.0 / len(places)) for each in places]
        return [each for each in found if each.low < each.high]

    def _frequencies(self, values: Vector, power: float) -> list[Range]:
        """Those of the data, within what they resolve, and any up to one turn for two gaps; or their periods."""
        scale = scale_of_axis(values)
        near = 0.5 / (scale.high - scale.low) if scale.high > scale.low else 0.0
        found = [Range(0.0, 0.5 / scale.short, 0.5), Range(0.0, math.pi / scale.short, 0.5)] if power < 0.0 else []
        for _, measured in self.columns.means:
            peaks = frequencies(values, np.asarray(measured, dtype=float))
            names = [each * self.factor**-power for each in ANGLES] if self.oscillates else TURNS
            for turns, peak in product(names, peaks):
                low, high = turns * max(peak - near, 0.1 * peak), turns * (peak + near)
                weight = (2.0 if self.oscillates else 0.5) / (len(names) * len(peaks))
                found.append(Range(low, high, weight) if power < 0.0 else Range(1.0 / high, 1.0 / low, weight))
        return found

    def _pure(self) -> list[Range]:
        """A phase, or a pure number."""
        turn = Range(-math.pi, math.pi, 1.0)
        if self.oscillates:
            return [turn]
        return [turn, Range(0.03, 30.0, 1.0, True), Range(-30.0, -0.03, 0.3, True)]


def folds_of(kind: Kind, axes: Sequence[Vector]) -> list[float]:
    """By what a frequency may change without a difference at the values of its axis, if these are evenly apart; some of
    them may be missing.
    """
    single = [place for place, power in enumerate(kind.axes) if power]
    if not kind.oscillates or len(single) != 1 or kind.axes[single[0]] != -1.0 or any(kind.means):
        return []
    gaps = np.diff(np.unique(np.asarray(axes[single[0]], dtype=float)))
    steps = np.round(gaps / gaps.min(initial=np.inf))
    if len(gaps) < 2 or (np.abs(gaps - steps * gaps.min()) > 1e-6 * gaps.min()).any():
        return []
    return [angle * kind.factor * float(steps.sum() / gaps.sum()) for angle in ANGLES]


def _anything(param: typed.ParamDeclaration) -> list[Range]:
    """Of a param of which nothing is known: many sizes around the unit that it is shown in."""
    unit = 1.0 if param.variable.display is None else param.variable.display.scale
    return [Range(1e-3 * unit, 1e3 * unit, 1.0, True), Range(-1e3 * unit, -1e-3 * unit, 0.25, True)]


# ── dimensions ───────────────────────────────────────────────────────────────────────────────────────────────────


def _by_dimension(variable: typed.Variable, columns: Columns) -> tuple[Sequence[float], Sequence[float]] | None:
    """The powers of the axes and of what is measured that give the dimension, if there is one way only."""
    wanted = _powers(variable)
    if not wanted:
        return None
    given = [_powers(each) for each, _ in (*columns.axes, *columns.means)]
    atoms = sorted({str(atom) for each in (wanted, *given) for atom in each})
    matrix = np.array([[float(each.get(atom, 0)) for each in given] for atom in atoms])
    right = np.array([float(wanted.get(atom, 0)) for atom in atoms])
    used = np.flatnonzero(np.abs(matrix).sum(axis=0)) if matrix.size else np.empty(0, dtype=int)
    if not used.size or np.linalg.matrix_rank(matrix[:, used]) < len(used):
        return None
    powers = np.zeros(len(given))
    powers[used], *_ = np.linalg.lstsq(matrix[:, used], right, rcond=None)
    if np.abs(matrix @ powers - right).max() > 1e-9:
        return None
    powers = np.round(powers, 9)
    return powers[: len(columns.axes)].tolist(), powers[len(columns.axes) :].tolist()


def _powers(variable: typed.Variable) -> dict[str, Exponent]:
    """The powers of base dimensions other than the cycle."""
    type_ = types.pruned(variable.type)
    dimension: Dimension = type_.dimension if isinstance(type_, types.Real) else ONE
    factors: dict[Atom, Exponent] = dict(dimension.factors)
    return {str(atom): Fraction(power) for atom, power in factors.items() if atom != CYCLE}
