"""Numbers that are known while a program is compiled: the index of a register, the level of a ket, the weight in an
operator; and conditions that are, as those that end a function which calls itself. In: a typed expression, and what
variables are known to be. Out: the number or the answer, or None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from qdsl.lang.typed import tree as typed

Number = int | float | complex

Known = Callable[[typed.Variable], Number | None]
Size = Callable[[typed.Quantum], Number | None]

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


def number(node: typed.Expr, known: Known, size: Size = lambda _: None) -> Number | None:
    """The value of an expression of known numbers; `known` tells what a variable is, `size` what `dim(c)` is."""
    match node:
        case typed.Quantum(name="dim" | "length"):
            return size(node)
        case typed.Constant(value=bool() | str()):
            return None
        case typed.Constant(value=value):
            return value  # type: ignore[return-value]
        case typed.Local(variable=typed.Variable(value=typed.Constant() as constant)):
            return number(constant, known, size)
        case typed.Local(variable=variable):
            return known(variable)
        case typed.Shown(value=value):
            return number(value, known, size)
        case typed.Cast(value=value):
            inner = number(value, known, size)
            return None if inner is None else inner * 1.0
        case typed.Operation(name=name, operands=operands):
            numbers = [number(each, known, size) for each in operands]
            return None if None in numbers else _computed(name, [each for each in numbers if each is not None])
        case _:
            return None


_TESTS: Mapping[str, Callable[[Number, Number], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


def truth(node: typed.Expr, known: Known, size: Size = lambda _: None) -> bool | None:
    """Whether a condition on known numbers holds."""
    match node:
        case typed.Constant(value=bool() as value):
            return value
        case typed.Compare(operators=operators, operands=operands) if all(each in _TESTS for each in operators):
            numbers = [number(each, known, size) for each in operands]
            if None in numbers:
                return None
            pairs = zip(operators, numbers[:-1], numbers[1:], strict=True)
            return all(_TESTS[each](a, b) for each, a, b in pairs if a is not None and b is not None)
        case typed.Logic(operator=operator, left=left, right=right):
            first = truth(left, known, size)
            decides = operator == "or"
            return first if first is decides or first is None else truth(right, known, size)
        case typed.Operation(name="not", operands=(operand,)):
            inner = truth(operand, known, size)
            return None if inner is None else not inner
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
