"""The Abelian group of dimensions, with rational exponents and variables.

A `Dimension` is a product of powers of atoms: base dimensions (`Time`), inference variables (`DimVar`) and 2π variables
(`Turn`). A `Turn` stands for one occurrence of `pi` or `h` in the program, which is either plain or carries rad/cycle;
so its exponent counts powers of 1/cycle, and its own value, found later, is 0 or 1.

Exponents are ints where they can be and Fractions otherwise, because almost all are small ints and int arithmetic
is several times faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import count

from qdsl.lang.source import Span

Exponent = int | Fraction

_serial = count()


class DimVar:
    """An unknown dimension. `solution` is set once, by unification; `name` where the user named it (`<D: Dim>`)."""

    __slots__ = ("name", "rigid", "serial", "solution")

    def __init__(self, name: str = "", rigid: bool = False) -> None:
        self.serial = next(_serial)
        self.name = name
        self.rigid = rigid
        self.solution: Dimension | None = None

    def __repr__(self) -> str:
        return self.name or f"D{self.serial}"


class Turn:
    """One occurrence of pi or h: `carries` is None while open, then whether it converts cycles to radians."""

    __slots__ = ("carries", "serial", "span", "text")

    def __init__(self, span: Span | None, text: str = "pi") -> None:
        self.serial = next(_serial)
        self.span = span
        self.text = text
        self.carries: bool | None = None

    def __repr__(self) -> str:
        return f"turn{self.serial}"


Atom = str | DimVar | Turn

CYCLE = "Cycle"


class Dimension:
    """A product of powers. Immutable; equal when it has the same factors (solved variables are not looked through)."""

    __slots__ = ("_hash", "factors", "ground")

    def __init__(self, factors: Mapping[Atom, Exponent]) -> None:
        self.factors = factors
        self.ground = _is_ground(factors)
        self._hash: int | None = None

    def __mul__(self, other: Dimension) -> Dimension:
        if not other.factors:
            return self
        if not self.factors:
            return other
        product = dict(self.factors)
        for atom, exponent in other.factors.items():
            total = product.get(atom, 0) + exponent
            if total:
                product[atom] = total if type(total) is int else lowest(total)
            else:
                del product[atom]
        return Dimension(product)

    def __truediv__(self, other: Dimension) -> Dimension:
        if not other.factors:
            return self
        quotient = dict(self.factors)
        for atom, exponent in other.factors.items():
            total = quotient.get(atom, 0) - exponent
            if total:
                quotient[atom] = total if type(total) is int else lowest(total)
            else:
                del quotient[atom]
        return Dimension(quotient)

    def __pow__(self, power: Exponent) -> Dimension:
        if power == 1:
            return self
        if not power:
            return ONE
        return Dimension({atom: lowest(exponent * power) for atom, exponent in self.factors.items()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dimension) and self.factors == other.factors

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.factors.items()))
        return self._hash

    def __getstate__(self) -> tuple[Mapping[Atom, Exponent], bool]:
        return self.factors, self.ground

    def __setstate__(self, state: tuple[Mapping[Atom, Exponent], bool]) -> None:
        """Without the hash: Python hashes names anew in every process."""
        self.factors, self.ground = state
        self._hash = None

    def __repr__(self) -> str:
        return " ".join(f"{a}^{e}" if e != 1 else str(a) for a, e in self.factors.items()) or "1"

    @property
    def is_one(self) -> bool:
        return not self.factors

    def variables(self) -> Iterable[DimVar]:
        return (atom for atom in self.factors if type(atom) is DimVar)

    def turns(self) -> Iterable[Turn]:
        return (atom for atom in self.factors if type(atom) is Turn)

    def resolved(self) -> Dimension:
        """With every solved variable and every decided turn replaced by what it stands for."""
        if self.ground:
            return self
        open_: dict[Atom, Exponent] = {}
        known = ONE
        for atom, exponent in self.factors.items():
            if type(atom) is DimVar and atom.solution is not None:
                known = known * atom.solution.resolved() ** exponent
            elif type(atom) is Turn and atom.carries is not None:
                known = known * PER_CYCLE**exponent if atom.carries else known
            else:
                open_[atom] = exponent
        return self if len(open_) == len(self.factors) else Dimension(open_) * known


def _is_ground(factors: Iterable[Atom]) -> bool:
    """Whether all atoms are base dimensions. A loop, as this is asked for every dimension that is made."""
    for atom in factors:  # noqa: SIM110
        if type(atom) is not str:
            return False
    return True


def lowest(exponent: Exponent) -> Exponent:
    if type(exponent) is Fraction and exponent.denominator == 1:
        return exponent.numerator
    return exponent


def base(name: str) -> Dimension:
    """The base dimension of that name."""
    return Dimension({name: 1})


ONE = Dimension({})
PER_CYCLE = Dimension({CYCLE: -1})
TIME = base("Time")
FREQUENCY = Dimension({CYCLE: 1, "Time": -1})
RATE = Dimension({"Time": -1})
ENERGY = Dimension({"Mass": 1, "Length": 2, "Time": -2})
