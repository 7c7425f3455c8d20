"""Whether an operator whose coefficients are known only at run time is Hermitian, whatever they are.

    g * sp(q) a(c) + conj(g) * sm(q) a(c)†      is: the real parts of both coefficients are one number, the imaginary
                                                parts are each other's negative

A - A† is a sum of real numbers times constant patterns. Numbers computed in the same way are one number, so what is
multiplied by it is added up, and has to vanish.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from qdsl.lang.core.ir import Op, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.staged import Operator
from qdsl.lang.quantum.pattern import Sum

EVEN = frozenset({"cos", "cosh", "abs"})
"""f(-x) = f(x)."""

ODD = frozenset({"sin", "tan", "sinh", "tanh", "asin", "atan", "asinh", "atanh"})
"""f(-x) = -f(x)."""


def is_hermitian(body: Body, operator: Operator) -> bool:
    """Whether A = A† follows from how its coefficients are computed."""
    names = _Names(body.origins())
    left: dict[Hashable, Sum] = {}

    def add(key: Hashable, pattern: Sum) -> None:
        left[key] = left[key] + pattern if key in left else pattern

    for pattern, coefficient in operator.terms:
        minus = pattern + pattern.adjoint.times(-1)
        plus = (pattern + pattern.adjoint).times(1j)
        if coefficient is None:
            add("1", minus)
            continue
        re, im = coefficient
        if re not in body.zeros:
            sign, key = names.of(re)
            add(key, minus.times(sign))
        if im not in body.zeros:
            sign, key = names.of(im)
            add(key, plus.times(sign))
    largest = max((_largest(pattern) for pattern, _ in operator.terms), default=0.0)
    return all(_vanishes(rest, 1e-13 * largest) for rest in left.values())


def _vanishes(pattern: Sum, least: float) -> bool:
    """Whether it is zero: product by product, or else as a matrix, since sums of products are written in many ways."""
    if _largest(pattern) <= least:
        return True
    matrix = pattern.expanded(sorted(pattern.spaces, key=lambda space: space.order))
    return bool((abs(matrix.values) <= least).all())


def _largest(pattern: Sum) -> float:
    largest = 0.0
    for factors, weight in pattern.products:
        size = abs(weight)
        for _, matrix in factors:
            size *= max(abs(value) for _, value in matrix.entries)
        largest = max(largest, size)
    return largest


class _Names:
    """A name for each value by how it is computed, and a sign before it."""

    def __init__(self, ops: Iterable[Op]) -> None:
        self.origin = {result: (op, place) for op in ops for place, result in enumerate(op.results)}
        self.known: dict[Value, tuple[float, Hashable]] = {}

    def of(self, value: Value) -> tuple[float, Hashable]:
        if value not in self.known:
            self.known[value] = self._find(value)
        return self.known[value]

    def _find(self, value: Value) -> tuple[float, Hashable]:
        found = self.origin.get(value)
        if found is None or found[0].regions:
            return 1.0, value
        op, place = found
        if op.name == "const":
            number = op.attributes["value"]
            return (-1.0, ("const", -number)) if number < 0 else (1.0, ("const", number))
        if op.name == "neg":
            sign, key = self.of(op.operands[0])
            return -sign, key
        operands = [self.of(each) for each in op.operands]
        if op.name in EVEN or op.name in ODD:
            sign, key = operands[0]
            return sign if op.name in ODD else 1.0, (op.name, key)
        if op.name in ("mul", "div"):
            keys = [key for _, key in operands]
            if op.name == "mul":
                keys.sort(key=repr)
            return operands[0][0] * operands[1][0], (op.name, *keys)
        attributes = tuple(sorted((name, str(each)) for name, each in op.attributes.items()))
        return 1.0, (op.name, attributes, place, *operands)
