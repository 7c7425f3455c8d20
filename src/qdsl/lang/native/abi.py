"""What compiled code and its callers agree on: the context of a call, and how arguments and results lie in memory.

Every entry takes a context, one block of memory that the caller owns for the length of a call:

    code site index values[4]     what went wrong, where, at which element, with which numbers (8 raw bytes each)
    passed calls[16]              through how many calls the failure came, and which these were, the innermost first
    rank element[4]               the element of the innermost array that was being built, and how many indices it has
    depth                         how deeply recursive calls are nested
    keep                          1: results that are not finite are handed out, not refused
    chunk top end left            the arena that arrays live in, and how many bytes it may still grow by
    started patience              how many interrupts there had been, and how many nested calls until the next poll
                                  for one: see `native.interruption`
    point room seen               the element that is being computed, the watches there is room for behind the context,
                                  and 1 if any of them met what is worth telling: see `native.watching`

The caller may have the room for sightings follow it, zero at first, one for each watch of the module:

    worst point values[4]         the greatest first number, at which element, and all the numbers; none if that is 0

An entry is one of

    i32 call.NAME(ptr arguments, ptr results, ptr context)
    i32 loop.NAME(ptr arguments, i64 n, ptr strides, ptr results, ptr context)
    i32 map.NAME(ptr arguments, i64 n, ptr strides, ptr results, ptr context)

and returns 0, the number of a `core.ir.Code` with the context filled in, or `INTERRUPTED`. For `call`, arguments and
results are 64-bit words: a number is one word (a Bool 0 or 1), an array is the address of its first element, then one
word for the length of each axis. Elements are contiguous, last axis fastest: doubles, 64-bit integers, or bytes 0 and
1. The address of a small array result (`program.is_small`) is the caller's, and put there before the call; other array
results lie in the arena: copy them, then call `qdsl.release`. For `loop`, arguments are addresses of columns with
strides in bytes, results addresses of contiguous columns. `map` is for functions of arrays that give numbers: arrays
are words as for `call`, and each number is the address of a column, with its stride in the same place of `strides`.
"""

from __future__ import annotations

from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Lanes, Number, Scalar, Type, scalar_of
from qdsl.lang.source import LONGEST_CHAIN

INTERRUPTED = -1
"""The status of a call that was told to stop; no failure of the program."""

VALUES_KEPT = 4
"""How many numbers a failure can show."""

CALLS_KEPT = LONGEST_CHAIN
"""How many calls it remembers."""

NUMBERS_KEPT = 4
"""How many numbers a sighting can show."""

AXES_KEPT = 4
"""How many indices of an element it remembers."""

CONTEXT = (
    f"%context = type {{ i32, i32, i64, [{VALUES_KEPT} x i64], i32, [{CALLS_KEPT} x i32], i32, [{AXES_KEPT} x i64],"
    " i64, i64, ptr, i64, i64, i64, i64, i64, i64, i64, i64 }"
)
CODE, SITE, INDEX, VALUES, PASSED, CALLS, RANK, ELEMENT = range(8)
DEPTH, KEEP, CHUNK, TOP, END, LEFT, STARTED, PATIENCE, POINT, ROOM, SEEN = range(8, 19)
"""The fields of the context, in order."""

FAILURE_FORMAT = f"<iiq{VALUES_KEPT}qi{CALLS_KEPT}ii{AXES_KEPT}q"
CONTEXT_FORMAT = FAILURE_FORMAT + "qqqqqqqqqqq"
"""The same for `struct`, on a machine with 64-bit pointers; the first part says how a call failed."""

SIGHTING_FORMAT = f"<dq{NUMBERS_KEPT}q"
"""One sighting behind it."""

ELEMENT_BYTES = {BOOL: 1, INT: 8, REAL: 8}
ELEMENT_TYPE = {BOOL: "i8", INT: "i64", REAL: "double"}
"""How an element lies in memory."""


def element_bytes(number: Number) -> int:
    """How many bytes an element takes; lanes lie side by side."""
    return ELEMENT_BYTES[scalar_of(number)] * (number.width if isinstance(number, Lanes) else 1)


def element_type(number: Number) -> str:
    """The LLVM type of it in memory."""
    kind = ELEMENT_TYPE[scalar_of(number)]
    return f"<{number.width} x {kind}>" if isinstance(number, Lanes) else kind


RELEASE = "qdsl.release"


def words(type_: Type) -> int:
    """How many words an argument or result of that type takes in a `call`."""
    return 1 + len(type_.shape) if isinstance(type_, ArrayType) else 1


def is_scalar(type_: Type) -> bool:
    return isinstance(type_, Scalar)
