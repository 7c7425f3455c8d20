"""What can be wrong with a text in quotes. One function for each mistake; the lexer calls it and reads on."""

from __future__ import annotations

import re
from itertools import takewhile

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.source import Span
from qdsl.lang.surface.tokens import CLOSER, SPELLING, Token

_CLOSER = {opener: SPELLING[closer] for opener, closer in CLOSER.items()} | {"STRING_OPEN": '}"'}
_CLOSING = frozenset(CLOSER.values()) | {"STRING_CLOSE"}

WRONG_ESCAPE = re.compile(r'\\(?:["\\nt]|(.|$))')
CURLY_TEXT = re.compile('[“”„]([^“”„"\n]*)[“”]|[‘’]([^‘’"\n]*)[‘’]')


def other_quotes(span: Span, body: str) -> Diagnostic:
    """`'text'`, `“text”`."""
    plain = body.replace('"', '\\"')
    fix = Fix("use straight double quotes", (Edit(span, f'"{plain}"'),))
    return error("E0113", 'text stands in double quotes: "..."', Label(span), fixes=(fix,))


def not_closed(span: Span, quote: str, closers: list[str]) -> Diagnostic:
    """`print("tau)`. The line needs the closers after the quote; those that end the text were meant as such."""
    text = span.text.rstrip()
    taken = next(n for n in range(len(closers), -1, -1) if text.endswith("".join(closers[:n])))
    end = Span(span.chunk, span.start + len(text), span.start + len(text))
    before = Span(span.chunk, end.start - taken, end.start - taken)
    rest = "".join(closers[taken:])
    edits = (Edit(end, quote + rest),) if not taken else (Edit(before, quote), *((Edit(end, rest),) if rest else ()))
    fix = Fix("close it", edits, sure=False)
    return error("E0113", "this text is not closed before the end of the line", Label(span), fixes=(fix,))


def left_open(tokens: list[Token], text: str, end: int) -> list[str]:
    """How to close what the line that ends at `end` opened, innermost first; its texts all, its brackets only if the
    next line does not go on with them.
    """
    start = text.rfind("\n", 0, end) + 1
    closers: list[str] = []
    for token in tokens[next((at for at in range(len(tokens), 0, -1) if tokens[at - 1].start < start), 0) :]:
        if token.kind in _CLOSER:
            closers.insert(0, _CLOSER[token.kind])
        elif token.kind in _CLOSING and closers:
            closers.pop(0)
    texts = max((at for at, closer in enumerate(closers, 1) if closer == _CLOSER["STRING_OPEN"]), default=0)
    brackets = [] if _goes_on(text, start, end) else list(takewhile(lambda closer: closer != "}", closers[texts:]))
    return closers[:texts] + brackets


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether the line after the one from `start` to `end` stands deeper, or begins with what closes or separates."""
    following = text[end:].lstrip("\n")[:1000].partition("\n")[0]
    indents = [len(line) - len(line.lstrip()) for line in (text[start:end], following)]
    return bool(following.strip()) and (indents[1] > indents[0] or following.strip()[0] in ")],")


def brace_not_closed(quote: Span) -> Diagnostic:
    """`"T = {t"`."""
    fix = Fix("insert `}`", (Edit(quote.before(), "}"),), sure=False)
    return error("E0113", "the `{` of this text is not closed before its end", Label(quote), fixes=(fix,))


def lone_brace(brace: Span) -> Diagnostic:
    """`"{"`."""
    fix = Fix("write `{{`", (Edit(brace, "{{"),))
    return error("E0113", "a brace in a text is written twice: {{", Label(brace), fixes=(fix,))


def escape(span: Span) -> Diagnostic:
    """`"C:\\data"`."""
    return error(
        "E0113",
        f'`{span.text}` means nothing in a text: only \\n, \\t, \\" and \\\\ do',
        Label(span),
        fixes=(Fix("write the backslash twice", (Edit(span.before(), "\\"),), sure=False),),
    )
