"""One 2π too many: an occurrence that turned out plain while it multiplies a Rate, as in `cos(2pi * w * t)` and `h *
w`, or a Frequency that stays one, as in `let f: Frequency = 2pi * 5 MHz`.

`Products` collects, while expressions are inferred, what stands in each product beside an occurrence of pi or h.
When the occurrences are decided it tells which of them multiply a value of one of these dimensions on the same side of
the fraction. What is a Rate is told by the program's words: a name of that type, an element or a field of one, a sum
with one, a call that gives one; and a `let` of a product stands for that product:

let phase = w * t          cos(2pi * phase)      the 2pi multiplies w

Two of them in one product are no angle (the g^2 of Landau and Zener), and one over another is a plain ratio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from qdsl.lang.report import Edit, Fix
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed.dimension import FREQUENCY, RATE, Dimension, Turn
from qdsl.lang.typed.tree import Variable
from qdsl.lang.typed.types import MEASURED, Type
from qdsl.lang.typed.unification import element_of


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a product, above the line or below it, and the turn that it is."""

    above: bool
    node: surface.Expr
    turn: Turn | None


@dataclass(frozen=True, slots=True)
class Doubled:
    """A plain turn, what it multiplies, whether that is a Rate or else a Frequency, and how to take the turn away."""

    turn: Turn
    value: Span
    is_rate: bool
    fix: Fix | None


@dataclass(eq=False)
class Products:
    """The names and the turns met in products. `phases` are the names of earlier declarations that hold a Rate."""

    phases: set[Variable]
    turns: dict[surface.Expr, Turn] = field(default_factory=dict)
    types: dict[surface.Expr, Type] = field(default_factory=dict)
    names: dict[surface.Expr, Variable] = field(default_factory=dict)
    calls: dict[surface.Expr, bool] = field(default_factory=dict)
    lets: dict[Variable, surface.Expr] = field(default_factory=dict)
    tops: dict[surface.Expr, None] = field(default_factory=dict)
    parents: dict[surface.Expr, surface.Expr] = field(default_factory=dict)

    def turn(self, node: surface.Expr, turn: Turn) -> None:
        self.turns[node] = turn

    def name(self, node: surface.Expr, variable: Variable, type_: Type) -> None:
        """A use of a variable."""
        self.names[node] = variable
        self.types[node] = type_

    def value(self, node: surface.Expr, type_: Type) -> None:
        """A field, or a literal with its unit."""
        self.types[node] = type_

    def call(self, node: surface.Expr, type_: Type, is_written: bool) -> None:
        """A call, and whether the function says what it gives; if not, its arguments do."""
        self.types[node] = type_
        self.calls[node] = is_written

    def let(self, variable: Variable, value: surface.Expr) -> None:
        self.lets[variable] = value

    def product(self, node: surface.Expr, left: surface.Expr, right: surface.Expr) -> None:
        """A product or quotient; those inside it are no longer outermost."""
        for part in (left, right):
            self.tops.pop(part, None)
            self.parents[part] = node
        self.tops[node] = None

    def doubled(self) -> Iterator[Doubled]:
        """Each plain turn that multiplies what it should not."""
        self.phases.update(variable for variable, value in self.lets.items() if self._is_rate(value))
        if not self.turns:
            return
        for top in self.tops:
            factors = list(self._factors(top))
            for factor in factors:
                if factor.turn is not None and factor.turn.carries is False and not _is_undone(factor, factors):
                    yield from self._doubled(factor, factor.turn, factors)

    def _doubled(self, factor: Factor, turn: Turn, factors: Sequence[Factor]) -> Iterator[Doubled]:
        rate = _only(factor.above, factors, self._is_rate)
        frequency = _only(factor.above, factors, self._is_frequency) if self._is_two_pi(factor.node) else None
        value = rate or frequency
        if value is not None:
            yield Doubled(turn, value.span, rate is not None, self._without(factor, sure=rate is not None))

    def _factors(self, product: surface.Expr) -> Iterator[Factor]:
        """The factors of a product from left to right."""
        waiting = [(product, True)]
        while waiting:
            node, above = waiting.pop()
            match node:
                case surface.Binary(operator="*" | "/" as sign, left=left, right=right):
                    waiting += ((right, above if sign == "*" else not above), (left, above))
                case surface.Juxtapose(factor=factor) if node not in self.types:
                    waiting.append((factor, above))
                case surface.Unary(operator="-", operand=operand):
                    waiting.append((operand, above))
                case _:
                    yield Factor(above, node, self.turns.get(node))

    # ── what a value is ──────────────────────────────────────────────────────

    def _is_rate(self, node: surface.Expr) -> bool:
        """Whether it is a Rate, or a product with one that no 2π divides."""
        match node:
            case surface.Binary(operator="+" | "-", left=left, right=right):
                return self._is_rate(left) or self._is_rate(right)
            case surface.Binary(operator="*" | "/") | surface.Juxtapose() if node not in self.types:
                factors = list(self._factors(node))
                divided = any(factor.turn is not None and not factor.above for factor in factors)
                return not divided and _only(True, factors, self._is_rate) is not None
            case surface.Unary(operator="-", operand=inner) | surface.Index(value=inner):
                return self._is_rate(inner)
            case surface.Call():
                told = self.calls.get(node, False) or any(map(self._is_named_rate, surface.walk(node)))
                return told and self._measures(node, RATE)
            case _:
                return self._measures(node, RATE) or self.names.get(node) in self.phases

    def _is_named_rate(self, node: surface.Node) -> bool:
        return isinstance(node, surface.Reference | surface.Field) and self._measures(node, RATE)

    def _is_frequency(self, node: surface.Expr) -> bool:
        """Whether it is a Frequency, or a sum with one."""
        match node:
            case surface.Binary(operator="+" | "-", left=left, right=right):
                return self._is_frequency(left) or self._is_frequency(right)
            case surface.Unary(operator="-", operand=inner) | surface.Index(value=inner):
                return self._is_frequency(inner)
            case _:
                return self._measures(node, FREQUENCY)

    def _measures(self, node: surface.Expr, dimension: Dimension) -> bool:
        type_ = element_of(self.types[node])[0] if node in self.types else None
        return isinstance(type_, MEASURED) and type_.dimension.resolved() == dimension

    # ── the fix ──────────────────────────────────────────────────────────────

    def _without(self, factor: Factor, sure: bool) -> Fix | None:
        """Take the 2π and its sign away, or write hbar for h."""
        if factor.turn is not None and factor.turn.text == "h":
            return Fix("write `hbar`", (Edit(factor.node.span, "hbar"),))
        whole = self._with_its_number(factor.node)
        parent = self.parents.get(whole)
        if not isinstance(parent, surface.Binary) or parent.operator != "*":
            return None
        if parent.left is whole:
            cut = Span(whole.span.chunk, whole.span.start, parent.right.span.start)
        else:
            cut = Span(whole.span.chunk, parent.left.span.end, whole.span.end)
        return Fix("leave out the 2pi", (Edit(cut, ""),), sure=sure)

    def _with_its_number(self, node: surface.Expr) -> surface.Expr:
        """The `2pi` or `2 * pi` that an occurrence of pi is part of, or the occurrence itself."""
        parent = self.parents.get(node)
        match parent:
            case surface.Juxtapose() | surface.Binary(operator="*", left=surface.Number()):
                return parent
            case _:
                return node

    def _is_two_pi(self, node: surface.Expr) -> bool:
        """Whether it is the pi of `2pi` or `2 * pi`: half a turn may be a plain factor, a whole one hardly."""
        match self.parents.get(node):
            case (
                surface.Juxtapose(number=surface.Number(value=2))
                | surface.Binary(operator="*", left=surface.Number(value=2))
            ):
                return True
            case _:
                return False


def _is_undone(turn: Factor, factors: Sequence[Factor]) -> bool:
    """Whether another occurrence divides by it, as in `h * w / 2pi`."""
    return any(other.turn is not None and other.above != turn.above for other in factors)


def _only(above: bool, factors: Sequence[Factor], is_it: Callable[[surface.Expr], bool]) -> surface.Expr | None:
    """The one factor of a kind on that side of the line, with none on the other."""
    found = [factor for factor in factors if is_it(factor.node)]
    return found[0].node if len(found) == 1 and found[0].above == above else None
