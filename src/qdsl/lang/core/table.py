"""The numbers of a constant array, as the attribute of an operation.

    Table.of([0, 2, 5])          of Ints, for they all are; any other numbers are reals
    Table.of([1, 2], REAL)       of reals

There may be many thousands, and passes ask again and again whether two tables are the same: what is compared and
hashed is one string of bytes, whose hash Python keeps. Tables are equal if every bit is, as constants are: 0.0 is not
-0.0, 1 is not 1.0. One nan is like another.
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qdsl.lang.core.ir import INT, REAL, Scalar
from qdsl.lang.core.primitives import INT_MAX, INT_MIN
from qdsl.lang.report import InternalError


@dataclass(frozen=True)
class Table:
    """Numbers of one kind, the last axis running fastest. `bits` are the same in 64 bits each."""

    element: Scalar
    values: tuple[int | float, ...] = field(compare=False)
    bits: bytes = field(repr=False)

    @staticmethod
    def of(values: Sequence[int | float], element: Scalar | None = None) -> Table:
        """The table of these numbers: of Ints if all are, else of reals, unless `element` says which."""
        if element is None:
            element = INT if len(values) and all(hasattr(value, "__index__") for value in values) else REAL
        if element is INT:
            whole = tuple([operator.index(value) for value in values])  # type: ignore[arg-type]
            if whole and not INT_MIN <= min(whole) <= max(whole) <= INT_MAX:
                raise InternalError("a table has a number that does not fit the 64 bits of an Int")
            return Table(INT, whole, struct.pack(f"<{len(whole)}q", *whole))
        real = tuple([float(value) if value == value else math.nan for value in values])
        return Table(REAL, real, struct.pack(f"<{len(real)}d", *real))

    @cached_property
    def text(self) -> str:
        """The numbers with commas between, from which they can be read again."""
        return ", ".join(map(repr, self.values))
