"""What measurements tell, and what they do to states.

    probabilities(m, rho)       an expectation for each outcome
    collapse(m, k, psi)         K psi / |K psi| with the positive root K of the effect k; of a density K rho K† / trace
    measured(m, rho)            the sum of K rho K† over all outcomes

Source: M. A. Nielsen and I. L. Chuang, "Quantum Computation and Quantum Information" (2000), sections 2.2.3 to 2.2.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qdsl.lang.core import lower_errors as errors
from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import FAILURES, REAL, ArrayType, Code, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_expectations import expectation
from qdsl.lang.core.lower_povm import matrix_of, measurement_of
from qdsl.lang.core.lower_states import check_spaces, numbers_of, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import Numbers, added, mapped
from qdsl.lang.core.staged import PovmBound
from qdsl.lang.quantum.coordinates import between, ket_map
from qdsl.lang.quantum.effects import pattern, root
from qdsl.lang.quantum.sparse import Sparse
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space

ROUNDING = 1e-6
"""How far outside of 0 .. 1 a probability may lie that an evolution has made."""

NOTHING = 1e-12
"""A probability from which on there is no state after an outcome."""


@state_rule("checked")
def checked(body: Body, node: typed.Quantum) -> Data:
    """Only that a measurement is one."""
    measurement_of(body, node.arguments[0])
    return Data(types.BOOL, (body.constant(True),))


# ── probabilities ────────────────────────────────────────────────────────────────────────────────────────────────


@state_rule("probabilities")
def probabilities(body: Body, node: typed.Quantum) -> Data:
    """A number for each outcome; of several states a row for each."""
    what, state = node.arguments
    measurement = measurement_of(body, what)
    shape = types.pruned(state.type)
    element = types.pruned(shape.element) if isinstance(shape, types.Array) else shape
    spaces = _spaces(body, measurement, element, what.span)
    if isinstance(state, typed.Quantum) and state.name == "evolve":
        from qdsl.lang.core.lower_dynamics import observed

        return Data(node.type, (observed(body, state, measurement.effects),))
    is_density = isinstance(element, types.Density)
    data = body.expr(state)
    if not isinstance(shape, types.Array):
        return Data(node.type, (body.b.array(_of_state(body, measurement, data.value, spaces, is_density)),))
    count = body.constant(len(measurement.effects))

    def write(i: Value, k: Value) -> Data:
        found = _of_state(body, measurement, body.at(data, i).value, spaces, is_density)
        return Data(types.SCALAR, (body.b.get(body.b.array(found), k, inside=True),))

    return body.build(node.type, [body.b.len(data.value, 0), count], write)


def _spaces(body: Body, measurement: PovmBound, state: types.Type, span: Span) -> tuple[Space, ...]:
    """The spaces of a state, which are at least those that are measured."""
    spaces = body.spaces_of(state, span)
    for effect in measurement.effects:
        check_spaces(effect, spaces, span)
    return spaces


def _of_state(
    body: Body, measurement: PovmBound, numbers: Value, spaces: Sequence[Space], is_density: bool
) -> list[Value]:
    y = Numbers(body, numbers)
    return [expectation(body, each, spaces, y, is_density) for each in measurement.effects]


@state_rule("shares")
def shares(body: Body, node: typed.Quantum) -> Data:
    """Probabilities as a distribution wants them: none below 0 by rounding, and 1 together."""
    given = body.expr(node.arguments[0]).value
    elements = [body.b.get(given, body.constant(k), inside=True) for k in range(numbers_of(given))]
    clean = [_settled(body, each) for each in elements]
    total = added(body, clean)
    return Data(node.type, (body.b.array([body.b.op("div", each, total) for each in clean]),))


@state_rule("settled")
def settled(body: Body, node: typed.Quantum) -> Data:
    """A number that should be a probability: one that is not by rounding alone is 0 or 1."""
    return Data(node.type, (_settled(body, body.expr(node.arguments[0]).value),))


def _settled(body: Body, chance: Value) -> Value:
    """In 0 .. 1, if it is nearly; with the slope that it has."""
    b, zero, one = body.b, body.constant(0.0), body.constant(1.0)
    is_low = b.op("and", b.op("lt", chance, zero), b.op("ge", chance, body.constant(-ROUNDING)))
    is_high = b.op("and", b.op("gt", chance, one), b.op("le", chance, body.constant(1 + ROUNDING)))
    return b.op("grafted", b.select(is_low, zero, b.select(is_high, one, chance)), chance)


# ── the states after a measurement ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Measured:
    """A state that is measured: `maps` say, for each outcome, what its numbers become but for their norm."""

    body: Body
    numbers: Value
    maps: tuple[Sparse, ...]
    is_density: bool

    def after(self, outcome: int) -> Values:
        """The numbers after an outcome."""
        body = self.body
        made = mapped(body, [(None, self.maps[outcome])], Numbers(body, self.numbers))
        size = numbers_of(made)
        elements = [body.b.get(made, body.constant(k), inside=True) for k in range(size)]
        if self.is_density:
            chance = norm = added(body, elements[: round(size**0.5)])
        else:
            chance = added(body, [body.b.op("mul", each, each) for each in elements])
            norm = body.b.op("sqrt", chance)
        said = f"outcome {outcome} has the probability {{0}}, so there is no state after it"
        body.check(body.b.op("gt", chance, body.constant(NOTHING)), Code.DOMAIN, said, chance)
        return (
            body.b.build([body.constant(size)], lambda b, i: b.op("div", b.get(made, i, inside=True), norm), (size,)),
        )

    def after_any(self, chosen: Value, first: int = 0) -> Values:
        """The numbers after an outcome that is known when the program runs, and is `first` or more."""
        if first == len(self.maps) - 1:
            return self.after(first)
        body = self.body
        is_this = body.b.op("ieq", chosen, body.constant(first))
        kinds = [ArrayType(REAL, (numbers_of(self.numbers),))]
        return body.if_(is_this, lambda: self.after(first), lambda: self.after_any(chosen, first + 1), kinds)


@state_rule("collapse")
def collapse(body: Body, node: typed.Quantum) -> Data:
    what, outcome, state_node = node.arguments
    state = _measured(body, what, state_node)
    count, known = len(state.maps), body.static(outcome)
    if isinstance(known, int):
        if not 0 <= known < count:
            raise errors.no_outcome(outcome.span, known, count)
        return _state(body, node.type, state.after(known))
    chosen = body.expr(outcome).value
    low, high = body.constant(0), body.constant(count)
    inside = body.b.op("and", body.b.op("ige", chosen, low), body.b.op("ilt", chosen, high))
    body.b.check(inside, FAILURES[Code.INDEX], chosen, high)
    return _state(body, node.type, state.after_any(chosen))


@state_rule("measured")
def measured(body: Body, node: typed.Quantum) -> Data:
    state = _measured(body, *node.arguments)
    size = state.maps[0].size
    whole = Sparse.of(
        size,
        np.concatenate([each.rows for each in state.maps]),
        np.concatenate([each.columns for each in state.maps]),
        np.concatenate([each.values for each in state.maps]),
    )
    return _state(body, node.type, (mapped(body, [(None, whole)], Numbers(body, state.numbers)),))


def _measured(body: Body, what: typed.Expr, state: typed.Expr) -> _Measured:
    measurement = measurement_of(body, what)
    type_ = types.pruned(state.type)
    is_density = isinstance(type_, types.Density)
    spaces = _spaces(body, measurement, type_, what.span)
    roots = [_root(each, measurement, spaces, what.span) for each in range(len(measurement.effects))]
    maps = tuple(between(each, each) if is_density else ket_map(each) for each in roots)
    return _Measured(body, body.expr(state).value, maps, is_density)


def _root(outcome: int, measurement: PovmBound, spaces: Sequence[Space], span: Span) -> Sparse:
    """What a state is multiplied by where this outcome is found: of a projector itself."""
    matrix = matrix_of(measurement.effects[outcome], measurement.spaces)
    if matrix is None:
        raise errors.measurement_not_known(span)
    own = matrix if measurement.is_projective else root(matrix)
    return pattern(own, measurement.spaces).expanded(tuple(spaces))


def _state(body: Body, type_: types.Type, numbers: Values) -> Data:
    body.normal.update(numbers)
    return Data(type_, numbers)
