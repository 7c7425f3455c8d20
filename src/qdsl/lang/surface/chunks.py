"""A file's text to chunks that are parsed on their own, and the cache that keeps them from being parsed again.

A chunk begins at a line at column 0 that begins an item, outside brackets, strings and blocks, together with the
comment lines above it. After an edit only the chunk that changed is parsed; the trees of all others are the same
objects as before, and only their chunk's `offset` and `source` are set anew.

Where a bracket is never closed, the chunk ends before the next line at column 0 that starts a declaration, or, if the
end of the file comes first, before the next line at column 0 that starts anything: so a broken item does not take the
rest of the file with it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from qdsl.lang.source import Chunk, Source
from qdsl.lang.surface.parse_chunk import Parsed, parse_chunk

_PIECE = re.compile(
    r"""(?P<string> "(?:[^"\\\n]|\\.)*"? )
      | (?P<comment> \#[^\n]* )
      | (?P<open> [(\[{] )
      | (?P<close> [)\]}] )
      | (?P<newline> \n )
      | (?P<code> [^"\#()\[\]{}\n]+ )""",
    re.VERBOSE,
)
_GOES_ON = re.compile(r"(?:[+\-*/^=<>~,:.≈≠≤≥±]|\b(?:and|or|not|in|to|as|forall|given))\s*\Z")
_STARTS_ITEM = re.compile(r"""(?!(?:else|as|to|and|or|in|forall|given)\b)[\w"(\[]""")
_DECLARES = re.compile(
    r"""fn[ \t] | extern[ \t]+fn\b | import[ \t] | from[ \t]+[\w"] | test[ \t]+"
      | (?: experiment | dimension | unit | const | option )[ \t]+[^\W\d]""",
    re.VERBOSE,
)
_PATIENCE = 20
"""How often a bracket without its partner may cost a second look at the rest of the file."""


@dataclass(slots=True)
class ChunkCache:
    """What the last parse of a file made of each chunk, by the chunk's text and which of its equals it was."""

    parsed: dict[tuple[str, int], Parsed] = field(default_factory=dict)


def parsed_chunks(source: Source, cache: ChunkCache) -> list[Parsed]:
    """Every chunk of the source in order, parsed now or found in the cache, which holds just these afterwards."""
    kept: dict[tuple[str, int], Parsed] = {}
    seen: Counter[str] = Counter()
    text = source.text
    starts = cuts(text)
    for begin, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece = text[begin:end]
        key = piece, seen[piece]
        seen[piece] += 1
        known = cache.parsed.get(key)
        if known is None:
            known = parse_chunk(Chunk(source, begin, piece))
        else:
            known.chunk.source, known.chunk.offset = source, begin
        kept[key] = known
    cache.parsed = kept
    return list(kept.values())


def cuts(text: str) -> list[int]:
    """Where chunks begin; the first is 0."""
    starts = [0]
    patience = _PATIENCE
    while True:
        found, open_from = _cuts_from(text, starts[-1], patience <= 0)
        starts += found
        if open_from is None:
            return starts
        starts.append(open_from)
        patience -= 1


def _cuts_from(text: str, begin: int, impatient: bool) -> tuple[list[int], int | None]:
    """The cuts after `begin`, and, if a bracket stays open in the last chunk, where to cut that one."""
    found: list[int] = []
    depth = 0
    last = ""
    comments = -1
    fallback = None
    for piece in _PIECE.finditer(text, begin):
        kind = piece.lastgroup
        at = piece.start()
        if kind == "newline":
            continue
        at_column_0 = at > begin and text[at - 1] == "\n"
        if kind == "comment":
            if at_column_0 and comments < 0:
                comments = at
            continue
        if kind == "code" and text[at : piece.end()].isspace():
            continue
        if at_column_0 and last and _STARTS_ITEM.match(text, at):
            cut = comments if comments >= 0 else at
            if depth and fallback is not None and not impatient and _DECLARES.match(text, at):
                return found, fallback
            if (depth == 0 and not _GOES_ON.search(last)) or impatient or _DECLARES.match(text, at):
                found.append(cut)
                depth, fallback = 0, None
            elif depth and fallback is None:
                fallback = cut
        comments = -1
        last = piece[0]
        if kind == "open":
            depth += 1
        elif kind == "close" and depth:
            depth -= 1
    return found, (fallback if depth else None)
