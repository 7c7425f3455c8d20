"""The short way of an array call: columns that lie in memory as machine code reads them, and plain numbers beside them.

    ColumnFormat(parameters, results).laid_out((times, 2.0))

In: the arguments of an elementwise kernel. Out: a `Call`, one block of memory with the addresses and strides that a
`loop` entry takes, and the arrays for its results; or None, if anything about an argument needs a closer look. What
takes the short way costs a few microseconds whatever the number of columns, where NumPy's own checks cost twenty.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from qdsl.lang.core.ir import Scalar
from qdsl.lang.native.abi import ELEMENT_BYTES
from qdsl.runtime import arguments

if TYPE_CHECKING:
    import numpy as np


class Call(NamedTuple):
    """One call, ready to be made: addresses in `block`, and where the results will be."""

    columns: int
    size: int
    strides: int
    outputs: int
    shape: tuple[int, ...]
    results: list[np.ndarray]
    block: ctypes.Array[ctypes.c_char]


class ColumnFormat:
    """How the arguments of a function of numbers are laid out for its loop."""

    def __init__(self, parameters: Sequence[Scalar], results: Sequence[Scalar]) -> None:
        import numpy as np

        count = len(parameters)
        self.array, self.empty = np.ndarray, np.empty
        self.results = [np.dtype(arguments.DTYPES[each]) for each in results]
        self.strides_at, self.outputs_at = 8 * count, 16 * count
        cells_at = 8 * (2 * count + len(results))
        self.parameters = [
            (np.dtype(arguments.DTYPES[each]), arguments.PYTHON[each], ELEMENT_BYTES[each], cells_at + 8 * place)
            for place, each in enumerate(parameters)
        ]
        cells = "".join(arguments.FORMATS[each] for each in parameters)
        layout = struct.Struct(f"<{2 * count + len(results)}q{cells}")
        self.pack_into, self.block = layout.pack_into, ctypes.c_char * layout.size
        self.address = arguments.addressing()

    def laid_out(self, args: Sequence[Any]) -> Call | None:
        """The call's memory, if every array is plain, all have one shape, and the rest are plain numbers."""
        block = self.block()
        base = ctypes.addressof(block)
        shape: tuple[int, ...] = ()
        columns: list[int] = []
        strides: list[int] = []
        cells: list[Any] = []
        for each, (dtype, kinds, size, cell) in zip(args, self.parameters, strict=True):
            if type(each) is self.array:
                if each.dtype is not dtype or not each.flags.carray:
                    return None
                if not shape:
                    shape = each.shape
                if each.shape != shape or not shape:
                    return None
                columns.append(self.address(each))
                strides.append(size)
                cells.append(0)
            elif type(each) in kinds:
                columns.append(base + cell)
                strides.append(0)
                cells.append(each)
            else:
                return None
        if not shape:
            return None
        results = [self.empty(shape, dtype) for dtype in self.results]
        try:
            self.pack_into(block, 0, *columns, *strides, *map(self.address, results), *cells)
        except (struct.error, OverflowError):
            return None
        return Call(base, prod(shape), base + self.strides_at, base + self.outputs_at, shape, results, block)
