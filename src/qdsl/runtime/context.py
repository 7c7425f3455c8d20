"""The block of memory that a call of machine code works with (`native.abi`), and what it says when the call stopped."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from qdsl.lang.native import Site
from qdsl.lang.native.abi import CALLS_KEPT, CONTEXT_FORMAT, FAILURE_FORMAT, VALUES_KEPT
from qdsl.lang.source import Span

SIZE = struct.calcsize(CONTEXT_FORMAT)
Block = ctypes.c_char * SIZE


def fresh(keep: bool) -> ctypes.Array[ctypes.c_char]:
    """A context for one call. `keep` lets results pass that are not finite."""
    return Block.from_buffer_copy(_template(keep, memory_limit()))


@cache
def _template(keep: bool, left: int) -> bytes:
    """All zero but for what the caller decides."""
    failure = struct.unpack(FAILURE_FORMAT, bytes(struct.calcsize(FAILURE_FORMAT)))
    return struct.pack(CONTEXT_FORMAT, *failure, 0, keep, 0, 0, 0, left, 0, 0)


@dataclass(frozen=True, slots=True)
class Stop:
    """How a call failed: at which site, at which element of what it goes over, with which raw values, through which
    calls, and at which element of an array that it was building.
    """

    site: int
    element: int
    values: tuple[int, ...]
    calls: tuple[int, ...]
    within: tuple[int, ...]

    def place(self, sites: Sequence[Site], calls: Sequence[Span]) -> Span | None:
        """Where it was, and the calls that led there."""
        span = sites[self.site].span
        for each in self.calls if span is not None else ():
            span = span.called_from(calls[each]) if span is not None else None
        return span


def stopped(context: ctypes.Array[ctypes.c_char]) -> Stop:
    """What the context of a failed call says."""
    _, site, element, *rest = struct.unpack_from(FAILURE_FORMAT, context)
    passed = rest[VALUES_KEPT]
    first = VALUES_KEPT + 1
    rank, *indices = rest[first + CALLS_KEPT :]
    calls = tuple(rest[first : first + passed])
    return Stop(site, element, tuple(rest[:VALUES_KEPT]), calls, tuple(indices[:rank]))


@cache
def memory_limit() -> int:
    """What one call may take for its arrays: half of the machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return 1 << 31
