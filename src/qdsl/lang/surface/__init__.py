"""Text to surface trees; `surface.printer` has the way back."""

from __future__ import annotations

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Chunk, Source, Span
from qdsl.lang.surface import shape_errors
from qdsl.lang.surface.chunks import ChunkCache, parsed_chunks
from qdsl.lang.surface.parse_chunk import parse_chunk, parse_unit_text
from qdsl.lang.surface.tree import BrokenExpr, Expr, Module

__all__ = ["MAXIMUM_LENGTH", "ChunkCache", "is_incomplete", "parse", "parse_unit"]

MAXIMUM_LENGTH = 2_000_000
"""Characters in one file."""


def parse(source: Source, diagnostics: Diagnostics, cache: ChunkCache | None = None) -> Module:
    """The tree of a file, with a message for everything in it that is not QDSL.

    With a cache, chunks that it knows are not parsed again; their nodes are the same objects as before, and now belong
    to `source`.
    """
    if len(source.text) > MAXIMUM_LENGTH:
        diagnostics.add(shape_errors.file_too_large(source.span(0, 0), len(source.text), MAXIMUM_LENGTH))
        return Module(source, (), ())
    chunks = parsed_chunks(source, cache if cache is not None else ChunkCache())
    for chunk in chunks:
        for each in chunk.found:
            diagnostics.add(each)
    return Module(
        source,
        tuple(item for chunk in chunks for item in chunk.items),
        tuple(comment for chunk in chunks for comment in chunk.comments),
    )


def parse_unit(text: str, diagnostics: Diagnostics, name: str = "unit") -> Expr:
    """A unit on its own, as in a data header: `us`, `m/s^2`, `1/s`. `name` is what messages call the text."""
    chunk = Source(name, text).whole
    unit, found = parse_unit_text(chunk)
    for each in found:
        diagnostics.add(each)
    return unit if unit is not None else BrokenExpr(Span(chunk, 0, len(text)), ())


def is_incomplete(text: str) -> bool:
    """Whether a prompt should wait for another line: a bracket is open, or the last line ends in an operator."""
    return parse_chunk(Chunk(Source("prompt", text), 0, text)).unfinished
