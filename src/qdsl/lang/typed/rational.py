"""The exact value of an expression of digits and constants: what may be an exponent of a quantity.

const n = 2
x^(n/2 - 3)      the exponent is -2, so x may have a dimension
"""

from __future__ import annotations

from fractions import Fraction

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.checker import Checker


def exact_value(c: Checker, value: typed.Expr) -> Fraction | None:
    """The value of an exponent that digits and constants of the file say exactly; None for any other."""
    match value:
        case typed.Local(variable=typed.Variable(value=typed.Constant() as constant)):
            return c.exact.get(constant)
        case typed.Cast(value=inner):
            return exact_value(c, inner)
        case typed.Operation(name=name, operands=operands) if value not in c.exact:
            numbers = [number for number in (exact_value(c, each) for each in operands) if number is not None]
            return _folded(name, numbers) if len(numbers) == len(operands) else None
        case _:
            return c.exact.get(value)


def _folded(name: str, numbers: list[Fraction]) -> Fraction | None:
    match name, numbers:
        case "add", [a, b]:
            return a + b
        case "sub", [a, b]:
            return a - b
        case "mul", [a, b]:
            return a * b
        case "div", [a, b] if b:
            return a / b
        case "neg", [a]:
            return -a
        case _:
            return None
