"""Object code into this process: bytes in, addresses of functions out.

One JIT serves the whole process. Each object gets a library of its own with a name that is never used again; the
tracker that llvmlite hands back holds the memory, so whoever uses an address keeps its `Library`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from qdsl.lang.native.target import binding, host, target_machine

_serial = count()


@dataclass(frozen=True)
class Library:
    """Linked code: addresses by name, valid while this lives."""

    addresses: Mapping[str, int]
    _tracker: Any = field(repr=False)


class LinkError(Exception):
    """These bytes are no object, or not one that has and needs what was said."""


def link(code: bytes, exports: Sequence[str], imports: Mapping[str, int]) -> Library:
    """Link an object; `imports` are addresses it needs beyond what the process has. Raises `LinkError`."""
    try:
        return _link(code, exports, imports)
    except RuntimeError as refused:  # what llvmlite raises for all that LLVM says no to
        raise LinkError(str(refused)) from None


def _link(code: bytes, exports: Sequence[str], imports: Mapping[str, int]) -> Library:
    builder = binding().JITLibraryBuilder().add_object_img(code).add_current_process()
    for name, address in imports.items():
        builder.import_symbol(name, address)
    for name in exports:
        builder.export_symbol(name)
    tracker = builder.link(_jit(), f"qdsl.{next(_serial)}")
    return Library({name: tracker[name] for name in exports}, tracker)


@cache
def _jit() -> Any:
    return binding().create_lljit_compiler(target_machine(host()), use_jit_link=True)
