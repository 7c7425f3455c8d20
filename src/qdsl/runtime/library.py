"""The standard library from the package's files, checked once and kept in the user's cache.

It is kept for just these files (`runtime.stamp`), so that a stale library is never read.
"""

from __future__ import annotations

from functools import lru_cache

from qdsl.lang import library
from qdsl.lang.depth import deep_recursion
from qdsl.lang.library import EVERY, Library
from qdsl.runtime import library_bytes
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.stamp import PACKAGE, stamp

FOLDER = PACKAGE / "stdlib"


@lru_cache(maxsize=1)
def standard_library() -> Library:
    """The prelude and the modules, checked."""
    cache = DiskCache.default()
    key = f"library-{stamp()}" if cache is not None else ""
    blob = cache.get(key) if cache is not None else None
    if blob is not None:
        kept = library_bytes.read(blob)
        if kept is not None:
            return kept
    with deep_recursion():
        built = library.build({name: (FOLDER / f"{name}.qdsl").read_text(encoding="utf-8") for name in EVERY})
        if cache is not None:
            cache.put(key, library_bytes.written(built))
    return built
