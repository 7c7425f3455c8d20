"""Forwards or backwards: which way a gradient is computed.

Forwards costs a part of the function's own time for each parameter, and all of it for each element of an array.
Backwards costs a few times the function, however many there are, and memory for what loops went through. So the count
decides, of the parameters and the elements of arrays that are differentiated by.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from qdsl.lang.core.ir import ArrayType, Function, Module
from qdsl.lang.differentiate import forward, reverse
from qdsl.lang.differentiate.sweep import NoReverse

BACKWARDS_FROM = 10
"""Directions from which on backwards is faster."""

MANY = 1 << 20
"""An array of any length."""


def gradient(module: Module, name: str, wrt: Sequence[int]) -> Module:
    """The module with `name.grad`: the results of `name`, then its derivatives by the parameters at the places `wrt`.

    Raises `NotDifferentiable` where a derivative does not exist: the forward way finds that out.
    """
    if directions(module.functions[name], wrt) >= BACKWARDS_FROM:
        try:
            return reverse.gradient(module, name, wrt)
        except NoReverse:
            pass
    return forward.gradient(module, name, wrt)


def hessian(module: Module, name: str, wrt: Sequence[int]) -> Module:
    """The module with `name.hess`: the results, the first derivatives, the second ones; see `forward.hessian`."""
    return forward.hessian(gradient(module, name, wrt), name, wrt)


def directions(function: Function, wrt: Sequence[int]) -> int:
    """How many numbers a result has derivatives by."""
    count = 0
    for place in wrt:
        type_ = function.parameters[place].type
        if isinstance(type_, ArrayType):
            count += MANY if None in type_.shape else prod(length or 0 for length in type_.shape)
        else:
            count += 1
    return count
