"""Rules for tomography: settings, simulated counts, states and processes from counts.

    pauli_setting(r, "XZ")   pauli_settings(r)   pauli_states(r)         lists of effects; of kets
    simulated_counts(settings, rho, 1000, seed = 1)                      an [Int; settings, outcomes]
    state_tomography(settings, counts)                                   a StateTomography
    process_tomography(states, settings, counts)                         a ProcessTomography

A setting is a list of effects. What is a measurement is decided in `measured_by` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tomography_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import quantum
from qdsl.lang.typed.quantum_arguments import positional, spaces_of, together
from qdsl.lang.typed.spaces import Kind, Place, Places, counted, is_open, names, one_by_one
from qdsl.lang.typed.tomography_counts import AXES, Counted, counts_of
from qdsl.lang.typed.tomography_estimates import target_of
from qdsl.lang.typed.types import BROKEN, INT, TEXT, Length, Type, pruned
from qdsl.lang.typed.unification import element_of

Rule = Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]

ERRORS = ("information", "bootstrap")
"""Where uncertainties come from."""

MOST_PREPARED = 4
"""Qubits of which all Pauli states are written out: 256."""

LETTERS = ("0", "1", "+", "+i")

# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def pauli_settings(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`pauli_settings(r)`: every qubit along X, Y or Z, the last one changing fastest."""
    found = _qubits(c, node, arguments, "pauli_settings", errors.MOST_QUBITS)
    if found is None:
        return c.broken(node.span)
    values, places, count = found
    type_ = types.Array(types.Operator(ONE, places), (3**count, 2**count))
    return quantum(c, node.span, type_, "pauli_settings", tuple(values))


def pauli_setting(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`pauli_setting(r, "XZ")`: the effects of one setting."""
    found = _qubits(c, node, arguments[:-1], "pauli_setting", errors.MOST_QUBITS)
    if found is None:
        return c.broken(node.span)
    values, places, count = found
    word = c.expr(arguments[-1].value)
    text = word.value if isinstance(word, typed.Constant) else None
    if not isinstance(text, str) or len(text) != count or set(text) - set("XYZ"):
        if pruned(word.type) is not BROKEN:
            c.report(errors.not_a_word(word.span, count))
        return c.broken(node.span)
    type_ = types.Array(types.Operator(ONE, places), (2**count,))
    return quantum(c, node.span, type_, "pauli_setting", (word, *values))


def pauli_states(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`pauli_states(r)`: every qubit in |0>, |1>, |+> or |+i>, the last one changing fastest."""
    found = _qubits(c, node, arguments, "pauli_states", MOST_PREPARED)
    if found is None:
        return c.broken(node.span)
    values, places, count = found
    type_ = types.Ket(places)
    kets = [
        quantum(c, node.span, type_, "written_ket", (typed.Constant(node.span, TEXT, ",".join(letters)), *values))
        for letters in product(LETTERS, repeat=count)
    ]
    return typed.ArrayLiteral(node.span, types.Array(type_, (len(kets),)), tuple(kets))


def _qubits(
    c: Checker, node: surface.Call, arguments: Sequence[surface.Argument], name: str, most: int
) -> tuple[list[typed.Expr], Places, int] | None:
    """The arguments, what they are over, and how many qubits that is."""
    values = positional(c, node, arguments, name, "qubits, or a register of them", 1, 99)
    spaces = spaces_of(c, values, name) if values is not None else None
    if values is None or spaces is None:
        return None
    count = 0
    for value, space in zip(values, spaces, strict=True):
        length = counted(space)
        if length is None:
            c.report(errors.length_not_known(value.span, name))
            return None
        other = next((one for one in one_by_one(space) if one.kind is not Kind.QUBIT), None)
        if other is not None:
            c.report(errors.not_qubits(value.span, name, other.name, other.kind.value))
            return None
        count += length
    if count > most:
        c.report(errors.too_many_qubits(node.span, name, count, most))
        return None
    return values, together(spaces), count


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Measured:
    """Settings: the value, what it is over, (settings, outcomes); of one setting alone (outcomes,)."""

    value: typed.Expr
    places: Places
    shape: tuple[Length, ...]


def measured_by(c: Checker, node: surface.Expr, function: str) -> Measured | None:
    """An argument that has to be a setting or an array of settings; None, with a message, where it is none."""
    value = _declared(c, node) or c.expr(node)
    element, shape = element_of(value.type)
    if element is BROKEN:
        return None
    if not isinstance(element, types.Operator) or shape is None or len(shape) > 2:
        c.report(errors.not_settings(value.span, function, c.show.fresh().a(types.resolved(value.type))))
        return None
    if not c.same_dimension(element.dimension, ONE, value.span):
        c.report(errors.effects_with_dimension(value.span, c.show.fresh().dimension(element.dimension)))
        return None
    if is_open(element.places) or not element.places:
        c.report(errors.open_spaces(value.span))
        return None
    return Measured(value, element.places, shape)


def _declared(c: Checker, node: surface.Expr) -> typed.Expr | None:
    """The effects of a measurement that is declared, a row for each of a list of them; None of anything else."""
    if isinstance(node, surface.Array):
        for each in node.elements:
            c.known[each] = c.expr(each)
        return _rows(c, node.span, [c.known[each] for each in node.elements])
    value = c.known[node] = c.expr(node)
    type_ = pruned(value.type)
    return _effects(c, value, type_) if isinstance(type_, types.Povm) else None


def _rows(c: Checker, span: Span, values: Sequence[typed.Expr]) -> typed.Expr | None:
    """`[mx, my]`: settings with the same number of outcomes; None where one is no declared measurement."""
    own = [each for value in values if isinstance(each := pruned(value.type), types.Povm)]
    if not own or len(own) < len(values):
        return None
    first, *others = own
    for value, other in zip(values[1:], others, strict=True):
        if other.outcomes != first.outcomes:
            c.report(errors.other_outcomes(value.span, other.outcomes, first.outcomes, values[0].span))
            return c.broken(span)
    places = frozenset[Place]().union(*(each.places for each in own))
    rows = tuple(_effects(c, value, each) for value, each in zip(values, own, strict=True))
    return typed.ArrayLiteral(span, types.Array(types.Operator(ONE, places), (len(rows), first.outcomes)), rows)


def _effects(c: Checker, value: typed.Expr, type_: types.Povm) -> typed.Expr:
    """The effects of a measurement, as an array."""
    return quantum(
        c, value.span, types.Array(types.Operator(ONE, type_.places), (type_.outcomes,)), "effects", (value,)
    )


def _prepared(c: Checker, node: surface.Expr, function: str, settings: Measured) -> tuple[typed.Expr, Length] | None:
    """An array of states of the spaces that are measured, and how many there are."""
    value = c.expr(node)
    element, shape = element_of(value.type)
    if element is BROKEN:
        return None
    if not isinstance(element, types.Ket | types.Density) or shape is None or len(shape) != 1:
        c.report(errors.not_states(value.span, function, c.show.fresh().a(types.resolved(value.type))))
        return None
    return (value, shape[0]) if _same_spaces(c, value, element.places, "these states are", settings) else None


def _same_spaces(c: Checker, value: typed.Expr, places: Places, what: str, settings: Measured) -> bool:
    if places == settings.places:
        return True
    spaces = names(places), names(settings.places)
    c.report(errors.other_spaces(value.span, what, *spaces, settings.value.span, "this is what is measured"))
    return False


# ── tomography ───────────────────────────────────────────────────────────────────────────────────────────────────

_OPTIONS = [Slot(name, True) for name in ("target", "errors", "resamples", "seed", "shots")]


def state_tomography(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`state_tomography(settings, counts, target = psi, errors = "bootstrap", seed = 1)`, and more options."""
    name = "state_tomography"
    nodes = matched(c, node.span, name, [Slot("settings", False), Slot("counts", False), *_OPTIONS], arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    settings = measured_by(c, nodes[0], name)
    if settings is None:
        return c.broken(node.span)
    counts = counts_of(c, nodes[1], settings.shape, settings.value.span, _span(nodes[-1]), AXES[1:])
    if counts is None:
        return c.broken(node.span)
    type_ = types.StateTomography(settings.places)
    return _call(c, node.span, type_, name, (settings.value,), counts, nodes[2:])


def process_tomography(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`process_tomography(states, settings, counts, target = U, ..)`."""
    name = "process_tomography"
    slots = [Slot("states", False), Slot("settings", False), Slot("counts", False), *_OPTIONS]
    nodes = matched(c, node.span, name, slots, arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None or nodes[2] is None:
        return c.broken(node.span)
    settings = measured_by(c, nodes[1], name)
    states = _prepared(c, nodes[0], name, settings) if settings is not None else None
    if settings is None or states is None:
        return c.broken(node.span)
    counts = counts_of(c, nodes[2], (states[1], *settings.shape), settings.value.span, _span(nodes[-1]), AXES)
    if counts is None:
        return c.broken(node.span)
    type_ = types.ProcessTomography(settings.places)
    return _call(c, node.span, type_, name, (states[0], settings.value), counts, nodes[3:])


def _span(node: surface.Expr | None) -> Span | None:
    return None if node is None else node.span


def _call(
    c: Checker,
    span: Span,
    type_: Type,
    name: str,
    measured: tuple[typed.Expr, ...],
    counts: Counted,
    options: Sequence[surface.Expr | None],
) -> typed.Expr:
    """The call with its options."""
    target, how, *numbers = options
    named = list(counts.named)
    if target is not None:
        found = target_of(c, c.expr(target), measured[-1], type_)
        if found is None:
            return c.broken(span)
        named.append(("target", found))
    if how is not None:
        word = c.fit(c.expr(how, TEXT), TEXT)
        if isinstance(word, typed.Constant) and word.value not in ERRORS:
            c.report(c.models.word_expected(word.span, "errors", ERRORS))
        named.append(("errors", word))
    for option, given in zip(("resamples", "seed", "shots"), numbers, strict=True):
        if given is not None:
            named.append((option, c.fit(c.expr(given, INT), INT)))
    if any(pruned(value.type) is BROKEN for _, value in named):
        return c.broken(span)
    return typed.HostCall(span, type_, name, (*measured, counts.value), tuple(named))


def simulated_counts(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`simulated_counts(settings, rho, 1000, seed = 1)`: what such a state, or each of several, could give."""
    name = "simulated_counts"
    slots = [Slot("settings", False), Slot("state", False), Slot("shots", False), Slot("seed", True)]
    nodes = matched(c, node.span, name, slots, arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None or nodes[2] is None:
        return c.broken(node.span)
    settings = measured_by(c, nodes[0], name)
    state = c.expr(nodes[1])
    shots = c.fit(c.expr(nodes[2], INT), INT)
    if settings is None or BROKEN in (pruned(state.type), pruned(shots.type)):
        return c.broken(node.span)
    element, shape = element_of(state.type)
    if not isinstance(element, types.Ket | types.Density) or len(shape or ()) > 1:
        c.report(c.quantum.takes(state.span, name, "a state, or an array of them", types.resolved(state.type)))
        return c.broken(node.span)
    if not _same_spaces(c, state, element.places, "this is", settings):
        return c.broken(node.span)
    named = (("seed", c.fit(c.expr(nodes[3], INT), INT)),) if nodes[3] is not None else ()
    type_ = types.Array(INT, (*(shape or ()), *settings.shape))
    return typed.HostCall(node.span, type_, name, (settings.value, state, shots), named)


SETTINGS: dict[str, Rule] = {
    "pauli_setting": pauli_setting,
    "pauli_settings": pauli_settings,
    "pauli_states": pauli_states,
}
"""What may stand in a function too."""

TOMOGRAPHY: dict[str, Rule] = {
    "state_tomography": state_tomography,
    "process_tomography": process_tomography,
    "simulated_counts": simulated_counts,
}
"""What acts on the world, or needs what does."""
