"""What an unannotated parameter is, from how the body uses it: an array, a function, a truth value, an Int, else a real
number.

Only a direct use counts (`xs[i]`, `for x in xs`, `sum(xs)`, `g(x)`, `if b`, `range(n)`), so that a reader can see
what the checker sees. Where the use is indirect, the parameter wants its type written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qdsl.lang.names import Kind, Symbol
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import Dimension, DimVar
from qdsl.lang.typed.types import BOOL, INT, Type, pruned


def parameter_types(
    parameters: Iterable[Symbol], body: surface.Expr, symbols: dict[surface.Node, Symbol]
) -> dict[Symbol, Type]:
    """The types to begin with; dimensions are left open. The first use that tells something counts."""
    wanted = dict.fromkeys(parameters)
    found: dict[Symbol, Type] = {}
    for node in surface.walk(body) if wanted else ():
        for used, type_ in _told_by(node, symbols):
            symbol = symbols.get(used) if isinstance(used, surface.Reference) else None
            if symbol in wanted and symbol is not None:
                found.setdefault(symbol, type_)
    return {each: found.get(each) or types.Real(Dimension({DimVar(): 1})) for each in wanted}


def _told_by(node: surface.Node, symbols: dict[surface.Node, Symbol]) -> Iterator[tuple[surface.Node, Type]]:
    """What the node says of those directly below it."""
    match node:
        case surface.Index(value=value, indices=indices):
            yield value, _array(len(indices))
            yield from ((each, INT) for each in indices)
        case surface.For(iterable=iterable) | surface.Comprehension(iterable=iterable):
            yield iterable, _array(1)
        case surface.If(condition=condition) | surface.While(condition=condition):
            yield condition, BOOL
        case surface.Unary(operator="not", operand=operand):
            yield operand, BOOL
        case surface.Binary(operator="and" | "or", left=left, right=right):
            yield left, BOOL
            yield right, BOOL
        case surface.Call(function=function, arguments=arguments):
            yield (
                function,
                types.Function(tuple(types.TypeVar() for _ in arguments), types.Real(Dimension({DimVar(): 1}))),
            )
            for position, argument in enumerate(arguments):
                told = _from_callee(symbols.get(function), position, argument)
                if told is not None:
                    yield argument.value, told


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
