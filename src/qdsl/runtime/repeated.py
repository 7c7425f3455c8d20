"""A kernel that is called again and again with arguments of the same kinds and shapes, as a search does.

    call = Repeated(kernel, values, 3)     values as the kernel takes them: numbers, and arrays
    call(x)                                the results with other real numbers for the first three of the values

What a call needs of memory is laid out once, so that a call costs little more than its machine code. One thread at a
time goes through it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from qdsl.lang.core.ir import REAL, ArrayType, scalar_of
from qdsl.lang.native import abi
from qdsl.runtime import arguments
from qdsl.runtime.fit.objective import Vector
from qdsl.runtime.kernel import Kernel


class Repeated:
    """The arguments and results of a kernel as words. Raises TypeError and ValueError for what it does not take."""

    def __init__(self, kernel: Kernel, values: Sequence[Any], moving: int) -> None:
        self._kernel, self._lock = kernel, Lock()
        types = [type_ for _, type_ in kernel.signature.parameters]
        names = [name for name, _ in kernel.signature.parameters]
        given = [arguments.accepted(*each) for each in zip(values, types, names, strict=True)]
        if arguments.points_shape(given, types, names) != ():
            raise ValueError(f"{kernel.signature.name} is called at one point at a time")
        self._results_of = kernel.signature.results
        self._words = (ctypes.c_int64 * max(1, arguments.words(types)))()
        self._results = (ctypes.c_int64 * max(1, arguments.words(self._results_of)))()
        self._row = np.frombuffer(memoryview(self._results), dtype=np.float64)
        self._are_numbers = all(type_ is REAL for type_ in self._results_of)
        self._small = arguments.place_small_results(self._results, self._results_of)
        self._lay_out(given, types, moving)

    def _lay_out(self, given: Sequence[np.ndarray], types: Sequence[Any], moving: int) -> None:
        """The values that move in one row, of which arrays are parts and numbers have copies; the others stay where
        they are.
        """
        self._held = [np.ascontiguousarray(each) for each in given]
        self._moving = np.concatenate([np.empty(0), *(each.ravel() for each in self._held[:moving])])
        self._numbers = np.frombuffer(memoryview(self._words), dtype=np.float64)
        word = place = 0
        copied: list[tuple[int, int]] = []
        for k, (array, type_) in enumerate(zip(self._held, types, strict=True)):
            if isinstance(type_, ArrayType):
                begin = self._moving[place : place + array.size] if k < moving else array
                self._words[word] = begin.ctypes.data
                self._words[word + 1 : word + 1 + array.ndim] = list(array.shape)
            elif k < moving:
                copied.append((word, place))
            elif scalar_of(type_) is REAL:
                self._numbers[word] = array.item()
            else:
                self._words[word] = int(array.item())
            place += array.size
            word += abi.words(type_)
        self._copied = tuple(np.array(each) for each in zip(*copied, strict=True))

    def __call__(self, x: Vector) -> list[Any]:
        """Numbers, and arrays of their own; not finite ones are handed out. Raises KernelError as the kernel does."""
        with self._lock:
            self._moving[:] = x
            if self._copied:
                words, places = self._copied
                self._numbers[words] = self._moving[places]
            return self._kernel.through(self._words, self._results, self._read, keep=True)

    def _read(self) -> list[Any]:
        if self._are_numbers:
            return list(self._row.tolist())
        small = {place: each.copy() for place, each in self._small.items()}
        return arguments.read_words(self._results, self._results_of, small)
