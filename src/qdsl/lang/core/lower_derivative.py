"""A derivative as the function of the language that it is.

`grad(f)` takes what f takes. Its core function calls `f.grad`, which the stage `differentiate` makes and which gives
f's results and then its derivatives, and keeps the derivatives: they stand in the order of the result's layout.
A Hessian comes as its upper triangle, row by row, and becomes a whole record of records here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import Function, Module
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
    kept = _square(results[1 + count :], count) if code.kind == "hessian" else results[1:]
    return b.function(name, kept, code.node.span)


def _square(upper: Values, count: int) -> Values:
    """All entries of a symmetric matrix, row by row, from those with j >= i."""
    entries = iter(upper)
    entry = {(i, j): next(entries) for i in range(count) for j in range(i, count)}
    return tuple(entry[min(i, j), max(i, j)] for i in range(count) for j in range(count))
