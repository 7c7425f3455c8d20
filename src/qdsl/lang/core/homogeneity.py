"""What a function's numbers are measured in, found from its code: the idea of dimensions where none are declared.

    b1 * exp(-b2 * x) + b3        =>        b1: y, b2: 1/x, b3: y

In: a function of params and axes whose results are means. Out: for each param the powers of the axes and of the means
that it is measured in, and how it is used. What is added must be of one kind, and what goes into exp or cos must be a
pure number: these are linear equations for the powers, one set for each axis and each mean, which are solved in the
sense of least squares. Literals may be of any kind, unwillingly (`2pi * x / 12` is a pure number). Where the code
contradicts itself (`exp(-x)`), the equation is left open; where it leaves a choice, powers are as small as can be.
The same equations, with the numbers that literals are, say how large a param is beside that product: in
`exp(-E / (1.38e-23 * T))` E is 1.38e-23 T.

It holds for any param, with or without units. What loops and arrays do is not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from qdsl.lang.core.ir import REAL, Block, Function, Op, Value
from qdsl.lang.core.primitives import PRIMITIVES

LITERAL, FREE, PARAM, TURN = 0.03, 0.03, 1e-6, 1.0
"""How unwillingly a literal, an unknown result, a param and a multiple of π are anything but a pure number."""

LARGEST = 600.0
"""The largest logarithm of a size."""

SAME = {"add", "sub", "min", "max", "hypot", "lt", "le", "gt", "ge", "eq", "ne", "copysign"}
KEPT = {"neg", "abs", "floor", "ceil", "trunc", "round", "to_real", "grafted", "noted"}
OSCILLATING = {"sin", "cos"}
OF_REALS = {name for name, each in PRIMITIVES.items() if {*each.operands, each.result} == {REAL}}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a param is measured in: powers of the axes and of the means, and how large a `factor`. `is_place`: it is
    added to what an axis makes. `oscillates`: it is in the argument of a sine, together with an axis or, as a phase,
    beside one.
    """

    axes: tuple[float, ...]
    means: tuple[float, ...]
    factor: float = 1.0
    is_place: bool = False
    oscillates: bool = False

    @property
    def is_phase(self) -> bool:
        """Beside an axis in a sine, or beside an axis that is an angle itself."""
        return self.oscillates and not any(self.means) and (self.is_place or not any(self.axes))


@dataclass(frozen=True, slots=True)
class _Form:
    """The power of a value: a sum of symbols' unknown powers, and the known ones of the axes; what it depends on."""

    symbols: dict[int, float] = field(default_factory=dict)
    axes: tuple[float, ...] = ()
    needs: frozenset[Value] = frozenset()


def kinds(function: Function, params: int, axes: int, means: Sequence[int]) -> list[Kind]:
    """The kinds of the first `params` parameters; the next `axes` are axes. `means` are places among the results."""
    reader = _Reader(function.parameters[:params], function.parameters[params : params + axes])
    results = reader.block(function.body)
    equations = [*reader.equations]
    right = [np.concatenate([-np.array(each.axes), np.zeros(len(means))]) for each in equations]
    for place, at in enumerate(means):
        unit = np.zeros(len(means))
        unit[place] = 1.0
        equations.append(results[at])
        right.append(np.concatenate([-np.array(results[at].axes), unit]))
    powers = _rounded(_solved(equations, np.array(right), reader.reluctance))
    factors = np.exp(np.clip(_factors(equations, reader), -LARGEST, LARGEST))
    found = []
    for place, param in enumerate(reader.params):
        own = powers[place]
        of_axes, of_means = tuple(own[:axes].tolist()), tuple(own[axes:].tolist())
        added = reader.added.get(param, frozenset())
        is_place = sum(map(abs, of_axes)) == 1.0 and max(of_axes) == 1.0 and not any(of_means)
        is_place = is_place and reader.axes[of_axes.index(1.0)] in added
        found.append(Kind(of_axes, of_means, float(factors[place]), is_place, param in reader.oscillating))
    return found


def _factors(equations: Sequence[_Form], reader: _Reader) -> np.ndarray:
    """The logarithms of the symbols' sizes: those of literals are known."""
    right = np.array([[-sum(reader.sizes.get(s, 0.0) * f for s, f in each.symbols.items())] for each in equations])
    unknown = [_Form({s: f for s, f in each.symbols.items() if s not in reader.sizes}) for each in equations]
    return np.asarray(_solved(unknown, right, reader.reluctance)[:, 0])


def _rounded(powers: np.ndarray) -> np.ndarray:
    """To halves, where they nearly are."""
    halves = np.round(2.0 * powers) / 2.0
    return np.asarray(np.where(np.abs(powers - halves) < 0.1, halves + 0.0, powers))


def _solved(equations: Sequence[_Form], right: np.ndarray, reluctance: Sequence[float]) -> np.ndarray:
    """What the symbols are, a row each."""
    count = len(reluctance)
    matrix = np.zeros((len(equations) + count, count))
    for row, each in enumerate(equations):
        for symbol, factor in each.symbols.items():
            matrix[row, symbol] = factor
    matrix[len(equations) :] = np.diag(reluctance)
    wanted = np.zeros((len(matrix), right.shape[1]))
    wanted[: len(right)] = right
    found, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    return np.asarray(found)


class _Reader:
    """Goes through the code once, with a form for every value."""

    def __init__(self, params: Sequence[Value], axes: Sequence[Value]) -> None:
        self.params, self.axes = params, axes
        self.forms: dict[Value, _Form] = {}
        self.reluctance: list[float] = []
        self.equations: list[_Form] = []
        self.added: dict[Value, frozenset[Value]] = {}
        self.oscillating: set[Value] = set()
        self.constants: dict[Value, float] = {}
        self.sizes: dict[int, float] = {}
        for each in params:
            self.forms[each] = self._fresh(PARAM, frozenset([each]))
        for place, each in enumerate(axes):
            unit = tuple(1.0 if k == place else 0.0 for k in range(len(axes)))
            self.forms[each] = _Form({}, unit, frozenset([each]))

    def block(self, block: Block) -> list[_Form]:
        for op in block.ops:
            self._read(op)
        return [self._of(each) for each in block.yields]

    def _read(self, op: Op) -> None:
        if op.name == "const":
            self.constants[op.result] = float(op.attributes["value"])
            return
        given = [self._of(each) for each in op.operands]
        match op.name:
            case "if":
                branches = [self.block(region) for region in op.regions]
                for result, *each in zip(op.results, *branches, strict=True):
                    self.forms[result] = self._alike(each)
            case "select":
                self.forms[op.result] = self._alike(given[1:])
            case name if name in SAME and op.operands[0].type is REAL:
                self._note_added(given)
                self.forms[op.result] = self._alike(given)
            case name if name in KEPT:
                self.forms[op.result] = given[0]
            case "mul":
                self.forms[op.result] = self._sum(given, (1.0, 1.0))
            case "div":
                self.forms[op.result] = self._sum(given, (1.0, -1.0))
            case "fma":
                self._note_added([self._sum(given[:2], (1.0, 1.0)), given[2]])
                self.forms[op.result] = self._alike([self._sum(given[:2], (1.0, 1.0)), given[2]])
            case "sqrt":
                self.forms[op.result] = self._sum(given, (0.5,))
            case "pow":
                self.forms[op.result] = self._power(op, given)
            case "check" | "watch":
                pass
            case name if name in OF_REALS:
                self._pure(name, given)
                self.forms[op.result] = self._sum(given, (0.0,) * len(given))
            case _:
                needs = frozenset().union(*(each.needs for each in given))
                for result in op.results:
                    self.forms[result] = self._fresh(FREE, needs)

    def _power(self, op: Op, given: Sequence[_Form]) -> _Form:
        exponent = self.constants.get(op.operands[1])
        if exponent is not None:
            return self._sum(given[:1], (exponent,))
        self.equations.append(given[1])
        return self._fresh(FREE, given[0].needs | given[1].needs)

    def _pure(self, name: str, given: Sequence[_Form]) -> None:
        """These go into a function of pure numbers."""
        self.equations += given
        needs = frozenset().union(*(each.needs for each in given))
        if name in OSCILLATING and not needs.isdisjoint(self.axes):
            self.oscillating |= needs

    def _note_added(self, given: Sequence[_Form]) -> None:
        """Remember which params stand beside an axis in a sum, by themselves."""
        for one, other in (given, given[::-1]):
            if one.needs.isdisjoint(self.axes):
                for each in one.needs:
                    self.added[each] = self.added.get(each, frozenset()) | other.needs

    def _alike(self, given: Sequence[_Form]) -> _Form:
        """Values of one kind."""
        first, *rest = given
        for other in rest:
            self.equations.append(self._sum((first, other), (1.0, -1.0)))
        best = max(given, key=lambda each: (any(each.axes), len(each.symbols)))
        return _Form(best.symbols, best.axes, frozenset().union(*(each.needs for each in given)))

    def _sum(self, given: Sequence[_Form], factors: Sequence[float]) -> _Form:
        symbols: dict[int, float] = {}
        axes = [0.0] * len(self.axes)
        for each, factor in zip(given, factors, strict=True):
            for symbol, amount in each.symbols.items():
                symbols[symbol] = symbols.get(symbol, 0.0) + factor * amount
            axes = [total + factor * amount for total, amount in zip(axes, each.axes, strict=True)]
        return _Form(symbols, tuple(axes), frozenset().union(*(each.needs for each in given)))

    def _of(self, value: Value) -> _Form:
        """The form of a value; a literal is another one wherever it stands."""
        if value in self.forms:
            return self.forms[value]
        number = self.constants.get(value)
        if number == 0.0:  # of any kind
            return self._fresh(PARAM, frozenset())
        is_turn = number is not None and (4.0 * number / math.pi).is_integer()
        literal = self._fresh(TURN if is_turn else LITERAL, frozenset())
        if number is not None and math.isfinite(number):
            self.sizes[len(self.reluctance) - 1] = math.log(abs(number))
        return literal

    def _fresh(self, reluctance: float, needs: frozenset[Value]) -> _Form:
        self.reluctance.append(reluctance)
        return _Form({len(self.reluctance) - 1: 1.0}, (0.0,) * len(self.axes), needs)
