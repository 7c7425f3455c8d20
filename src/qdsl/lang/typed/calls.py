"""Rules for calls: declared functions and overloads, function values, lambdas.

A call maps a scalar parameter over an array argument: `sin(xs)`, `rabi(ts, w, 0)`. An Estimate given where a real
number is needed makes the result an Estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.names import Kind, Symbol
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arrays import joined_types
from qdsl.lang.typed.checker import Body, Checker, element_of, joined_shape, rule
from qdsl.lang.typed.dimension import CYCLE, ONE, Dimension, DimVar
from qdsl.lang.typed.scheme import Instance
from qdsl.lang.typed.show import by_default
from qdsl.lang.typed.types import BROKEN, INT, Length, Type, pruned


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter that arguments are matched with."""

    name: str
    has_default: bool


@rule(surface.Call)
def call(c: Checker, node: surface.Call, expected: Type | None) -> typed.Expr:
    symbol = c.symbol(node.function)
    arguments = list(node.arguments)
    if symbol is not None and isinstance(node.function, surface.Field) and not _is_module_member(c, node.function):
        receiver = surface.Argument(node.function.value.span, None, node.function.value)
        arguments.insert(0, receiver)
    if symbol is not None and symbol.kind is Kind.PRIMITIVE:
        from qdsl.lang.typed.primitives import PRIMITIVES

        return PRIMITIVES[symbol.name](c, node, arguments)
    if symbol is not None and symbol.kind is Kind.FUNCTION:
        return _declared(c, node, symbol, arguments)
    if symbol is None and isinstance(node.function, surface.Reference):
        for argument in arguments:
            c.expr(argument.value)
        return c.broken(node.span)
    return _of_value(c, node, arguments)


def _is_module_member(c: Checker, node: surface.Field) -> bool:
    owner = c.symbol(node.value) if isinstance(node.value, surface.Reference) else None
    return owner is not None and owner.kind is Kind.MODULE


# ── matching arguments with parameters ───────────────────────────────────────────────────────────────────────────


def matched(
    c: Checker,
    span: Span,
    function: str,
    slots: Sequence[Slot],
    arguments: Sequence[surface.Argument],
    declared: Span | None = None,
) -> list[surface.Expr | None] | None:
    """The argument of each slot in order, None for a default; None, with a message, where they do not match."""
    given: dict[str, surface.Expr] = {}
    names = [slot.name for slot in slots]
    position = 0
    for argument in arguments:
        if argument.name is None:
            if position >= len(slots):
                c.report(c.errors.too_many_arguments(argument.span, function, len(slots), declared))
                return None
            name = names[position]
            position += 1
        else:
            name = argument.name.text
            if name not in names:
                c.report(c.errors.unknown_argument(argument.name.span, function, name, names))
                return None
        if name in given:
            c.report(c.errors.argument_twice(argument.span, name))
            return None
        given[name] = argument.value
    missing = [slot.name for slot in slots if slot.name not in given and not slot.has_default]
    if missing:
        c.report(c.errors.missing_argument(span, function, missing, declared))
        return None
    return [given.get(name) for name in names]


# ── declared functions ───────────────────────────────────────────────────────────────────────────────────────────


def _declared(c: Checker, node: surface.Call, symbol: Symbol, arguments: Sequence[surface.Argument]) -> typed.Expr:
    functions: list[typed.Function] = symbol.entity or []
    if not functions:
        for argument in arguments:
            c.expr(argument.value)
        return c.broken(node.span)
    if len(functions) > 1:
        return _overloaded(c, node, functions, arguments)
    function = functions[0]
    slots = [
        Slot(variable.name, default is not None)
        for variable, default in zip(function.parameters, function.defaults, strict=True)
    ]
    nodes = matched(c, node.span, function.name, slots, arguments, function.span)
    if nodes is None:
        for argument in arguments:
            c.expr(argument.value)
        return c.broken(node.span)
    type_ = Instance("pi", node.span).type(function.type)
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
            values.append(default)
    return values


def _overloaded(
    c: Checker, node: surface.Call, functions: Sequence[typed.Function], arguments: Sequence[surface.Argument]
) -> typed.Expr:
    """The form whose number kinds need the least raising."""
    name = functions[0].name
    values = [c.expr(argument.value) for argument in arguments]
    if any(pruned(value.type) is BROKEN for value in values):
        return c.broken(node.span)
    named = next((argument for argument in arguments if argument.name is not None), None)
    if named is not None and named.name is not None:
        known = [variable.name for variable in functions[0].parameters]
        c.report(
            c.errors.unknown_argument(named.name.span, name, named.name.text, ())
            if named.name.text not in known
            else c.errors.host_needs_call(named.span, name)
        )
        return c.broken(node.span)
    ranked = [(cost, each) for each in functions if (cost := _cost(each, values)) is not None]
    if not ranked:
        found = [types.resolved(value.type) for value in values]
        c.report(c.errors.no_overload(node.span, name, found, [each.type for each in functions]))
        return c.broken(node.span)
    best = min(ranked, key=lambda pair: pair[0])[1]
    type_ = Instance("pi", node.span).type(best.type)
    assert isinstance(type_, types.Function)
    return _apply(c, node.span, best, type_, values)


_ORDER = {"Bool": 0, "Int": 1, "Real": 2, "Complex": 3}


def _kind(type_: Type) -> str:
    element, _ = element_of(type_)
    match element:
        case types.Simple(name):
            return name
        case types.Complex():
            return "Complex"
        case types.TypeVar():
            return "Int"
        case types.Real() | types.Estimate():
            return "Real"
        case _:
            return type(element).__name__


def _cost(function: typed.Function, values: Sequence[typed.Expr]) -> int | None:
    """How many steps of raising the arguments need for this form; None where it does not take them."""
    assert isinstance(function.type, types.Function)
    if len(values) != len(function.parameters):
        return None
    cost = 0
    for value, wanted in zip(values, function.type.parameters, strict=True):
        have, want = _kind(value.type), _kind(wanted)
        if have == want:
            pass
        elif isinstance(element_of(value.type)[0], types.TypeVar) and want in _ORDER:
            cost += 0
        elif have in ("Int", "Real") and want in ("Real", "Complex") and _ORDER[have] < _ORDER[want]:
            cost += 10 * (_ORDER[want] - _ORDER[have])
        else:
            return None
        have_shape, want_shape = element_of(value.type)[1], element_of(wanted)[1]
        if want_shape is not None and (have_shape is None or len(have_shape) != len(want_shape)):
            return None
        if want_shape is None and have_shape is not None:
            cost += 1
    return cost


def _apply(
    c: Checker, span: Span, function: typed.Function, type_: types.Function, values: Sequence[typed.Expr]
) -> typed.Expr:
    """The call with its arguments converted; a primitive on scalars becomes an Operation."""
    accepted = accept(c, span, function.name, [v.name for v in function.parameters], type_, values, function)
    if accepted is None:
        return c.broken(span)
    arguments, mapped, result = accepted
    display = None
    if function.body is None:
        expr: typed.Expr = typed.Operation(span, result, function.name, tuple(arguments))
        if function.name in ("min", "max", "abs", "clamp"):
            display = arguments[0].display
    else:
        expr = typed.Call(span, result, function, tuple(arguments), tuple(mapped))
    expr.display = display
    return expr


def accept(
    c: Checker,
    span: Span,
    name: str,
    parameters: Sequence[str],
    type_: types.Function,
    values: Sequence[typed.Expr],
    function: typed.Function | None = None,
) -> tuple[list[typed.Expr], list[bool], Type] | None:
    """Convert every argument; tell which are mapped over, and the type of the result."""
    arguments: list[typed.Expr] = []
    mapped: list[bool] = []
    shape: tuple[Length, ...] | None = None
    lengths: dict[str, int] = {}
    estimated = broken = False
    first_mapped: typed.Expr | None = None
    for parameter, wanted, value in zip(parameters, type_.parameters, values, strict=True):
        element, value_shape = element_of(value.type)
        wanted_element, wanted_shape = element_of(wanted)
        goes_over = value_shape is not None and wanted_shape is None and not isinstance(wanted_element, types.TypeVar)
        target = types.Array(wanted_element, value_shape) if goes_over and value_shape is not None else wanted
        estimated = estimated or (isinstance(element, types.Estimate) and isinstance(wanted_element, types.Real))
        converted = _argument(c, span, name, parameter, value, target, function)
        if converted is None:
            broken = True
            continue
        if goes_over and value_shape is not None:
            joined = value_shape if shape is None else joined_shape(shape, value_shape)
            if joined is None and first_mapped is not None:
                c.report(c.errors.lengths_differ(first_mapped.span, first_mapped.type, value.span, value.type))
                return None
            shape, first_mapped = joined, first_mapped or value
        elif (
            wanted_shape is not None
            and value_shape is not None
            and not _lengths_agree(wanted_shape, value_shape, lengths)
        ):
            c.report(c.errors.wrong_argument(value.span, name, parameter, value.type, _with_lengths(wanted, lengths)))
            return None
        arguments.append(converted)
        mapped.append(goes_over)
    if broken:
        return None
    result = _with_lengths(pruned(type_.result), lengths)
    if shape is not None:
        if isinstance(result, types.Array):
            c.report(c.errors.mapped_array_result(span, name))
            return None
        result = types.Array(result, shape)
    if estimated and isinstance(result, types.Real):
        result = types.Estimate(result.dimension)
    return arguments, mapped, result


def _argument(
    c: Checker, span: Span, name: str, parameter: str, value: typed.Expr, target: Type, function: typed.Function | None
) -> typed.Expr | None:
    if pruned(value.type) is BROKEN:
        return None
    element, shape = element_of(value.type)
    wanted, _ = element_of(target)
    if isinstance(element, types.Estimate) and isinstance(wanted, types.Real) and shape is None:
        if c.same_dimension(element.dimension, wanted.dimension, value.span):
            return value
    else:
        converted = c.convert(value, target)
        if converted is not None:
            return converted
    _report_argument(c, span, name, parameter, value, target, function)
    return None


def _report_argument(
    c: Checker, span: Span, name: str, parameter: str, value: typed.Expr, target: Type, function: typed.Function | None
) -> None:
    found, shape = element_of(types.resolved(value.type))
    wanted, wanted_shape = element_of(types.resolved(target))
    have = ONE if found is INT else getattr(found, "dimension", None)
    want = getattr(wanted, "dimension", None)
    if wanted is INT and isinstance(found, types.Real) and found.dimension.is_one:
        c.report(c.errors.needs_rounding(value.span, None, ""))
    elif have is None or want is None or (shape is None) != (wanted_shape is None) or have == want:
        c.report(
            c.errors.wrong_argument(value.span, name, parameter, types.resolved(value.type), types.resolved(target))
        )
    elif function is not None and function.body is None and want.is_one:
        if by_default(have) == Dimension({CYCLE: 1}) and name in _ANGLES:
            c.report(c.dims.cycles_where_radians(span, name, value.span, have))
        else:
            c.report(c.dims.plain_number(value.span, name, have))
    else:
        declared = next((v.span for v in function.parameters if v.name == parameter), None) if function else None
        c.report(c.dims.argument(value.span, name, parameter, have, want, declared))


_ANGLES = frozenset(("sin", "cos", "tan"))


def _lengths_agree(wanted: tuple[Length, ...], found: tuple[Length, ...], lengths: dict[str, int]) -> bool:
    """Whether the named lengths of a function's type stand for one number each; new ones are remembered."""
    for name, length in zip(wanted, found, strict=True):
        if isinstance(name, str) and isinstance(length, int) and lengths.setdefault(name, length) != length:
            return False
    return True


def _with_lengths(type_: Type, lengths: dict[str, int]) -> Type:
    if isinstance(type_, types.Array):
        shape = tuple(lengths.get(n) if isinstance(n, str) else n for n in type_.shape)
        return types.Array(type_.element, shape)
    return type_


# ── function values and lambdas ──────────────────────────────────────────────────────────────────────────────────


def _of_value(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """A call of a parameter of function type, a lambda, a derivative."""
    function = c.expr(node.function)
    values = [c.expr(argument.value) for argument in arguments]
    type_ = pruned(function.type)
    if isinstance(type_, types.TypeVar) and not type_.numeric:
        type_.solution = types.Function(tuple(value.type for value in values), types.Real(Dimension({DimVar(): 1})))
        type_ = type_.solution
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
    accepted = accept(c, node.span, name, labels, type_, values)
    if accepted is None:
        return c.broken(node.span)
    converted, mapped, result = accepted
    return typed.CallValue(node.span, result, function, tuple(converted), tuple(mapped))


def parameter_names(function: typed.Expr, count: int) -> list[str]:
    """The names of the parameters of a function value, where it has any."""
    match function:
        case typed.FunctionValue(function=declared):
            return [variable.name for variable in declared.parameters]
        case typed.Lambda(parameters=parameters):
            return [variable.name for variable in parameters]
        case typed.Derivative(function=inner):
            return parameter_names(inner, count)
        case _:
            return [f"argument {position + 1}" for position in range(count)]


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
    body = c.expr(node.body, wanted.result if isinstance(wanted, types.Function) else None)
    c.bodies.pop()
    body, result = _with_returns(c, body, own)
    type_ = types.Function(tuple(variable.type for variable in parameters), result)
    return typed.Lambda(node.span, type_, tuple(parameters), body)


def _with_returns(c: Checker, body: typed.Expr, own: Body) -> tuple[typed.Expr, Type]:
    """A body and its `return`s as the type that they have in common."""
    returned = [each for each in own.returns if each.value is not None]
    if not returned:
        return body, body.type
    joined = joined_types(c, [body, *(each.value for each in returned if each.value is not None)])
    if joined is None:
        return body, BROKEN
    for each, value in zip(returned, joined[0][1:], strict=True):
        each.value = value
    return joined[0][0], joined[1]
