"""Declared functions: parameters, bodies, and the generic type that is left.

Functions that call each other are checked together: each has one type until all are solved. A function whose
parameters and result are all written keeps that type from the start.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.names import Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.annotations import annotated
from qdsl.lang.typed.arrays import joined_types
from qdsl.lang.typed.checker import Body, Checker, Reason
from qdsl.lang.typed.control import block_of
from qdsl.lang.typed.dimension import Dimension, DimVar
from qdsl.lang.typed.scheme import standardise
from qdsl.lang.typed.types import BROKEN, INT, NEVER, NOTHING, Type, pruned
from qdsl.lang.typed.usage import parameter_type


def check_functions(c: Checker, symbols: Sequence[Symbol]) -> None:
    """A group of functions that need each other."""
    heads = [(symbol, [_head(c, node) for node in symbol.overloads]) for symbol in symbols]
    for symbol, functions in heads:
        symbol.entity = functions
    for symbol, functions in heads:
        for node, function in zip(symbol.overloads, functions, strict=True):
            _check_defaults(c, node, function)
            if node.body is not None:
                _check_body(c, node, function)
    everything = [function for _, functions in heads for function in functions]
    for function in everything:
        standardise(function.type)
    c.settle_declaration(kept=[function.type for function in everything])
    for function in everything:
        function.type = types.resolved(function.type)


def _head(c: Checker, node: surface.Function) -> typed.Function:
    """The function with the types it is written with; what is not written is open."""
    for generic in node.generics:
        symbol = c.symbol(generic.name)
        if symbol is not None:
            symbol.entity = Dimension({DimVar(generic.name.text, rigid=True): 1})
    parameters = tuple(_parameter(c, node, each) for each in node.parameters)
    result: Type = types.TypeVar()
    if node.result is not None:
        result = annotated(c, node.result)
    elif node.body is None:
        result = NOTHING
    type_ = types.Function(tuple(variable.type for variable in parameters), result)
    defaults: tuple[typed.Expr | None, ...] = tuple(None for _ in parameters)
    unchecked = None if node.body is None else typed.Broken(node.body.span, BROKEN)  # what has a body is no primitive
    return typed.Function(
        node.name.text, parameters, defaults, type_, unchecked, node.name.span, node.doc, c.module_name
    )


def _parameter(c: Checker, node: surface.Function, parameter: surface.Parameter) -> typed.Variable:
    symbol = c.symbol(parameter.name)
    if parameter.type is not None:
        type_ = annotated(c, parameter.type)
    elif node.body is not None and symbol is not None:
        type_ = parameter_type(symbol, node.body, c.symbols)
    else:
        type_ = types.Real(Dimension({DimVar(): 1}))
    variable = typed.Variable(parameter.name.text, type_, parameter.name.span)
    c.note(variable)
    if symbol is not None:
        symbol.entity = variable
    return variable


def _check_defaults(c: Checker, node: surface.Function, function: typed.Function) -> None:
    defaults: list[typed.Expr | None] = []
    for parameter, variable in zip(node.parameters, function.parameters, strict=True):
        if parameter.default is None:
            defaults.append(None)
            continue
        value = c.expr(parameter.default, variable.type)
        defaults.append(c.fit(value, variable.type, Reason(parameter.name.span, "declared here")))
        variable.display = value.display
    function.defaults = tuple(defaults)


def _check_body(c: Checker, node: surface.Function, function: typed.Function) -> None:
    assert node.body is not None
    assert isinstance(function.type, types.Function)
    declared = function.type.result if node.result is not None else None
    body = Body(result=declared, declared=node.result.span if node.result is not None else None)
    c.bodies.append(body)
    if isinstance(node.body, surface.Block):
        value: typed.Expr = block_of(c, node.body, declared)
    else:
        value = c.expr(node.body, declared)
    c.bodies.pop()
    function.body = _with_result(c, node, function, value, body)
    _check_generics(c, node)


def _with_result(
    c: Checker, node: surface.Function, function: typed.Function, value: typed.Expr, body: Body
) -> typed.Expr:
    """The body, its value and its returns converted to the result type."""
    assert isinstance(function.type, types.Function)
    ending = value.value if isinstance(value, typed.Block) and value.value is not None else value
    if pruned(ending.type) is NOTHING:
        if isinstance(ending, typed.If) and ending.otherwise is None and body.returns == []:
            c.report(c.errors.no_else(ending.span))
        else:
            c.report(c.errors.no_value(node.name.span, f"the function `{function.name}`"))
        c.unify(function.type.result, BROKEN, node.span)
        return value
    if body.declared is not None:
        ending_now = c.fit(ending, function.type.result, Reason(body.declared, "declared here"))
    else:
        ending_now = _inferred_result(c, function, ending, body)
    if ending is value:
        return ending_now
    assert isinstance(value, typed.Block)
    value.value = ending_now
    value.type = ending_now.type
    return value


def _inferred_result(c: Checker, function: typed.Function, ending: typed.Expr, body: Body) -> typed.Expr:
    """The result type is what the end of the body and every `return` have in common."""
    assert isinstance(function.type, types.Function)
    returned = [each.value for each in body.returns if each.value is not None]
    values = [ending, *returned]
    joined = joined_types(c, values)
    if joined is None:
        c.unify(function.type.result, BROKEN, ending.span)
        return ending
    converted, type_ = joined
    for each, value in zip([r for r in body.returns if r.value is not None], converted[1:], strict=True):
        each.value = value
    result = pruned(function.type.result)
    if isinstance(result, types.TypeVar):
        if result.numeric and pruned(type_) is INT:
            result.solution = INT
        else:
            result.solution = _without_never(type_)
    elif not c.unify(result, type_, ending.span):
        c.report(
            c.errors.mismatch(
                ending.span, types.resolved(type_), types.resolved(result), function.span, "used otherwise before"
            )
        )
    return converted[0]


def _without_never(type_: Type) -> Type:
    return BROKEN if pruned(type_) is NEVER else type_


def _check_generics(c: Checker, node: surface.Function) -> None:
    """A dimension that the signature leaves open must still be open after the body."""
    for generic in node.generics:
        symbol = c.symbol(generic.name)
        if symbol is None or not isinstance(symbol.entity, Dimension):
            continue
        became = symbol.entity.resolved()
        if became.factors != symbol.entity.factors:
            c.report(c.dims.too_general(generic.span, generic.name.text, became))
