"""Text to surface trees."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.lang.report import Diagnostics, Label, error
from qdsl.lang.source import Source, Span
from qdsl.lang.surface.building import Building
from qdsl.lang.surface.layout import Layout
from qdsl.lang.surface.lexer import lexed
from qdsl.lang.surface.parser import Parse
from qdsl.lang.surface.tokens import Token
from qdsl.lang.surface.tree import BrokenExpr, BrokenItem, Expr, Module

__all__ = ["parse", "parse_unit"]


def parse(source: Source, diagnostics: Diagnostics) -> Module:
    """The tree of a whole file."""
    chunk = source.whole
    raw = lexed(chunk)
    layout = Layout(chunk, raw.tokens)
    build = Building(chunk, raw.docs)
    parse = Parse(build, "start")
    wrong = _first_wrong(parse, iter(layout))
    items = (BrokenItem(Span(chunk, 0, len(chunk.text)), ()),) if wrong else tuple(parse.result)
    if wrong:
        diagnostics.add(error("E0100", f"`{wrong.text}` does not fit here", Label(Span(chunk, wrong.start, wrong.end))))
    for each in (*raw.slips, *layout.found, *build.found):
        diagnostics.add(each)
    return Module(source, items, tuple(raw.comments))


def parse_unit(text: str, diagnostics: Diagnostics, name: str = "unit") -> Expr:
    """A unit on its own, as in the header of a data file: `us`, `m/s^2`, `1/s`."""
    chunk = Source(name, text).whole
    raw = lexed(chunk)
    build = Building(chunk, raw.docs)
    parse = Parse(build, "unit_start")
    if wrong := _first_wrong(parse, iter(Layout(chunk, raw.tokens))):
        diagnostics.add(error("E0125", f"`{text}` is not a unit", Label(Span(chunk, wrong.start, wrong.end))))
        return BrokenExpr(Span(chunk, 0, len(text)), ())
    result: Expr = parse.result
    return result


def _first_wrong(parse: Parse, tokens: Iterator[Token]) -> Token | None:
    return next((token for token in tokens if not parse.feed(token)), None)
