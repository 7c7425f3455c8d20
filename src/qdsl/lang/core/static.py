"""Numbers that are known while a program is compiled: the index of a register, the level of a ket, the weight in an
operator. In: a typed expression, and what variables are known to be. Out: the number, or None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from qdsl.lang.typed import tree as typed

Number = int | float | complex

_OPERATIONS: Mapping[str, Callable[..., Number]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "min": min,
    "max": max,
    "mod": lambda a, b: a % b,
    "conj": lambda a: complex(a).conjugate(),
}


def number(node: typed.Expr, known: Callable[[typed.Local | typed.Quantum], Number | None]) -> Number | None:
    """The value of an expression of known numbers; `known` tells what a variable is, and the size of a space."""
    match node:
        case typed.Constant(value=bool() | str()):
            return None
        case typed.Constant(value=value):
            return value  # type: ignore[return-value]
        case typed.Local(variable=typed.Variable(value=typed.Constant() as constant)):
            return number(constant, known)
        case typed.Local() | typed.Quantum():
            return known(node)
        case typed.Shown(value=value):
            return number(value, known)
        case typed.Cast(value=value):
            inner = number(value, known)
            return None if inner is None else inner * 1.0
        case typed.Operation(name=name, operands=operands):
            numbers = [number(each, known) for each in operands]
            return None if None in numbers else _computed(name, [each for each in numbers if each is not None])
        case _:
            return None


def _computed(name: str, numbers: list[Number]) -> Number | None:
    if name == "div" and len(numbers) == 2 and numbers[1]:
        a, b = numbers
        return a // b if isinstance(a, int) and isinstance(b, int) else a / b
    if name == "sqrt" and isinstance(numbers[0], int | float) and numbers[0] >= 0:
        return math.sqrt(numbers[0])
    operation = _OPERATIONS.get(name)
    return None if operation is None else operation(*numbers)
