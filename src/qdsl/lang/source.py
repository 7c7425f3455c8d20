"""Text and places in it.

A `Source` is one file's text. It is cut into `Chunk`s, one for each top-level item, and a `Span` is a half-open
range of characters *relative to its chunk*. So when a line is added at the top of a file, the trees of all the
items below stay valid as they are: only the offset of their chunks changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

LONGEST_CHAIN = 16
"""How many calls a span remembers."""


@dataclass(eq=False)
class Source:
    """The text of one file (or of one line typed at a prompt), and the name that messages give it."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of every line."""
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> Position:
        """Line and column, both from 1, of a character offset."""
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")

    def span(self, start: int, end: int) -> Span:
        """A span by absolute offsets, for messages about a file that has no chunks."""
        return Span(self.whole, start, end)

    @cached_property
    def whole(self) -> Chunk:
        """The file as a single chunk."""
        return Chunk(self, 0, self.text)


class Position(NamedTuple):
    """A line and a column, both counted from 1; columns count characters."""

    line: int
    column: int


@dataclass(eq=False, slots=True)
class Chunk:
    """A run of a source's text that is parsed on its own. `offset` moves when text above it changes."""

    source: Source = field(repr=False)
    offset: int
    text: str = field(repr=False)


class Span(NamedTuple):
    """Characters `start` to `end` (exclusive) of a chunk.

    Code that was put in the place of a call, or failed in one, also says where the call stands: `caller`, which may
    have a caller of its own.
    """

    chunk: Chunk
    start: int
    end: int
    caller: Span | None = None

    @property
    def source(self) -> Source:
        return self.chunk.source

    @property
    def text(self) -> str:
        return self.chunk.text[self.start : self.end]

    @property
    def absolute(self) -> tuple[int, int]:
        """The same range in characters of the whole source."""
        return self.chunk.offset + self.start, self.chunk.offset + self.end

    @property
    def begins(self) -> Position:
        return self.source.position(self.chunk.offset + self.start)

    @property
    def ends(self) -> Position:
        return self.source.position(self.chunk.offset + self.end)

    @property
    def place(self) -> str:
        """`t1.qdsl:12`, the line that it begins in."""
        return f"{self.source.name}:{self.begins.line}"

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of `other`, which may lie in a later chunk."""
        if other.chunk is self.chunk:
            return Span(self.chunk, self.start, max(self.end, other.end))
        return self.source.span(self.absolute[0], other.absolute[1])

    def called_from(self, call: Span) -> Span:
        """The same place, reached by the call at `call`. Of a long chain the end is left out."""
        chain = list(self.chain())
        if len(chain) >= LONGEST_CHAIN:
            return self
        for each in reversed(chain):
            call = each._replace(caller=call)
        return call

    def chain(self) -> Iterator[Span]:
        """This place, that of the call it was reached by, and so on outwards."""
        span: Span | None = self
        while span is not None:
            yield span
            span = span.caller

    def before(self) -> Span:
        """The empty span at this one's start: where an insertion goes."""
        return Span(self.chunk, self.start, self.start)

    def after(self) -> Span:
        """The empty span at this one's end."""
        return Span(self.chunk, self.end, self.end)
