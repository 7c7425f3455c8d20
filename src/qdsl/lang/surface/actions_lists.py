"""Actions of lists, and of parts that may be absent."""

from __future__ import annotations

from typing import Any

from qdsl.lang.source import Span
from qdsl.lang.surface.building import Building
from qdsl.lang.surface.tokens import Token
from qdsl.lang.surface.tree import Name


def one(_build: Building, _span: Span, first: Any) -> list[Any]:
    return [first]


def more(_build: Building, _span: Span, before: list[Any], _separator: Token, last: Any) -> list[Any]:
    before.append(last)
    return before


def nothing_more(_build: Building, _span: Span) -> list[Any]:
    return []


def listed(_build: Building, _span: Span, elements: list[Any], _comma: Token | None = None) -> list[Any]:
    return elements


def bracketed(_build: Building, _span: Span, _open: Token, elements: list[Any], _close: Token) -> list[Any]:
    return elements


def absent(_build: Building, _span: Span) -> None:
    return None


def after_sign(_build: Building, _span: Span, _sign: Token, value: Any) -> Any:
    return value


def name_after(build: Building, _span: Span, _word: Token, name: Token) -> Name:
    return build.name(name)


def name_inside(build: Building, _span: Span, _open: Token, name: Token, _close: Token) -> Name:
    return build.name(name)
