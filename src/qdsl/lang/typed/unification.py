"""Making two types equal. What is unknown in them is solved, once and for all of the declaration being checked.

    (TypeVar) -> Real(D)  with  (Int) -> Real(Time)      TypeVar becomes Int, D becomes Time
    [Real(D); n]          with  [Real(Time); 3]          no: a length that a function leaves open is not 3

Number kinds do not rise here: that an Int may stand for a Scalar is a conversion (`Checker.convert`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from qdsl.lang.source import Span
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.solve import Solver, TooManyTurns
from qdsl.lang.typed.spaces import is_open
from qdsl.lang.typed.types import BROKEN, INT, NEVER, Length, Type, pruned


@dataclass(eq=False)
class Unifier:
    """Equations between types. `too_many` is told where more occurrences of 2π are open than can be decided."""

    too_many: Callable[[Span, int], None]
    solver: Solver = field(default_factory=Solver)

    def same_dimension(self, left: Dimension, right: Dimension, span: Span) -> bool:
        """Make two dimensions equal; too many open 2π are reported and count as equal."""
        try:
            return self.solver.unify(left, right)
        except TooManyTurns as found:
            self.too_many(span, found.count)
            self.solver.give_up(left / right)
            return True

    def unify(self, left: Type, right: Type, span: Span) -> bool:
        """Make two types equal; False where they cannot be."""
        left, right = pruned(left), pruned(right)
        if left is right or left is BROKEN or left is NEVER or right is BROKEN or right is NEVER:
            return True
        match left, right:
            case types.TypeVar(), _:
                return bind(left, right)
            case _, types.TypeVar():
                return bind(right, left)
            case (
                (types.Real(a), types.Real(b))
                | (types.Complex(a), types.Complex(b))
                | (types.Estimate(a), types.Estimate(b))
            ):
                return self.same_dimension(a, b, span)
            case types.Operator(a, _), types.Operator(b, _):
                return self.same_dimension(a, b, span)
            case (types.Channel(p), types.Channel(q)) | (types.Povm(p, _), types.Povm(q, _)):
                return p == q or is_open(p) or is_open(q)
            case (types.Ket(p), types.Ket(q)) | (types.Density(p), types.Density(q)) | (types.Bra(p), types.Bra(q)):
                return p == q or is_open(p) or is_open(q)
            case types.Array(a, m), types.Array(b, n):
                return joined_shape(m, n) is not None and self.unify(a, b, span)
            case types.Function(ps, r), types.Function(qs, s):
                return self._all((*ps, r), (*qs, s), span)
            case (types.Record(fs), types.Record(gs)) | (types.Table(fs), types.Table(gs)):
                same_names = [name for name, _ in fs] == [name for name, _ in gs]
                return same_names and self._all([each for _, each in fs], [each for _, each in gs], span)
            case _:
                return left == right

    def _all(self, left: Sequence[Type], right: Sequence[Type], span: Span) -> bool:
        return len(left) == len(right) and all(self.unify(a, b, span) for a, b in zip(left, right, strict=True))


def give_up(type_: Type) -> None:
    """What could not be found has got its message: it fits anywhere from now on."""
    type_ = pruned(type_)
    if isinstance(type_, types.TypeVar):
        type_.solution = BROKEN


def bind(variable: types.TypeVar, type_: Type) -> bool:
    """Let the variable stand for the type; not for one that it is part of, nor a literal 0 for what is no number."""
    type_ = pruned(type_)
    if type_ is variable:
        return True
    if _occurs(variable, type_):
        return False
    if variable.numeric:
        if isinstance(type_, types.TypeVar):
            type_.numeric = True
        elif not is_numeric(type_):
            return False
    variable.solution = type_
    return True


def _occurs(variable: types.TypeVar, type_: Type) -> bool:
    type_ = pruned(type_)
    return type_ is variable or any(_occurs(variable, part) for part in types.parts(type_))


# ── small questions about types ──────────────────────────────────────────────────────────────────────────────────


def element_of(type_: Type) -> tuple[Type, tuple[Length, ...] | None]:
    """The type of one number and the shape; None for what is no array."""
    type_ = pruned(type_)
    if isinstance(type_, types.Array):
        return pruned(type_.element), type_.shape
    return type_, None


def joined_shape(left: tuple[Length, ...], right: tuple[Length, ...]) -> tuple[Length, ...] | None:
    """The shape of arrays that have both shapes; None where they cannot be equal.

    A length that is not known now is compared when the program runs.
    """
    if len(left) != len(right):
        return None
    lengths: list[Length] = []
    for m, n in zip(left, right, strict=True):
        if m is not None and n is not None and m != n:
            return None
        lengths.append(n if m is None else m)
    return tuple(lengths)


def is_numeric(type_: Type) -> bool:
    """Whether it is a number of some kind."""
    type_ = pruned(type_)
    return type_ is INT or isinstance(type_, types.Real | types.Complex | types.Estimate | types.TypeVar)
