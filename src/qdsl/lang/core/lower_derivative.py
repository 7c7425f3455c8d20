"""A derivative as the function of the language that it is.

`grad(f)` takes what f takes. Its core function calls `f.grad`, which the stage `differentiate` makes and which gives
f's results and then its derivatives, and keeps the derivatives: they stand in the order of the result's layout.
A Hessian comes as its upper triangle, row by row, and becomes a whole record of records here; of array arguments x
and a, d²f/da dx is d²f/dx da with the axes of the two exchanged. `jvp(f)` takes a direction for each real argument too,
and calls `f.push`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import ArrayType, Function, Module, Value
from qdsl.lang.core.layout import element_type
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

    def pushforward(self, module: Module, name: str, wrt: Sequence[int]) -> Module: ...


SUFFIXES = {"grad": "grad", "jacobian": "grad", "hessian": "hess", "jvp": "push"}
"""What is added to a function's name for the derivative that each kind is made of."""


def differentiated(
    stage: Differentiate, module: Module, code: Derived, base: Instance, widths: Sequence[int], name: str
) -> Module:
    """The module with a function `name` that is the derivative of `base`, whose arguments are so many core values each:
    those of a function are what it takes along."""
    wrt = places(base.parameters, widths)
    suffix = SUFFIXES[code.kind]
    if f"{base.name}.{suffix}" not in module.functions:
        make = {"grad": stage.gradient, "hess": stage.hessian, "push": stage.pushforward}[suffix]
        try:
            module = make(module, base.name, wrt)
        except stage.NotDifferentiable as found:
            operation, span = found.args
            raise no_derivative(code.node.span, code.kind, operation, span) from None
    derivative = module.functions[f"{base.name}.{suffix}"]
    if suffix == "push":
        wrapper = _along(derivative, name, code, sum(widths), len(wrt))
    else:
        wrapper = _wrapper(derivative, name, code, len(wrt))
    return Module({**module.functions, name: wrapper})


def places(parameters: Sequence[types.Type], widths: Sequence[int]) -> list[int]:
    """Which core parameters there are derivatives by: those of real arguments and arrays of them."""
    starts = accumulate(widths, initial=0)
    return [at for type_, at in zip(parameters, starts, strict=False) if isinstance(element_type(type_), types.Real)]


def _along(push: Function, name: str, code: Derived, arguments: int, directions: int) -> Function:
    """Arguments, directions, then what the function takes along; the results of `push` after the function's own."""
    b = Builder()
    count = len(push.parameters) - directions
    order = [*range(arguments), *range(count, count + directions), *range(arguments, count)]
    given = {place: b.parameter(push.parameters[place].type, push.parameters[place].hint) for place in order}
    results = b.call(push.name, [given[place] for place in range(len(push.parameters))], push.result_types)
    return b.function(name, results[len(results) // 2 :], code.node.span)


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
