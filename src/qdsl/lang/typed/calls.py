"""Rules for calls: declared functions and overloads, function values, lambdas.

A call maps a scalar parameter over an array argument: `sin(xs)`, `rabi(ts, w, 0)`. An Estimate given where a real
number is needed makes the result an Estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qdsl.lang.names import Kind, Symbol
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, accept, matched
from qdsl.lang.typed.arrays import joined_types
from qdsl.lang.typed.checker import Body, Checker, rule
from qdsl.lang.typed.control import ending, set_ending
from qdsl.lang.typed.dimension import Dimension, DimVar
from qdsl.lang.typed.kets import written_ket
from qdsl.lang.typed.optimum_errors import range_as_value
from qdsl.lang.typed.overloads import best_form
from qdsl.lang.typed.places import brought, is_quantum
from qdsl.lang.typed.quantum_calls import ALSO
from qdsl.lang.typed.scheme import Instance, is_generic
from qdsl.lang.typed.types import BROKEN, INT, NOTHING, Type, pruned
from qdsl.lang.typed.unification import element_of

SEARCHING = ("minimize", "maximize")
"""What is called with ranges to search over."""


@rule(surface.Call)
def call(c: Checker, node: surface.Call, expected: Type | None) -> typed.Expr:
    symbol = c.symbol(node.function)
    arguments = list(node.arguments)
    if isinstance(node.function, surface.Ket):
        return written_ket(c, node, node.function)
    if symbol is not None and isinstance(node.function, surface.Field) and not _is_module_member(c, node.function):
        receiver = surface.Argument(node.function.value.span, None, node.function.value)
        arguments.insert(0, receiver)
    is_search = symbol is not None and symbol.kind is Kind.PRIMITIVE and symbol.name in SEARCHING
    if not is_search and any(isinstance(each.value, surface.Range) for each in arguments):
        return _with_ranges(c, node, arguments)
    if symbol is not None and symbol.kind is Kind.PRIMITIVE:
        from qdsl.lang.typed.primitives import CALLS, PRIMITIVES

        return (PRIMITIVES.get(symbol.name) or CALLS[symbol.name])(c, node, arguments)
    if symbol is not None and symbol.kind is Kind.FUNCTION:
        if symbol.name in ALSO and (found := _of_operators(c, node, symbol.name, arguments)) is not None:
            return found
        if symbol.of_states is not None and _has_states(c, arguments):
            symbol = symbol.of_states
        result = _declared(c, node, symbol, arguments)
        c.products.call(node, result.type, _is_result_written(symbol))
        return result
    if symbol is None and isinstance(node.function, surface.Reference):
        return _after_a_mistake(c, node, arguments)
    if symbol is None and isinstance(node.function, surface.Field) and surface.method(node) is not None:
        c.expr(node.function.value)  # that nothing has the name of what is called has been said
        return _after_a_mistake(c, node, arguments)
    return _of_value(c, node, arguments)


def _of_operators(
    c: Checker, node: surface.Call, name: str, arguments: Sequence[surface.Argument]
) -> typed.Expr | None:
    """`exp(A)`, `sum([A, B])`; None where it is a function of numbers after all."""
    if len(arguments) != 1 or arguments[0].name is not None:
        return None
    value = c.expr(arguments[0].value)
    c.known[arguments[0].value] = value
    if not isinstance(element_of(value.type)[0], types.QUANTUM):
        return None
    return ALSO[name](c, node, [value])


def _with_ranges(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """A range where nothing is searched over."""
    for each in arguments:
        if not isinstance(each.value, surface.Range):
            c.expr(each.value)
        elif each.name is not None:
            c.report(range_as_value(each.value.span, each.name.text))
    return c.broken(node.span)


def _has_states(c: Checker, arguments: Sequence[surface.Argument]) -> bool:
    """Whether a state or an operator is among the arguments, which are remembered."""
    for each in arguments:
        if not isinstance(each.value, surface.Lambda):
            c.known[each.value] = c.expr(each.value)
    values = [c.known[each.value] for each in arguments if each.value in c.known]
    return any(isinstance(element_of(value.type)[0], types.QUANTUM) for value in values)


def _is_result_written(symbol: Symbol) -> bool:
    """Whether the function itself says what dimension it gives."""
    declared = symbol.node
    return isinstance(declared, surface.Function) and declared.result is not None and not declared.generics


def _is_module_member(c: Checker, node: surface.Field) -> bool:
    owner = c.symbol(node.value) if isinstance(node.value, surface.Reference) else None
    return owner is not None and owner.kind is Kind.MODULE


# ── declared functions ───────────────────────────────────────────────────────────────────────────────────────────


def _declared(c: Checker, node: surface.Call, symbol: Symbol, arguments: Sequence[surface.Argument]) -> typed.Expr:
    functions: list[typed.Function] = symbol.entity or []
    if not functions:
        return _after_a_mistake(c, node, arguments)
    if len(functions) > 1:
        return _overloaded(c, node, functions, arguments)
    function = functions[0]
    slots = [
        Slot(variable.name, default is not None)
        for variable, default in zip(function.parameters, function.defaults, strict=True)
    ]
    nodes = matched(c, node.span, function.name, slots, arguments, function.span)
    if nodes is None:
        return _after_a_mistake(c, node, arguments)
    type_ = function.type if function in c.unfinished else Instance("pi", node.span).type(function.type)
    assert isinstance(type_, types.Function)
    return _apply(c, node.span, function, type_, _inferred(c, nodes, function, type_))


def _inferred(
    c: Checker, nodes: Sequence[surface.Expr | None], function: typed.Function, type_: types.Function
) -> list[typed.Expr]:
    """The arguments, defaults filled in; a parameter's type helps lambdas and literals."""
    values: list[typed.Expr] = []
    for each, wish, default in zip(nodes, type_.parameters, function.defaults, strict=True):
        if each is not None:
            values.append(c.expr(each, wish))
        else:
            assert default is not None
            values.append(replace(default, type=wish) if is_generic(default.type) else default)
    return values


def _overloaded(
    c: Checker, node: surface.Call, functions: Sequence[typed.Function], arguments: Sequence[surface.Argument]
) -> typed.Expr:
    """A call of a primitive that has several forms."""
    name = functions[0].name
    form = next((each for each in functions if len(each.parameters) == len(arguments)), functions[0])
    slots = [Slot(variable.name, False) for variable in form.parameters]
    nodes = matched(c, node.span, name, slots, arguments)
    if nodes is None:
        return _after_a_mistake(c, node, arguments)
    values = [c.expr(each) for each in nodes if each is not None]
    if any(pruned(value.type) is BROKEN for value in values):
        return c.broken(node.span)
    best = best_form(functions, values)
    if best is None:
        found = [types.resolved(value.type) for value in values]
        c.report(c.errors.no_overload(node.span, name, found, [each.type for each in functions]))
        return c.broken(node.span)
    type_ = Instance("pi", node.span).type(best.type)
    assert isinstance(type_, types.Function)
    return _apply(c, node.span, best, type_, values)


def _after_a_mistake(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """Look for mistakes inside the arguments of a call that has got its message."""
    for argument in arguments:
        c.expr(argument.value)
    return c.broken(node.span)


def _apply(
    c: Checker, span: Span, function: typed.Function, type_: types.Function, values: Sequence[typed.Expr]
) -> typed.Expr:
    """The call with its arguments converted; a primitive on scalars becomes an Operation."""
    names = [variable.name for variable in function.parameters]
    found = accept(c, span, function.name, names, type_, values, function)
    if found is None:
        return c.broken(span)
    accepted, result = found
    arguments, mapped = accepted.arguments, accepted.mapped
    if is_quantum(type_):
        return _of_states(c, span, function, type_, arguments, mapped, result)
    display = arguments[0].display if function.module and function.name in _KEEPING else None
    if function.body is None:
        return typed.Operation(span, result, function.name, tuple(arguments), display=display)
    return typed.Call(span, result, function, tuple(arguments), tuple(mapped), display=display)


def _of_states(
    c: Checker,
    span: Span,
    function: typed.Function,
    type_: types.Function,
    arguments: Sequence[typed.Expr],
    mapped: Sequence[bool],
    result: Type,
) -> typed.Expr:
    """A call that brings spaces. Over an array of states, it is the array of the calls."""
    over = next((each for each, goes in zip(arguments, mapped, strict=True) if goes), None)
    if over is None:
        bringing = brought(type_.parameters, [each.type for each in arguments])
        type_of_call = bringing.type(result)
        if bringing.outside:
            register, place = bringing.outside[0]
            c.report(c.quantum.register_too_short(span, function.name, place, register))
            return c.broken(span)
        call = typed.Call(span, type_of_call, function, tuple(arguments), tuple(mapped))
        c.note(call)
        return call
    index = typed.Variable("k", INT, span)
    use = typed.Local(span, INT, index)
    elements = [
        typed.Index(each.span, element_of(each.type)[0], each, (use,)) if goes else each
        for each, goes in zip(arguments, mapped, strict=True)
    ]
    one = _of_states(c, span, function, type_, elements, (False,) * len(elements), element_of(result)[0])
    shape = element_of(over.type)[1]
    assert shape is not None
    length: typed.Expr = typed.Operation(span, INT, "len", (over, typed.Constant(span, INT, 0)))
    if isinstance(shape[0], int):
        length = typed.Constant(span, INT, shape[0])
    steps = typed.IntRange(span, types.Array(INT, (shape[0],)), typed.Constant(span, INT, 0), length)
    whole = typed.Comprehension(span, types.Array(one.type, (shape[0],)), index, steps, one)
    c.note(whole)
    return whole


_KEEPING = frozenset(("min", "max", "abs", "clamp", "linspace", "logspace"))
"""Functions of the library whose result is shown in the unit of their first argument."""


# ── function values and lambdas ──────────────────────────────────────────────────────────────────────────────────


def _of_value(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """A call of a parameter of function type, a lambda, a derivative."""
    function = c.expr(node.function)
    values = [c.expr(argument.value) for argument in arguments]
    type_ = pruned(function.type)
    if type_ is BROKEN:
        return c.broken(node.span)
    if not isinstance(type_, types.Function):
        c.report(c.errors.not_a_function(node.function.span, types.resolved(type_)))
        return c.broken(node.span)
    name = node.function.span.text
    for argument in arguments:
        if argument.name is not None:
            c.report(c.errors.unknown_argument(argument.name.span, name, argument.name.text, ()))
            return c.broken(node.span)
    if len(values) > len(type_.parameters):
        c.report(c.errors.too_many_arguments(values[len(type_.parameters)].span, name, len(type_.parameters), None))
        return c.broken(node.span)
    labels = parameter_names(function, len(type_.parameters))
    if len(values) < len(type_.parameters):
        c.report(c.errors.missing_argument(node.span, name, labels[len(values) :], None))
        return c.broken(node.span)
    found = accept(c, node.span, name, labels, type_, values)
    if found is None:
        return c.broken(node.span)
    accepted, result = found
    return typed.CallValue(node.span, result, function, tuple(accepted.arguments), tuple(accepted.mapped))


def parameter_names(function: typed.Expr, count: int) -> list[str]:
    """The names of the parameters of a function value, where it has any."""
    match function:
        case typed.FunctionValue(function=declared):
            return [variable.name for variable in declared.parameters]
        case typed.Lambda(parameters=parameters):
            return [variable.name for variable in parameters]
        case typed.Derivative(kind="jvp", function=inner):
            type_ = pruned(inner.type)
            assert isinstance(type_, types.Function)
            names = parameter_names(inner, len(type_.parameters))
            for name, each in zip(list(names), type_.parameters, strict=True):
                if isinstance(element_of(each)[0], types.Real):
                    names.append(_unlike(f"d{name}", names))
            return names
        case typed.Derivative(function=inner):
            return parameter_names(inner, count)
        case _:
            return [f"argument {position + 1}" for position in range(count)]


def _unlike(name: str, others: Sequence[str]) -> str:
    """`dx`, or `ddx` where that is taken."""
    return _unlike(f"d{name}", others) if name in others else name


@rule(surface.Lambda)
def lambda_(c: Checker, node: surface.Lambda, expected: Type | None) -> typed.Expr:
    """`t -> e`; the parameters' types come from where it is used, else they are real numbers."""
    wanted = pruned(expected) if expected is not None else None
    known = (
        wanted.parameters
        if isinstance(wanted, types.Function) and len(wanted.parameters) == len(node.parameters)
        else None
    )
    parameters: list[typed.Variable] = []
    for position, name in enumerate(node.parameters):
        type_ = known[position] if known else types.Real(Dimension({DimVar(): 1}))
        variable = typed.Variable(name.text, type_, name.span)
        c.note(variable)
        symbol = c.symbol(name)
        if symbol is not None:
            symbol.entity = variable
        parameters.append(variable)
    own = Body()
    c.bodies.append(own)
    result = wanted.result if isinstance(wanted, types.Function) else None
    body = _with_result(c, c.expr(node.body, result), own, result)
    c.bodies.pop()
    type_ = types.Function(tuple(variable.type for variable in parameters), body.type)
    return typed.Lambda(node.span, type_, tuple(parameters), body)


def _with_result(c: Checker, body: typed.Expr, own: Body, wanted: Type | None) -> typed.Expr:
    """The body and its `return`s as the type that they have in common, or as the one wanted if they can be that."""
    last = ending(body)
    if pruned(last.type) is NOTHING:
        c.report(c.errors.no_value(body.span, "this function", "end it with the expression that is its value"))
        return c.broken(body.span)
    joined = joined_types(c, [last, *own.returned()], c.errors.results_differ)
    if joined is None:
        return c.broken(body.span)
    values = joined[0]
    raised = [c.convert(value, wanted) for value in values] if wanted is not None else []
    if raised and None not in raised:
        values = [value for value in raised if value is not None]
    own.set_returned(values[1:])
    return set_ending(body, values[0])
