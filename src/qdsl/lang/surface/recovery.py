"""What the parser does with a token that does not fit. One pass, no backtracking.

    let a = f(1 2)         insert a comma          f(1, 2)
    let b = g(1 + , 2)     give up an expression   g(<broken>, 2)
    let c c c              give up a statement     <broken>

In this order: supply one sign that makes the token fit; leave the token out; give up the smallest expression around
it; give up the statement. What had been understood of a thing given up is kept as its `partial` children. Every way
either takes a token or leaves one that has been seen to fit, so the parse always ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from qdsl.lang.source import Span
from qdsl.lang.surface import syntax_errors
from qdsl.lang.surface.layout import Layout
from qdsl.lang.surface.parser import Parse
from qdsl.lang.surface.tokens import CLOSER, CONTINUES, END, LATER, SPELLING, Token
from qdsl.lang.surface.tree import BrokenExpr, BrokenItem, Node

_INSERTED = ("STAR", "COMMA", "RPAR", "RSQB", "EQUAL", "IN", "TILDE", "COLON", "NL")
"""Signs worth supplying, the likeliest first."""

_AFTER_UNIT = re.compile(r"(?:^|[^\w.])\d[\w.]*\s*[^\W\d]\w*(?:\^-?\d+)?(?:[*/][^\W\d]\w*(?:\^-?\d+)?)*[ \t]+$")
"""Text that ends with a number and what may be units: `1 kg `, `9.8 m^2/s `."""

_LONGEST_UNIT = 100

_LEFT_OUT = frozenset({"EQUAL", "COLON", "DOT", "SEMI", "LET", "VAR", "PLUS", "STAR", "SLASH", "QMARK"})
"""What is worth leaving out: signs and words without a meaning of their own."""

_AFTER_EXPRESSION = frozenset(
    {"COMMA", "RPAR", "RSQB", "RBRACE", "LBRACE", "NL", END, "STRING_PART", "STRING_CLOSE", "DOTDOT", "TILDE", "COLON"}
)
"""Where reading can go on after an expression that was given up."""

_WITH_EQUAL = frozenset({"LET", "VAR", "FN", "CONST", "OPTION", "DIMENSION", "UNIT", "PARAM", "AXIS"})
_BEGINS = frozenset({"LET", "VAR", "FN", "FOR", "WHILE", "BREAK", "RETURN", "ASSERT", "IMPORT"}) | LATER
_STATEMENTS = ("item", "statement", "member")
_OPENERS = frozenset(CLOSER) | {"STRING_OPEN"}
_CLOSERS = frozenset(CLOSER.values()) | {"STRING_CLOSE"}


class Recovery:
    """Feeds a parse with a layout's tokens, whatever they are. `skipped` are statements of a later version."""

    def __init__(self, parse: Parse, layout: Layout) -> None:
        self.parse = parse
        self.layout = layout
        self.tokens: Iterator[Token] = iter(layout)
        self.before: Token | None = None
        self.errors: list[syntax_errors.Place] = []
        self.skipped: list[tuple[int, int]] = []

    def run(self) -> Any:
        """The result of the parse, errors or not."""
        feed = self.parse.feed
        for token in self.tokens:
            taken: Token | None = token
            while taken is not None and not feed(taken):
                taken = self.recover(taken)
            self.before = token
        return self.parse.result

    def recover(self, token: Token) -> Token | None:
        """Mend the parse so that it can go on; the token to feed next, or None to go on with the one after."""
        place = syntax_errors.Place(self.parse.states[-1], token, self.before)
        self.errors.append(place)
        if token.kind in LATER and self.at_statement():
            after = self.give_up_statement(token)
            self.skipped.append((token.start, self.parse.end))
            return after
        ahead = self.ahead(token)
        for kind in _INSERTED:
            if self.fits(kind, token.kind, *ahead) and self.may_insert(kind, token):
                place.inserted = kind
                place.opener = self.insert(kind, token)
                return token
        if self.may_leave_out(token, ahead) and self.fits(*ahead):
            place.left_out = True
            return None
        return self.give_up(token)

    # ── small mends ─────────────────────────────────────────────────────────────────────────────────────────────

    def ahead(self, token: Token) -> tuple[str, ...]:
        """The kinds of the next tokens after `token`, to the end of the statement and three at most."""
        raw, at = self.layout.raw, self.layout.at
        wanted = [CLOSER.get(each.kind, "") for each in self.layout.open]
        kinds: list[str] = []
        for after in raw[at if token.start == token.end else at + 1 :][:3]:
            if after.first and (not wanted or wanted[-1] == "RBRACE") and after.kind not in CONTINUES:
                if token.kind == "LBRACE" and not kinds:
                    return ()
                return (*kinds, after.kind if after.kind in ("RBRACE", END) else "NL")
            if after.kind in CLOSER:
                wanted.append(CLOSER[after.kind])
            elif wanted and after.kind == wanted[-1]:
                wanted.pop()
            kinds.append(after.kind)
            if after.kind == END:
                break
        return tuple(kinds)

    def fits(self, *kinds: str) -> bool:
        """Whether the parse, as it stands, would take these tokens."""
        return accepts(self.parse, self.parse.states, kinds)

    def may_insert(self, kind: str, token: Token) -> bool:
        """A bracket can be supplied where one is open, `*` between units, a comma not where the line ends."""
        if kind in _CLOSERS:
            return any(CLOSER.get(each.kind) == kind for each in self.layout.open)
        if kind == "EQUAL" and not self.in_declaration():
            return False
        if kind == "STAR":
            return token.kind == "NAME" and self.is_after_unit(token)
        if kind == "NL":
            return token.kind in _BEGINS
        return token.kind != "NL"

    def is_after_unit(self, token: Token) -> bool:
        text = self.parse.build.chunk.text
        return _AFTER_UNIT.search(text, max(0, token.start - _LONGEST_UNIT), token.start) is not None

    def in_declaration(self) -> bool:
        """Whether the statement began with a word that an `=` belongs to."""
        bottom = self.statement_level()
        first = self.parse.values[bottom] if bottom < len(self.parse.values) else None
        return isinstance(first, Token) and first.kind in _WITH_EQUAL

    def insert(self, kind: str, token: Token) -> Token | None:
        """Feed a sign that is not there; for a closing bracket, what it closes."""
        end = self.parse.end
        self.parse.feed(Token(kind, SPELLING.get(kind, kind.lower()), end, end, False))
        return self.layout.closed_by_parser(kind, token) if kind in _CLOSERS else None

    def may_leave_out(self, token: Token, ahead: tuple[str, ...]) -> bool:
        if token.kind == "NL":
            return ahead[:1] == ("LBRACE",)
        if token.kind == "COMMA":
            return self.before is not None and self.before.kind in ("COMMA", "LPAR", "LSQB")
        return token.kind in _LEFT_OUT

    # ── giving up ───────────────────────────────────────────────────────────────────────────────────────────────

    def at_statement(self) -> bool:
        return any(each in self.parse.table.moves[self.parse.states[-1]] for each in _STATEMENTS)

    def give_up(self, token: Token) -> Token:
        """Skip to a token with which an expression, or else the statement, can be given up."""
        parse = self.parse
        bottom = self.statement_level()
        candidates = [at for at in self.open_places() if at > bottom and self.makes_expression(at)]
        brackets = self.brackets_below()
        while True:
            depth = self.depth_before(token)
            if token.kind in _AFTER_EXPRESSION:
                for at in candidates:
                    if brackets[at] == depth and self.fits_after(at, "expr", token.kind):
                        self.replace(at, "expr", token)
                        return token
            if token.kind in ("NL", "RBRACE", END) and brackets[bottom] == depth:
                return self.close_statement(bottom, token)
            parse.end = max(parse.end, token.end)
            token = next(self.tokens)

    def give_up_statement(self, token: Token) -> Token:
        bottom = self.statement_level()
        brackets = self.brackets_below()
        while not (token.kind in ("NL", "RBRACE", END) and brackets[bottom] == self.depth_before(token)):
            self.parse.end = max(self.parse.end, token.end)
            token = next(self.tokens)
        return self.close_statement(bottom, token)

    def close_statement(self, bottom: int, token: Token) -> Token:
        row = self.parse.table.moves[self.parse.states[bottom]]
        symbol = next(each for each in _STATEMENTS if each in row)
        self.replace(bottom, symbol, token)
        return token

    def replace(self, at: int, symbol: str, token: Token) -> None:
        """Put something broken in place of all that stands on the stack above `at`."""
        parse = self.parse
        start = parse.starts[at] if at < len(parse.starts) else self.errors[-1].token.start
        span = Span(parse.build.chunk, start, max(start, parse.end))
        partial = tuple(_nodes(parse.values[at:]))
        depth = max(parse.depths[at:], default=0) + 1
        del parse.values[at:], parse.starts[at:], parse.depths[at:], parse.states[at + 1 :]
        parse.values.append(BrokenExpr(span, partial) if symbol == "expr" else BrokenItem(span, partial))
        parse.starts.append(start)
        parse.depths.append(depth)
        parse.states.append(parse.table.landing(parse.states[at], symbol, token.kind))

    def statement_level(self) -> int:
        """The highest place of the stack where a statement begins."""
        moves, states = self.parse.table.moves, self.parse.states
        return next(at for at in self.open_places() if any(each in moves[states[at]] for each in _STATEMENTS))

    def open_places(self) -> Iterator[int]:
        """The places of the stack, from the top, but for those in brackets that have been closed since."""
        counts = self.brackets_below()
        least = counts[-1]
        for at in range(len(counts) - 1, -1, -1):
            if counts[at] <= least:
                least = counts[at]
                yield at

    def makes_expression(self, at: int) -> bool:
        return "expr" in self.parse.table.moves[self.parse.states[at]]

    def fits_after(self, at: int, symbol: str, kind: str) -> bool:
        states = self.parse.states[: at + 1]
        states.append(self.parse.table.landing(states[-1], symbol, kind))
        return accepts(self.parse, states, (kind,))

    def brackets_below(self) -> list[int]:
        """For each place of the stack, how many brackets were open there."""
        counts = [0]
        for value in self.parse.values:
            kind = value.kind if isinstance(value, Token) else ""
            counts.append(counts[-1] + (kind in _OPENERS) - (kind in _CLOSERS))
        return counts

    def depth_before(self, token: Token) -> int:
        """How many brackets are open before `token`, which the layout has given just now."""
        depth = len(self.layout.open)
        if token.kind in _OPENERS:
            return depth - 1
        return depth + 1 if token.kind in _CLOSERS else depth


def accepts(parse: Parse, states: list[int], kinds: tuple[str, ...]) -> bool:
    """Whether an automaton with this stack would take these tokens; the stack itself stays."""
    states = states.copy()
    return all(parse.table.step(states, kind) for kind in kinds)


def _nodes(values: list[Any]) -> Iterator[Node]:
    """The nodes among what was built, those in lists included."""
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list):
            yield from _nodes(value)
