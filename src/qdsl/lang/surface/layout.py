"""Raw tokens to the tokens of the grammar: where statements end, which words are keywords, and closed brackets.

    let a = 1 +        LET NAME EQUAL NUMBER PLUS
        2              NUMBER NL
    axis = f(a         NAME EQUAL NAME LPAR NAME RPAR      (the `)` is missing and supplied, with a message)

The rules for newlines are those of docs/language.md: a newline ends a statement unless it is inside `(` or `[`, after
an operator or comma, or before a line that goes on with the statement. No NL comes after `{`, before `}`, twice in
a row, or at either end of the file, so the grammar never speaks of empty statements.

Brackets always match in what comes out. A bracket that is never closed is closed where the text shows that it should
have been: before a line that starts with a word which cannot stand inside it, or, when the brackets of the chunk do
not balance, before a line that is not indented deeper than the line of the open bracket.
"""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Chunk, Span
from qdsl.lang.surface import bracket_errors, slips
from qdsl.lang.surface.tokens import CLOSER, CONTINUES, END, LATER, SOFT, SPELLING, UNFINISHED, Token

NESTING = 1000
"""How deep brackets, and trees, may nest."""

_STATEMENT_WORDS = frozenset({"LET", "VAR", "FN", "WHILE", "BREAK", "RETURN", "ASSERT", "IMPORT", "SHOW"} | LATER)
"""Words that begin a statement and never stand directly inside `(` or `[`."""

_CLOSERS = frozenset(CLOSER.values())
_OPENERS = frozenset(CLOSER) | {"STRING_OPEN"}
_NUMBERS = frozenset({"NUMBER", "IMAGINARY", "UNCERTAIN"})
_STRING_ENDS = frozenset({"STRING_PART", "STRING_CLOSE"})


class TooDeepError(Exception):
    """More than NESTING brackets are open; it has been reported, and the rest of the chunk is not read."""


class Layout:
    """The tokens of one chunk, in order.

    `open` are the brackets open so far, `at` is the place of the raw token in hand, `previous` the kind of the token
    given last ("NL" also at the start and after `{`), `end` the place where it ends.
    """

    def __init__(self, chunk: Chunk, raw: list[Token]) -> None:
        self.chunk = chunk
        self.raw = raw
        self.open: list[Token] = []
        self.found: list[Diagnostic] = []
        self.balanced = _balanced(raw)
        self.previous = "NL"
        self.end = 0
        self.at = 0
        self.in_unit = False
        self.closed_at_end = False

    def __iter__(self) -> Iterator[Token]:
        semicolon = False
        for at, token in enumerate(self.raw):
            self.at = at
            if token.first and self.open:
                yield from self.closed_before(token, at)
            if token.kind == "SEMI" and self.among_statements():
                semicolon = True
                continue
            if semicolon or (token.first and self.among_statements() and self.ends_statement(token, at)):
                if self.previous != "NL" and token.kind not in ("RBRACE", END):
                    yield Token("NL", "\n", self.end, self.end, False)
                self.previous = "NL"
                self.in_unit = semicolon = False
            yield from self.read(token, at)

    def read(self, token: Token, at: int) -> Iterator[Token]:
        """A token as the grammar knows it, and what is missing before it."""
        kind = token.kind
        if token.first and self.previous in _NUMBERS and kind in ("NAME", "LPAR"):
            yield self.missing_operator(token)
        if kind == "NAME":
            if token.text in slips.FOREIGN and self.foreign(token.text, self.raw[at + 1]):
                yield from self.read_foreign(token)
                return
            token = self.word(token, at)
        elif kind in _OPENERS:
            if len(self.open) >= NESTING:
                self.found.append(bracket_errors.too_deep(self.span(token), NESTING))
                raise TooDeepError
            self.open.append(token)
        elif kind in _CLOSERS:
            yield from self.closing(token)
            return
        elif kind in _STRING_ENDS:
            yield from self.string_ends(kind)
        yield token
        self.previous = "NL" if kind == "LBRACE" else token.kind
        self.end = token.end

    def among_statements(self) -> bool:
        """Whether a newline can end a statement here: not inside `(` or `[`."""
        return not self.open or self.open[-1].kind == "LBRACE"

    def word(self, token: Token, at: int) -> Token:
        """A name, or the keyword that it is in this place."""
        kind = "NAME"
        if self.previous == "NL" and token.text in SOFT and _names_something(self.raw, at):
            kind = SOFT[token.text]
            self.in_unit = kind == "UNIT"
        elif self.in_unit and token.text == "prefixes" and self.raw[at + 1].kind == "NAME":
            kind = "PREFIXES"
        return token if kind == "NAME" else token._replace(kind=kind)

    def span(self, token: Token) -> Span:
        return Span(self.chunk, token.start, token.end)

    def ends_statement(self, token: Token, at: int) -> bool:
        """Whether the newline before `token` ends the statement above it."""
        if self.previous == "NL":
            return True
        if self.previous in UNFINISHED:
            return self.starts_statement(token, at)
        if self.previous == "RBRACE":
            if token.kind == "MINUS":
                return True
            if token.text in slips.ELSE_IF:
                return False
        if token.kind == "DOT":
            return self.raw[at + 1].kind != "NAME"
        return token.kind not in CONTINUES

    def missing_operator(self, token: Token) -> Token:
        """A number and what it multiplies stand on one line; in brackets the next line may be the next element."""
        place = Span(self.chunk, self.end, self.end)
        self.found.append(bracket_errors.product_over_lines(place, self.span(token)))
        return Token("STAR", "*", self.end, self.end, False)

    def foreign(self, text: str, after: Token) -> bool:
        """`def f` at the start of a statement, `elif` after a block: words of other languages."""
        if slips.FOREIGN[text] == ("FN",):
            return self.previous == "NL" and after.kind == "NAME" and not after.first
        return self.previous == "RBRACE" and after.kind not in ("EQUAL", "NL")

    def read_foreign(self, token: Token) -> Iterator[Token]:
        """The words that were meant, with a message."""
        self.found.append(slips.word(self.span(token)))
        for kind in slips.FOREIGN[token.text]:
            yield Token(kind, token.text, token.start, token.end, token.first)
            self.previous = kind
        self.end = token.end

    # ── brackets ────────────────────────────────────────────────────────────────────────────────────────────────

    def closed_before(self, token: Token, at: int) -> Iterator[Token]:
        """Close the brackets that the line which starts with `token` shows to have been forgotten."""
        while self.open and self.forgotten(self.open[-1], token, at):
            yield self.supplied(self.open.pop())

    def forgotten(self, opener: Token, token: Token, at: int) -> bool:
        if token.kind == END:
            self.closed_at_end = True
            return True
        if opener.kind != "LBRACE" and self.starts_statement(token, at):
            return True
        if self.balanced or token.kind == "COMMA" or (token.kind in CONTINUES and token.kind != "ELSE"):
            return False
        indent = self.indent(opener) - self.indent(token)
        if token.kind in _CLOSERS:
            return indent > 0
        return indent >= 0

    def starts_statement(self, token: Token, at: int) -> bool:
        if token.kind == "NAME":
            return token.text in SOFT and _names_something(self.raw, at)
        return token.kind in _STATEMENT_WORDS

    def closing(self, token: Token) -> Iterator[Token]:
        """`token` closes its own bracket, and those inside that were forgotten; a wrong one is read as right."""
        wanted = self.wanted()
        if not wanted:
            self.found.append(bracket_errors.closes_nothing(self.span(token), self.previous in UNFINISHED))
            return
        if wanted[-1] != token.kind and token.kind not in wanted:
            kind = wanted[-1]
            self.found.append(bracket_errors.wrong_closer(self.span(token), self.span(self.open[-1]), SPELLING[kind]))
            token = Token(kind, SPELLING[kind], token.start, token.end, token.first)
        while CLOSER[self.open[-1].kind] != token.kind:
            yield self.supplied(self.open.pop())
        self.open.pop()
        yield token
        self.previous = token.kind
        self.end = token.end

    def wanted(self) -> list[str]:
        """The closing brackets of all that is open, outermost first, back to the string we are in."""
        kinds: list[str] = []
        for each in reversed(self.open):
            if each.kind == "STRING_OPEN":
                break
            kinds.append(CLOSER[each.kind])
        return kinds[::-1]

    def string_ends(self, kind: str) -> Iterator[Token]:
        """Close what was opened inside `{..}` of a string."""
        while self.open and self.open[-1].kind != "STRING_OPEN":
            yield self.supplied(self.open.pop())
        if kind == "STRING_CLOSE" and self.open:
            self.open.pop()

    def supplied(self, opener: Token) -> Token:
        """The closing bracket that is missing, directly after what was read last."""
        kind = CLOSER[opener.kind]
        place = Span(self.chunk, self.end, self.end)
        self.found.append(bracket_errors.never_closed(place, self.span(opener), opener.text, SPELLING[kind]))
        self.previous = kind
        return Token(kind, SPELLING[kind], self.end, self.end, False)

    def closed_by_parser(self, kind: str, before: Token) -> Token | None:
        """The parser supplied a closing bracket before the token that it was given last: what it closes."""
        for at in range(len(self.open) - 1, -1, -1):
            if self.open[at] is not before and CLOSER.get(self.open[at].kind) == kind:
                return self.open.pop(at)
        return None

    def indent(self, token: Token) -> int:
        """How far the line of `token` is indented."""
        text = self.chunk.text
        begin = text.rfind("\n", 0, token.start) + 1
        at = begin
        while text[at : at + 1] in (" ", "\t"):
            at += 1
        return at - begin


def _names_something(raw: list[Token], at: int) -> bool:
    """Whether the word at `at` stands before a name or a text on the same line; `extern` also before `fn`."""
    after = raw[at + 1]
    if after.first:
        return False
    return after.kind in ("NAME", "STRING", "PATH") or (raw[at].text == "extern" and after.kind == "FN")


def _balanced(raw: list[Token]) -> bool:
    """Whether every bracket has its partner."""
    wanted: list[str] = []
    for token in raw:
        if token.kind in CLOSER:
            wanted.append(CLOSER[token.kind])
        elif token.kind in _CLOSERS and (not wanted or wanted.pop() != token.kind):
            return False
    return not wanted
