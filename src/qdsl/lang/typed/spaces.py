"""Named spaces, and which of them a state or an operator is over.

    space q: Qubit            Space("q", QUBIT, 2)                 levels |0>, |1>; |1> is the excited one
    space c: Fock(20)         Space("c", FOCK, 20)                 n photons, n = 0 .. 19
    space s: Spin(3/2)        Space("s", SPIN, 4)                  m = 3/2, 1/2, -1/2, -3/2
    space t: Level(4)         Space("t", LEVEL, 4)                 a ladder with an anharmonicity
    space r: Qubit[3]         Register("r", QUBIT, 2, length 3)    its spaces are r[0], r[1], r[2]
    [q, c]                    Several((q, c))                      spaces together

What a value is over is a set of *places*: spaces that are known, a register's that are not told apart yet (`r[k]`, or
all of a register whose length a call will bring), and `Of(x)`, whatever a parameter x is over. A set with a place of
the last two kinds is *open*: what cannot be decided of it is decided where the function is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from itertools import count

_places = count()


class Kind(Enum):
    """A kind of space, by the name of its type."""

    QUBIT = "Qubit"
    FOCK = "Fock"
    SPIN = "Spin"
    LEVEL = "Level"


@dataclass(frozen=True, slots=True)
class Space:
    """One space. `size` is None where a parameter leaves it open (`c: Fock`); `order` is where its factor stands in a
    product: spaces go in the order in which they are declared. `is_parameter` tells one that a call will bring.
    """

    name: str
    kind: Kind
    size: int | None
    order: tuple[int, int]
    is_parameter: bool = False

    @property
    def spin(self) -> Fraction:
        """j, of 2j + 1 levels."""
        assert self.size is not None
        return Fraction(self.size - 1, 2)


@dataclass(frozen=True, slots=True)
class Register:
    """Several spaces of one kind under one name. `length` is None where a call will bring it."""

    name: str
    kind: Kind
    size: int | None
    length: int | None
    order: int
    is_parameter: bool = False

    def space(self, index: int) -> Space:
        return Space(f"{self.name}[{index}]", self.kind, self.size, (self.order, index), self.is_parameter)

    @property
    def spaces(self) -> tuple[Space, ...]:
        assert self.length is not None
        return tuple(map(self.space, range(self.length)))


@dataclass(frozen=True, slots=True)
class Part:
    """A space of a register, or all of them, of which only the call will tell which."""

    register: Register

    @property
    def name(self) -> str:
        return f"{self.register.name}[..]"

    @property
    def kind(self) -> Kind:
        return self.register.kind

    @property
    def size(self) -> int | None:
        return self.register.size


@dataclass(frozen=True, slots=True)
class Of:
    """Whatever spaces an argument is over; `label` tells one parameter from another."""

    label: str
    serial: int = field(default_factory=lambda: next(_places))


@dataclass(frozen=True, slots=True)
class Several:
    """Spaces that stand together, as in `[q, c]`, or as those of a state."""

    spaces: tuple[AnySpace, ...]


Place = Space | Part | Of
Places = frozenset[Place]

AnySpace = Space | Register | Part | Of | Several
"""What may stand where spaces are taken. A parameter `s: Space` is an `Of`: one, a register or several."""


def counted(space: AnySpace) -> int | None:
    """How many spaces it is; None where a call has to tell."""
    match space:
        case Register(length=length):
            return length
        case Of():
            return None
        case Several(spaces):
            counts = [counted(each) for each in spaces]
            return None if None in counts else sum(each for each in counts if each is not None)
        case _:
            return 1


def one_by_one(space: AnySpace) -> list[Space | Part]:
    """The spaces that it is, where it is known how many."""
    match space:
        case Register():
            return list(space.spaces)
        case Several(spaces):
            return [one for each in spaces for one in one_by_one(each)]
        case Of():
            return []
        case _:
            return [space]


def size_together(spaces: Sequence[AnySpace]) -> int | None:
    """How many basis states they have together; None where a call has to tell."""
    size = 1
    for each in spaces:
        if counted(each) is None:
            return None
        for one in one_by_one(each):
            if one.size is None:
                return None
            size *= one.size
    return size


def fresh_order() -> int:
    """Where the next declared space stands among all."""
    return next(_places)


def is_open(places: Places) -> bool:
    """Whether a call has to tell more."""
    return any(not isinstance(each, Space) for each in places)


def fits_space(own: AnySpace, wanted: AnySpace) -> bool:
    """Whether a space can stand where a parameter takes one of a kind, of a size or of any."""
    if isinstance(wanted, Of):
        return True
    if isinstance(own, Of | Several) or isinstance(wanted, Several):
        return own == wanted
    if isinstance(own, Register) != isinstance(wanted, Register) or own.kind is not wanted.kind:
        return False
    if wanted.size is not None and own.size != wanted.size:
        return False
    if isinstance(own, Register) and isinstance(wanted, Register):
        return wanted.length is None or own.length == wanted.length
    return True


def missing(needed: Places, had: Places) -> list[Space]:
    """The spaces that are needed, known, and certainly not there."""
    if is_open(had):
        return []
    return [each for each in in_order(needed) if each not in had]


def in_order(places: Places) -> list[Space]:
    """The known spaces, as their factors stand."""
    return sorted((each for each in places if isinstance(each, Space)), key=lambda space: space.order)


def names(places: Places) -> str:
    """`q, c`; an open place is `..`."""
    known = [each.name for each in in_order(places)]
    return ", ".join([*known, ".."] if is_open(places) else known)
