"""What the actions of one chunk share: its text, the doc comments above its declarations, and its messages."""

from __future__ import annotations

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Chunk, Span
from qdsl.lang.surface.tokens import Token
from qdsl.lang.surface.tree import Comment, Name


class Building:
    def __init__(self, chunk: Chunk, docs: dict[int, list[Comment]]) -> None:
        self.chunk = chunk
        self.docs = docs
        self.found: list[Diagnostic] = []

    def name(self, token: Token) -> Name:
        return Name(Span(self.chunk, token.start, token.end), token.text)

    def span(self, token: Token) -> Span:
        return Span(self.chunk, token.start, token.end)

    def doc(self, span: Span) -> str:
        """The text of the `##` lines above what starts at `span`."""
        lines = self.docs.pop(span.start, None)
        if lines is None:
            return ""
        return "\n".join(line.text[2:].removeprefix(" ") for line in lines)
