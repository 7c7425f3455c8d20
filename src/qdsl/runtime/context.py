"""The block of memory that a call of machine code works with (`native.abi`), what it says when the call stopped, and
what was seen by watches.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from qdsl.lang.core.sightings import Sighting
from qdsl.lang.native import Site
from qdsl.lang.native.abi import CALLS_KEPT, CONTEXT_FORMAT, FAILURE_FORMAT, SIGHTING_FORMAT, VALUES_KEPT
from qdsl.lang.native.sites import Watched
from qdsl.lang.source import Span

SIZE = struct.calcsize(CONTEXT_FORMAT)
SIGHTING = struct.Struct(SIGHTING_FORMAT)

Block = ctypes.Array[ctypes.c_char]


def fresh(keep: bool, watches: int = 0) -> Block:
    """A context for one call, with room for so many watches. `keep` lets results pass that are not finite."""
    block, template = _template(keep, memory_limit(), watches)
    return block.from_buffer_copy(template)


@cache
def _template(keep: bool, left: int, watches: int) -> tuple[type[Block], bytes]:
    """All zero but for what the caller decides."""
    failure = struct.unpack(FAILURE_FORMAT, bytes(struct.calcsize(FAILURE_FORMAT)))
    context = struct.pack(CONTEXT_FORMAT, *failure, 0, keep, 0, 0, 0, left, 0, 0, 0, watches, 0)
    whole = context + bytes(SIGHTING.size * watches)
    return ctypes.c_char * len(whole), whole


def sightings(context: Block, watches: Sequence[Watched]) -> list[tuple[Sighting, int]]:
    """What was seen in a call that succeeded, each at the number of an element."""
    if not watches or context[SEEN_AT] == b"\0":
        return []
    found: list[tuple[Sighting, int]] = []
    for watched, (worst, point, *numbers) in zip(
        watches, SIGHTING.iter_unpack(memoryview(context)[SIZE:]), strict=True
    ):
        if worst > 0:
            found.append((Sighting(watched.watch, watched.decoded(numbers), watched.span), point))
    return found


SEEN_AT = SIZE - 8
"""Where the last field, which is 0 or 1, begins."""


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


def stopped(context: Block) -> Stop:
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
