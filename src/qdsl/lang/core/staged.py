"""Values that are known while a program is compiled, but for their numbers: spaces, operators, bras, lists of such.

    2pi * (f * n(c) + g * (sp(q) a(c) + sm(q) a(c)†))     Operator([(%6, n), (%9, sp a + sm a†)])

An operator is a sum of coefficients, which are core values, times constant patterns. `ONE` is the coefficient of what
has none. An operator whose matrix is known only when the program runs (a propagator, say) is `Dense`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import Value
from qdsl.lang.quantum.pattern import Sum
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.spaces import Register, Space

Coefficient = tuple[Value, Value]
"""Real and imaginary part; a part that is absent is one of `Body.zeros`."""


@dataclass(frozen=True, slots=True)
class SpaceBound:
    """A space or a register."""

    space: Space | Register


@dataclass(frozen=True, slots=True)
class Dense:
    """A matrix over spaces, its parts two arrays."""

    spaces: tuple[Space, ...]
    re: Value
    im: Value


@dataclass(frozen=True, slots=True)
class Operator:
    """The sum of its terms, and of a matrix if there is one. A term without a coefficient is constant."""

    terms: tuple[tuple[Sum, Coefficient | None], ...] = ()
    dense: Dense | None = None

    @property
    def spaces(self) -> frozenset[Space]:
        own = frozenset[Space]().union(*(pattern.spaces for pattern, _ in self.terms))
        return own if self.dense is None else own | frozenset(self.dense.spaces)

    @property
    def constant(self) -> Sum | None:
        """The pattern of an operator without coefficients."""
        if self.dense is not None or any(coefficient is not None for _, coefficient in self.terms):
            return None
        total = Sum(())
        for pattern, _ in self.terms:
            total = total + pattern
        return total


@dataclass(frozen=True, slots=True)
class BraBound:
    """The adjoint of a ket: the ket's numbers."""

    spaces: tuple[Space, ...]
    values: Values


@dataclass(frozen=True, slots=True)
class Many:
    """An array whose elements are staged: its length is known."""

    elements: tuple[Staged, ...]


@dataclass(frozen=True, slots=True)
class ChannelBound:
    """The Kraus operators of a channel."""

    kraus: tuple[Operator, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PovmBound:
    """The effects of a measurement, one for each outcome."""

    effects: tuple[Operator, ...]
    spaces: tuple[Space, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Inline:
    """A function that takes or gives what is staged: written out wherever it is called. `variables` are what its body
    sees from where it stands.
    """

    parameters: tuple[typed.Variable, ...]
    body: typed.Expr
    variables: Mapping[typed.Variable, object]


Staged = SpaceBound | Operator | BraBound | Many | PovmBound | ChannelBound | Inline
