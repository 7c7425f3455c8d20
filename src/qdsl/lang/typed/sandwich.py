"""`U * rho * dag(U)`: what an operator makes of a density is a density again.

In: the two sides of a product. Out: the operator and the density, where the product reads the same from both ends
around a density, each factor being the adjoint of its counterpart. That is seen in how they are written: `A` and
`dag(A)`, or twice the same Pauli operator, number operator or projector. Of any other product it is not known whether
it is a state.
"""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.types import pruned

SELF_ADJOINT = frozenset({"X", "Y", "Z", "n", "x", "p", "Sx", "Sy", "Sz", "I", "P", "parity"})


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a product, or the adjoint of one."""

    value: typed.Expr
    is_adjoint: bool


@dataclass(frozen=True, slots=True)
class Sandwich:
    """`number * A * B * rho * dag(B) * dag(A)`, the outer factors A and B."""

    number: typed.Expr | None
    outer: tuple[Factor, ...]
    state: typed.Expr


def sandwich(left: typed.Expr, right: typed.Expr) -> Sandwich | None:
    """What `left * right` is, if it certainly is a state."""
    factors = [*_factors(left), *_factors(right)]
    half, is_odd = divmod(len(factors), 2)
    state = _density(factors[half]) if is_odd else None
    if state is None:
        return None
    number = None
    if not _are_adjoint(factors[0], factors[-1]):
        number, factors[0] = _without_number(factors[0])
    if not all(_are_adjoint(factors[k], factors[-1 - k]) for k in range(half)):
        return None
    return Sandwich(number, tuple(factors[:half]), state)


def _factors(value: typed.Expr, is_adjoint: bool = False) -> list[Factor]:
    if isinstance(value, typed.Quantum) and value.name == "product":
        parts = value.arguments[::-1] if is_adjoint else value.arguments
        return [each for part in parts for each in _factors(part, is_adjoint)]
    if isinstance(value, typed.Quantum) and value.name == "dagger":
        return _factors(value.arguments[0], not is_adjoint)
    return [Factor(value, is_adjoint)]


def _density(factor: Factor) -> typed.Expr | None:
    """The state that stands as an operator."""
    value = factor.value
    if isinstance(value, typed.Quantum) and value.name == "operator":
        return value.arguments[0]
    return value if isinstance(pruned(value.type), types.Density) else None


def _without_number(factor: Factor) -> tuple[typed.Expr | None, Factor]:
    """`p * A` as p and A, where p may be the weight of a state: real, without a unit, not known to be negative."""
    value = factor.value
    if isinstance(value, typed.Quantum) and value.name == "scale" and not factor.is_adjoint:
        number, rest = value.arguments
        if not isinstance(pruned(number.type), types.Complex) and not is_negative(number):
            return number, Factor(rest, False)
    return None, factor


def is_negative(number: typed.Expr) -> bool:
    """Whether it is a constant below zero."""
    return isinstance(number, typed.Constant) and isinstance(number.value, int | float) and number.value < 0


def _are_adjoint(left: Factor, right: Factor) -> bool:
    if _written(left.value) != _written(right.value):
        return False
    value = left.value
    is_own = isinstance(value, typed.Quantum) and value.name in SELF_ADJOINT
    return left.is_adjoint != right.is_adjoint or is_own


def _written(value: typed.Expr) -> str:
    """An expression as text, spaces and brackets around it aside: in one product the same text means the same."""
    text = "".join(value.span.text.split())
    while text.startswith("(") and text.endswith(")") and _closes_last(text):
        text = text[1:-1]
    return text


def _closes_last(text: str) -> bool:
    """Whether the first bracket is closed by the last one."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return place == len(text) - 1
    return False
