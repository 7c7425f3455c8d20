"""Functions that take or give what is staged, written out where they are called.

fn coupled(q: Qubit, c: Fock, g: Rate) = g * (sp(q) * a(c) + sm(q) * a(c)†)
coupled(atom, mode, 2 rad/us)       =>      { let q' = atom; let c' = mode; let g' = 2 rad/us; g' * (..) }
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from qdsl.lang.core.instantiate import instantiated
from qdsl.lang.core.lower_body import Body, staged_rule
from qdsl.lang.core.lower_control import statement
from qdsl.lang.core.lower_errors import functions_without_end, returns_early, staged_not_known
from qdsl.lang.core.lower_values import Bound, Data
from qdsl.lang.core.staged import Inline, Staged
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types

DEEPEST_CALL = 100

T = TypeVar("T")


def written_out(
    body: Body, function: typed.Function, arguments: Sequence[typed.Expr], span: Span, lower: Callable[[typed.Expr], T]
) -> T:
    """A call of a declared function: its parameters bound to the arguments, then `lower` of its body."""
    if function.body is None:
        raise staged_not_known(span)
    given = [_given(body, each) for each in arguments]
    parameters, inside = instantiated(function, [each.type for each in arguments], span)
    return _inside(body, function.name, parameters, inside, given, span, lower)


def _given(body: Body, node: typed.Expr) -> Bound:
    """An argument. An Int that is known now stays known: `f(k - 1)` in a function that calls itself, say."""
    known = body.static(node) if types.pruned(node.type) is types.INT else None
    return Data(types.INT, (body.constant(known),)) if isinstance(known, int) else body.bound(node)


def applied(
    body: Body, function: Inline, arguments: Sequence[Bound], span: Span, lower: Callable[[typed.Expr], T]
) -> T:
    """A call of a function value."""
    with body.apart():
        body.variables.update(function.variables)  # type: ignore[arg-type]
        return _inside(body, "this", function.parameters, function.body, arguments, span, lower)


def _inside(
    body: Body,
    name: str,
    parameters: Sequence[typed.Variable],
    inside: typed.Expr,
    arguments: Sequence[Bound],
    span: Span,
    lower: Callable[[typed.Expr], T],
) -> T:
    if body.program.effects.of(inside).returns:
        raise returns_early(span, name)
    if body.calls_inside > DEEPEST_CALL:
        raise functions_without_end(span, name)
    body.calls_inside += 1
    with body.apart():
        for parameter, argument in zip(parameters, arguments, strict=True):
            if isinstance(argument, Data):
                body.bind(parameter, argument)
            else:
                body.variables[parameter] = argument
        result = lower(inside)
    body.calls_inside -= 1
    return result


# ── where the value is staged ────────────────────────────────────────────────────────────────────────────────────


@staged_rule(typed.Call)
def call(body: Body, node: typed.Call) -> Staged:
    return written_out(body, node.function, node.arguments, node.span, body.staged)


@staged_rule(typed.CallValue)
def call_value(body: Body, node: typed.CallValue) -> Staged:
    function = body.staged(node.function)
    assert isinstance(function, Inline)
    return applied(body, function, [body.bound(each) for each in node.arguments], node.span, body.staged)


@staged_rule(typed.Block)
def block(body: Body, node: typed.Block) -> Staged:
    """`{ let w = 2pi * f; w * Z(q) }`."""
    if node.value is None or body.program.effects.of(node).leaves:
        raise staged_not_known(node.span)
    for each in node.statements:
        with body.b.at(each.span):
            statement(body, each)
    return body.staged(node.value)


@staged_rule(typed.Local)
def local(body: Body, node: typed.Local) -> Staged:
    found = body.variables.get(node.variable)
    if found is not None:
        return found  # type: ignore[return-value]
    if node.variable.value is not None:
        return body.staged(node.variable.value)
    raise staged_not_known(node.span)


@staged_rule(typed.Lambda)
def lambda_(body: Body, node: typed.Lambda) -> Inline:
    """A function of time, say: it sees what is around it here."""
    return Inline(node.parameters, node.body, dict(body.variables))


@staged_rule(typed.FunctionValue)
def function_value(body: Body, node: typed.FunctionValue) -> Inline:
    type_ = types.pruned(node.type)
    assert isinstance(type_, types.Function)
    if node.function.body is None:
        raise staged_not_known(node.span)
    parameters, inside = instantiated(node.function, type_.parameters)
    return Inline(parameters, inside, {})
