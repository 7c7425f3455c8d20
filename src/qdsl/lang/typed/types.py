"""The types of values.

Numbers are `Int`, `Real` and `Complex`; a Real or Complex has a dimension. Arrays have an element type and a shape
whose lengths are known, unknown (None), or a variable. Everything is immutable but `TypeVar`, whose `solution` is
set once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.spaces import AnySpace, Places

if TYPE_CHECKING:
    from qdsl.lang.typed.tree import Experiment

_serial = count()


class Type:
    """Any type."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Simple(Type):
    """A type without parts: Bool, Int, Text, Nothing (of a statement), Never (of a return), Broken (of what has been
    reported). There is one of each, also after a pickle has been read.
    """

    name: str

    def __reduce__(self) -> tuple[object, ...]:
        return _the_one, (self.name,)


def _the_one(name: str) -> Simple:
    return next(each for each in (BOOL, INT, TEXT, NOTHING, BROKEN, NEVER) if each.name == name)


BOOL = Simple("Bool")
INT = Simple("Int")
TEXT = Simple("Text")
NOTHING = Simple("Nothing")
BROKEN = Simple("Broken")
NEVER = Simple("Never")  # of a block that always returns: fits anywhere


@dataclass(frozen=True, slots=True)
class Real(Type):
    """A real number, stored in coherent SI units as a float64."""

    dimension: Dimension


@dataclass(frozen=True, slots=True)
class Complex(Type):
    dimension: Dimension


@dataclass(frozen=True, slots=True)
class Estimate(Type):
    """A real number with its uncertainty."""

    dimension: Dimension


MEASURED = (Real, Complex, Estimate)
"""The types of single numbers with a dimension."""

Length = int | str | None


@dataclass(frozen=True, slots=True)
class Array(Type):
    """`[T; n, m]`: the element is never itself an Array; `shape` has one length for each axis: a number, the name that
    a function's type gives it (`[D; n]`), or None where it is not known.
    """

    element: Type
    shape: tuple[Length, ...] = (None,)


@dataclass(frozen=True, slots=True)
class Record(Type):
    fields: tuple[tuple[str, Type], ...]

    def field(self, name: str) -> Type | None:
        return next((type_ for field, type_ in self.fields if field == name), None)


@dataclass(frozen=True, slots=True)
class Function(Type):
    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Table(Type):
    """Columns by name; each type is that of one cell. A table that is not whole may have others too."""

    columns: tuple[tuple[str, Type], ...]
    is_whole: bool = True

    def column(self, name: str) -> Type | None:
        return next((type_ for column, type_ in self.columns if column == name), None)


@dataclass(frozen=True, slots=True)
class Distribution(Type):
    """What may stand after `~`; `support` is the type of a draw."""

    support: Type


@dataclass(frozen=True, slots=True)
class ExperimentType(Type):
    experiment: Experiment


@dataclass(frozen=True, slots=True)
class Fit(Type):
    experiment: Experiment


@dataclass(frozen=True, slots=True)
class Bootstrap(Type):
    experiment: Experiment


@dataclass(frozen=True, slots=True)
class Optimum(Type):
    """What `minimize` and `maximize` find: the arguments that were searched over, and the value of the function."""

    arguments: tuple[tuple[str, Type], ...]
    value: Type


@dataclass(frozen=True, slots=True)
class Posterior(Type):
    """Draws of an experiment's params given data."""

    experiment: Experiment


@dataclass(frozen=True, slots=True)
class SpaceType(Type):
    """The type of one space alone, of one register, or of several: which they are is known while a program is
    checked.
    """

    space: AnySpace


@dataclass(frozen=True, slots=True)
class Operator(Type):
    """An operator with a dimension over spaces. It acts on more spaces by the identity."""

    dimension: Dimension
    places: Places


@dataclass(frozen=True, slots=True)
class Ket(Type):
    """A vector over spaces; `Bra` is its adjoint."""

    places: Places


@dataclass(frozen=True, slots=True)
class Bra(Type):
    places: Places


@dataclass(frozen=True, slots=True)
class Density(Type):
    """A density matrix over spaces."""

    places: Places


@dataclass(frozen=True, slots=True)
class Channel(Type):
    """What takes densities over spaces to such."""

    places: Places


@dataclass(frozen=True, slots=True)
class Povm(Type):
    """The effects of a measurement of spaces, one for each outcome; how many is None where a call will tell."""

    places: Places
    outcomes: int | None


@dataclass(frozen=True, slots=True)
class StateTomography(Type):
    """What `state_tomography` finds of a state over spaces."""

    places: Places


@dataclass(frozen=True, slots=True)
class ProcessTomography(Type):
    """What `process_tomography` finds of a channel from spaces to themselves."""

    places: Places


TOMOGRAPHY = (StateTomography, ProcessTomography)

QUANTUM = (SpaceType, Operator, Ket, Bra, Density, Channel, Povm)
STAGED = (SpaceType, Operator, Bra, Channel, Povm)
"""Types of what is known while a program is compiled, and not there when it runs."""


class TypeVar(Type):
    """A type not known yet. A `numeric` one came from the literal 0 and becomes Int if nothing decides otherwise."""

    __slots__ = ("numeric", "serial", "solution")

    def __init__(self, numeric: bool = False) -> None:
        self.serial = next(_serial)
        self.numeric = numeric
        self.solution: Type | None = None


SCALAR = Real(ONE)


def pruned(type_: Type) -> Type:
    """The type a variable stands for, as far as it is known."""
    while type(type_) is TypeVar and type_.solution is not None:
        type_ = type_.solution
    return type_


def parts(type_: Type) -> tuple[Type, ...]:
    """The types that a type is directly made of, from left to right."""
    match type_:
        case Array(element, _):
            return (element,)
        case Record(fields) | Table(fields):
            return tuple(each for _, each in fields)
        case Optimum(arguments, value):
            return (*(each for _, each in arguments), value)
        case Function(parameters, result):
            return (*parameters, result)
        case Distribution(support):
            return (support,)
        case _:
            return ()


def resolved(type_: Type) -> Type:
    """With all solved variables, of types and of dimensions, replaced all the way down."""
    type_ = pruned(type_)
    match type_:
        case Real(dimension):
            return type_ if dimension.ground else Real(dimension.resolved())
        case Complex(dimension):
            return Complex(dimension.resolved())
        case Estimate(dimension):
            return Estimate(dimension.resolved())
        case Operator(dimension, places):
            return Operator(dimension.resolved(), places)
        case Array(element, shape):
            return Array(resolved(element), shape)
        case Record(fields):
            return Record(tuple((name, resolved(each)) for name, each in fields))
        case Function(parameters, result):
            return Function(tuple(map(resolved, parameters)), resolved(result))
        case Table(columns, is_whole):
            return Table(tuple((name, resolved(each)) for name, each in columns), is_whole)
        case Distribution(support):
            return Distribution(resolved(support))
        case Optimum(arguments, value):
            return Optimum(tuple((name, resolved(each)) for name, each in arguments), resolved(value))
        case _:
            return type_
