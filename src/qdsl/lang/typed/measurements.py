"""Measurements of spaces: their declaration, and what is asked of them.

    povm m(q) = [E0, E1]                      a list of effects: operators of the spaces, without a dimension
    projective z(q) = [P(q, 0), P(q, 1)]      whose effects are projectors
    probabilities(m, rho)                     of each outcome: [Scalar; 2]
    collapse(m, 1, rho)                       the state after the outcome 1, normalised
    measured(m, rho)                          the state after the measurement, whatever came out: a Density
    Outcomes(m, rho, shots)                   a Binomial of the outcome 1, or a Multinomial of more than two

Whether the effects are positive and add up to the identity is seen where their numbers are known (`core.measurements`).
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.names import Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker, Reason
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import places_of, quantum
from qdsl.lang.typed.places import places_of as places_of_space
from qdsl.lang.typed.quantum_arguments import Rule, as_density, positional, spaces_of
from qdsl.lang.typed.spaces import Place, missing
from qdsl.lang.typed.types import BROKEN, INT, SCALAR, Type, pruned
from qdsl.lang.typed.unification import element_of

OUTCOMES = "Outcomes"


def check_effects(c: Checker, symbol: Symbol, node: surface.Effects) -> None:
    """`povm m(q) = [..]`: a name whose value is known while the program is compiled."""
    value = _effects(c, node)
    variable = typed.Variable(node.name.text, value.type, node.name.span, is_global=True)
    variable.value = value if pruned(value.type) is not BROKEN else None
    symbol.entity = variable
    c.settle_declaration()


def _effects(c: Checker, node: surface.Effects) -> typed.Expr:
    word = "projective" if node.is_projective else "povm"
    given = [c.expr(each) for each in node.spaces]
    spaces = spaces_of(c, given, word)
    value = c.expr(node.value)
    element, shape = element_of(value.type)
    if spaces is None or element is BROKEN:
        return c.broken(node.span)
    if not isinstance(element, types.Operator) or shape is None or len(shape) != 1:
        c.report(c.quantum.takes(node.value.span, word, "a list of operators", types.resolved(value.type)))
        return c.broken(node.span)
    if not c.same_dimension(element.dimension, ONE, node.value.span):
        c.report(c.wrong_dimension(node.value.span, element.dimension, ONE, Reason(None, "an effect")))
        return c.broken(node.span)
    places = frozenset[Place]().union(*map(places_of_space, spaces))
    if lacking := missing(element.places, places):
        c.report(c.quantum.space_missing(node.value.span, lacking, node.name.span, "the measurement"))
        return c.broken(node.span)
    count = shape[0]
    if not isinstance(count, int) or count < 2:
        c.report(c.quantum.outcomes_unknown(node.value.span, count))
        return c.broken(node.span)
    return quantum(c, node.span, types.Povm(places, count), word, (value, *given))


# ── what is asked of them ────────────────────────────────────────────────────────────────────────────────────────


def probabilities(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`probabilities(m, rho)`; of several states a row for each."""
    takes = "a measurement and a state: probabilities(m, rho)"
    values = positional(c, node, arguments, "probabilities", takes, 2, 2)
    if values is None or not _is_measured(c, values[0], values[1], "probabilities"):
        return c.broken(node.span)
    return _probabilities(c, node, values[0], values[1])


def _probabilities(c: Checker, node: surface.Call, measurement: typed.Expr, state: typed.Expr) -> typed.Expr:
    type_ = pruned(measurement.type)
    assert isinstance(type_, types.Povm)
    _, shape = element_of(state.type)
    result = types.Array(SCALAR, (*(shape or ()), type_.outcomes))
    return quantum(c, node.span, result, "probabilities", (measurement, state))


def _is_measured(c: Checker, measurement: typed.Expr, state: typed.Expr, function: str, several: bool = True) -> bool:
    """Whether the first is a measurement, and the second a state of its spaces; a message where it is not."""
    type_, (element, shape) = pruned(measurement.type), element_of(state.type)
    if BROKEN in (type_, element):
        return False
    if not isinstance(type_, types.Povm):
        c.report(c.quantum.takes(measurement.span, function, "a povm", types.resolved(type_)))
        return False
    if not isinstance(element, types.Ket | types.Density) or (shape is not None and not several):
        c.report(c.quantum.takes(state.span, function, "a state", types.resolved(state.type)))
        return False
    if lacking := missing(type_.places, element.places):
        c.report(c.quantum.space_missing(measurement.span, lacking, state.span))
        return False
    return True


def collapse(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`collapse(m, k, psi)`: what the state is after the outcome k."""
    takes = "a measurement, an outcome and a state: collapse(m, 1, rho)"
    values = positional(c, node, arguments, "collapse", takes, 3, 3)
    if values is None or not _is_measured(c, values[0], values[2], "collapse", several=False):
        return c.broken(node.span)
    type_, outcome = pruned(values[0].type), c.fit(values[1], INT)
    assert isinstance(type_, types.Povm)
    if pruned(outcome.type) is BROKEN:
        return outcome
    known = c.exact.get(values[1])
    if known is not None and type_.outcomes is not None and not 0 <= known < type_.outcomes:
        c.report(c.quantum.no_outcome(outcome.span, int(known), type_.outcomes))
        return c.broken(node.span)
    return quantum(c, node.span, pruned(values[2].type), "collapse", (values[0], outcome, values[2]))


def measured(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`measured(m, rho)`: what the state is after a measurement whose outcome nobody has looked at."""
    values = positional(c, node, arguments, "measured", "a measurement and a state: measured(m, rho)", 2, 2)
    if values is None or not _is_measured(c, values[0], values[1], "measured", several=False):
        return c.broken(node.span)
    state = as_density(c, values[1], "measured")
    if state is None:
        return c.broken(node.span)
    return quantum(c, node.span, types.Density(places_of(state)), "measured", (values[0], state))


# ── what is drawn ────────────────────────────────────────────────────────────────────────────────────────────────


def outcomes_distribution(c: Checker, node: surface.Call) -> typed.DistributionValue | None:
    """`Outcomes(m, rho, shots)` as a distribution of counts."""
    slots = [Slot("measurement", False), Slot("state", False), Slot("shots", False)]
    nodes = matched(c, node.span, OUTCOMES, slots, node.arguments)
    if nodes is None:
        return None
    measurement, state, shots = (c.expr(each) for each in nodes if each is not None)
    shots = c.fit(shots, INT, Reason(node.function.span, f"`shots` of {OUTCOMES}"))
    if not _is_measured(c, measurement, state, OUTCOMES, several=False) or pruned(shots.type) is BROKEN:
        return None
    found = _probabilities(c, node, measurement, state)
    shares = quantum(c, node.span, found.type, "shares", (found,))
    type_ = pruned(measurement.type)
    assert isinstance(type_, types.Povm)
    if type_.outcomes == 2:
        one = typed.Index(node.span, SCALAR, shares, (typed.Constant(node.span, INT, 1),))
        return typed.DistributionValue(node.span, types.Distribution(INT), "Binomial", (shots, one))
    whole: Type = types.Distribution(INT)
    return typed.DistributionValue(node.span, whole, "Multinomial", (shots, shares))


MEASUREMENTS: dict[str, Rule] = {"probabilities": probabilities, "collapse": collapse, "measured": measured}
