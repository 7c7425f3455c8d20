"""Functions that functions give back: the call is written out where it stands, and what it ends with is the function.

    fn scaled(k: Scalar) = x -> k * x
    scaled(3)(y)                          =>      call @lambda(y, 3)          as for (x -> 3 * x)(y)

In: a call whose type is a function. Out: a `Closure`, whose values (here the 3) are ordinary core values of the block
at hand. Which function comes back must not depend on what is known only at run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from qdsl.lang.core.builder import Values
from qdsl.lang.core.lower_body import FUNCTION_RULES, Body
from qdsl.lang.core.lower_calls import check_named_lengths, declared
from qdsl.lang.core.lower_control import statement
from qdsl.lang.core.lower_errors import function_not_known, functions_without_end
from qdsl.lang.core.lower_values import Bound, Closure, Declared, Derived, Lifted, Outlined, name_of
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed

DEEPEST_CALL = 100
"""How many calls that give functions may stand inside each other."""


def call(body: Body, node: typed.Call) -> Closure:
    """`scaled(3)`."""
    return _result(body, node, declared(body, node.function), [body.bound(each) for each in node.arguments])


def call_value(body: Body, node: typed.CallValue) -> Closure:
    """`f(3)` where f is a parameter, a lambda, a call."""
    return _result(body, node, body.function(node.function), [body.bound(each) for each in node.arguments])


def block(body: Body, node: typed.Block) -> Closure:
    """`{ let c = 2 * k; x -> c * x }`."""
    if node.value is None or body.program.effects.of(node).leaves:
        raise function_not_known(node.span)
    for each in node.statements:
        with body.b.at(each.span):
            statement(body, each)
    return body.function(node.value)


def _result(body: Body, node: typed.Call | typed.CallValue, closure: Closure, arguments: Sequence[Bound]) -> Closure:
    """What a function ends with, its parameters being these arguments."""
    code = closure.code
    if isinstance(code, Derived | Outlined):
        raise InternalError("a function of numbers gives a function")
    if body.calls_inside > DEEPEST_CALL:
        raise functions_without_end(node.span, name_of(code))
    with _apart(body), body.b.at(node.span):
        parameters = _enter(body, code, closure.values)
        for parameter, argument in zip(parameters, arguments, strict=True):
            body.bind(parameter, argument)
        check_named_lengths(body, [each for each in parameters if not isinstance(body.variables[each], Closure)])
        inside = code.function.body if isinstance(code, Declared) else code.node.body
        if inside is None:
            raise function_not_known(node.span)
        return body.function(inside)


def _enter(body: Body, code: Declared | Lifted, values: Values) -> tuple[typed.Variable, ...]:
    """Bind what the function takes along; its parameters."""
    if isinstance(code, Declared):
        body.rebind(body.program.captures.of(code.function), values)
        return code.function.parameters
    functions = dict(code.functions)
    data = [each for each in body.program.captures.of(code.node) if each not in functions]
    rest = body.rebind(data, values)
    for variable, each in code.functions:
        count = body.program.taken(each)
        body.variables[variable] = Closure(each, rest[:count])
        rest = rest[count:]
    return code.node.parameters


@contextmanager
def _apart(body: Body) -> Iterator[None]:
    """What is bound inside is forgotten: the same function may be written out in its own arguments."""
    variables, definitions = dict(body.variables), dict(body.definitions)
    body.calls_inside += 1
    yield
    body.calls_inside -= 1
    body.variables, body.definitions = variables, definitions


FUNCTION_RULES[typed.Call] = call
FUNCTION_RULES[typed.CallValue] = call_value
FUNCTION_RULES[typed.Block] = block
