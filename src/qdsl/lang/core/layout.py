"""How a value of the language is kept in core: which core values it is, and in what order.

    Real, Int, Bool, Estimate   one number
    Complex                     two reals, `re` then `im`
    (a: Time, b: Complex)       the values of its fields in order: a, b.re, b.im
    [Time; 3]                   one array
    [Complex], [(a: .., b: ..)] an array for each value of one element: re, im
    Ket, Density                one array of reals: see `quantum.coordinates`; of several a row for each

A function value is not kept: it is specialised away. `flatten` and `unflatten` do the same to the values of a host:
a Complex is anything with `real` and `imag`, a record a mapping, an array of records a mapping of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Scalar
from qdsl.lang.core.ir import Type as CoreType
from qdsl.lang.report import InternalError
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Places, in_order, is_open


@dataclass(frozen=True, slots=True)
class Leaf:
    """One core value of a larger one. `path` leads to it: field names, then `re` or `im` of a Complex."""

    path: tuple[str, ...]
    type: CoreType


class NoLayout(Exception):  # noqa: N818 - the caller turns it into a message about the program
    """The type has no place in compiled code: a text, a table, an array of arrays."""

    def __init__(self, type_: types.Type) -> None:
        super().__init__(type_)
        self.type = type_


def leaves(type_: types.Type) -> tuple[Leaf, ...]:
    """The core values that a value of the type is."""
    return tuple(_leaves(types.pruned(type_), ()))


def core_types(type_: types.Type) -> tuple[CoreType, ...]:
    """Their types alone."""
    return tuple(leaf.type for leaf in leaves(type_))


def _leaves(type_: types.Type, path: tuple[str, ...]) -> Iterator[Leaf]:
    match type_:
        case types.Real() | types.Estimate():
            yield Leaf(path, REAL)
        case types.Complex():
            yield Leaf((*path, "re"), REAL)
            yield Leaf((*path, "im"), REAL)
        case types.Record(fields):
            for name, field in fields:
                yield from _leaves(types.pruned(field), (*path, name))
        case types.Array(element, shape):
            lengths = tuple(length if isinstance(length, int) else None for length in shape)
            is_state = isinstance(types.pruned(element), types.Ket | types.Density)
            for leaf in _leaves(types.pruned(element), path):
                if isinstance(leaf.type, Scalar):
                    yield Leaf(leaf.path, ArrayType(leaf.type, lengths))
                elif is_state and isinstance(leaf.type, ArrayType):
                    yield Leaf(leaf.path, ArrayType(leaf.type.element, (*lengths, *leaf.type.shape)))
                else:
                    raise NoLayout(type_)
        case types.Ket(places):
            yield Leaf(path, ArrayType(REAL, (2 * _size(type_, places),)))
        case types.Density(places):
            yield Leaf(path, ArrayType(REAL, (_size(type_, places) ** 2,)))
        case _:
            if type_ in (types.NOTHING, types.NEVER):
                return
            kind = _SIMPLE.get(type_)
            if kind is None:
                raise NoLayout(type_)
            yield Leaf(path, kind)


def _size(type_: types.Type, places: Places) -> int:
    """How many basis states the spaces of a state have."""
    if is_open(places):
        raise NoLayout(type_)
    size = 1
    for space in in_order(places):
        if space.size is None:
            raise NoLayout(type_)
        size *= space.size
    return size


_SIMPLE: dict[types.Type, Scalar] = {types.BOOL: BOOL, types.INT: INT}


def field_values(type_: types.Record, name: str) -> slice:
    """Where among a record's core values those of a field are."""
    start = 0
    for field, field_type in type_.fields:
        count = len(leaves(field_type))
        if field == name:
            return slice(start, start + count)
        start += count
    raise InternalError(f"a record without a field {name}")


def element_type(type_: types.Type, axes: int | None = None) -> types.Type:
    """The type of one element, or of a row after `axes` indices; of what is no array, the type itself."""
    type_ = types.pruned(type_)
    if not isinstance(type_, types.Array):
        return type_
    rest = () if axes is None else type_.shape[axes:]
    return types.Array(type_.element, rest) if rest else types.pruned(type_.element)


def shape_of(type_: types.Type) -> tuple[types.Length, ...]:
    """The shape of an array; () of a single value."""
    type_ = types.pruned(type_)
    return type_.shape if isinstance(type_, types.Array) else ()


# ── host values ──────────────────────────────────────────────────────────────────────────────────────────────────


def flatten(type_: types.Type, value: Any) -> list[Any]:
    """The parts of a host value, in the order of `leaves`."""
    type_ = types.pruned(type_)
    element = element_type(type_)
    match element:
        case types.Complex():
            return [_part(value, "real"), _part(value, "imag")]
        case types.Ket():
            return [_numbers_of_ket(value)]
        case types.Density():
            return [_numbers_of_density(value)]
        case types.Record(fields):
            shape = shape_of(type_)
            return [part for name, field in fields for part in flatten(_over(field, shape), value[name])]
        case _:
            return [] if type_ is types.NOTHING else [value]


def unflatten(type_: types.Type, parts: Sequence[Any]) -> Any:
    """The host value that has these parts; the inverse of `flatten`."""
    type_ = types.pruned(type_)
    element = element_type(type_)
    match element:
        case types.Complex():
            return _complex(parts[0], parts[1])
        case types.Ket():
            return _ket(parts[0])
        case types.Density():
            return _density(parts[0])
        case types.Record(fields):
            shape = shape_of(type_)
            whole = types.Record(fields)
            return {name: unflatten(_over(field, shape), parts[field_values(whole, name)]) for name, field in fields}
        case _:
            return parts[0] if parts else None


def assembler(type_: types.Type) -> Callable[[Sequence[Any]], Any]:
    """`unflatten` for many values of one type: written out as a Python expression, `{'a': p[0], 'b': {'c': p[1]}}`."""
    others: list[types.Type] = []
    names = {"unflatten": unflatten, "others": others}
    assemble: Callable[[Sequence[Any]], Any] = eval(f"lambda p: {_written(types.pruned(type_), 0, others)}", names)
    return assemble


def _written(type_: types.Type, at: int, others: list[types.Type]) -> str:
    """The expression for a value whose parts begin at p[at]. What is no record of single values goes to `others`."""
    if isinstance(type_, types.Record):
        starts = accumulate((len(leaves(field)) for _, field in type_.fields), initial=at)
        pairs = zip(type_.fields, starts, strict=False)
        return "{" + ", ".join(f"{n!r}: {_written(types.pruned(t), start, others)}" for (n, t), start in pairs) + "}"
    count = len(leaves(type_))
    if count == 1:
        return f"p[{at}]"
    others.append(type_)
    return f"unflatten(others[{len(others) - 1}], p[{at}:{at + count}])"


def _numbers_of_ket(amplitudes: Any) -> Any:
    import numpy as np

    values = np.asarray(amplitudes)
    return np.concatenate([values.real, values.imag], axis=-1)


def _ket(numbers: Any) -> Any:
    import numpy as np

    values = np.asarray(numbers)
    half = values.shape[-1] // 2
    return values[..., :half] + 1j * values[..., half:]


def _numbers_of_density(matrix: Any) -> Any:
    import numpy as np

    from qdsl.lang.quantum.coordinates import packed

    return packed(np.asarray(matrix, dtype=np.complex128))


def _density(numbers: Any) -> Any:
    import numpy as np

    from qdsl.lang.quantum.coordinates import unpacked

    return unpacked(np.asarray(numbers))


def _over(type_: types.Type, shape: tuple[types.Length, ...]) -> types.Type:
    """The type of a field's values over all elements of an array of records."""
    return types.Array(type_, shape) if shape else type_


def _part(value: Any, name: str) -> Any:
    """The real or imaginary part; TypeError for what has none. A text has elements, but they are texts again."""
    if isinstance(value, list | tuple):
        return tuple(_part(each, name) for each in value)
    if not hasattr(value, name):
        raise TypeError(f"{value!r} is not a complex number")
    return getattr(value, name)


def _complex(re: Any, im: Any) -> Any:
    if isinstance(re, list | tuple):
        return tuple(_complex(a, b) for a, b in zip(re, im, strict=True))
    return complex(re, im) if isinstance(re, float) else re + 1j * im
