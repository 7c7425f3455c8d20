"""What an unannotated parameter is, from how the body uses it: an array, a function, a truth value, an Int, else a real
number.

Only a direct use counts (`xs[i]`, `for x in xs`, `sum(xs)`, `g(x)`, `if b`, `range(n)`), so that a reader can see
what the checker sees. Where the use is indirect, the parameter wants its type written.
"""

from __future__ import annotations

from qdsl.lang.names import Kind, Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import Dimension, DimVar
from qdsl.lang.typed.types import BOOL, INT, Type, pruned


def parameter_type(parameter: Symbol, body: surface.Expr, symbols: dict[surface.Node, Symbol]) -> Type:
    """The type to begin with; dimensions are left open."""
    for node in surface.walk(body):
        found = _told_by(node, parameter, symbols)
        if found is not None:
            return found
    return types.Real(Dimension({DimVar(): 1}))


def _told_by(node: surface.Node, parameter: Symbol, symbols: dict[surface.Node, Symbol]) -> Type | None:
    def is_it(each: surface.Node | None) -> bool:
        return isinstance(each, surface.Reference) and symbols.get(each) is parameter

    match node:
        case surface.Index(value=value, indices=indices):
            if is_it(value):
                return _array(len(indices))
            if any(is_it(each) for each in indices):
                return INT
        case surface.For(iterable=iterable) | surface.Comprehension(iterable=iterable) if is_it(iterable):
            return _array(1)
        case surface.If(condition=condition) | surface.While(condition=condition) if is_it(condition):
            return BOOL
        case surface.Unary(operator="not", operand=operand) if is_it(operand):
            return BOOL
        case surface.Binary(operator="and" | "or", left=left, right=right) if is_it(left) or is_it(right):
            return BOOL
        case surface.Call(function=function, arguments=arguments):
            if is_it(function):
                return types.Function(tuple(types.TypeVar() for _ in arguments), types.Real(Dimension({DimVar(): 1})))
            for position, argument in enumerate(arguments):
                if is_it(argument.value):
                    return _from_callee(symbols.get(function), position, argument)
    return None


def _from_callee(callee: Symbol | None, position: int, argument: surface.Argument) -> Type | None:
    """An array where the called function takes one; an Int where it takes one and nothing else does."""
    if callee is None:
        return None
    if callee.kind is Kind.PRIMITIVE:
        return {"len": _array(1), "range": INT}.get(callee.name)
    functions = callee.entity if callee.kind is Kind.FUNCTION else None
    if not isinstance(functions, list) or len(functions) != 1:
        return None
    function: typed.Function = functions[0]
    if not isinstance(function.type, types.Function):
        return None
    for index, (variable, type_) in enumerate(zip(function.parameters, function.type.parameters, strict=True)):
        chosen = variable.name == argument.name.text if argument.name is not None else index == position
        wanted = pruned(type_)
        if chosen and isinstance(wanted, types.Array):
            element = pruned(wanted.element)
            inner = types.Real(Dimension({DimVar(): 1})) if isinstance(element, types.Real) else element
            return types.Array(inner, tuple(None for _ in wanted.shape))
        if chosen and (wanted in (INT, BOOL) or isinstance(wanted, types.Complex)):
            return types.Complex(Dimension({DimVar(): 1})) if isinstance(wanted, types.Complex) else wanted
    return None


def _array(axes: int) -> types.Array:
    return types.Array(types.Real(Dimension({DimVar(): 1})), (None,) * axes)
