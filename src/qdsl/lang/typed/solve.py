"""Unification over the Abelian group of dimensions, and the decision of open 2π occurrences.

Exponents are rational, so the free part of the group is a vector space over Q: an equation with an unknown dimension
in it is solved by dividing (Kennedy, "Types for units-of-measure", 2010, section 3, without the integer case). An
equation without unknown dimensions but with open `Turn`s is linear in their values 0 and 1: with one turn it decides
it, with more it waits in `pending` until others decide enough of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from qdsl.lang.typed.dimension import CYCLE, FREQUENCY, ONE, RATE, Dimension, DimVar, Exponent, Turn

MOST_OPEN = 12
"""More open occurrences than this in one declaration, and the program has to say more (language.md, section 3)."""


@dataclass(frozen=True, slots=True)
class Equation:
    """The sum of weight * turn over `weights` is `total`."""

    weights: tuple[tuple[Turn, Exponent], ...]
    total: Exponent


class TooManyTurns(Exception):  # noqa: N818 - the user's program says too little
    """More than `MOST_OPEN` occurrences depend on one another."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} open occurrences")
        self.count = count


@dataclass(eq=False)
class Solver:
    """The state of inference within one declaration."""

    pending: list[Equation] = field(default_factory=list)
    decided: list[Turn] = field(default_factory=list)

    def unify(self, left: Dimension, right: Dimension) -> bool:
        """Make the two equal; False, with nothing changed, where they cannot be."""
        if left is right or (left.ground and right.ground):
            return left.factors == right.factors
        return self.make_one((left / right).resolved())

    def make_one(self, quotient: Dimension) -> bool:
        """Make a resolved dimension equal to 1."""
        if not quotient.factors:
            return True
        variable = _free_variable(quotient)
        if variable is not None:
            exponent = quotient.factors[variable]
            rest = Dimension({atom: power for atom, power in quotient.factors.items() if atom is not variable})
            variable.solution = rest ** (-_inverse(exponent))
            return True
        turns: list[tuple[Turn, Exponent]] = []
        cycles: Exponent = 0
        for atom, power in quotient.factors.items():
            if type(atom) is Turn:
                turns.append((atom, power))
            elif atom == CYCLE:
                cycles = power
            else:
                return False
        return bool(turns) and self._add(Equation(tuple(turns), cycles))

    # ── equations of turns ───────────────────────────────────────────────────

    def _add(self, equation: Equation) -> bool:
        """Take one more equation; False, with nothing changed, where it contradicts the others."""
        kept = len(self.decided)
        before = list(self.pending)
        self.pending.append(equation)
        holds = False
        try:
            holds = self._propagate() and self._satisfiable(equation)
        finally:
            if not holds:
                for turn in self.decided[kept:]:
                    turn.carries = None
                del self.decided[kept:]
                self.pending = before
        return holds

    def _propagate(self) -> bool:
        """Decide what the bounds of single equations decide, until nothing changes. False on a contradiction."""
        changed = True
        while changed:
            changed = False
            remaining: list[Equation] = []
            for equation in self.pending:
                equation = _reduced(equation)
                forced = _forced(equation)
                if forced is None:
                    return False
                for turn, carries in forced:
                    self.decide(turn, carries)
                    changed = True
                equation = _reduced(equation) if forced else equation
                if equation.weights:
                    remaining.append(equation)
                elif equation.total:
                    return False
            self.pending = remaining
        return True

    def decide(self, turn: Turn, carries: bool) -> None:
        turn.carries = carries
        self.decided.append(turn)

    def _satisfiable(self, equation: Equation) -> bool:
        turns = self._component(turn for turn, _ in equation.weights)
        return not turns or any(True for _ in self._solutions(turns))

    def _component(self, seeds: Iterable[Turn]) -> list[Turn]:
        """The open turns that pending equations tie to the seeds."""
        found = {turn: None for turn in seeds if turn.carries is None}
        grew = True
        while grew:
            grew = False
            for equation in self.pending:
                turns = [turn for turn, _ in equation.weights if turn.carries is None]
                if any(turn in found for turn in turns) and not all(turn in found for turn in turns):
                    found.update(dict.fromkeys(turns))
                    grew = True
        return list(found)

    def _solutions(self, turns: Sequence[Turn]) -> Iterator[dict[Turn, int]]:
        """Every assignment of the turns that the pending equations allow."""
        if len(turns) > MOST_OPEN:
            raise TooManyTurns(len(turns))
        known = set(turns)
        equations = [each for each in map(_reduced, self.pending) if any(turn in known for turn, _ in each.weights)]
        for values in product((0, 1), repeat=len(turns)):
            choice = dict(zip(turns, values, strict=True))
            if all(sum(w * choice.get(turn, 0) for turn, w in each.weights) == each.total for each in equations):
                yield choice

    # ── the end of a let or declaration ──────────────────────────────────────

    def settle(self, dimension: Dimension) -> None:
        """Decide every open turn that `dimension` depends on (language.md, section 3).

        Where several answers remain: carry if both Rate and Frequency are possible, else the least exponent of
        cycle, and of these the fewest that carry.
        """
        dimension = dimension.resolved()
        turns = self._component(dimension.turns())
        if not turns:
            return
        options = [(choice, _under(dimension, choice)) for choice in self._solutions(turns)]
        possible = [each for _, each in options]
        if RATE in possible and FREQUENCY in possible:
            best = max(
                (option for option in options if option[1] in (RATE, FREQUENCY)),
                key=lambda option: sum(option[0].values()),
            )
        else:
            best = min(options, key=lambda option: (abs(option[1].factors.get(CYCLE, 0)), sum(option[0].values())))
        for turn, value in best[0].items():
            self.decide(turn, bool(value))
        self._propagate()

    def tied(self) -> set[Turn]:
        """The open turns that wait in an equation for others."""
        return {turn for equation in self.pending for turn, _ in equation.weights if turn.carries is None}


def _free_variable(dimension: Dimension) -> DimVar | None:
    """The youngest unknown in it: the one that the fewest types mention."""
    free = [atom for atom in dimension.factors if type(atom) is DimVar and not atom.rigid]
    return max(free, key=lambda variable: variable.serial) if free else None


def _inverse(exponent: Exponent) -> Exponent:
    inverse = 1 / Fraction(exponent)
    return inverse.numerator if inverse.denominator == 1 else inverse


def _reduced(equation: Equation) -> Equation:
    """With decided turns taken out."""
    if all(turn.carries is None for turn, _ in equation.weights):
        return equation
    total = equation.total - sum(weight for turn, weight in equation.weights if turn.carries)
    return Equation(tuple((turn, weight) for turn, weight in equation.weights if turn.carries is None), total)


def _forced(equation: Equation) -> list[tuple[Turn, bool]] | None:
    """Turns that can have only one value for the sum to reach the total; None where it cannot."""
    low = sum(weight for _, weight in equation.weights if weight < 0)
    high = sum(weight for _, weight in equation.weights if weight > 0)
    if not low <= equation.total <= high:
        return None
    forced: list[tuple[Turn, bool]] = []
    for turn, weight in equation.weights:
        can_be_one = low + max(weight, 0) <= equation.total <= high + min(weight, 0)
        can_be_zero = low - min(weight, 0) <= equation.total <= high - max(weight, 0)
        if not can_be_one and not can_be_zero:
            return None
        if can_be_one != can_be_zero:
            forced.append((turn, can_be_one))
            return forced  # bounds change with every decision
    return forced


def _under(dimension: Dimension, choice: dict[Turn, int]) -> Dimension:
    """The dimension with the chosen values of its turns."""
    result = ONE
    for atom, exponent in dimension.factors.items():
        if type(atom) is Turn and atom in choice:
            result = result * Dimension({CYCLE: -1}) ** (exponent * choice[atom])
        else:
            result = result * Dimension({atom: exponent})
    return result
