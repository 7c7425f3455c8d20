"""A derivative as the function of the language that it is.

`grad(f)` takes what f takes. Its core function calls `f.grad`, which the stage `differentiate` makes and which gives
f's results and then its derivatives, and keeps the derivatives: they stand in the order of the result's layout.
A Hessian comes as its upper triangle, row by row, and becomes a whole record of records here; of array arguments x
and a, d²f/da dx is d²f/dx da with the axes of the two exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import ArrayType, Function, Module, Value
from qdsl.lang.core.layout import core_types, element_type
from qdsl.lang.core.lower_body import Instance
from qdsl.lang.core.lower_errors import no_derivative
from qdsl.lang.core.lower_values import Derived
from qdsl.lang.typed import types


class Differentiate(Protocol):
    """The stage that makes derivatives: `qdsl.lang.differentiate`."""

    @property
    def NotDifferentiable(self) -> type[Exception]:  # noqa: N802 - a class
        """Raised with the name of an operation and its span where there is no derivative."""

    def gradient(self, module: Module, name: str, wrt: Sequence[int]) -> Module: ...

    def hessian(self, module: Module, name: str, wrt: Sequence[int]) -> Module: ...


def differentiated(stage: Differentiate, module: Module, code: Derived, base: Instance, name: str) -> Module:
    """The module with a function `name` that is the derivative of `base`."""
    wrt = places(base.parameters)
    suffix = "hess" if code.kind == "hessian" else "grad"
    if f"{base.name}.{suffix}" not in module.functions:
        make = stage.hessian if code.kind == "hessian" else stage.gradient
        try:
            module = make(module, base.name, wrt)
        except stage.NotDifferentiable as found:
            operation, span = found.args
            raise no_derivative(code.node.span, code.kind, operation, span) from None
    return Module({**module.functions, name: _wrapper(module.functions[f"{base.name}.{suffix}"], name, code, len(wrt))})


def places(parameters: Sequence[types.Type]) -> list[int]:
    """Which core parameters there are derivatives by: those of real arguments and arrays of them."""
    found: list[int] = []
    at = 0
    for type_ in parameters:
        if isinstance(types.pruned(type_), types.Function):
            continue
        if isinstance(element_type(type_), types.Real):
            found.append(at)
        at += len(core_types(type_))
    return found


def _wrapper(derivative: Function, name: str, code: Derived, count: int) -> Function:
    b = Builder()
    arguments = [b.parameter(parameter.type, parameter.hint) for parameter in derivative.parameters]
    results = b.call(derivative.name, arguments, derivative.result_types)
    kept = results[1:]
    if code.kind == "hessian":
        kept = _square(b, _axes(results[0]), [_axes(each) for each in results[1 : 1 + count]], results[1 + count :])
    return b.function(name, kept, code.node.span)


def _square(b: Builder, of_result: int, of_first: Sequence[int], upper: Values) -> Values:
    """All entries of a symmetric matrix, row by row, from those with j >= i.

    An entry has the axes of the result, of argument i and of argument j: the one below the diagonal is the one above
    with the axes of its arguments exchanged. `of_first` says how many axes each first derivative has.
    """
    count = len(of_first)
    entries = iter(upper)
    entry = {(i, j): next(entries) for i in range(count) for j in range(i, count)}

    def at(i: int, j: int) -> Value:
        if i <= j:
            return entry[i, j]
        return _exchanged(b, entry[j, i], of_result, of_first[j])

    return tuple(at(i, j) for i in range(count) for j in range(count))


def _axes(value: Value) -> int:
    return len(value.type.shape) if isinstance(value.type, ArrayType) else 0


def _exchanged(b: Builder, entry: Value, start: int, end: int) -> Value:
    """The array with its axes `start` .. `end` moved behind those that follow them."""
    if not isinstance(entry.type, ArrayType) or start == end or end == len(entry.type.shape):
        return entry
    along = [b.len(entry, axis) for axis in range(len(entry.type.shape))]
    following = len(along) - end

    def element(inner: Builder, *indices: Value) -> Value:
        first, second = indices[start : start + following], indices[start + following :]
        return inner.get(entry, *indices[:start], *second, *first, inside=True)

    shape = entry.type.shape
    return b.build(
        (*along[:start], *along[end:], *along[start:end]), element, (*shape[:start], *shape[end:], *shape[start:end])
    )
