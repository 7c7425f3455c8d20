"""Operators at the top of a file as NumPy matrices.

In: an expression of one operator or of an array of them, and the spaces that the matrices are to be over. Out: the
matrices, (.., d, d), in SI. An operator acts on spaces that it does not name by the identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.core.from_operators import Written
from qdsl.lang.core.interpret import KernelFailure, interpret
from qdsl.lang.core.layout import flatten
from qdsl.lang.generate import Entry, Refused
from qdsl.lang.quantum.local import Local, identity
from qdsl.lang.quantum.pattern import size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.spaces import Space
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.failures import Stopped, stopped

Matrices = NDArray[np.complex128]


def operator_matrices(env: Environment, expr: typed.Expr, spaces: Sequence[Space]) -> Matrices:
    """The matrices of an expression as it is now."""
    held = env.evaluate(expr)
    try:
        entry, shape, operators = env.compiler.generator.lowering.operators(held)
    except Refused as refused:
        raise Stopped(refused.diagnostic) from None
    values = _values(env, entry, expr)
    size = size_of(spaces)
    flat = [_matrix(each, values, spaces) for each in operators]
    return np.array(flat, dtype=np.complex128).reshape(*shape, size, size)


def _values(env: Environment, entry: Entry, expr: typed.Expr) -> Sequence[Any]:
    """The coefficients."""
    given: list[Any] = []
    for variable in entry.globals:
        value = env.evaluate(typed.Local(expr.span, variable.type, variable))
        given += [each.tolist() if hasattr(each, "tolist") else each for each in flatten(variable.type, value)]
    try:
        return interpret(entry.module, entry.name, given)
    except KernelFailure as failure:
        raise stopped(failure, expr.span) from None


def _matrix(operator: Written, values: Sequence[Any], spaces: Sequence[Space]) -> Matrices:
    total = np.zeros((size_of(spaces),) * 2, dtype=np.complex128)
    for term in operator.terms:
        factor = 1 if term.place is None else complex(values[term.place], values[term.place + 1])
        for factors, weight in term.pattern.products:
            total += factor * weight * _product(dict(factors), spaces)
    if operator.dense is not None:
        own, place = operator.dense
        total += extended(np.array(values[place]) + 1j * np.array(values[place + 1]), own, spaces)
    return total


def _product(factors: Mapping[Space, Local], spaces: Sequence[Space]) -> Matrices:
    """A matrix for each space, the first one's level changing slowest."""
    whole = np.ones((1, 1), dtype=np.complex128)
    for space in spaces:
        own = _dense(factors.get(space) or identity(space.size or 1))
        size = len(whole) * len(own)
        whole = (whole[:, None, :, None] * own[None, :, None, :]).reshape(size, size)
    return whole


@cache
def _dense(local: Local) -> Matrices:
    matrix = np.zeros((local.size, local.size), dtype=np.complex128)
    for place, value in local.entries:
        matrix[place] = value
    return matrix


def extended(matrix: Matrices, own: Sequence[Space], spaces: Sequence[Space]) -> Matrices:
    """A matrix over some of the spaces as one over all of them, the first one's level changing slowest."""
    others = [each for each in spaces if each not in own]
    whole = np.kron(matrix, np.eye(size_of(others)))
    order = [*own, *others]
    lengths = [each.size or 1 for each in order]
    places = [order.index(each) for each in spaces]
    axes = [*places, *(len(order) + each for each in places)]
    return np.asarray(whole.reshape(lengths * 2).transpose(axes).reshape(whole.shape), dtype=np.complex128)
