"""Where compiled code may stop, what it watches, and the words for it.

Machine code carries only numbers. A `Site` is what a number means: the code, a sentence with `{0}`, `{1}` for the
values the failing operation saw, their types, and the place in the source. A `Watched` is the same for a `watch`. The
tables are made while the text is written and never enter it, so an edit that only moves a line leaves the machine code
valid.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from qdsl.lang.core.failure_words import sentence
from qdsl.lang.core.ir import BOOL, REAL, Code, Scalar, Watch
from qdsl.lang.source import Span


@dataclass(frozen=True, slots=True)
class Site:
    """One place that may stop. `values` are the types of the numbers the message shows."""

    code: Code
    message: str
    values: tuple[Scalar, ...]
    span: Span | None

    def decoded(self, raw: Sequence[int]) -> tuple[bool | int | float, ...]:
        """The values as numbers, from the words the context holds."""
        return _decoded(self.values, raw)

    def describe(self, values: Sequence[bool | int | float]) -> str:
        """The sentence, with its numbers."""
        return sentence(self.message, values)


@dataclass(frozen=True, slots=True)
class Watched:
    """One place where something is watched. `values` are the types of its numbers."""

    watch: Watch
    values: tuple[Scalar, ...]
    span: Span | None

    def decoded(self, raw: Sequence[int]) -> tuple[bool | int | float, ...]:
        """The numbers, from the words of a sighting."""
        return _decoded(self.values, raw)


def _decoded(types: Sequence[Scalar], raw: Sequence[int]) -> tuple[bool | int | float, ...]:
    return tuple(_number(type_, word) for type_, word in zip(types, raw, strict=False))


def _number(type_: Scalar, word: int) -> bool | int | float:
    if type_ is REAL:
        value: float = struct.unpack("<d", struct.pack("<q", word))[0]
        return value
    return bool(word) if type_ is BOOL else word


@dataclass
class SiteTable:
    """The sites of one compiled module, the calls that a failure may come through, and what is watched. Numbers are
    places in them.
    """

    sites: list[Site] = field(default_factory=list)
    calls: list[Span] = field(default_factory=list)
    watches: list[Watched] = field(default_factory=list)
    _numbers: dict[Site, int] = field(default_factory=dict)

    def number(self, site: Site) -> int:
        """The number of a site, the same for the same site."""
        if site not in self._numbers:
            self._numbers[site] = len(self.sites)
            self.sites.append(site)
        return self._numbers[site]

    def call_number(self, span: Span) -> int:
        """The number of a call."""
        self.calls.append(span)
        return len(self.calls) - 1

    def watch_number(self, watched: Watched) -> int:
        """The number of a watch, the same for the same one."""
        if watched not in self.watches:
            self.watches.append(watched)
        return self.watches.index(watched)
