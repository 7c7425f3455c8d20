"""One chunk of text to its items, comments and messages: lexer, layout, parser and recovery, in this order."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Chunk, Span
from qdsl.lang.surface import shape_errors, syntax_errors
from qdsl.lang.surface.building import Building
from qdsl.lang.surface.layout import Layout, TooDeepError
from qdsl.lang.surface.lexer import lexed
from qdsl.lang.surface.parser import Parse
from qdsl.lang.surface.recovery import Recovery
from qdsl.lang.surface.tokens import LATER, UNFINISHED
from qdsl.lang.surface.tree import BrokenItem, Comment, Expr, Item


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a chunk says. `unfinished` means that more text could still make sense of it."""

    chunk: Chunk
    items: tuple[Item, ...]
    comments: tuple[Comment, ...]
    found: tuple[Diagnostic, ...]
    unfinished: bool


def parse_chunk(chunk: Chunk) -> Parsed:
    """The items of a chunk, whatever is wrong with it."""
    run = _Run(chunk, "start")
    items: list[Item] = run.result if run.complete else [BrokenItem(Span(chunk, 0, len(chunk.text)), ())]
    left_docs = [line for lines in run.build.docs.values() for line in lines]
    comments = sorted((*run.raw.comments, *left_docs), key=lambda comment: comment.span.start)
    return Parsed(chunk, tuple(items), tuple(comments), run.found(), run.unfinished)


def parse_unit_text(chunk: Chunk) -> tuple[Expr | None, tuple[Diagnostic, ...]]:
    """A unit on its own; None with messages where it is none."""
    raw = lexed(chunk)
    layout = Layout(chunk, raw.tokens)
    build = Building(chunk, raw.docs)
    parse = Parse(build, "unit_start")
    for token in layout:
        if not parse.feed(token):
            return None, (shape_errors.not_a_unit(Span(chunk, token.start, token.end), chunk.text.strip()),)
    found = (*raw.slips, *layout.found, *build.found)
    return (None if found else parse.result), found


class _Run:
    """One parse with recovery."""

    def __init__(self, chunk: Chunk, start: str) -> None:
        self.chunk = chunk
        self.raw = lexed(chunk)
        self.layout = Layout(chunk, self.raw.tokens)
        self.build = Building(chunk, self.raw.docs)
        self.recovery = Recovery(Parse(self.build, start), self.layout)
        self.complete = True
        try:
            self.result = self.recovery.run()
        except TooDeepError:
            self.complete = False

    def found(self) -> tuple[Diagnostic, ...]:
        """All messages in the order of the text, without those about what is given up as a whole."""
        brackets = (each for each in self.layout.found if not self.swallowed(each))
        slips = (*self.raw.slips, *brackets)
        syntax = [
            syntax_errors.diagnostic(place, self.chunk)
            for place in self.recovery.errors
            if not _explained(place, slips)
        ]
        skipped = self.recovery.skipped
        known = [each for each in slips if not any(begin <= _start(each) < end for begin, end in skipped)]
        return tuple(sorted((*known, *syntax, *self.build.found), key=_start))

    def swallowed(self, bracket: Diagnostic) -> bool:
        """Whether a string without an end has taken the closing bracket that is said to be missing."""
        if bracket.code != "E0103":
            return False
        opener, place = (label.span.start for label in bracket.labels)
        return any(opener <= string <= place for string in self.raw.unclosed)

    @property
    def unfinished(self) -> bool:
        """Whether the first thing wrong is that the text ends."""
        errors = self.recovery.errors
        if errors:
            last = self.raw.tokens[-2].end if len(self.raw.tokens) > 1 else 0
            return errors[0].token.start >= last
        if self.raw.slips:
            return False
        if len(self.raw.tokens) == 1:
            return bool(self.raw.docs)
        return self.layout.closed_at_end or self.raw.tokens[-2].kind in UNFINISHED


def _start(diagnostic: Diagnostic) -> int:
    span = diagnostic.span
    return span.start if span is not None else 0


def _explained(place: syntax_errors.Place, slips: tuple[Diagnostic, ...]) -> bool:
    """Whether a slip between the token before and this one has already said what is wrong."""
    if not slips or place.token.kind in LATER:
        return False
    begin = place.before.start if place.before is not None else 0
    return any(begin <= _start(each) <= place.token.start for each in slips)
