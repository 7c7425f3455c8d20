"""Keeping compiled objects: what native code asks of a cache, and what an object is known by.

`lang` touches no files, so a cache is handed in. The key covers all that machine code depends on; equal keys mean
equal code, and a cache may forget anything at any time.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from qdsl.lang.native.target import Machine, emit_object

FORMAT = "6"
"""Raised when objects of older versions of this package must not be used."""


class ObjectCache(Protocol):
    """Bytes by key. Neither method raises for what goes wrong outside: a failing cache is an empty one.

    `get` gives what was put, all of it, or nothing; `put` replaces what was there. What turns out not to link is made
    anew and put again.
    """

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, blob: bytes) -> None: ...


def compiled(text: str, machine: Machine, cache: ObjectCache | None) -> bytes:
    """The object that `text` compiles to: from the cache, or made and put there."""
    code = cache.get(object_key(text, machine)) if cache is not None else None
    return made_anew(text, machine, cache) if code is None else code


def made_anew(text: str, machine: Machine, cache: ObjectCache | None) -> bytes:
    """The object that `text` compiles to, in the place of what the cache may have."""
    code = emit_object(text, machine)
    if cache is not None:
        cache.put(object_key(text, machine), code)
    return code


def object_key(text: str, machine: Machine) -> str:
    """The key of the object that `text` compiles to on `machine`."""
    parts = (FORMAT, text, machine.triple, machine.cpu, machine.features, machine.llvm, str(machine.level))
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return "object-" + digest.hexdigest()
