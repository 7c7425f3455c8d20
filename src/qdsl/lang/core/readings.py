"""The evolutions of an experiment, done for segments of its rows, and what is read off the states for each row.

    axis detuning, tau                                  var p = [0 for _ in order]
    let rho = evolve(H, |0>(q), tau)                    for s in range(len(starts) - 1) {
    let p = expect(P(q, 1), rho)                  =>        let first, last = starts[s], starts[s + 1]
    measure counts ~ Binomial(500, p)                       let detuning = detuning[order[first]]  ..  let H = ..
                                                            let ts = [tau[order[j]] for j in first .. last - 1]
                                                            let rows = observe(evolve(H, |0>(q), ts), P(q, 1))
                                                            for j in first .. last - 1 { p[j] = rows[j - first, 0] }
                                                        }

In: a `Plan`. Out: what has to be read, which `core.segment_code` turns into these statements, and `rest`, the
experiment without its evolutions, to which the numbers are given. `order` are rows of the data, one for each stop (each
set of values that reads something else), those of a segment together; `starts` is where in it segments start, and its
length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from qdsl.lang.core.lower_effects import children
from qdsl.lang.core.replaced import with_distribution, with_replaced
from qdsl.lang.core.segments import Plan, size_of_state
from qdsl.lang.core.typed_writer import Writer
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dependence import variables_in
from qdsl.lang.typed.types import INT, SCALAR


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """A number read off `source` for each row: `place` tells which, of what `node` reads or of the state's own."""

    variable: typed.Variable
    source: typed.Variable
    node: typed.Quantum | None
    place: int


class Readings:
    """What is read, and the rest of the experiment."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.experiment = plan.experiment
        self.dependences = plan.dependences
        self.w = Writer(plan.experiment.span)
        self.order = self.w.variable("order", types.Array(INT))
        self.starts = self.w.variable("starts", types.Array(INT))

    # ── what is used outside ─────────────────────────────────────────────────

    @cached_property
    def rest(self) -> typed.Experiment:
        """The experiment as a function of what is read."""
        new: dict[typed.Expr, typed.Expr] = {
            node: self._in_place_of(node) for nodes in self.reads.values() for node in nodes
        }
        lets = [*self._states(), *(with_replaced(each, new) for each in self._lets_outside)]
        measures = [with_distribution(each, lambda d: with_replaced(d, new)) for each in self.experiment.measures]
        return replace(self.experiment, lets=tuple(lets), measures=tuple(measures))

    @cached_property
    def values(self) -> tuple[typed.Variable, ...]:
        """The numbers of a row that `rest` is given."""
        return tuple(each.variable for each in self.readings)

    @cached_property
    def stops(self) -> tuple[typed.Variable, ...]:
        """The axes that tell which rows read the same, those of segments first."""
        axes = self.dependences.axes
        first = [each for each in axes if each in self.plan.axes]
        return (*first, *(each for each in axes if each in self.plan.stops - self.plan.axes))

    @cached_property
    def _arguments(self) -> list[typed.Expr]:
        """All that distributions are given."""
        found = [each.distribution for each in self.experiment.measures]
        found += [each.outcome.distribution for each in self.experiment.measures if each.outcome is not None]
        return [argument for each in found for argument in each.arguments if argument is not None]

    @cached_property
    def _lets_outside(self) -> list[typed.Let]:
        """The lets that the measurements need, and that are not done in segments."""
        needed = set[typed.Variable]()
        waiting = list(variables_in(tuple(self._arguments)))
        while waiting:
            each = waiting.pop()
            if each in self.dependences.lets and each not in needed and each not in self.plan.shares:
                needed.add(each)
                waiting += variables_in(self.dependences.lets[each].value)
        return [each for each in self.experiment.lets if each.variable in needed]

    @cached_property
    def _used_outside(self) -> tuple[dict[typed.Variable, list[typed.Quantum]], set[typed.Variable]]:
        """For each state what is read off it, and what is used as it is."""
        reads: dict[typed.Variable, list[typed.Quantum]] = {}
        whole = set[typed.Variable]()
        waiting: list[typed.Expr | typed.Statement] = [*self._arguments, *self._lets_outside]
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, typed.Quantum) and (source := self._source_of(node)) is not None:
                if node not in reads.setdefault(source, []):
                    reads[source].append(node)
            elif isinstance(node, typed.Local) and node.variable in self.plan.shares:
                whole.add(node.variable)
            else:
                waiting = [*children(node), *waiting]
        return {each: nodes for each, nodes in reads.items() if each not in whole}, whole

    @property
    def reads(self) -> dict[typed.Variable, list[typed.Quantum]]:
        return self._used_outside[0]

    def _source_of(self, node: typed.Quantum) -> typed.Variable | None:
        """The state of a segment that an operation reads, if what it reads is the same in all rows of the segment."""
        match node:
            case typed.Quantum(name="expect" | "probabilities", arguments=(what, typed.Local(variable=variable))):
                is_known = variable in self.plan.shares and self.plan.is_of_segment(what)
                return variable if is_known and _width(node) is not None else None
            case _:
                return None

    @cached_property
    def readings(self) -> list[Reading]:
        found: list[Reading] = []
        reads, whole = self._used_outside
        for source in self.plan.shares:
            for node in reads.get(source, ()):
                type_ = types.pruned(node.type)
                element = type_.element if isinstance(type_, types.Array) else type_
                names = [f"{source.name}.{len(found) + place}" for place in range(_width(node) or 0)]
                found += [
                    Reading(self.w.variable(name, element), source, node, place) for place, name in enumerate(names)
                ]
            if source in whole:
                size = size_of_state(source.type)
                found += (
                    [Reading(source, source, None, 0)]
                    if size is None
                    else [Reading(self.w.variable(f"{source.name}.{k}", SCALAR), source, None, k) for k in range(size)]
                )
        return found

    def _in_place_of(self, node: typed.Quantum) -> typed.Expr:
        """What stands for an operation that has been read."""
        uses = [
            typed.Local(node.span, each.variable.type, each.variable, display=node.display)
            for each in self.readings
            if each.node is node
        ]
        if not isinstance(types.pruned(node.type), types.Array):
            return uses[0]
        return typed.ArrayLiteral(node.span, node.type, tuple(uses))

    def _states(self) -> Iterator[typed.Let]:
        """The states that are given as numbers."""
        for source in self.plan.shares:
            numbers = [self.w.use(each.variable) for each in self.readings if each.source is source and not each.node]
            if source in self._used_outside[1] and size_of_state(source.type) is not None:
                state = typed.Quantum(self.w.span, source.type, "state", (self.w.array(numbers),))
                yield self.w.let(source, state)

    # ── what is done inside ──────────────────────────────────────────────────

    @cached_property
    def kept(self) -> list[typed.Variable]:
        """What is done in segments and of use."""
        sources = {each.source for each in self.readings}
        nodes: list[typed.Expr] = [self.dependences.lets[each].value for each in sources]
        nodes += [node for each in self.reads.values() for node in each]
        wanted = sources.union(*(self.dependences.needed(each) for each in nodes))
        return [each for each in self.plan.shares if each in wanted]

    @cached_property
    def needed(self) -> set[typed.Variable]:
        """The lets that are needed to do it; of a state that is only read, it is none itself."""
        found = set[typed.Variable]()
        for each in self.kept:
            found |= self.dependences.needed(self.dependences.lets[each].value)
        for nodes in self.reads.values():
            for node in nodes:
                found |= self.dependences.needed(node.arguments[0])
        return found

    def is_state(self, variable: typed.Variable) -> bool:
        """Whether the state itself is needed, not only what is read off it."""
        return variable in self._used_outside[1] or variable in self.needed


def _width(node: typed.Quantum) -> int | None:
    """How many numbers an operation reads; None where that is not known."""
    type_ = types.pruned(node.type)
    if not isinstance(type_, types.Array):
        return 1
    (length,) = type_.shape if len(type_.shape) == 1 else (None,)
    return length if isinstance(length, int) else None
