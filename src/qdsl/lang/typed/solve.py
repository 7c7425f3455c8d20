"""Unification over the Abelian group of dimensions, and the decision of open 2π occurrences.

Exponents are rational, so the free part of the group is a vector space over Q: an equation with an unknown dimension
in it is solved by dividing (Kennedy, "Types for units-of-measure", 2010, section 3, without the integer case). An
equation without unknown dimensions but with open `Turn`s is linear in their values 0 and 1. It is solved for one of
them, so that of the thirteen in a table of phases, which are equal, a single one is open:

[pi, pi, .., pi]        second = first, third = first, ..        the first alone has to be decided
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from qdsl.lang.typed.dimension import CYCLE, FREQUENCY, ONE, RATE, Dimension, DimVar, Exponent, Turn, lowest

MOST_OPEN = 12
"""More occurrences than this that nothing ties to others, and the program has to say more (language.md, section 3)."""


@dataclass(frozen=True, slots=True)
class Equation:
    """The sum of weight * turn over `weights` is `total`."""

    weights: Mapping[Turn, Exponent]
    total: Exponent

    def plus(self, other: Equation, times: Exponent) -> Equation:
        """The two added, the other one so many times."""
        weights = dict(self.weights)
        for turn, weight in other.weights.items():
            weights[turn] = lowest(weights.get(turn, 0) + times * weight)
            if not weights[turn]:
                del weights[turn]
        return Equation(weights, lowest(self.total + times * other.total))

    def without_decided(self) -> Equation:
        """With the values of decided turns taken out."""
        if all(turn.carries is None for turn in self.weights):
            return self
        total = self.total - sum(weight for turn, weight in self.weights.items() if turn.carries)
        return Equation({turn: weight for turn, weight in self.weights.items() if turn.carries is None}, lowest(total))

    def solved_for(self, turn: Turn) -> Equation:
        """With weight 1 at that turn."""
        return Equation({}, 0).plus(self, _inverse(self.weights[turn]))


class TooManyTurns(Exception):  # noqa: N818 - the user's program says too little
    """More than `MOST_OPEN` occurrences depend on one another."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} open occurrences")
        self.count = count


@dataclass(eq=False)
class Solver:
    """The state of inference within one declaration."""

    rows: dict[Turn, Equation] = field(default_factory=dict)
    """What some turns are in terms of others, which have no row: each row has weight 1 at its own turn."""
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
        turns: dict[Turn, Exponent] = {}
        cycles: Exponent = 0
        for atom, power in quotient.factors.items():
            if type(atom) is Turn:
                turns[atom] = power
            elif atom == CYCLE:
                cycles = power
            else:
                return False
        return bool(turns) and self._add(Equation(turns, cycles))

    # ── equations of turns ───────────────────────────────────────────────────

    def _add(self, equation: Equation) -> bool:
        """Take one more equation; False, with nothing changed, where it contradicts the others."""
        kept = len(self.decided)
        before = dict(self.rows)
        holds = False
        try:
            holds = self._take([equation]) and self._satisfiable(before)
        finally:
            if not holds:
                for turn in self.decided[kept:]:
                    turn.carries = None
                del self.decided[kept:]
                self.rows = before
        return holds

    def _take(self, equations: list[Equation]) -> bool:
        """Solve each equation for one of its turns, and decide what its bounds decide. False on a contradiction."""
        while equations:
            equation = self._in_open_turns(equations.pop())
            forced = _forced(equation)
            if forced is None:
                return False
            if forced:
                equations.append(equation)
                equations += self._decide_all(forced)
            elif equation.weights:
                equations += self._keep(equation)
        return True

    def _in_open_turns(self, equation: Equation) -> Equation:
        """The equation in turns that are neither decided nor have a row."""
        equation = equation.without_decided()
        for turn in [turn for turn in equation.weights if turn in self.rows]:
            equation = equation.plus(self.rows[turn], -equation.weights[turn])
        return equation.without_decided()

    def _decide_all(self, forced: Sequence[tuple[Turn, bool]]) -> list[Equation]:
        """Decide these; the rows that they stood in are equations again."""
        loose: list[Equation] = []
        for turn, carries in forced:
            self.decide(turn, carries)
            loose += [self.rows.pop(owner) for owner in self._rows_with(turn)]
        return loose

    def _keep(self, equation: Equation) -> list[Equation]:
        """Make a row of it, and put what its turn is into the others; those whose bounds now decide something."""
        owner = max(equation.weights, key=lambda turn: turn.serial)  # the youngest stands in the fewest rows
        row = equation.solved_for(owner)
        changed = self._rows_with(owner)
        for other in changed:
            self.rows[other] = self.rows[other].plus(row, -self.rows[other].weights[owner])
        self.rows[owner] = row
        return [self.rows.pop(other) for other in changed if _forced(self.rows[other]) != []]

    def _rows_with(self, turn: Turn) -> list[Turn]:
        """The owners of the rows in which it stands."""
        return [owner for owner, row in self.rows.items() if turn in row.weights]

    def decide(self, turn: Turn, carries: bool) -> None:
        turn.carries = carries
        self.decided.append(turn)

    def _satisfiable(self, before: Mapping[Turn, Equation]) -> bool:
        """Whether the rows have a solution, if they had one before some of them changed."""
        changed = [row for owner, row in self.rows.items() if before.get(owner) is not row]
        turns = self._component(turn for row in changed for turn in row.weights)
        return not turns or any(True for _ in self._solutions(turns))

    def _component(self, seeds: Iterable[Turn]) -> list[Turn]:
        """The open turns that rows tie to the seeds."""
        found = {turn: None for turn in seeds if turn.carries is None}
        rows = dict(self.rows)
        while touched := [owner for owner, row in rows.items() if any(turn in found for turn in row.weights)]:
            for owner in touched:
                found.update(dict.fromkeys(rows.pop(owner).weights))
        return list(found)

    def _solutions(self, turns: Sequence[Turn]) -> Iterator[dict[Turn, int]]:
        """Every assignment of the turns that the rows allow."""
        free = [turn for turn in turns if turn not in self.rows]
        tied = [turn for turn in turns if turn in self.rows]
        if len(free) > MOST_OPEN:
            raise TooManyTurns(len(free))
        for values in product((0, 1), repeat=len(free)):
            choice = dict(zip(free, values, strict=True))
            for turn in tied:
                row = self.rows[turn]
                value = row.total - sum(weight * choice[each] for each, weight in row.weights.items() if each in choice)
                if value not in (0, 1):
                    break
                choice[turn] = int(value)
            else:
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
        self._take(self._decide_all([(turn, bool(value)) for turn, value in best[0].items()]))

    def give_up(self, dimension: Dimension) -> None:
        """Take every open turn of it for plain: too many of them have got their message."""
        self._take(self._decide_all([(turn, False) for turn in dimension.resolved().turns()]))

    def tied(self) -> set[Turn]:
        """The open turns that depend on others."""
        return {turn for row in self.rows.values() for turn in row.weights if turn.carries is None}


def _free_variable(dimension: Dimension) -> DimVar | None:
    """The youngest unknown in it: the one that the fewest types mention."""
    free = [atom for atom in dimension.factors if type(atom) is DimVar and not atom.rigid]
    return max(free, key=lambda variable: variable.serial) if free else None


def _inverse(exponent: Exponent) -> Exponent:
    return lowest(1 / Fraction(exponent))


def _forced(equation: Equation) -> list[tuple[Turn, bool]] | None:
    """Turns that can have only one value for the sum to reach the total; None where it cannot."""
    low = sum(weight for weight in equation.weights.values() if weight < 0)
    high = sum(weight for weight in equation.weights.values() if weight > 0)
    if not low <= equation.total <= high:
        return None
    forced: list[tuple[Turn, bool]] = []
    for turn, weight in equation.weights.items():
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
