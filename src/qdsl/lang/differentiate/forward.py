"""Forward differentiation: a function becomes one that also gives its derivatives.

    func @f(%x: real, %y: real) -> (real) {            func @f.grad(%x: real, %y: real) -> (real, real, real) {
      %0 = mul %x, %y                                    %0 = mul %x, %y
      %1 = sin %0                             =>         %1 = sin %0
      return %1                                          %2 = cos %0
    }                                                    %3 = mul %2, %y
                                                         %4 = mul %2, %x
                                                         return %1, %3, %4
                                                       }

`gradient` adds `name.grad`: the results, then for each real result its derivative by each parameter asked for.
`hessian` goes through such a gradient once more, and adds `name.hess`: the results, the first derivatives in the same
order, then for each real result the second derivatives by parameters i and j >= i, row by row. The derivative by an
array has the result's axes, then the array's.

One trip through the function carries the derivatives in all directions (one for each scalar parameter) together: what
they share is computed once. A derivative that is zero for structural reasons is None and no code is written for it.
Derivatives by the elements of an array take one more trip of a single direction for each element, in a loop: n elements
cost about n times the function. A `while` stops when the function's own values say so, not when its derivatives have
settled.

Confusing two perturbations is impossible by construction: there are no dual numbers at run time and no tags on them. A
derivative is another function of ordinary named values, written out before anything runs; differentiating it again
starts from new names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import ArrayType, Block, Function, Module, Type, Value
from qdsl.lang.differentiate.dependence import dependence
from qdsl.lang.differentiate.regions import REGIONS, fill
from qdsl.lang.differentiate.straight import STRAIGHT
from qdsl.lang.differentiate.trip import Mask, Trip, Values, is_real, lengths, zeros
from qdsl.lang.report import InternalError

HANDLERS = {**STRAIGHT, **REGIONS}


def gradient(module: Module, name: str, wrt: Sequence[int]) -> Module:
    """The module with `name.grad`: derivatives of `name` by the parameters at the places `wrt`.

    Raises `NotDifferentiable` where a derivative does not exist.
    """
    function = module.functions[name]
    for place in wrt:
        if not is_real(function.parameters[place].type):
            raise InternalError(f"@{name} cannot be differentiated by its parameter {place}, which is not real")
    callees = _Derivatives(module)
    grad = _gradient_function(function, wrt, callees)
    return Module({**module.functions, **callees.all_written(), grad.name: grad})


def pushforward(module: Module, name: str, wrt: Sequence[int]) -> Module:
    """The module with `name.push`: it takes what `name` takes, then a direction for each parameter at the places `wrt`,
    and gives the results, then for each real result how it changes in that direction."""
    function = module.functions[name]
    callees = _Derivatives(module)
    masks = tuple([(place in wrt,) for place in range(len(function.parameters))])
    push = callees.write(function, masks, f"{name}.push")
    return Module({**module.functions, **callees.all_written(), push.name: push})


def hessian(first: Module, name: str, wrt: Sequence[int]) -> Module:
    """From the module with `name.grad`, written either way, the one with `name.hess`: second derivatives too.

    The derivatives j < i of row i are not asked for, so what leads only to them is left for `optimise` to drop.
    """
    second = gradient(first, f"{name}.grad", wrt)
    body = second.functions[f"{name}.grad.grad"].body
    function = first.functions[name]
    results = len(function.result_types)
    reals = sum(map(is_real, function.result_types))
    n = len(wrt)
    of_gradient = results + reals * n  # results of name.grad; their derivatives follow, n for each real one
    upper = [
        of_gradient + (reals + (result * n + i)) * n + j
        for result in range(reals)
        for i in range(n)
        for j in range(i, n)
    ]
    yields = (*body.yields[:of_gradient], *(body.yields[place] for place in upper))
    hess = Function(f"{name}.hess", Block(body.parameters, body.ops, yields), function.span)
    kept = {each: second.functions[each] for each in second.functions if each != f"{name}.grad.grad"}
    return Module({**kept, hess.name: hess})


def _gradient_function(function: Function, wrt: Sequence[int], callees: _Derivatives) -> Function:
    scalars = [place for place in wrt if not isinstance(function.parameters[place].type, ArrayType)]
    trip = Trip(len(scalars), HANDLERS, callees)
    for parameter in function.parameters:
        trip.declare(parameter)
    for direction, place in enumerate(scalars):
        one = trip.builder.const(1.0)
        trip.ones.add(one)
        trip.set_tangent(function.parameters[place], [one if at == direction else None for at in range(trip.count)])
    trip.run(function.body.ops)
    real = [value for value in function.body.yields if is_real(value.type)]
    by_scalars = [trip.filled(value, (True,) * trip.count) for value in real]
    by_place: dict[int, Sequence[Value]] = {
        place: [tangents[direction] for tangents in by_scalars] for direction, place in enumerate(scalars)
    }
    results = trip.all_new(function.body.yields)
    for place in wrt:
        if place not in by_place:
            by_place[place] = _by_array(trip, function, place, trip.all_new(real))
    derivatives = [by_place[place][at] for at in range(len(real)) for place in wrt]
    return trip.builder.function(f"{function.name}.grad", (*results, *derivatives), function.span)


def _by_array(trip: Trip, function: Function, place: int, results: Values) -> Values:
    """The derivatives of the real results by each element of a parameter: a loop over its indices."""
    b = trip.builder
    b.span = function.span
    array = trip.new[function.parameters[place]]
    masks = tuple([(at == place,) for at in range(len(function.parameters))])
    name = trip.callees.derivative(function.name, masks)
    count = len(function.result_types)
    result_types = [*function.result_types, *(result.type for result in results)]
    along = lengths(b, array)
    empty = tuple([_empty_derivative(b, result, array, along) for result in results])

    def element(inner: Builder, indices: Values, derivatives: Values) -> Values:
        seed = inner.build(along, lambda deep, *at: _is_at(deep, at, indices), array.type.shape)  # type: ignore[union-attr]
        tangents = inner.call(name, (*trip.all_new(function.parameters), seed), result_types)[count:]
        return tuple([_stored(inner, *each, indices) for each in zip(derivatives, tangents, strict=True)])

    return fill(b, along, empty, element)


def _empty_derivative(b: Builder, result: Value, array: Value, along: Sequence[Value]) -> Value:
    """Zeros with the axes of the result, then those of the array."""
    assert isinstance(array.type, ArrayType)
    if not isinstance(result.type, ArrayType):
        return zeros(b, along, array.type.shape)
    return zeros(b, (*lengths(b, result), *along), result.type.shape + array.type.shape)


def _is_at(b: Builder, indices: Sequence[Value], wanted: Sequence[Value]) -> Value:
    """1 at the wanted indices, else 0."""
    one, zero = b.const(1.0), b.const(0.0)
    for index, at in zip(indices, wanted, strict=True):
        one = b.select(b.op("ieq", index, at), one, zero)
    return one


def _stored(b: Builder, derivative: Value, tangent: Value, indices: Values) -> Value:
    """The derivative with the part that belongs to these indices of the array put in."""
    if not isinstance(tangent.type, ArrayType):
        return b.set(derivative, indices, tangent, inside=True)

    def element(inner: Builder, at: Values, arrays: Values) -> Values:
        part = inner.get(tangent, *at, inside=True)
        return (inner.set(arrays[0], (*at, *indices), part, inside=True),)

    return fill(b, lengths(b, tangent), (derivative,), element)[0]


@dataclass
class _Derivatives:
    """Derivatives of called functions, one for each set of directions that reaches one, written when all are known.

    `f.d_10_01` takes a first tangent of its first parameter and a second one of its second.
    """

    module: Module
    names: dict[tuple[str, tuple[Mask, ...]], str] = field(default_factory=dict)
    known: dict[str, tuple[frozenset[int], ...]] = field(default_factory=dict)

    def derivative(self, function: str, masks: tuple[Mask, ...]) -> str:
        key = function, masks
        if key not in self.names:
            marks = "_".join("".join("01"[here] for here in mask) for mask in masks)
            self.names[key] = f"{function}.d_{marks}"
        return self.names[key]

    def result_types(self, function: str) -> tuple[Type, ...]:
        return self.module.functions[function].result_types

    def dependence(self, function: str) -> tuple[frozenset[int], ...]:
        if function not in self.known:
            self.known.update(dependence(self.module, function))
        return self.known[function]

    def all_written(self) -> dict[str, Function]:
        """Every derivative asked for; writing one may ask for more."""
        written: dict[str, Function] = {}
        while missing := [(key, name) for key, name in self.names.items() if name not in written]:
            for (function, masks), name in missing:
                written[name] = self.write(self.module.functions[function], masks, name)
        return written

    def write(self, function: Function, masks: tuple[Mask, ...], name: str) -> Function:
        trip = Trip(len(masks[0]), HANDLERS, self)
        for parameter in function.parameters:
            trip.declare(parameter)
        for parameter, mask in zip(function.parameters, masks, strict=True):
            trip.declare_tangent(parameter, mask)
        trip.run(function.body.ops)
        everywhere = (True,) * trip.count
        results = [trip.filled(value, everywhere) for value in function.body.yields if is_real(value.type)]
        yields = (*trip.all_new(function.body.yields), *(each for tangent in results for each in tangent))
        return trip.builder.function(name, yields, function.span)
