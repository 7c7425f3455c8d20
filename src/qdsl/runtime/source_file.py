"""The text of a program's file: bytes in, a `Source` or the message that says why there is none.

decoded("t1.qdsl", b"let x = 1")         Source
decoded("t1.qdsl", b"let x = \\xff")      E0904, with the first byte that is no UTF-8
"""

from __future__ import annotations

import codecs

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Source


def decoded(name: str, data: bytes) -> Source | Diagnostic:
    """A program from the bytes of its file; a byte-order mark is no part of it."""
    data = data.removeprefix(codecs.BOM_UTF8)  # the codec that does this is one more module to load at every start
    try:
        return Source(name, data.decode())
    except UnicodeDecodeError as failure:
        return _not_utf8(name, data, failure)


def _not_utf8(name: str, data: bytes, failure: UnicodeDecodeError) -> Diagnostic:
    before = data[: failure.start].decode()
    source = Source(name, data.decode(errors="replace"))
    return error(
        "E0904",
        f"{name} is not UTF-8 text: the byte 0x{data[failure.start]:02X} cannot stand here",
        Label(source.span(len(before), len(before) + 1)),
        hint="save the file as UTF-8",
    )
