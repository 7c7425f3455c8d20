"""Machine code by the core function that it was made from, in the user's cache.

    places = Places.of(unit)
    kept = Kept(cache)
    kept.put(places, "", (name, native))        what the rest of the stages made of the unit
    kept.get(places, "")                        the same, in another run; None where it is not kept

Most of what it takes to compile is after the first stage: derivatives, the optimiser, LLVM. The text of a core function
and where its operations come from say all that these depend on, besides this very QDSL (`runtime.stamp`) and the
machine. Where an operation comes from is said within a chunk of the source, counted from the first place that the
function has there: so code is found again when something else in a file has changed, or a comment above. Messages show
the place as it is now.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qdsl.lang.core.printer import module_text
from qdsl.lang.generate import Unit
from qdsl.lang.native.target import host
from qdsl.lang.source import Chunk, Span
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.stamp import stamp

QUICK = 1
"""The level of zlib: LLVM's text becomes a tenth in no time."""


Chunks = tuple[tuple[Chunk, int], ...]


@dataclass(frozen=True)
class Places:
    """A unit by its text and places: `text` tells units apart, `chunks` are those of the source it comes from, with
    where in each the first of its places begins: all others are counted from there.
    """

    text: str
    chunks: Chunks

    @staticmethod
    def of(unit: Unit) -> Places:
        """Of a unit after the first stage."""
        spans = list(_spans(unit))
        first: dict[Chunk, int] = {}
        for span in spans:
            for each in span.chain() if span is not None else ():
                first[each.chunk] = min(each.start, first.get(each.chunk, each.start))
        chunks = tuple(first.items())
        numbers = {chunk: (number, start) for number, (chunk, start) in enumerate(chunks)}
        shown: list[str] = []
        for span in spans:
            for each in span.chain() if span is not None else ():
                number, start = numbers[each.chunk]
                shown.append(f"{number}:{each.start - start}:{each.end - start}")
            shown.append(";")
        parts = (module_text(unit.module), unit.name, str(unit.derivative), " ".join(shown))
        return Places("\0".join(parts), chunks)


def _spans(unit: Unit) -> Iterable[Span | None]:
    """Where each function and operation comes from, in the order of the text."""
    for function in unit.module.functions.values():
        yield function.span
        for op in function.body.walk():
            yield op.span


@dataclass
class Kept:
    """What the stages after the first made, by unit and by what was asked of them besides."""

    disk: DiskCache | None

    def get(self, places: Places, further: str) -> Any:
        """What was put; None where nothing was, or what was cannot be read."""
        blob = self.disk.get(self._key(places, further)) if self.disk is not None else None
        if blob is None:
            return None
        try:
            return _Reader(io.BytesIO(zlib.decompress(blob)), places.chunks).load()
        except Exception:  # damaged or foreign bytes can raise anything; they are only from a cache
            return None

    def put(self, places: Places, further: str, made: object) -> None:
        """Keep it, unless it comes from elsewhere in the source as well."""
        if self.disk is None:
            return
        file = io.BytesIO()
        try:
            _Writer(file, places.chunks).dump(made)
        except _Elsewhere:
            return
        self.disk.put(self._key(places, further), zlib.compress(file.getvalue(), QUICK))

    def _key(self, places: Places, further: str) -> str:
        digest = hashlib.blake2b("\0".join((stamp(), str(host()), further, places.text)).encode(), digest_size=20)
        return f"kernel-{digest.hexdigest()}"


class _Elsewhere(Exception):  # noqa: N818 - no error: it ends a pickle
    """A place in a chunk that the unit does not come from."""


Place = tuple[int, int, int, Span | None]
"""A span in a pickle: the number of its chunk, where it begins and ends, and its caller, written in the same way."""


class _Writer(pickle.Pickler):
    """Pickles spans by the numbers of their chunks."""

    def __init__(self, file: io.BytesIO, chunks: Chunks) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.numbers = {chunk: (number, start) for number, (chunk, start) in enumerate(chunks)}

    def persistent_id(self, node: object) -> Place | None:
        if type(node) is Chunk:
            raise _Elsewhere
        if type(node) is not Span:
            return None
        if node.chunk not in self.numbers:
            raise _Elsewhere
        number, start = self.numbers[node.chunk]
        return number, node.start - start, node.end - start, node.caller


class _Reader(pickle.Unpickler):
    """Makes spans in the chunks of the unit at hand."""

    def __init__(self, file: io.BytesIO, chunks: Chunks) -> None:
        super().__init__(file)
        self.chunks = chunks

    def persistent_load(self, place: Place) -> Span:
        number, start, end, caller = place
        chunk, first = self.chunks[number]
        return Span(chunk, first + start, first + end, caller)
