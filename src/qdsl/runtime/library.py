"""The standard library from the package's files, checked once and kept in the user's cache.

The key holds the texts, the versions of QDSL and Python and the checker's own sources, so that a stale library is never
read.
"""

from __future__ import annotations

import hashlib
import sys
from functools import lru_cache
from pathlib import Path

from qdsl.lang import library
from qdsl.lang.depth import deep_recursion
from qdsl.lang.library import PRELUDE, Library
from qdsl.runtime import library_bytes
from qdsl.runtime.cache import DiskCache
from qdsl.version import VERSION

FOLDER = Path(__file__).parent.parent / "stdlib"
_LANG = Path(__file__).parent.parent / "lang"
_STAGES = ("surface", "names", "typed")


@lru_cache(maxsize=1)
def standard_library() -> Library:
    """The checked prelude."""
    cache = DiskCache.default()
    key = _key() if cache is not None else ""
    blob = cache.get(key) if cache is not None else None
    if blob is not None:
        kept = library_bytes.read(blob)
        if kept is not None:
            return kept
    with deep_recursion():
        built = library.build({name: (FOLDER / f"{name}.qdsl").read_text(encoding="utf-8") for name in PRELUDE})
        if cache is not None:
            cache.put(key, library_bytes.written(built))
    return built


def _key() -> str:
    """A name for exactly this library, checked by exactly this checker."""
    digest = hashlib.blake2b(f"{VERSION} {sys.version}".encode(), digest_size=20)
    files = [FOLDER / f"{name}.qdsl" for name in PRELUDE]
    files += [*sorted(_LANG.glob("*.py")), Path(library_bytes.__file__)]
    for stage in _STAGES:
        files += sorted((_LANG / stage).glob("*.py")) + sorted((_LANG / stage).glob("*.json"))
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name} {len(content)}\n".encode())
        digest.update(content)
    return f"library-{digest.hexdigest()}"
