"""A checked library as bytes, and back: names and types at once, the bodies of functions when they are wanted.

    written(library) -> bytes, read(bytes) -> Library

A program uses few of the library's functions, and checking one needs no bodies at all; but bodies are most of what a
library is. So each is a pickle of its own. What a body shares with the rest (functions, variables, texts, open
dimensions) is in one list, and stands in the body's pickle by its place there.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any

from qdsl.lang.library import Library
from qdsl.lang.node import field
from qdsl.lang.source import Chunk, Source
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dimension import DimVar, Turn
from qdsl.lang.typed.types import TypeVar

_SHARED = (typed.Function, typed.Variable, Source, Chunk, DimVar, Turn, TypeVar)


class StoredFunction(typed.Function):
    """A function whose `body` is made from its pickle `stored` when somebody looks at it."""

    stored: bytes = field(default=b"", kw_only=True)
    shared: Sequence[object] = field(default=(), kw_only=True)

    def __getattr__(self, name: str) -> Any:
        """Python asks here for what is not set, as the body is not before it was wanted."""
        if name != "body":
            raise AttributeError(name)
        self.body = _BodyReader(io.BytesIO(self.stored), self.shared).load()
        return self.body


def written(library: Library) -> bytes:
    """The library as bytes."""
    found = _Finder()
    found.dump(library)
    shared = list(found.shared.values())
    file = io.BytesIO()
    _Writer(file, shared).dump(library)
    return file.getvalue()


def read(blob: bytes) -> Library | None:
    """The library in these bytes; None where they cannot be read, whatever the reason."""
    try:
        kept = pickle.loads(blob)
    except Exception:  # damaged or foreign bytes can raise anything; they are only from a cache
        return None
    return kept if isinstance(kept, Library) else None


class _Heads(pickle.Pickler):
    """Pickles a library with functions that have a body as `StoredFunction`s."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)

    def reducer_override(self, node: object) -> Any:
        if type(node) is not typed.Function or node.body is None:
            return NotImplemented
        state = {name: getattr(node, name) for name in typed.Function.__match_args__ if name != "body"}
        return StoredFunction.__new__, (StoredFunction,), (None, state | self.body(node))

    def body(self, function: typed.Function) -> dict[str, object]:
        """What a function has in place of its body."""
        return {}


class _Finder(_Heads):
    """A first round that only collects what bodies may share with the rest."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO())
        self.shared: dict[int, object] = {}

    def persistent_id(self, node: object) -> None:
        if isinstance(node, _SHARED):
            self.shared[id(node)] = node


class _Writer(_Heads):
    def __init__(self, file: io.BytesIO, shared: list[object]) -> None:
        super().__init__(file)
        self.shared = shared
        self.places = {id(each): place for place, each in enumerate(shared)}

    def body(self, function: typed.Function) -> dict[str, object]:
        file = io.BytesIO()
        _BodyWriter(file, self.places).dump(function.body)
        return {"stored": file.getvalue(), "shared": self.shared}


class _BodyWriter(pickle.Pickler):
    def __init__(self, file: io.BytesIO, places: dict[int, int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.places = places

    def persistent_id(self, node: object) -> int | None:
        return self.places.get(id(node))


class _BodyReader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, place: int) -> object:
        return self.shared[place]
