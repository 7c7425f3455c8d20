"""What is asked of a tomography: each question gives an Estimate, a value with its uncertainty.

    expect(Z(q), found)                  estimated_fidelity(found, psi)          estimated_purity(found)
    process_fidelity(process, U)         average_fidelity(process, U)

`fidelity` and `purity` are the library's, and take states: `purity(found.state)` is a number, the value of
`estimated_purity(found)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tomography_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import places_of
from qdsl.lang.typed.quantum_arguments import positional
from qdsl.lang.typed.spaces import missing, names
from qdsl.lang.typed.types import BROKEN, Type, pruned
from qdsl.lang.typed.unification import element_of

Rule = Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]

STATE, PROCESS = types.StateTomography, types.ProcessTomography


def expectation(c: Checker, node: surface.Call, operator: typed.Expr, owner: typed.Expr) -> typed.Expr:
    """`expect(A, found)` with an operator and a tomography of a state."""
    type_, owned = pruned(operator.type), pruned(owner.type)
    assert isinstance(type_, types.Operator)
    assert isinstance(owned, STATE)
    if c.in_function:
        c.report(c.errors.impure(node.function.span, "expect"))
        return c.broken(node.span)
    if lacking := missing(type_.places, owned.places):
        c.report(c.quantum.space_missing(operator.span, lacking, owner.span))
        return c.broken(node.span)
    result = types.Estimate(type_.dimension)
    made = typed.HostCall(node.span, result, "tomography_expect", (owner, operator), (), display=operator.display)
    c.note(made)
    return made


def _question(name: str, kind: type[Type], takes: str, has_target: bool = True) -> Rule:
    """The rule of a function of a tomography of that kind, and of a target if it has one."""

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        count = 2 if has_target else 1
        values = positional(c, node, arguments, name, takes, count, count)
        if values is None:
            return c.broken(node.span)
        owner, *targets = values
        if not isinstance(pruned(owner.type), kind):
            c.report(errors.not_asked_of(owner.span, name, kind.__name__, c.show.fresh().a(types.resolved(owner.type))))
            return c.broken(node.span)
        found = [target_of(c, each, owner, pruned(owner.type)) for each in targets]
        kept = [each for each in found if each is not None]
        if len(kept) != len(found):
            return c.broken(node.span)
        return typed.HostCall(node.span, types.Estimate(ONE), name, (owner, *kept), ())

    return rule


def target_of(c: Checker, value: typed.Expr, owner: typed.Expr, wanted: Type) -> typed.Expr | None:
    """What a fidelity is with: a state of the spaces, or a unitary operator on them. None, with a message, otherwise.

    `wanted` is the type of the tomography, and `owner` what says which spaces it is of.
    """
    assert isinstance(wanted, types.StateTomography | types.ProcessTomography)
    type_ = pruned(value.type)
    if type_ is BROKEN:
        return None
    is_state = isinstance(wanted, STATE)
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


ESTIMATED: dict[str, Rule] = {
    "estimated_purity": _question("estimated_purity", STATE, "a tomography of a state", has_target=False),
    "estimated_fidelity": _question("estimated_fidelity", STATE, "a tomography of a state, and a state"),
    "process_fidelity": _question("process_fidelity", PROCESS, "a tomography of a process, and a unitary operator"),
    "average_fidelity": _question("average_fidelity", PROCESS, "a tomography of a process, and a unitary operator"),
}
"""Names of their own, known where they are called."""
