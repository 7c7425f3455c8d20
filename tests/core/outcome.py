"""What a program does, in a form that two runs can be compared by: every bit of a result and of what watches saw, or
the whole failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qdsl.lang.core.interpret import KernelFailure, interpret
from qdsl.lang.core.ir import Module
from qdsl.lang.core.sightings import Sighting


def bits(value: Any) -> Any:
    """A value such that `==` means the same bits; one nan is like another."""
    if isinstance(value, tuple):
        return tuple(map(bits, value))
    if isinstance(value, float):
        return "nan" if value != value else value.hex()
    return type(value).__name__, value


def outcome(module: Module, name: str, arguments: list[Any]) -> Any:
    """The bits of the results, then what was seen; or code, message, numbers and element of the failure."""
    seen: list[Sighting] = []
    try:
        return *bits(interpret(module, name, arguments, seen.append)), told(seen)
    except KernelFailure as failure:
        return failure.kind, failure.message, bits(failure.values), failure.element


def told(seen: Iterable[Sighting]) -> Any:
    """What watches saw, in whatever order."""
    return tuple(sorted((each.watch.message, bits(each.numbers)) for each in seen))
