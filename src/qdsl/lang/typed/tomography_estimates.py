"""What is asked of a tomography by the names that it has for states: each gives an Estimate.

    expect(Z(q), found)       fidelity(found, psi)       purity(found)
    fidelity(process, U)      average_fidelity(process, U)

Where no argument is a tomography, these names mean what they mean for states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tomography_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import as_operator, places_of
from qdsl.lang.typed.spaces import missing, names
from qdsl.lang.typed.types import BROKEN, Type, pruned
from qdsl.lang.typed.unification import element_of

ESTIMATE = types.Estimate(ONE)

Rule = Callable[[Checker, surface.Call, typed.Expr, Sequence[typed.Expr]], typed.Expr]


def of_tomography(
    c: Checker, node: surface.Call, name: str, arguments: Sequence[surface.Argument]
) -> typed.Expr | None:
    """The call, where an argument is a tomography; None where none is."""
    plain = [each.value for each in arguments if not isinstance(each.value, surface.Lambda)]
    for each in plain:
        c.known[each] = c.expr(each)
    values = [c.known[each] for each in plain]
    owners = [each for each in values if isinstance(pruned(each.type), types.TOMOGRAPHY)]
    if not owners:
        return None
    if c.in_function:
        c.report(c.errors.impure(node.function.span, name))
        return c.broken(node.span)
    rest = [each for each in values if each is not owners[0]]
    if any(pruned(each.type) is BROKEN for each in rest):
        return c.broken(node.span)
    takes, rule = OF_TOMOGRAPHY[name]
    if len(rest) != len(takes) - 1 or any(each.name is not None for each in arguments):
        c.report(c.quantum.argument_count(node.span, name, " and ".join(takes)))
        return c.broken(node.span)
    return rule(c, node, owners[0], rest)


def _asked(
    span: typed.Expr, node: surface.Call, name: str, *arguments: typed.Expr, type_: Type = ESTIMATE
) -> typed.Expr:
    return typed.HostCall(node.span, type_, name, (span, *arguments), ())


def _expectation(c: Checker, node: surface.Call, owner: typed.Expr, rest: Sequence[typed.Expr]) -> typed.Expr:
    """`expect(A, found)`."""
    if _is_process(c, node, owner, "expect", ["fidelity", "average_fidelity"]):
        return c.broken(node.span)
    operator = as_operator(c, rest[0])
    type_ = pruned(operator.type)
    if not isinstance(type_, types.Operator):
        c.report(c.quantum.takes(operator.span, "expect", "an operator", types.resolved(type_)))
        return c.broken(node.span)
    owned = pruned(owner.type)
    assert isinstance(owned, types.StateTomography)
    if lacking := missing(type_.places, owned.places):
        c.report(c.quantum.space_missing(operator.span, lacking, owner.span))
        return c.broken(node.span)
    result = types.Estimate(type_.dimension)
    made = typed.HostCall(node.span, result, "tomography_expect", (owner, operator), (), display=operator.display)
    c.note(made)
    return made


def _purity(c: Checker, node: surface.Call, owner: typed.Expr, rest: Sequence[typed.Expr]) -> typed.Expr:
    """`purity(found)`."""
    if _is_process(c, node, owner, "purity", ["fidelity", "average_fidelity"]):
        return c.broken(node.span)
    return _asked(owner, node, "tomography_purity")


def _fidelity(c: Checker, node: surface.Call, owner: typed.Expr, rest: Sequence[typed.Expr]) -> typed.Expr:
    """`fidelity(found, psi)`, `fidelity(process, U)`."""
    target = target_of(c, rest[0], owner)
    return c.broken(node.span) if target is None else _asked(owner, node, "tomography_fidelity", target)


def _average_fidelity(c: Checker, node: surface.Call, owner: typed.Expr, rest: Sequence[typed.Expr]) -> typed.Expr:
    """`average_fidelity(process, U)`."""
    if not isinstance(pruned(owner.type), types.ProcessTomography):
        c.report(errors.not_asked_of(owner.span, "average_fidelity", "StateTomography", ["fidelity"]))
        return c.broken(node.span)
    target = target_of(c, rest[0], owner)
    return c.broken(node.span) if target is None else _asked(owner, node, "tomography_average", target)


def _is_process(c: Checker, node: surface.Call, owner: typed.Expr, name: str, instead: Sequence[str]) -> bool:
    if isinstance(pruned(owner.type), types.StateTomography):
        return False
    c.report(errors.not_asked_of(owner.span, name, "ProcessTomography", instead))
    return True


def target_of(c: Checker, value: typed.Expr, owner: typed.Expr, own: Type | None = None) -> typed.Expr | None:
    """What a fidelity is with: a state of the spaces, or a unitary operator on them. None, with a message, otherwise.

    `own` is the type of the tomography, where `owner` is only what it is of.
    """
    wanted = pruned(own or owner.type)
    assert isinstance(wanted, types.StateTomography | types.ProcessTomography)
    type_ = pruned(value.type)
    if type_ is BROKEN:
        return None
    is_state = isinstance(wanted, types.StateTomography)
    fits = isinstance(type_, types.Ket | types.Density) if is_state else _is_plain_operator(type_)
    if not fits:
        what = "a ket or a density" if is_state else "a unitary operator"
        c.report(errors.not_a_target(value.span, what, c.show.fresh().a(types.resolved(value.type))))
        return None
    found = places_of(value)
    if found != wanted.places if is_state else not found <= wanted.places:
        spaces = names(found), names(wanted.places)
        c.report(errors.other_spaces(value.span, "the target is", *spaces, owner.span, "this is what was measured"))
        return None
    return value


def _is_plain_operator(type_: Type) -> bool:
    element, shape = element_of(type_)
    return shape is None and isinstance(element, types.Operator) and element.dimension.resolved().is_one


OF_TOMOGRAPHY: dict[str, tuple[tuple[str, ...], Rule]] = {
    "expect": (("an operator", "a tomography"), _expectation),
    "purity": (("a tomography",), _purity),
    "fidelity": (("a tomography", "a target"), _fidelity),
    "average_fidelity": (("a tomography of a process", "a unitary operator"), _average_fidelity),
}
"""By name what is taken, and the rule."""
