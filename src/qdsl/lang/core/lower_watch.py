"""What is watched while a state evolves: that no level is missing, and that a state it stays.

    evolve(e * x(c), |0>(c), ts)    =>    read(y) also gives the populations of the last level and of that below
                                          worst_of(rows, ..);  watch %worst, %levels above 1e-6 "the population of .."

At the times asked for, and only there, the populations of the levels that a dynamics would leave its spaces from
(`quantum.edges`) are read too, which may make numbers matter that nothing else depends on. The norm of a ket and the
least population of a density are read where all populations are there anyway; of up to four levels also the eigenvalues
of each two of them. The trace of a density is what steps of the Runge-Kutta kind keep by themselves, as everything that
is linear and conserved: it is read for other methods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import INT, Value, Watch, Worry
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import FEW, Numbers, added
from qdsl.lang.quantum.coordinates import place
from qdsl.lang.quantum.edges import Edge, edges
from qdsl.lang.quantum.generator import Generator
from qdsl.lang.quantum.pattern import Sum
from qdsl.lang.quantum.reach import reached
from qdsl.lang.quantum.sparse import Ints, size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Kind, Space

RTOL = 1e-8
ATOL = 1e-10
"""What a step may be wrong by, of the greatest number of a state and beside that, unless the program says."""

TRUNCATED_ABOVE = 1e-6
"""The population of a last level that is told."""

DRIFTED_ABOVE, NEGATIVE_ABOVE = 1e-5, 1e-6
"""How far a norm or a trace may be from 1, and a population below 0, however small the tolerances are."""

DRIFT, NEGATIVE = 100.0, 10.0
"""The same as multiples of what a step may be wrong by."""

PAIRS_UP_TO = 4
"""Levels of a density whose every two are looked at."""

KEEP_LINEAR = ("adaptive", "fine")
"""Methods that keep a trace by themselves."""

FORMULA = ("closed", "exact")
"""Methods that keep a state a state but for rounding, however long it evolves."""

Allowed = Callable[[float, float], Value]
"""`allowed(multiple, least)` is how far off a state may be."""

RowOf = Callable[[Value], Values]
"""The row of an experiment's data that the time of a place is for, where that is known."""


@dataclass(frozen=True, slots=True)
class Lookout:
    """What of a state is watched. `populations` are the numbers that these are of, where all that can be other than
    zero are there: None where they are not, or where the state stays one by itself. `method` is that of a solver,
    `has_pairs` tells that also what is between every two levels is there.
    """

    spaces: tuple[Space, ...]
    is_density: bool
    edges: tuple[Edge, ...] = ()
    populations: tuple[int, ...] | None = None
    method: str = ""
    has_pairs: bool = False

    @property
    def size(self) -> int:
        return size_of(self.spaces)

    @property
    def places(self) -> set[int]:
        """The numbers of a state that the populations at the edges are of."""
        every = [each for edge in self.edges for each in (*edge.states, *edge.below)]
        return set(every) if self.is_density else {each + shift for each in every for shift in (0, self.size)}

    def seeing(self, kept: Ints, there: Ints, method: str) -> Lookout:
        """With what else is watched where of the numbers that are `there` enough are kept, by this method."""
        size = self.size
        needed = there[there < size] if self.is_density else there
        if method in FORMULA or not np.isin(needed, kept).all():
            return self
        has_pairs = self.is_density and len(kept) >= len(there) and size <= PAIRS_UP_TO
        return Lookout(self.spaces, self.is_density, self.edges, tuple(needed.tolist()), method, has_pairs)

    @property
    def count(self) -> int:
        """How many numbers are read beside what is asked for."""
        return 2 * len(self.edges) + self._has_whole + self._has_least

    @property
    def _has_whole(self) -> bool:
        """Whether norm or trace are watched."""
        return self.populations is not None and not (self.is_density and self.method in KEEP_LINEAR)

    @property
    def _has_least(self) -> bool:
        return self.populations is not None and self.is_density

    def __str__(self) -> str:
        """In words, for `qdsl dump`."""
        parts = [f"{_levels(edge)} of {edge.space.name}" for edge in self.edges]
        parts += ["the trace" if self.is_density else "the norm"] if self._has_whole else []
        parts += ["eigenvalues" if self.has_pairs else "populations below 0"] if self._has_least else []
        return ", ".join(parts)

    # ── of one state ─────────────────────────────────────────────────────────

    def read(self, body: Body, y: Numbers) -> list[Value]:
        """For each edge the populations of its levels and of those below; how far norm or trace is from 1; how far
        below 0 what cannot be negative is.
        """
        found: list[Value] = []
        for edge in self.edges:
            found += [self._population(body, y, each) for each in (edge.states, edge.below)]
        if self._has_whole:
            whole = _total(body, y, self.populations or (), is_square=not self.is_density)
            found.append(body.b.op("abs", body.b.op("sub", whole, body.constant(1.0))))
        if self._has_least:
            found.append(self._below_zero(body, y, self.populations or ()))
        return found

    def _population(self, body: Body, y: Numbers, states: Sequence[int]) -> Value:
        places = states if self.is_density else [each + shift for each in states for shift in (0, self.size)]
        return _total(body, y, places, is_square=not self.is_density)

    def _below_zero(self, body: Body, y: Numbers, populations: Sequence[int]) -> Value:
        lowest = _least(body, y, populations)
        if self.has_pairs:
            for j in range(self.size):
                for i in range(j):
                    lowest = body.b.op("min", lowest, self._lower_eigenvalue(body, y, i, j))
        return body.b.op("neg", lowest)

    def _lower_eigenvalue(self, body: Body, y: Numbers, i: int, j: int) -> Value:
        """Of the two levels alone: (a + b) / 2 - sqrt((a - b)^2 / 4 + |c|^2). That of the density is no higher."""
        op, half = body.b.op, body.constant(0.5)
        a, b = (op("mul", half, y.at(each)) for each in (i, j))
        at = int(place(self.size, np.array([i]), np.array([j]))[0])
        between = added(body, [op("mul", each, each) for each in (op("sub", a, b), y.at(at), y.at(at + 1))])
        return op("sub", op("add", a, b), op("sqrt", between))

    # ── of the states at all times ───────────────────────────────────────────

    def of_rows(self, body: Body, states: Value) -> Value:
        """What is read of each of several whole states."""

        def element(builder: Builder, row: Value, column: Value) -> Value:
            with body.inside(builder):
                numbers = body.b.array(self.read(body, Numbers(body, states, row=row)))
                return body.b.get(numbers, column, inside=True)

        shape = (states.type.shape[0], self.count)  # type: ignore[union-attr]
        return body.b.build([body.b.len(states, 0), body.constant(self.count)], element, shape)

    def watch(self, body: Body, rows: Value, first: int, allowed: Allowed, row_of: RowOf) -> None:
        """Watch the worst of each column from `first` on."""
        at = first
        for edge in self.edges:
            last, below, place = _worst(body, rows, at, at + 1)
            _watch_edge(body, edge, last, below, row_of(place))
            at += 2
        remedy = "a smaller rtol"
        if self._has_whole:
            what = "trace of the density" if self.is_density else "square of the ket's norm"
            watch = Watch(Worry.DRIFT, 1.0, f"the {what} is off by {{1}}", f"{remedy} keeps it at 1")
            off, _, place = _worst(body, rows, at, at)
            _watch_drift(body, watch, off, allowed(DRIFT, DRIFTED_ABOVE), row_of(place))
            at += 1
        if self._has_least:
            what = "an eigenvalue" if self.has_pairs else "a population"
            watch = Watch(Worry.DRIFT, 1.0, f"{what} of the density falls to -{{1}}", f"{remedy} keeps it above 0")
            off, _, place = _worst(body, rows, at, at)
            _watch_drift(body, watch, off, allowed(NEGATIVE, NEGATIVE_ABOVE), row_of(place))


def lookout(generator: Generator, support: frozenset[int] | None, spaces: tuple[Space, ...], density: bool) -> Lookout:
    """What to watch of a state that this drives from where it may be other than zero."""
    return lookout_of(generator.patterns, reached(generator, support, None), spaces, density)


def lookout_of(patterns: Sequence[Sum], numbers: Ints, spaces: tuple[Space, ...], density: bool) -> Lookout:
    """What to watch of a state of which these numbers may be other than zero, driven by these operators."""
    there = np.zeros(size_of(spaces), dtype=bool)
    there[numbers[numbers < len(there)] if density else numbers % len(there)] = True
    return Lookout(spaces, density, edges(patterns, spaces, there))


def watch_rows(body: Body, node: typed.Quantum, watched: Lookout, rows: Value, count: int, has_states: bool) -> Value:
    """Watch what was read of the states at all times; the rest of the rows, which is what was asked for."""
    if not watched.count:
        return rows
    rtol, atol = (each.value for each in tolerances_of(body, node))

    def allowed(multiple: float, least: float) -> Value:
        wrong = body.b.op("mul", body.constant(multiple), body.b.op("add", rtol, atol))
        return body.b.op("max", wrong, body.constant(least))

    def row_of(place: Value) -> Values:
        return _row_of(body, node, place)

    if has_states:
        watched.watch(body, watched.of_rows(body, rows), 0, allowed, row_of)
        return rows
    watched.watch(body, rows, count, allowed, row_of)
    lengths = [body.b.len(rows, 0), body.constant(count)]
    shape = (rows.type.shape[0], count)  # type: ignore[union-attr]
    return body.b.build(lengths, lambda b, i, j: b.get(rows, i, j, inside=True), shape)


def watch_state(
    body: Body, node: typed.Quantum, generator: Generator, spaces: tuple[Space, ...], y: Numbers, density: bool
) -> None:
    """Watch the populations at the edges in a single state, of which `node` tells the row."""
    found = lookout(generator, None, spaces, density)
    values = found.read(body, y)
    for number, edge in enumerate(found.edges):
        _watch_edge(body, edge, values[2 * number], values[2 * number + 1], _row_of(body, node, body.constant(0)))


def tolerances_of(body: Body, node: typed.Quantum) -> list[Data]:
    """`rtol` and `atol`, as they are given or by default."""
    options = dict(node.options)
    return [
        body.expr(options[name]) if name in options else Data(types.SCALAR, (body.constant(default),))
        for name, default in (("rtol", RTOL), ("atol", ATOL))
    ]


def _row_of(body: Body, node: typed.Quantum, place: Value) -> Values:
    """Which row of its data the experiment does this for at the time of that place, where many rows are done at once:
    then the node is told so (`core.segment_code`).
    """
    options = dict(node.options)
    if "order" not in options:
        return ()
    order, first = (body.expr(options[name]) for name in ("order", "first"))
    if "ranks" not in options:
        return (body.b.get(order.value, first.value),)
    given = [order, first, body.expr(options["ranks"]), Data(types.INT, (place,))]
    return apply_call(body, body.program.find("watching", "row_of"), given, types.INT).values


def _watch_edge(body: Body, edge: Edge, last: Value, below: Value, row: Values) -> None:
    size = edge.space.size or 0
    function = body.program.find("watching", "enough_levels")
    numbers = [Data(types.INT, (body.constant(each),)) for each in (size, edge.width)]
    shares = [Data(types.SCALAR, (each,)) for each in (last, below, body.constant(TRUNCATED_ABOVE))]
    levels = apply_call(body, function, [*numbers, *shares], types.INT).value
    kind = {Kind.FOCK: "Fock", Kind.LEVEL: "Level"}.get(edge.space.kind, edge.space.kind.value)
    words = f"the population of {_levels(edge)} of `{edge.space.name}` reaches {{0}}"
    watch = Watch(Worry.TRUNCATION, TRUNCATED_ABOVE, words, f"use {kind}({{1}}) or more", tells_row=bool(row))
    body.b.watch(watch, last, levels, *row)


def _levels(edge: Edge) -> str:
    return "the last level" if edge.width == 1 else f"the last {edge.width} levels"


def _watch_drift(body: Body, watch: Watch, off: Value, allowed: Value, row: Values) -> None:
    body.b.watch(replace(watch, tells_row=bool(row)), body.b.op("div", off, allowed), off, *row)


def _worst(body: Body, rows: Value, column: int, beside: int) -> Values:
    """The greatest number of a column, what stands in the other column beside it, and in which row."""
    array = types.Array(types.SCALAR, tuple(rows.type.shape))  # type: ignore[union-attr]
    at = [Data(types.INT, (body.constant(each),)) for each in (column, beside)]
    function = body.program.find("watching", "worst_of")
    assert isinstance(function.type, types.Function)
    return apply_call(body, function, [Data(array, (rows,)), *at], function.type.result).values


# ── many numbers ─────────────────────────────────────────────────────────────────────────────────────────────────


def _total(body: Body, y: Numbers, places: Sequence[int], is_square: bool) -> Value:
    """The sum of the numbers at these places, or of their squares."""

    def term(value: Value) -> Value:
        return body.b.op("mul", value, value) if is_square else value

    return _taken_up(body, y, places, body.constant(0.0), lambda total, each: body.b.op("add", total, term(each)))


def _least(body: Body, y: Numbers, places: Sequence[int]) -> Value:
    """The least of the numbers at these places, and of 0."""
    return _taken_up(body, y, places, body.constant(0.0), lambda least, each: body.b.op("min", least, each))


def _taken_up(
    body: Body, y: Numbers, places: Sequence[int], start: Value, step: Callable[[Value, Value], Value]
) -> Value:
    """One number after the other: of many, by a loop."""
    indices = [y.index_of(each) for each in places if not y.is_zero(each)]
    if len(indices) <= FEW:
        found = start
        for each in places:
            found = found if y.is_zero(each) else step(found, y.at(each))
        return found
    table = body.b.table(indices, element=INT)

    def round_(builder: Builder, k: Value, so_far: Value) -> list[Value]:
        with body.inside(builder):
            return [step(so_far, y.element(body.b.get(table, k, inside=True)))]

    (total,) = body.b.for_(body.constant(0), body.constant(len(indices)), [start], round_)
    return total
