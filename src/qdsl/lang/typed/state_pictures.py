"""Rules for pictures of states and operators.

    plot_bloch(psi, "b.svg")                      a qubit's state; several, or an array of them: a path
    plot_populations(ts, states, "p.svg")         the population of each basis state over an axis of any quantity
    plot_wigner(rho, "w.svg")                     a state of a Fock space
    plot_matrix(rho, "m.svg")                     a density or an operator

Of a state over more spaces `keep = q` draws what is left of q alone, as `ptrace` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.picture_arguments import Named, Rule, axis_of, drawn, same_length, several
from qdsl.lang.typed.places import places_of as places_of_space
from qdsl.lang.typed.quantum_arguments import spaces_of
from qdsl.lang.typed.spaces import Kind, Place, Places, Space, in_order, is_open, missing, names
from qdsl.lang.typed.types import BROKEN, SCALAR, TEXT, pruned
from qdsl.lang.typed.unification import element_of


def bloch(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_bloch(psi, rho, "bloch.svg", keep = q, along = ts)`."""
    found = several(c, node, arguments, "plot_bloch", ("keep", "along"), 'plot_bloch(psi, "bloch.svg")')
    if found is None:
        return c.broken(node.span)
    keep = _kept(c, found.named.get("keep"))
    states = [_state(c, value, "plot_bloch", "states of a qubit", keep, arrays=True) for value in found.values]
    along = _along(c, found.named.get("along"), found.values)
    if keep is None or along is None or None in states:
        return c.broken(node.span)
    for value, places in zip(found.values, states, strict=True):
        if not _is_one(c, value, "plot_bloch", places or frozenset(), lambda space: space.size == 2, "one qubit"):
            return c.broken(node.span)
    return drawn(node, "plot_bloch", (*found.values, found.path), (*keep.named, *along))


def _along(c: Checker, node: surface.Expr | None, states: Sequence[typed.Expr]) -> Named | None:
    """What an array of states goes over: an axis as long as it."""
    if node is None:
        return ()
    along = axis_of(c, c.expr(node), "plot_bloch", "an array of real numbers")
    if along is None:
        return None
    if len(states) > 1:
        c.report(c.pictures.along_several(node.span))
        return None
    if element_of(states[0].type)[1] is None:
        c.report(c.pictures.along_one(node.span))
        return None
    return (("along", along),) if same_length(c, states[0], along) else None


def populations(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_populations(ts, states, "p.svg", levels = [|0>(q), |1>(q)], keep = q)`."""
    slots = [*(Slot(each, False) for each in ("axis", "states", "path")), Slot("levels", True), Slot("keep", True)]
    nodes = matched(c, node.span, "plot_populations", slots, arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None or nodes[2] is None:
        return c.broken(node.span)
    axis = axis_of(c, c.expr(nodes[0]), "plot_populations", "an array of real numbers")
    states, path, keep = c.expr(nodes[1]), c.fit(c.expr(nodes[2], TEXT), TEXT), _kept(c, nodes[4])
    places = None if keep is None else _state(c, states, "plot_populations", "an array of states", keep, arrays=True)
    if axis is None or keep is None or places is None or pruned(path.type) is BROKEN:
        return c.broken(node.span)
    if element_of(states.type)[1] is None:
        c.report(c.pictures.takes(states.span, "plot_populations", "an array of states", types.resolved(states.type)))
        return c.broken(node.span)
    levels = _levels(c, nodes[3], states, places)
    if levels is None or not same_length(c, axis, states):
        return c.broken(node.span)
    return drawn(node, "plot_populations", (axis, states, path), (*levels, *keep.named))


def _levels(c: Checker, node: surface.Expr | None, states: typed.Expr, places: Places) -> Named | None:
    """The kets whose populations are asked for; those that are written one by one may be of different spaces."""
    if node is None:
        return ()
    values = [c.expr(each) for each in (node.elements if isinstance(node, surface.Array) else (node,))]
    for value in values:
        element, shape = element_of(value.type)
        if element is BROKEN:
            return None
        if not isinstance(element, types.Ket) or (shape is not None and isinstance(node, surface.Array)):
            c.report(c.pictures.level_not_a_ket(value.span, types.resolved(value.type)))
            return None
        if lacking := missing(element.places, places):
            c.report(c.pictures.space_missing(value.span, "this is a state", lacking, states.span))
            return None
    return tuple(("level", value) for value in values)


def wigner(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_wigner(rho, "w.svg", xs = linspace(-4, 4, 101), ps = linspace(-4, 4, 101), keep = c)`."""
    slots = [Slot("state", False), Slot("path", False), *(Slot(each, True) for each in ("xs", "ps", "keep"))]
    nodes = matched(c, node.span, "plot_wigner", slots, arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    state, path, keep = c.expr(nodes[0]), c.fit(c.expr(nodes[1], TEXT), TEXT), _kept(c, nodes[4])
    axes: list[tuple[str, typed.Expr]] = []
    for name, each in zip(("xs", "ps"), nodes[2:4], strict=True):
        if each is not None:
            axes.append((name, c.fit(c.expr(each), types.Array(SCALAR))))
    places = None if keep is None else _state(c, state, "plot_wigner", "one state", keep, arrays=False)
    if keep is None or places is None or any(pruned(each.type) is BROKEN for each in (path, *dict(axes).values())):
        return c.broken(node.span)
    if not _is_one(c, state, "plot_wigner", places, lambda space: space.kind is Kind.FOCK, "one Fock space"):
        return c.broken(node.span)
    return drawn(node, "plot_wigner", (state, path), (*axes, *keep.named))


def matrix(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_matrix(rho, "m.svg", keep = q)`, `plot_matrix(H, "m.svg")`."""
    slots = [Slot("matrix", False), Slot("path", False), Slot("keep", True)]
    nodes = matched(c, node.span, "plot_matrix", slots, arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    value, path, keep = c.expr(nodes[0]), c.fit(c.expr(nodes[1], TEXT), TEXT), _kept(c, nodes[2])
    if keep is None or pruned(path.type) is BROKEN:
        return c.broken(node.span)
    if isinstance(pruned(value.type), types.Operator):
        if nodes[2] is not None:
            c.report(c.pictures.kept_of_operator(nodes[2].span))
            return c.broken(node.span)
    elif _state(c, value, "plot_matrix", "a state or an operator", keep, arrays=False) is None:
        return c.broken(node.span)
    return drawn(node, "plot_matrix", (value, path), keep.named)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What `keep` names: spaces whose state alone is drawn; none where all are."""

    places: Places
    named: Named
    span: surface.Expr | None


def _kept(c: Checker, node: surface.Expr | None) -> _Kept | None:
    """`keep = q`, `keep = [q, c]`; None where that is broken."""
    if node is None:
        return _Kept(frozenset(), (), None)
    values = [c.expr(each) for each in (node.elements if isinstance(node, surface.Array) else (node,))]
    spaces = spaces_of(c, values, "keep")
    if spaces is None:
        return None
    places = frozenset[Place]().union(*map(places_of_space, spaces))
    return _Kept(places, tuple(("keep", each) for each in values), node)


def _state(
    c: Checker, value: typed.Expr, function: str, wanted: str, keep: _Kept | None, arrays: bool
) -> Places | None:
    """The spaces of which a state, or of an array each state, is drawn; None, with a message, where there is none."""
    element, shape = element_of(value.type)
    if element is BROKEN or keep is None:
        return None
    is_many = shape is not None and (len(shape) > 1 or not arrays)
    if not isinstance(element, types.Ket | types.Density) or is_many:
        c.report(c.pictures.takes(value.span, function, wanted, types.resolved(value.type)))
        return None
    if is_open(element.places | keep.places):
        c.report(c.quantum.unknown_space(value.span))
        return None
    if keep.span is not None and (lacking := missing(keep.places, element.places)):
        c.report(c.pictures.space_missing(keep.span.span, "this names the state", lacking, value.span))
        return None
    return keep.places or element.places


def _is_one(
    c: Checker, value: typed.Expr, function: str, places: Places, fits: Callable[[Space], bool], wanted: str
) -> bool:
    """Whether the state is of one space, and of one that the picture can show."""
    spaces = in_order(places)
    if len(spaces) == 1 and fits(spaces[0]):
        return True
    alone = next((space.name for space in spaces if fits(space)), None)
    found = names(places)
    if len(spaces) == 1:
        found += f", {c.show.a(types.SpaceType(spaces[0]))}"
    c.report(c.pictures.other_spaces(value.span, function, wanted, found, alone))
    return False


STATE_PICTURES: dict[str, Rule] = {
    "plot_bloch": bloch,
    "plot_populations": populations,
    "plot_wigner": wigner,
    "plot_matrix": matrix,
}
