"""The statements of one segment: what its rows share, done once, then what is read for each stop.

    let H = ..  let times = [tau[order[j]] for j in first .. last - 1]  let rows = observe(evolve(H, psi, times), A)
    for j in first .. last - 1 { p[j] = rows[j - first, 0] }

In: the `Readings` of an experiment. Out: the body of a loop over segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qdsl.lang.core.readings import Reading, Readings
from qdsl.lang.core.segments import Share, size_of_state
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.types import INT, SCALAR

Columns = dict[typed.Variable, typed.Variable]
"""For each variable that differs from row to row the array of its values."""

Arrays = dict[typed.Variable, typed.Variable]
"""For each number that is read the array of what it is at every stop."""

WATCHED = ("evolve", "observe", "steady_state", "transferred")
"""What may have to tell for which row it is done."""


def statements(readings: Readings, columns: Columns) -> tuple[list[typed.Statement], Arrays]:
    """What fills an array, with an element for each stop, for each of `readings.values`."""
    w = readings.w
    arrays = {each: w.variable(each.name, types.Array(each.type), is_mutable=True) for each in readings.values}
    stops = w.range(w.integer(0), w.length(readings.order))
    zeros = w.each(w.variable("k", INT), stops, w.zero)
    s = w.variable("s", INT)
    count = w.operation("sub", w.length(readings.starts), w.integer(1), type=INT)
    body = _SegmentCode(readings, columns, arrays, s).statements()
    return [
        *(w.let(each, replace(zeros, type=each.type)) for each in arrays.values()),
        w.loop(s, w.range(w.integer(0), count), body),
    ], arrays


class _SegmentCode:
    """One segment: the rows order[first], .., order[last - 1]."""

    def __init__(self, readings: Readings, columns: Columns, arrays: Arrays, s: typed.Variable) -> None:
        self.of = readings
        self.plan, self.w = readings.plan, readings.w
        self.columns, self.arrays, self.s = columns, arrays, s
        w = self.w
        self.first, self.last = w.variable("first", INT), w.variable("last", INT)
        self.j = w.variable("j", INT)
        self.made: dict[typed.Variable, typed.Variable] = {}
        self.ranks: dict[typed.Variable, typed.Variable] = {}

    def statements(self) -> list[typed.Statement]:
        w = self.w
        starts, s = w.use(self.of.starts), w.use(self.s)
        return [
            w.let(self.first, w.at(starts, s)),
            w.let(self.last, w.at(starts, w.operation("add", s, w.integer(1), type=INT))),
            *self._columns_at(self.first, [each for each in self.columns if each in self._of_segment]),
            *(replace(each, value=self._telling(each.value, self.first)) for each in self._lets(of_segment=True)),
            *(each for let, share in self._shared() for each in self._shared_work(let, share)),
            w.loop(self.j, w.range(w.use(self.first), w.use(self.last)), [*self._row()]),
        ]

    @property
    def _of_segment(self) -> list[typed.Variable]:
        """The columns that do not change in a segment: its axes, and params that have columns."""
        return [each for each in self.columns if each in self.plan.axes or each not in self.of.dependences.axes]

    def _columns_at(self, stop: typed.Variable, variables: Sequence[typed.Variable]) -> Iterator[typed.Statement]:
        row = self.w.at(self.w.use(self.of.order), self.w.use(stop))
        for each in variables:
            yield self.w.let(each, self.w.at(self.w.use(self.columns[each]), row))

    def _row_columns(self) -> list[typed.Variable]:
        return [each for each in self.columns if each in self.plan.stops - self.plan.axes]

    def _shared(self) -> Iterator[tuple[typed.Let, Share]]:
        for let in self.of.experiment.lets:
            if let.variable in self.of.kept:
                yield let, self.plan.shares[let.variable]

    def _is_of_segment(self, let: typed.Let) -> bool:
        return self.plan.is_of_segment(let.value)

    def _lets(self, of_segment: bool) -> Iterator[typed.Let]:
        """The lets of the segment that are values: not states that are only read."""
        for let in self.of.experiment.lets:
            if self._is_of_segment(let) is of_segment and self._is_value(let.variable):
                yield let

    def _is_value(self, variable: typed.Variable) -> bool:
        if self.plan.shares.get(variable) is Share.TRANSFER:
            return variable in self.of.kept
        if variable in self.of.kept:
            return size_of_state(variable.type) is None or self.of.is_state(variable)
        return variable in self.of.needed

    # ── once for the segment ─────────────────────────────────────────────────

    def _shared_work(self, let: typed.Let, share: Share) -> Iterator[typed.Statement]:
        variable, value = let.variable, let.value
        if share is Share.TRANSFER:
            size = size_of_state(variable.type)
            made = self.made[variable] = self.w.variable(f"{variable.name}.matrix", types.Array(SCALAR, (size, size)))
            yield self.w.let(made, typed.Quantum(self.w.span, made.type, "transfer", (value,)))
        elif share is Share.TRAJECTORY:
            yield from self._trajectory(variable, value)
        elif not self._is_value(variable):
            yield self._observed(variable, self._telling(value, self.first), ())

    def _telling(self, value: typed.Expr, stop: typed.Variable, ranks: typed.Variable | None = None) -> typed.Expr:
        """An evolution that can tell a row, where something is wrong: that of the stop, or where it is read at several
        times, which stand in these ranks, that of one of the stops from there on.
        """
        if not (isinstance(value, typed.Quantum) and value.name in WATCHED):
            return value
        use = self.w.use
        options = [("order", use(self.of.order)), ("first", use(stop))]
        options += [] if ranks is None else [("ranks", use(ranks))]
        return replace(value, options=(*value.options, *options))

    def _trajectory(self, variable: typed.Variable, value: typed.Expr) -> Iterator[typed.Statement]:
        """The evolution to the times of all rows, in order."""
        assert isinstance(value, typed.Quantum)
        w, (hamiltonian, state, time) = self.w, value.arguments
        times = w.variable(f"{variable.name}.times", types.Array(time.type))
        ranks = self.ranks[variable] = w.variable(f"{variable.name}.ranks", types.Array(INT))
        yield w.let(times, self._times(time))
        yield w.let(ranks, typed.Quantum(w.span, ranks.type, "ranks", (w.use(times),)))
        ordered = typed.Quantum(w.span, times.type, "in_ranks", (w.use(times), w.use(ranks)))
        at_times = replace(value, type=types.Array(value.type), arguments=(hamiltonian, state, ordered))
        states = self._telling(at_times, self.first, ranks)
        if self.of.is_state(variable):
            made = self.made[variable] = w.variable(f"{variable.name}.states", states.type)
            yield w.let(made, states)
        else:
            yield self._observed(variable, states, (None,))

    def _times(self, time: typed.Expr) -> typed.Expr:
        """The times of the segment's rows."""
        j = self.w.variable("j", INT)
        needed = self.of.dependences.needed(time)
        lets = [each for each in self.of.experiment.lets if each.variable in needed and not self._is_of_segment(each)]
        at_row = [*self._columns_at(j, self._row_columns()), *lets]
        return self.w.each(j, self.w.range(self.w.use(self.first), self.w.use(self.last)), self.w.block(at_row, time))

    def _observed(self, variable: typed.Variable, evolution: typed.Expr, rows: tuple[None, ...]) -> typed.Let:
        """What is read off the state, or states: a number for each reading."""
        assert isinstance(evolution, typed.Quantum)
        operators = [node.arguments[0] for node in self.of.reads[variable]]
        width = sum(each.source is variable for each in self.of.readings)
        type_ = types.Array(SCALAR, (*rows, width))
        made = self.made[variable] = self.w.variable(f"{variable.name}.observed", type_)
        arguments = (*evolution.arguments, *operators)
        return self.w.let(made, replace(evolution, type=type_, name="observe", arguments=arguments))

    # ── for each row ─────────────────────────────────────────────────────────

    def _row(self) -> Iterator[typed.Statement]:
        """The states of one stop, and what is read off them."""
        w = self.w
        yield from self._columns_at(self.j, self._row_columns())
        in_row = self._needed_in_row()
        for let in self._lets(of_segment=False):
            share = self.plan.shares.get(let.variable)
            if share is Share.TRAJECTORY and self.of.is_state(let.variable):
                yield w.let(let.variable, w.at(w.use(self.made[let.variable]), self._rank(let.variable)))
            elif share is None and let.variable in in_row:
                yield replace(let, value=self._telling(let.value, self.j))
            elif share is Share.TRANSFER:
                yield self._transferred(let)
        yield from self._stores()

    def _needed_in_row(self) -> set[typed.Variable]:
        """The lets that states are made of to which a matrix is applied."""
        found = set[typed.Variable]()
        for let, share in self._shared():
            if share is Share.TRANSFER:
                assert isinstance(let.value, typed.Quantum)
                found |= self.of.dependences.needed(let.value.arguments[1])
        return found

    def _transferred(self, let: typed.Let) -> typed.Let:
        assert isinstance(let.value, typed.Quantum)
        matrix = self.w.use(self.made[let.variable])
        arguments = (matrix, let.value.arguments[1], let.value)
        made = typed.Quantum(let.span, let.variable.type, "transferred", arguments)
        return self.w.let(let.variable, self._telling(made, self.j))

    def _rank(self, variable: typed.Variable) -> typed.Expr:
        w = self.w
        place = w.operation("sub", w.use(self.j), w.use(self.first), type=INT)
        return w.at(w.use(self.ranks[variable]), place)

    def _stores(self) -> Iterator[typed.Statement]:
        """What is read, put in its place."""
        lets: dict[typed.Variable | typed.Quantum, typed.Let] = {}
        columns: dict[typed.Variable, int] = {}
        for each in self.of.readings:
            column = columns[each.source] = columns.get(each.source, -1) + 1
            if self._is_read_at_once(each):
                value = self._read_at_once(each.source, column)
            elif each.variable is each.source:
                value = self.w.use(each.source)
            else:
                source = each.node or each.source
                if source not in lets:
                    lets[source] = self._read(each)
                    yield lets[source]
                value = self._part(lets[source].variable, each.place)
            yield self.w.store(self.arrays[each.variable], self.w.use(self.j), value)

    def _is_read_at_once(self, reading: Reading) -> bool:
        """Whether it was read while the state evolved."""
        share = self.plan.shares[reading.source]
        return reading.node is not None and share is not Share.TRANSFER and not self.of.is_state(reading.source)

    def _read_at_once(self, source: typed.Variable, column: int) -> typed.Expr:
        w = self.w
        rows = w.use(self.made[source])
        if self.plan.shares[source] is Share.TRAJECTORY:
            return w.at(rows, self._rank(source), w.integer(column))
        return w.at(rows, w.integer(column))

    def _read(self, reading: Reading) -> typed.Let:
        """What a state is read for, or its numbers."""
        value = reading.node
        if value is None:
            type_ = types.Array(SCALAR, (size_of_state(reading.source.type),))
            value = typed.Quantum(self.w.span, type_, "numbers", (self.w.use(reading.source),))
        return self.w.let(self.w.variable("read", value.type), value)

    def _part(self, read: typed.Variable, place: int) -> typed.Expr:
        whole = self.w.use(read)
        return self.w.at(whole, self.w.integer(place)) if isinstance(types.pruned(read.type), types.Array) else whole
