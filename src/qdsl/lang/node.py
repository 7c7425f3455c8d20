"""Classes for the nodes of trees: the annotations of a class in, a class with slots and an `__init__` out.

    class Expr(metaclass=NodeType):
        span: Span

    class Number(Expr):
        value: float
        imaginary: bool = False         Number(span, 2.0), compared by identity

`dataclass(eq=False, slots=True)` gives the same, at eight times the cost for each class. There are a hundred of these
classes, and whoever checks a file of ten lines waits until they are made. What `dataclasses` offers for its own classes
(`fields`, `replace`, `is_dataclass`) works for these too.

A node of a `FrozenNodeType` may not be changed. The type checker sees to it, not the running program, which makes tens
of thousands of them for one file.
"""

from __future__ import annotations

from copy import copy
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, dataclass_transform

__all__ = ["FrozenNodeType", "NodeType", "field"]


@dataclass
class _Pattern:
    any: Any


_FIELD = fields(_Pattern)[0]


class _Fields:
    """The fields of a class as `dataclasses` looks for them, made when somebody does."""

    def __init__(self) -> None:
        self.known: dict[type, dict[str, Field[Any]]] = {}

    def __get__(self, node: object, owner: type) -> dict[str, Field[Any]]:
        known = self.known.get(owner)
        if known is None:
            known = self.known[owner] = {name: _named(name) for name in owner._names}  # type: ignore[attr-defined]
        return known


def _named(name: str) -> Field[Any]:
    copied = copy(_FIELD)
    copied.name = name
    return copied


@dataclass_transform(eq_default=False, field_specifiers=(field,))
class NodeType(type):
    """The type of classes of nodes. A default is a value, or `field(default=.., kw_only=True)`."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> NodeType:
        base: Any = bases[0] if bases else None
        own = tuple(space.get("__annotations__", ()))
        names: tuple[str, ...] = (*base._names, *own) if base else own
        defaults: dict[str, Any] = dict(base._defaults) if base else {}
        keywords: frozenset[str] = base._keywords if base else frozenset()
        for each in own:
            given = space.pop(each, MISSING)
            if isinstance(given, Field):
                keywords |= {each} if given.kw_only is True else set()
                given = given.default
            if given is not MISSING:
                defaults[each] = given
        positional = tuple(each for each in names if each not in keywords)
        space |= {"_names": names, "_defaults": defaults, "_keywords": keywords}
        space |= {"__slots__": own, "__match_args__": positional}
        if not base:
            space |= {"__repr__": _shown, "__dataclass_fields__": _Fields()}
        exec(_written(names, positional, defaults), {"_defaults": defaults}, space)
        return super().__new__(cls, name, bases, space)


@dataclass_transform(eq_default=False, frozen_default=True)
class FrozenNodeType(NodeType):
    """The type of classes of nodes that do not change."""


def _written(names: tuple[str, ...], positional: tuple[str, ...], defaults: dict[str, Any]) -> str:
    """The text of `__init__`."""
    given = [_parameter(each, defaults) for each in positional]
    if len(positional) < len(names):
        given += ["*", *(_parameter(each, defaults) for each in names if each not in positional)]
    body = "; ".join(f"self.{each} = {each}" for each in names) or "pass"
    return f"def __init__({', '.join(('self', *given))}): {body}"


def _parameter(name: str, defaults: dict[str, Any]) -> str:
    return f"{name}=_defaults[{name!r}]" if name in defaults else name


def _shown(self: Any) -> str:
    said = ", ".join(f"{each}={getattr(self, each)!r}" for each in self._names)
    return f"{type(self).__name__}({said})"
