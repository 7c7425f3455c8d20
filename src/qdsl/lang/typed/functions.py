"""Declared functions: parameters, bodies, and the generic type that is left.

Functions that call each other are checked together: each has one type until all are solved. A function whose
parameters and result are all written keeps that type from the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qdsl.lang.names import Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.annotations import annotated
from qdsl.lang.typed.arrays import joined_types
from qdsl.lang.typed.checker import Body, Checker, Reason
from qdsl.lang.typed.control import block_of, ending, set_ending
from qdsl.lang.typed.dimension import Dimension, DimVar
from qdsl.lang.typed.places import brought, is_quantum
from qdsl.lang.typed.scheme import standardise
from qdsl.lang.typed.space_declarations import named, refined
from qdsl.lang.typed.types import BROKEN, INT, NEVER, NOTHING, Type, pruned
from qdsl.lang.typed.unification import give_up
from qdsl.lang.typed.usage import parameter_types


def check_functions(c: Checker, symbols: Sequence[Symbol]) -> None:
    """A group of functions that need each other."""
    heads = [(node, _head(c, node), symbol) for symbol in symbols for node in symbol.overloads]
    for symbol in symbols:
        symbol.entity = [function for _, function, owner in heads if owner is symbol]
    functions = [function for _, function, _ in heads]
    c.unfinished = {function for node, function, _ in heads if not _is_written(node)}
    for node, function, _ in heads:
        _check_defaults(c, node, function)
        if node.body is not None:
            _check_body(c, node, function)
        elif not c.is_library:
            c.report(c.errors.unknown_primitive(node.name.span, node.name.text))
    c.unfinished = set()
    for function in functions:
        _close(function.type)
        standardise(function.type)
    c.settle_declaration(kept=[function.type for function in functions])
    for function in functions:
        function.type = types.resolved(function.type)


def _is_written(node: surface.Function) -> bool:
    """Whether the declaration alone says the type, so that a call inside it may use it at any instance."""
    written = [node.result, *(parameter.type for parameter in node.parameters)]
    return not any(each is None or isinstance(each, surface.TypeHole) for each in written)


def _close(type_: Type) -> None:
    """What a parameter that is a function takes, where only a literal 0 or nothing tells: a real number."""
    type_ = pruned(type_)
    if isinstance(type_, types.TypeVar):
        type_.solution = types.Real(Dimension({DimVar(): 1}))
    elif isinstance(type_, types.Function):
        for each in type_.parameters:
            _close(each)


def _head(c: Checker, node: surface.Function) -> typed.Function:
    """The function with the types it is written with; what is not written is open."""
    for generic in node.generics:
        symbol = c.symbol(generic.name)
        if symbol is not None:
            symbol.entity = Dimension({DimVar(generic.name.text, rigid=True): 1})
    told = _told_by_use(c, node)
    parameters = tuple(_parameter(c, each, told) for each in node.parameters)
    for each in node.parameters:
        _length_variable(c, each)
    result = types.TypeVar() if node.result is None else annotated(c, node.result)
    type_ = types.Function(tuple(variable.type for variable in parameters), result)
    defaults: tuple[typed.Expr | None, ...] = tuple(None for _ in parameters)
    unchecked = None if node.body is None else typed.Broken(node.body.span, BROKEN)  # what has a body is no primitive
    return typed.Function(
        node.name.text, parameters, defaults, type_, unchecked, node.name.span, node.doc, c.module_name
    )


def _length_variable(c: Checker, parameter: surface.Parameter) -> None:
    """`r: Qubit[n]`: n is an Int in the body."""
    length = parameter.type.length if isinstance(parameter.type, surface.TypeName) else None
    symbol = c.symbol(length) if length is not None else None
    if length is not None and symbol is not None and symbol.node is length:
        symbol.entity = typed.Variable(symbol.name, INT, length.span)


def _with_lengths(c: Checker, node: surface.Function, value: typed.Expr) -> typed.Expr:
    """The body, with the lengths that its registers name bound before."""
    lets: list[typed.Statement] = []
    for each in node.parameters:
        length = each.type.length if isinstance(each.type, surface.TypeName) else None
        symbol = c.symbol(length) if length is not None else None
        register = c.symbol(each.name)
        if length is None or symbol is None or symbol.node is not length or register is None:
            continue
        of = typed.Local(length.span, register.entity.type, register.entity)
        lets.append(typed.Let(length.span, symbol.entity, typed.Quantum(length.span, INT, "length", (of,))))
    if not lets:
        return value
    if isinstance(value, typed.Block):
        return typed.Block(value.span, value.type, (*lets, *value.statements), value.value, display=value.display)
    return typed.Block(value.span, value.type, tuple(lets), value, display=value.display)


def _told_by_use(c: Checker, node: surface.Function) -> dict[Symbol, Type]:
    """Of the parameters without a type, what the body does with them says."""
    if node.body is None:
        return {}
    untyped = [each for each in node.parameters if each.type is None or isinstance(each.type, surface.TypeHole)]
    symbols = [symbol for each in untyped if (symbol := c.symbol(each.name)) is not None]
    return parameter_types(symbols, node.body, c.symbols)


def _parameter(c: Checker, parameter: surface.Parameter, told: Mapping[Symbol, Type]) -> typed.Variable:
    symbol = c.symbol(parameter.name)
    asked = isinstance(parameter.type, surface.TypeHole)
    if parameter.type is not None and not asked:
        type_ = named(annotated(c, parameter.type), parameter.name.text)
    elif symbol is not None and symbol in told:
        type_ = told[symbol]
    else:
        type_ = types.Real(Dimension({DimVar(): 1}))
    if asked and parameter.type is not None:
        c.holes.append((parameter.type.span, type_))
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
    written = node.result if not isinstance(node.result, surface.TypeHole) else None
    declared = function.type.result if written is not None else None
    body = Body(result=declared, declared=written.span if written is not None else None)
    c.bodies.append(body)
    if isinstance(node.body, surface.Block):
        value: typed.Expr = block_of(c, without_last_return(node.body), declared)
    else:
        value = c.expr(node.body, declared)
    c.bodies.pop()
    function.body = _with_lengths(c, node, _with_result(c, node, function, value, body))


def without_last_return(node: surface.Block) -> surface.Block:
    """`{ ..; return x }` as `{ ..; x }`, which it is, in the branches of a last `if` too."""
    match node.statements[-1:]:
        case (surface.Return(value=value) as last,) if value is not None:
            ending_ = surface.ExpressionStatement(last.span, value)
        case (surface.ExpressionStatement(value=surface.If() as chosen) as last,) if chosen.otherwise is not None:
            ending_ = surface.ExpressionStatement(last.span, _without_last_returns(chosen))
        case _:
            return node
    return surface.Block(node.span, (*node.statements[:-1], ending_))


def _without_last_returns(node: surface.If) -> surface.If:
    """The same in every branch, of `else if` too."""
    other = node.otherwise
    if isinstance(other, surface.Block):
        other = without_last_return(other)
    elif isinstance(other, surface.If):
        other = _without_last_returns(other)
    return surface.If(node.span, node.condition, without_last_return(node.then), other)


def _with_result(
    c: Checker, node: surface.Function, function: typed.Function, value: typed.Expr, body: Body
) -> typed.Expr:
    """The body, its value and its returns converted to the result type."""
    assert isinstance(function.type, types.Function)
    last = ending(value)
    if pruned(last.type) is NOTHING:
        if isinstance(last, typed.If) and last.otherwise is None and not body.returns:
            c.report(c.errors.no_else(last.span))
        else:
            what, hint = f"the function `{function.name}`", "end it with the expression that is its value"
            c.report(c.errors.no_value(node.name.span, what, hint))
        give_up(function.type.result)
        return value
    if body.declared is not None:
        fitted = c.fit(last, function.type.result, Reason(body.declared, "declared here"))
        if is_quantum(function.type.result):
            found = refined(function.type.result, fitted.type)
            function.result_of = tuple(brought([function.type.result], [found]).whole.items())
            function.type = types.Function(function.type.parameters, found)
        return set_ending(value, fitted)
    return set_ending(value, _inferred_result(c, function, last, body))


def _inferred_result(c: Checker, function: typed.Function, last: typed.Expr, body: Body) -> typed.Expr:
    """The result type is what the end of the body and every `return` have in common."""
    assert isinstance(function.type, types.Function)
    result = pruned(function.type.result)
    joined = joined_types(c, [last, *body.returned()], c.errors.results_differ)
    if joined is None:
        give_up(result)
        return last
    values, type_ = joined
    if isinstance(result, types.TypeVar) and pruned(type_) is not result:
        fits = c.unify(result, BROKEN if pruned(type_) is NEVER else type_, last.span)
    else:  # it calls itself, and that has said something of the result, or nothing at all
        raised = [c.convert(value, result) for value in values]
        fits = not isinstance(result, types.TypeVar) and all(each is not None for each in raised)
        values = [each for each in raised if each is not None] if fits else values
    if not fits:
        c.report(c.errors.recursive_without_type(function.span, function.name))
        give_up(result)
    body.set_returned(values[1:])
    return values[0]
