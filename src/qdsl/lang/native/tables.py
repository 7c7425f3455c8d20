"""Constant arrays: in the machine code's own read-only memory, where all calls and all threads read them.

    %c = table 2, 5 -> [int; 2]   =>   @qdsl.table.0 = private unnamed_addr constant [2 x i64] [i64 2, i64 5], align 64

Nobody owns one: to ask for it takes no time, and whoever takes it gets a copy (`native.ownership`). Tables of equal
numbers are one constant (`Program.table`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import ArrayType, Op
from qdsl.lang.core.table import Table
from qdsl.lang.native.abi import ELEMENT_TYPE
from qdsl.lang.native.places import ArrayPlace
from qdsl.lang.native.writer import literal

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body

ALIGNMENT = 64
"""A line of the cache, and the largest vector register."""


def table(body: Body, op: Op) -> ArrayPlace:
    """Where it is; no instruction."""
    assert isinstance(op.result.type, ArrayType)
    return ArrayPlace(body.program.table(op.attributes["numbers"]), tuple(map(str, op.result.type.shape)))


def definitions(names: Mapping[Table, str]) -> Iterator[str]:
    """The constants, for the module in which they are asked for."""
    for numbers, name in names.items():
        kind = ELEMENT_TYPE[numbers.element]
        listed = ", ".join([f"{kind} {literal(value)}" for value in numbers.values])
        constant = f"[{len(numbers.values)} x {kind}] [{listed}]"
        yield f"{name} = private unnamed_addr constant {constant}, align {ALIGNMENT}"
