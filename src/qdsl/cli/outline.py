"""A tree as an outline: one line for each node, indented below its parent; what is short stands on the node's line.

Let 1:1-1:15
  name: Name 1:5-1:6 text='x'
  value: Juxtapose 1:9-1:13
    ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from qdsl.lang.source import Span

Short = Callable[[object], str | None]
"""Says how a value is written where it needs no lines of its own; None where it does."""


def outline(tree: object, short: Short, label: str = "", margin: str = "") -> Iterator[str]:
    """The lines of a tree. Fields that say nothing (None, empty, False) are left out."""
    beside: list[str] = []
    below: list[tuple[str, object]] = []
    for name, value in _parts(tree):
        text = _plain(value) if short(value) is None else short(value)
        if text is not None:
            beside.append(f"{name}={text}" if name != "span" else text)
        else:
            below += _listed(name, value)
    yield f"{margin}{label}{type(tree).__name__} {' '.join(beside)}".rstrip()
    for name, value in below:
        yield from outline(value, short, f"{name}: " if name else "", margin + "  ")


def _parts(tree: object) -> Iterator[tuple[str, Any]]:
    if is_dataclass(tree):
        for each in fields(tree):
            value = getattr(tree, each.name)
            if value is not None and value is not False and value != () and value != "":
                yield each.name, value


def _plain(value: object) -> str | None:
    match value:
        case Span():
            begins, ends = value.begins, value.ends
            return f"{begins.line}:{begins.column}-{ends.line}:{ends.column}"
        case bool() | int() | float() | complex() | str():
            return repr(value)
        case tuple() if all(isinstance(each, str | bool | int) for each in value):
            return repr(value)
    return None if is_dataclass(value) or isinstance(value, tuple) else str(value)


def _listed(name: str, value: object) -> list[tuple[str, object]]:
    """A list's elements stand below each other, under the name of the list."""
    if not isinstance(value, tuple):
        return [(name, value)]
    flat: list[object] = []
    for each in value:
        flat.extend(each if isinstance(each, tuple) else (each,))
    return [(f"{name}[{index}]", each) for index, each in enumerate(flat) if is_dataclass(each)]
