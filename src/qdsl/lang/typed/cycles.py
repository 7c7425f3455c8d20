"""One 2π too many: an occurrence that turned out plain while it multiplies a Rate, as in `cos(2pi * w * t)` and `h *
w`.

`Products` collects, while expressions are inferred, what stands in each product beside an occurrence of pi or h.
When the occurrences are decided it tells which of them multiply a value of dimension 1/Time on the same side of the
fraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from qdsl.lang.report import Edit, Fix
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed.dimension import RATE, Turn
from qdsl.lang.typed.types import Real, Type, pruned


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a product: above the line or below it; a turn, or the type of a name."""

    above: bool
    node: surface.Expr
    turn: Turn | None
    type: Type | None


@dataclass(eq=False)
class Products:
    """The names and the turns met in products."""

    turns: dict[surface.Expr, Turn] = field(default_factory=dict)
    declared: dict[surface.Expr, Type] = field(default_factory=dict)
    tops: dict[surface.Expr, None] = field(default_factory=dict)
    parents: dict[surface.Expr, surface.Expr] = field(default_factory=dict)

    def turn(self, node: surface.Expr, turn: Turn) -> None:
        self.turns[node] = turn

    def name(self, node: surface.Expr, type_: Type) -> None:
        """A use of a name with a declared type."""
        self.declared[node] = type_

    def product(self, node: surface.Expr, left: surface.Expr, right: surface.Expr) -> None:
        """A product or quotient; those inside it are no longer outermost."""
        for part in (left, right):
            self.tops.pop(part, None)
            self.parents[part] = node
        self.tops[node] = None

    def doubled(self) -> Iterator[tuple[Turn, Span, Fix | None]]:
        """Each plain turn with a Rate beside it, and how to take it away."""
        if not self.turns:
            return
        for top in self.tops:
            factors = list(self._factors(top, True))
            for factor in factors:
                if factor.turn is not None and factor.turn.carries is False:
                    rate = next((f for f in factors if f.above == factor.above and _is_rate(f.type)), None)
                    if rate is not None:
                        yield factor.turn, rate.node.span, self._without(factor)

    def _factors(self, node: surface.Expr, above: bool) -> Iterator[Factor]:
        match node:
            case surface.Binary(operator="*", left=left, right=right):
                yield from self._factors(left, above)
                yield from self._factors(right, above)
            case surface.Binary(operator="/", left=left, right=right):
                yield from self._factors(left, above)
                yield from self._factors(right, not above)
            case surface.Juxtapose(factor=factor):
                yield from self._factors(factor, above)
            case surface.Unary(operator="-", operand=operand):
                yield from self._factors(operand, above)
            case _:
                yield Factor(above, node, self.turns.get(node), self.declared.get(node))

    def _without(self, factor: Factor) -> Fix | None:
        """Take the 2π and its sign away, or write hbar for h."""
        if factor.turn is not None and factor.turn.text == "h":
            return Fix("write `hbar`", (Edit(factor.node.span, "hbar"),))
        whole = self._two_pi(factor.node)
        parent = self.parents.get(whole)
        if not isinstance(parent, surface.Binary) or parent.operator != "*":
            return None
        if parent.left is whole:
            cut = Span(whole.span.chunk, whole.span.start, parent.right.span.start)
        else:
            cut = Span(whole.span.chunk, parent.left.span.end, whole.span.end)
        return Fix("leave out the 2pi", (Edit(cut, ""),))

    def _two_pi(self, node: surface.Expr) -> surface.Expr:
        """The `2pi` or `2 * pi` that an occurrence of pi is part of, or the occurrence itself."""
        parent = self.parents.get(node)
        match parent:
            case surface.Juxtapose() | surface.Binary(operator="*", left=surface.Number()):
                return parent
            case _:
                return node


def _is_rate(type_: Type | None) -> bool:
    if type_ is None:
        return False
    type_ = pruned(type_)
    return isinstance(type_, Real) and type_.dimension.resolved() == RATE
