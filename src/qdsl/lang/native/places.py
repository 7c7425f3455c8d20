"""How the values of core IR are held while a function runs.

A number is an LLVM value. A small array of known shape is the address of a slot on the stack; any other array is the
address of its elements in the arena and the lengths that the type leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.core.ir import ArrayType, Type
from qdsl.lang.native.program import is_small
from qdsl.lang.native.writer import llvm_type


@dataclass(frozen=True, slots=True)
class ArrayPlace:
    """An array: the address of its elements, and the length of each axis."""

    data: str
    lengths: tuple[str, ...]


Place = str | ArrayPlace


def flat(type_: Type) -> list[str]:
    """A value of that type as LLVM types: a number, or an address and the lengths that are not known."""
    if isinstance(type_, ArrayType):
        return ["ptr", *("i64" for n in type_.shape if n is None)]
    return [llvm_type(type_)]


def flattened(place: Place, type_: Type) -> list[str]:
    """The values that go with `flat`."""
    if isinstance(type_, ArrayType):
        assert isinstance(place, ArrayPlace)
        return [place.data, *(length for length, n in zip(place.lengths, type_.shape, strict=True) if n is None)]
    assert isinstance(place, str)
    return [place]


def rebuilt(parts: Sequence[str], type_: Type) -> Place:
    """The place that `flattened` took apart."""
    if not isinstance(type_, ArrayType):
        return parts[0]
    open_lengths = iter(parts[1:])
    return ArrayPlace(parts[0], tuple(next(open_lengths) if n is None else str(n) for n in type_.shape))


def result_struct(types: Sequence[Type]) -> str:
    """What a function returns: a flag, then numbers and arena arrays. Small arrays go where the caller says."""
    parts = [part for type_ in types if not is_small(type_) for part in flat(type_)]
    return "{ " + ", ".join(["i1", *parts]) + " }"
