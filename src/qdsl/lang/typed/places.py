"""What a call puts in the place of the spaces that a function leaves open.

    fn coupled(q: Qubit, c: Fock, g: Rate) -> Operator<Rate> = g * (sp(q) * a(c) + sm(q) * a(c)†)

    coupled(atom, mode, 2 rad/us)      q is atom and c is mode, so the result is over atom, mode

In: the types of a function's parameters, and of the arguments. Out: a `Bringing`, which turns a type of the function
into one of the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import AnySpace, Of, Part, Place, Places, Register, Several, Space
from qdsl.lang.typed.types import Type, pruned


@dataclass(eq=False, slots=True)
class Bringing:
    """What stands for each open place."""

    spaces: dict[Space, Space | Part] = field(default_factory=dict)
    registers: dict[Register, Register] = field(default_factory=dict)
    whole: dict[Of, Places] = field(default_factory=dict)
    given: dict[Of, AnySpace] = field(default_factory=dict)
    outside: list[tuple[Register, int]] = field(default_factory=list)
    """Spaces that the function takes of a register that is too short for it."""

    def add(self, wanted: Type, given: Type) -> None:
        """An argument of type `given` where the function takes `wanted`."""
        wanted, given = pruned(wanted), pruned(given)
        match wanted, given:
            case types.SpaceType(Of() as own), types.SpaceType(brought):
                self.whole[own] = places_of(brought)
                self.given[own] = brought
            case types.SpaceType(Space() as own), types.SpaceType(Space() | Part() as brought):
                self.spaces[own] = brought
            case types.SpaceType(Register() as own), types.SpaceType(Register() as brought):
                self.registers[own] = brought
            case _ if type(wanted) is type(given) and hasattr(wanted, "places"):
                for each in wanted.places:
                    if isinstance(each, Of):
                        self.whole[each] = given.places  # type: ignore[attr-defined]
            case _:
                for one, other in zip(types.parts(wanted), types.parts(given), strict=False):
                    self.add(one, other)

    def type(self, type_: Type) -> Type:
        """A type of the function as the call has it."""
        type_ = pruned(type_)
        match type_:
            case types.SpaceType(space):
                return types.SpaceType(self.space(space))
            case types.Operator() | types.Ket() | types.Bra() | types.Density() | types.Channel() | types.Povm():
                return replace(type_, places=self.places(type_.places))
            case types.Array(element, shape):
                return types.Array(self.type(element), shape)
            case types.Record(fields):
                return types.Record(tuple((name, self.type(each)) for name, each in fields))
            case types.Function(parameters, result):
                return types.Function(tuple(map(self.type, parameters)), self.type(result))
            case _:
                return type_

    def space(self, space: AnySpace) -> AnySpace:
        match space:
            case Register():
                return self.registers.get(space, space)
            case Of():
                return self.given.get(space, space)
            case Several(spaces):
                return Several(tuple(map(self.space, spaces)))
            case Part(register):
                return Part(self.registers.get(register, register))
            case Space():
                return self._one(space)

    def _one(self, space: Space) -> Space | Part:
        found = self.spaces.get(space)
        if found is not None:
            return found
        for own, brought in self.registers.items():
            if space.order[0] == own.order and space.is_parameter:
                if brought.length is not None and space.order[1] >= brought.length:
                    self.outside.append((brought, space.order[1]))
                return brought.space(space.order[1])
        return space

    def places(self, places: Iterable[Place]) -> Places:
        brought: set[Place] = set()
        for each in places:
            match each:
                case Of():
                    brought |= self.whole.get(each, frozenset({each}))
                case Part(register):
                    brought |= places_of(self.registers.get(register, register))
                case Space():
                    brought |= places_of(self.space(each))
        return frozenset(brought)


def brought(parameters: Sequence[Type], arguments: Sequence[Type]) -> Bringing:
    """What the arguments of a call bring."""
    bringing = Bringing()
    for wanted, given in zip(parameters, arguments, strict=True):
        bringing.add(wanted, given)
    return bringing


def places_of(space: AnySpace) -> Places:
    """All that a space, a register or several are."""
    match space:
        case Several(spaces):
            return frozenset[Place]().union(*map(places_of, spaces))
        case Register(length=None):
            return frozenset({Part(space)})
        case Register():
            return frozenset(space.spaces)
        case _:
            return frozenset({space})


def is_quantum(type_: Type) -> bool:
    """Whether spaces are part of the type, or of a part of it."""
    type_ = pruned(type_)
    return isinstance(type_, types.QUANTUM) or any(map(is_quantum, types.parts(type_)))


def is_staged(type_: Type) -> bool:
    """Whether values of the type are known while a program is compiled, and not there when it runs."""
    type_ = pruned(type_)
    if isinstance(type_, types.Array | types.Record):
        return any(map(is_staged, types.parts(type_)))
    if isinstance(type_, types.Function):
        return is_quantum(type_)
    return isinstance(type_, types.STAGED)
