"""What Python hands to a kernel, turned into what machine code reads, and back.

In: anything. Out: NumPy arrays of the parameter's element type, or a `TypeError` or `ValueError` that names the
parameter. A conversion is made if it keeps the number: integers to reals, small integers to large, lists to arrays.
Never made: reals or booleans to integers, numbers to booleans, complex to real, objects to anything.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any

from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Scalar, Type, scalar_of
from qdsl.lang.native import abi
from qdsl.lang.native.program import is_small

if TYPE_CHECKING:
    import numpy as np

DTYPES = {REAL: "float64", INT: "int64", BOOL: "bool"}
FORMATS = {REAL: "d", INT: "q", BOOL: "q"}
PYTHON: dict[Scalar, frozenset[type]] = {
    REAL: frozenset((float, int)),
    INT: frozenset((int,)),
    BOOL: frozenset((bool,)),
}
"""The Python types that need no look: a bool is not taken for an int."""

KINDS = {REAL: "fiu", INT: "iu", BOOL: "b"}
"""The kinds of NumPy dtypes that convert."""

NOUNS = {REAL: "real numbers", INT: "integers", BOOL: "booleans"}

INT_MAX = 2**63 - 1


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def accepted(argument: Any, type_: Type, name: str) -> np.ndarray:
    """The argument as an array of the parameter's element type; a number has no axes."""
    import numpy as np

    element = scalar_of(type_)
    if type(argument) is np.ndarray and argument.dtype == DTYPES[element]:  # as most are: nothing to ask
        return argument
    if _is_masked(argument):
        raise TypeError(f"{name} takes {NOUNS[element]}, and some of these are masked")
    try:
        array = np.asarray(argument)
    except OverflowError:
        raise _wrong(name, element, "one that does not fit 64 bits") from None
    except Exception as error:
        raise ValueError(f"{name} is not an array: {error}") from None
    if array.dtype.kind == "O" and all(type(each) is int for each in array.flat):
        return _from_large(array, element, name)
    if array.dtype.kind not in KINDS[element] and array.size:
        raise _wrong(
            name, element, f"{type(argument).__name__} of {array.dtype}" if array.ndim else _described(argument)
        )
    if element is INT and array.dtype.kind == "u" and array.size and array.max() > INT_MAX:
        raise _wrong(name, element, "one that does not fit 64 bits")
    if array.dtype.kind not in KINDS[element]:
        array = np.empty(array.shape)  # nothing in it has a kind
    return np.asarray(array, DTYPES[element])


def _is_masked(argument: Any) -> bool:
    """Whether it is an array of which NumPy hides elements."""
    masked = sys.modules.get("numpy.ma")  # who has such an array has loaded it
    return masked is not None and bool(masked.is_masked(argument))


def _from_large(array: np.ndarray, element: Scalar, name: str) -> np.ndarray:
    """Python ints beyond 64 bits: reals if they are in a double's range."""
    import numpy as np

    try:
        return np.asarray(array, {REAL: "float64"}[element])
    except (KeyError, OverflowError):
        raise _wrong(name, element, "one that does not fit") from None


def _wrong(name: str, element: Scalar, got: str) -> TypeError:
    return TypeError(f"{name} takes {NOUNS[element]}, not {got}")


def _described(argument: Any) -> str:
    text = repr(argument)
    return text if len(text) <= 40 else type(argument).__name__


def check_shape(array: np.ndarray, type_: Type, name: str) -> None:
    """The last axes of an array are those of its parameter, with the lengths that this knows; others before them are of
    points.
    """
    assert isinstance(type_, ArrayType)
    if type_.shape == (None,) and array.ndim:
        return
    own = array.shape[max(0, array.ndim - len(type_.shape)) :]
    if len(own) != len(type_.shape):
        raise ValueError(f"{name} takes an array of {_axes(len(type_.shape))}, not of {_axes(array.ndim)}")
    for axis, (length, known) in enumerate(zip(own, type_.shape, strict=True)):
        if known is not None and length != known:
            where = f" along axis {axis}" if len(own) > 1 else ""
            raise ValueError(f"{name} takes an array of length {known}{where}, not {length}")


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


def column(array: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
    """The array stretched to `shape` and read in order: where it starts, and the bytes from one element to the next."""
    import numpy as np

    if array.size == 1:
        return array, 0
    if array.shape == shape and array.ndim == 1:
        return array, array.strides[0]
    flat = np.ascontiguousarray(np.broadcast_to(array, shape))
    return flat, flat.itemsize


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────


AFTER_HEADER = 16
"""Where NumPy keeps the address of an array's elements in CPython: after the count of references and the type."""


@cache
def addressing() -> Callable[[np.ndarray], int]:
    """The quickest function there is that tells where the elements of an array are."""
    return _address_after_header if _is_after_header() else _address


def _address(array: np.ndarray) -> int:
    return array.ctypes.data


def _address_after_header(array: np.ndarray) -> int:
    """The same, five times as fast."""
    return _POINTER(id(array) + AFTER_HEADER).value or 0


_POINTER = ctypes.c_void_p.from_address


def _is_after_header() -> bool:
    """Whether arrays of this NumPy have the address where we expect it."""
    import numpy as np

    if sys.implementation.name != "cpython" or object.__basicsize__ != AFTER_HEADER:
        return False
    probes = [np.empty(3), np.zeros((2, 4), "int64"), np.ones(5, "bool")]
    return all(ctypes.c_void_p.from_address(id(each) + AFTER_HEADER).value == each.ctypes.data for each in probes)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────


def words(types: Sequence[Type]) -> int:
    return sum(map(abi.words, types))


def write_words(target: Any, row: Sequence[Any], types: Sequence[Type]) -> list[np.ndarray]:
    """Arguments as words. The arrays handed back must live until the call is over."""
    import numpy as np

    held: list[np.ndarray] = []
    at = 0
    for value, type_ in zip(row, types, strict=True):
        if isinstance(type_, ArrayType):
            array = np.ascontiguousarray(value)
            held.append(array)
            target[at] = array.ctypes.data
            target[at + 1 : at + 1 + array.ndim] = array.shape
        elif type_ is REAL:
            ctypes.c_double.from_buffer(target, 8 * at).value = float(value)
        else:
            target[at] = int(value)
        at += abi.words(type_)
    return held


def place_small_results(target: Any, types: Sequence[Type]) -> dict[int, np.ndarray]:
    """Memory of ours for results of known small shape, its address where the call expects it."""
    import numpy as np

    small: dict[int, np.ndarray] = {}
    at = 0
    for i, type_ in enumerate(types):
        if isinstance(type_, ArrayType) and is_small(type_):
            small[i] = np.empty(tuple(n or 0 for n in type_.shape), DTYPES[scalar_of(type_)])
            target[at] = small[i].ctypes.data
        at += abi.words(type_)
    return small


def read_words(source: Any, types: Sequence[Type], small: dict[int, np.ndarray]) -> list[Any]:
    """Results out of their words; arrays are copied out of the arena."""
    values: list[Any] = []
    at = 0
    for i, type_ in enumerate(types):
        if i in small:
            values.append(small[i])
        elif isinstance(type_, ArrayType):
            values.append(_from_arena(source[at], tuple(source[at + 1 : at + 1 + len(type_.shape)]), scalar_of(type_)))
        elif type_ is REAL:
            values.append(ctypes.c_double.from_buffer(source, 8 * at).value)
        else:
            values.append(bool(source[at]) if type_ is BOOL else source[at])
        at += abi.words(type_)
    return values


def _from_arena(address: int, shape: tuple[int, ...], element: Scalar) -> np.ndarray:
    import numpy as np

    array = np.empty(shape, DTYPES[element])
    if array.size:
        ctypes.memmove(array.ctypes.data, address, array.nbytes)
    return array


# ── results ──────────────────────────────────────────────────────────────────────────────────────────────────────


def first_nonfinite(values: Sequence[Any]) -> tuple[int, ...] | None:
    """The place of the first number, alone or in an array, that is not finite."""
    import numpy as np

    for value in values:
        wrong = ~np.isfinite(value)
        if wrong.any():
            return tuple(map(int, np.argwhere(wrong)[0]))
    return None


def points_shape(given: Sequence[np.ndarray], types: Sequence[Type], names: Sequence[str]) -> tuple[int, ...]:
    """The shape of the points that the arguments stand for: all axes but an array parameter's own, stretched."""
    import numpy as np

    outer: list[tuple[int, ...]] = []
    for array, type_, name in zip(given, types, names, strict=True):
        own = 0
        if isinstance(type_, ArrayType):
            check_shape(array, type_, name)
            own = len(type_.shape)
        outer.append(array.shape[: array.ndim - own])
    different = set(outer) - {()}
    if len(different) < 2:  # as most are: what NumPy does takes longer than to see that it need not
        return different.pop() if different else ()
    try:
        return np.broadcast_shapes(*outer)
    except ValueError:
        shapes = ", ".join(f"{name} {shape}" for name, shape in zip(names, outer, strict=True) if shape)
        raise ValueError(f"the shapes of the arguments do not go together: {shapes}") from None


def first_without_excuse(
    results: Sequence[np.ndarray], given: Sequence[np.ndarray], types: Sequence[Type], shape: tuple[int, ...], done: int
) -> int | None:
    """Of the first `done` points the first with a result that is not finite, though all its arguments are."""
    import numpy as np

    count = prod(shape)
    wrong = np.zeros(done, bool)
    for result in results:
        if result.dtype.kind == "f" and not np.isfinite(result).all():
            wrong |= ~np.isfinite(result.reshape(count, -1)[:done]).all(axis=1)
    if not wrong.any():
        return None
    for array, type_ in zip(given, types, strict=True):
        own = len(type_.shape) if isinstance(type_, ArrayType) else 0
        finite = np.isfinite(array).all(axis=tuple(range(array.ndim - own, array.ndim)))
        wrong &= np.broadcast_to(finite, shape).ravel()[:done]
    return int(np.argmax(wrong)) if wrong.any() else None


def stacked(values: Sequence[Any], shape: tuple[int, ...], function: str) -> np.ndarray:
    """One result over all elements of a broadcast: its own axes come last."""
    import numpy as np

    if len({np.shape(value) for value in values}) > 1:
        raise ValueError(f"the results of {function} differ in shape from element to element")
    return np.array(values).reshape(shape + np.shape(values[0]))


def empty(type_: Type, shape: tuple[int, ...]) -> np.ndarray:
    """A result over a broadcast without elements; a length that is not known is 0."""
    import numpy as np

    own = tuple(n or 0 for n in type_.shape) if isinstance(type_, ArrayType) else ()
    assert prod(shape) == 0
    return np.empty(shape + own, DTYPES[scalar_of(type_)])
