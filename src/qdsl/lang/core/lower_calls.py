"""Calls, and values that are functions.

    f(x)                     =>  call @f(x)
    minimise(t -> g(t, a))   =>  call @"minimise<lambda>"(a)     the lambda is @lambda(t, a): lambda lifting
    sin as a value           =>  a core function @sin that computes it

A function value is known by its code at compile time. What it uses from around it goes with it as core values, and
becomes further arguments wherever it is passed or called.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.builder import Values
from qdsl.lang.core.layout import shape_of
from qdsl.lang.core.lower_body import FUNCTION_RULES, Body
from qdsl.lang.core.lower_values import Bound, Closure, Data, Declared, Derived, Lifted, Row
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types


def apply_call(body: Body, function: typed.Function, arguments: Sequence[Bound], type_: types.Type) -> Data:
    """A call of a declared function; `type_` is what the caller knows of the result."""
    return apply_closure(body, declared(body, function), arguments, type_)


def apply_closure(body: Body, closure: Closure, arguments: Sequence[Bound], type_: types.Type) -> Data:
    """A call of a function value."""
    codes = [each.code if isinstance(each, Closure) else None for each in arguments]
    span = body.b.span
    assert span is not None
    callee = body.program.instance(closure.code, codes, span)
    given = [
        value
        for argument, parameter in zip(arguments, callee.parameters, strict=True)
        for value in _values(body, argument, parameter)
    ]
    values = body.b.call(callee.name, [*given, *closure.values], body.types_of(callee.result, span))
    return body.conform(Data(callee.result, values), type_)


def _values(body: Body, argument: Bound, parameter: types.Type) -> Values:
    if isinstance(argument, Data):
        return body.conform(argument, parameter).values
    if isinstance(argument, Closure):
        return argument.values
    raise InternalError("what is staged is no argument of a compiled function")


def declared(body: Body, function: typed.Function) -> Closure:
    """A function of the program, with the session's variables that it uses."""
    return Closure(Declared(function), body.values_of(body.program.captures.of(function)))


def check_named_lengths(body: Body, variables: Sequence[typed.Variable]) -> None:
    """`(a: [A; n], b: [B; n])`: the arguments must agree."""
    first: dict[str, tuple[typed.Variable, int]] = {}
    for variable in variables:
        for axis, length in enumerate(shape_of(variable.type)):
            if not isinstance(length, str):
                continue
            if length in first:
                other, other_axis = first[length]
                found = body.b.len(body.data(variable).values[0], axis)
                body.same_length(found, body.b.len(body.data(other).values[0], other_axis))
            else:
                first[length] = variable, axis


# ── which function a value is ────────────────────────────────────────────────────────────────────────────────────


def function_value(body: Body, node: typed.FunctionValue) -> Closure:
    return declared(body, node.function)


def lambda_(body: Body, node: typed.Lambda) -> Closure:
    """Captured data first, then what the captured functions take with them."""
    captured = [(variable, body.variables.get(variable)) for variable in body.program.captures.of(node)]
    if any(value is not None and not isinstance(value, Closure | Data | Row) for _, value in captured):
        return _seeing_staged(body, node)
    functions = [(variable, value) for variable, value in captured if isinstance(value, Closure)]
    data = body.values_of([variable for variable, value in captured if not isinstance(value, Closure)])
    further = (value for _, closure in functions for value in closure.values)
    return Closure(Lifted(node, tuple((variable, closure.code) for variable, closure in functions)), (*data, *further))


def _seeing_staged(body: Body, node: typed.Lambda) -> Closure:
    """A lambda that uses operators or spaces from around it: lowered here, where they are known."""
    from qdsl.lang.core.lower_control import function_results
    from qdsl.lang.core.outline import outlined

    def write(*arguments: Data) -> Values:
        for variable, argument in zip(node.parameters, arguments, strict=True):
            body.bind(variable, argument)
        result, body.result = body.result, node.body.type
        values = function_results(body, node.body)
        body.result = result
        return values

    return outlined(body, "lambda", [each.type for each in node.parameters], node.body.type, write)


def local_function(body: Body, node: typed.Local) -> Closure:
    """A parameter or a let that is a function."""
    value = body.variables.get(node.variable)
    if isinstance(value, Closure):
        return value
    if node.variable.value is not None:
        return body.function(node.variable.value)
    raise InternalError(f"the function {node.variable.name} has no value here")


def derivative(body: Body, node: typed.Derivative) -> Closure:
    """`grad(f)`: it takes along what f does."""
    closure = body.function(node.function)
    type_ = types.pruned(node.type)
    assert isinstance(type_, types.Function)
    return Closure(Derived(node.kind, closure.code, type_, node), closure.values)


FUNCTION_RULES[typed.FunctionValue] = function_value
FUNCTION_RULES[typed.Lambda] = lambda_
FUNCTION_RULES[typed.Local] = local_function
FUNCTION_RULES[typed.Derivative] = derivative
