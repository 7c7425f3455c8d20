"""Programs to core and run: what the tests of lowering share."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import qdsl
from qdsl.lang import differentiate
from qdsl.lang.compile import Checked, Context, check
from qdsl.lang.core.from_typed import Entry, Lowering, Refused
from qdsl.lang.core.interpret import KernelFailure, interpret
from qdsl.lang.core.layout import flatten, leaves, unflatten
from qdsl.lang.core.verify import verify
from qdsl.lang.depth import FRAMES
from qdsl.lang.library import Library, build
from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Source

sys.setrecursionlimit(FRAMES)  # as `check` does; hypothesis wants it not to change during a test

STDLIB = Path(qdsl.__file__).parent / "stdlib"


@cache
def library() -> Library:
    """The standard library, checked once for all tests."""
    return build({path.stem: path.read_text(encoding="utf-8") for path in STDLIB.glob("*.qdsl")})


def checked(text: str) -> Checked:
    """A program without mistakes."""
    result = check(Source("test.qdsl", text), Context(library()))
    assert result.ok, [each.message for each in result.diagnostics.errors]
    return result


def lowered(text: str, name: str = "f") -> Entry:
    """A function of a program as a kernel, verified."""
    entry = Lowering(differentiate).kernel(checked(text).module.functions[name])
    verify(entry.module)
    return entry


def call(entry: Entry, *arguments: Any) -> Any:
    """The value that the reference interpreter gives."""
    flat = [part for type_, each in zip(entry.parameters, arguments, strict=True) for part in flatten(type_, each)]
    results = interpret(entry.module, entry.name, flat)
    assert len(results) == len(leaves(entry.result))
    return unflatten(entry.result, results)


def run(text: str, *arguments: Any, name: str = "f") -> Any:
    """Lower the function `f` of a program and call it."""
    return call(lowered(text, name), *arguments)


def failure(text: str, *arguments: Any, name: str = "f") -> KernelFailure:
    """How a function stops."""
    try:
        value = run(text, *arguments, name=name)
    except KernelFailure as found:
        return found
    raise AssertionError(f"it did not stop but gave {value}")


def refused(text: str, name: str = "f") -> Diagnostic:
    """Why a function cannot be compiled."""
    try:
        lowered(text, name)
    except Refused as found:
        return found.diagnostic
    raise AssertionError("it was not refused")
