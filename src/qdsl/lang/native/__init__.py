"""Core IR to machine code. See `from_core` for the translation, `abi` for how to call what comes out."""

from qdsl.lang.native.cache import ObjectCache
from qdsl.lang.native.module import Entry, NativeModule, compile
from qdsl.lang.native.sites import Site

__all__ = ["Entry", "NativeModule", "ObjectCache", "Site", "compile"]
