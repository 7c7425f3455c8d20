"""Which rows of an experiment share an evolution.

    axis detuning, tau                            segments: rows of one detuning
    let rho = evolve(H, |0>(q), tau)              a trajectory: H knows the detuning alone, so that a segment needs one
    let end = evolve(pulse, rho, 0.1 us)          a transfer: one matrix for all, applied to the state of each row

In: an experiment with its lets in a row (`core.flat_lets`). Out: a `Plan`, the axes whose values tell segments and what
each evolution is then; None where nothing is gained. Of all choices of axes it takes the one with the fewest
evolutions, as if every axis had as many values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TypeGuard

from qdsl.lang.core.flat_lets import Costs
from qdsl.lang.core.layout import NoLayout, leaves
from qdsl.lang.quantum.method import EXACT_UP_TO
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dependence import variables_in

Variables = frozenset[typed.Variable]

VALUES_OF_AN_AXIS = 10
"""How many values an axis is taken to have where choices are compared."""

MOST_CHOICES = 64


class Share(Enum):
    """How often something costly is done."""

    SEGMENT = "once for a segment"
    TRAJECTORY = "once for a segment, and read at the times of its rows"
    TRANSFER = "as a matrix once for a segment, which is applied to the state of each row"


@dataclass(frozen=True, eq=False)
class Dependences:
    """What the lets of an experiment depend on."""

    experiment: typed.Experiment

    @cached_property
    def axes(self) -> tuple[typed.Variable, ...]:
        return tuple(variable for axis in self.experiment.axes for variable in axis.variables)

    @cached_property
    def lets(self) -> dict[typed.Variable, typed.Let]:
        return {each.variable: each for each in self.experiment.lets}

    @cached_property
    def _of_variables(self) -> dict[typed.Variable, Variables]:
        found = {axis: frozenset([axis]) for axis in self.axes}
        for let in self.experiment.lets:
            found[let.variable] = _union(found, variables_in(let.value))
        return found

    def on_axes(self, node: object) -> Variables:
        """The axes that an expression depends on."""
        return _union(self._of_variables, variables_in(node))

    def needed(self, node: object) -> Variables:
        """The lets that an expression needs, directly and through others."""
        found: set[typed.Variable] = set()
        waiting = list(variables_in(node))
        while waiting:
            each = waiting.pop()
            if each in self.lets and each not in found:
                found.add(each)
                waiting += variables_in(self.lets[each].value)
        return frozenset(found)


def _union(known: dict[typed.Variable, Variables], variables: Variables) -> Variables:
    return frozenset[typed.Variable]().union(*(known.get(each, frozenset()) for each in variables))


@dataclass(frozen=True, eq=False)
class Plan:
    """`axes` tell segments; `shares` says of each costly let that is done in segments how often that is. `stops` are
    the axes that tell which rows read the same.
    """

    experiment: typed.Experiment
    dependences: Dependences
    axes: Variables
    shares: dict[typed.Variable, Share]
    stops: Variables

    def is_of_segment(self, node: object) -> bool:
        """Whether it is the same in all rows of a segment."""
        return self.dependences.on_axes(node) <= self.axes


def plan(experiment: typed.Experiment) -> Plan | None:
    """The choice with the fewest evolutions, if they are fewer than one for each row."""
    search = _Search(experiment)
    each_row = search.cost({}, frozenset())
    cost, _, _, axes = min(
        (search.cost(search.shares(axes), axes), len(axes), place, axes) for place, axes in enumerate(search.choices())
    )
    if cost >= each_row:
        return None
    shares = search.shares(axes)
    stops = axes.union(*(search.dependences.on_axes(search.lets[each].value) for each in shares))
    return Plan(experiment, search.dependences, axes, shares, stops)


class _Search:
    def __init__(self, experiment: typed.Experiment) -> None:
        self.dependences = Dependences(experiment)
        self.lets = self.dependences.lets
        costs = Costs()
        self.costly = {
            let.variable: let.value
            for let in experiment.lets
            if costs.has(let.value) and not isinstance(types.pruned(let.value.type), types.Function)
        }

    def choices(self) -> list[Variables]:
        """The sets of axes that may tell segments: what evolutions know beside the time, and unions of these."""
        found: dict[Variables, None] = {frozenset(): None}
        for value in self.costly.values():
            for own in (self.dependences.on_axes(_beside_time(value)), self.dependences.on_axes(value)):
                for other in list(found)[:MOST_CHOICES]:
                    found[other | own] = None
        return list(found)

    def cost(self, shares: dict[typed.Variable, Share], axes: Variables) -> int:
        """Evolutions; those that are not shared are done for each row, of which there may be several at a point."""
        count = VALUES_OF_AN_AXIS ** len(axes)
        rows = 2 * VALUES_OF_AN_AXIS ** len(self.dependences.axes)
        return sum(count if each in shares else rows for each in self.costly)

    def shares(self, axes: Variables) -> dict[typed.Variable, Share]:
        """How often each costly let is done; those that are not here are done for each row."""
        found: dict[typed.Variable, Share] = {}
        for variable, value in self.costly.items():
            share = self._share(value, axes, found)
            if share is not None and _is_kept(variable.type):
                found[variable] = share
        return found

    def _share(self, value: typed.Expr, axes: Variables, before: dict[typed.Variable, Share]) -> Share | None:
        if self.dependences.on_axes(value) <= axes:
            return Share.SEGMENT
        if not _goes_to_one_time(value):
            return None
        _, state, time = value.arguments
        if self.dependences.on_axes(_beside_time(value)) <= axes:
            return Share.TRAJECTORY if self._is_free_of(time, before, Share.SEGMENT) else None
        parts = (value.arguments[0], time, value.options)
        if self.dependences.on_axes(parts) <= axes and _has_matrix(value) and self._is_free_of(state, before, *Share):
            return Share.TRANSFER
        return None

    def _is_free_of(self, node: typed.Expr, before: dict[typed.Variable, Share], *allowed: Share) -> bool:
        """Whether all that is costly and needed for it is shared in one of these ways."""
        return all(before.get(each) in allowed for each in self.dependences.needed(node) if each in self.costly)


def _beside_time(value: typed.Expr) -> object:
    """What an evolution knows beside the time that it goes to."""
    return (value.arguments[:2], value.options) if _goes_to_one_time(value) else value


def _goes_to_one_time(value: typed.Expr) -> TypeGuard[typed.Quantum]:
    """Whether it is `evolve(H, psi, t)` with a single t."""
    if not isinstance(value, typed.Quantum) or value.name != "evolve":
        return False
    return not isinstance(types.pruned(value.arguments[2].type), types.Array)


def _is_kept(type_: types.Type) -> bool:
    """Whether values of the type are kept from the segment to the row: a number, or a state of known spaces."""
    return isinstance(types.pruned(type_), types.Real) or size_of_state(type_) is not None


def size_of_state(type_: types.Type) -> int | None:
    """How many numbers a state has; None of what is none, or has spaces that are not known."""
    if not isinstance(types.pruned(type_), types.Ket | types.Density):
        return None
    try:
        (leaf,) = leaves(type_)
    except NoLayout:
        return None
    return leaf.type.shape[0]  # type: ignore[union-attr]


def _has_matrix(value: typed.Quantum) -> bool:
    """Whether the evolution is a matrix of few numbers: H does not depend on time, and no other way is asked for."""
    options = dict(value.options)
    parts: Sequence[typed.Expr | None] = (value.arguments[0], options.get("loss"))
    if any(each is not None and isinstance(types.pruned(each.type), types.Function) for each in parts):
        return False
    size = size_of_state(value.type)
    return "method" not in options and size is not None and size <= EXACT_UP_TO
