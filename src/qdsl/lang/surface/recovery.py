"""What the parser does with a token that does not fit. One pass, no backtracking.

    let a = f(1 2)         insert a comma          f(1, 2)
    let b = g(1 + , 2)     give up an expression   g(<broken>, 2)
    let c c c              give up a statement     <broken>

In this order: mend a slip that is known by its shape; supply one sign that makes the token fit; leave the token out;
give up the smallest expression around it; give up the statement. What had been understood of a thing given up is kept
(partial.py). Every way either takes a token or leaves one that has been seen to fit, so the parse always ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any

from qdsl.lang.source import Span
from qdsl.lang.surface import shape_errors, syntax_errors
from qdsl.lang.surface.layout import Layout
from qdsl.lang.surface.parser import Parse
from qdsl.lang.surface.partial import declared, nodes
from qdsl.lang.surface.tokens import CLOSER, CONTINUES, END, LATER, SPELLING, Token
from qdsl.lang.surface.tree import BrokenExpr, BrokenItem

_INSERTED = ("STAR", "COMMA", "RPAR", "RSQB", "EQUAL", "IN", "TILDE", "COLON", "NL")
"""Signs worth supplying, the likeliest first."""

_AFTER_UNIT = re.compile(r"(?:^|[^\w.])\d[\w.]*\s*[^\W\d]\w*(?:\^-?\d+)?(?:[*/ \t][^\W\d]\w*(?:\^-?\d+)?)*[ \t]+$")
"""Text that ends with a number and what may be units: `1 kg `, `9.8 m^2/s `."""

_LONGEST_UNIT = 100

_LEFT_OUT = frozenset({"EQUAL", "COLON", "DOT", "SEMI", "LET", "VAR", "PLUS", "STAR", "SLASH", "QMARK"})
"""What is worth leaving out: signs and words without a meaning of their own."""

_AFTER_EXPRESSION = frozenset(
    {"COMMA", "RPAR", "RSQB", "RBRACE", "LBRACE", "NL", END, "STRING_PART", "STRING_CLOSE", "DOTDOT", "TILDE", "COLON"}
)
"""Where reading can go on after an expression that was given up."""

_WITH_EQUAL = frozenset(
    {"LET", "VAR", "FN", "CONST", "OPTION", "DIMENSION", "UNIT", "PARAM", "AXIS", "POVM", "PROJECTIVE"}
)
_BEGINS = frozenset({"LET", "VAR", "FN", "FOR", "WHILE", "BREAK", "RETURN", "ASSERT", "IMPORT", "SHOW"}) | LATER
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
        if self.before is not None and (shaped := self.slip_of_shape(self.before, token, ahead, place)) is not None:
            return shaped
        for kind in _INSERTED:
            if self.fits(kind, token.kind, *_seen_past(kind, ahead)) and self.may_insert(kind, token):
                place.inserted = kind
                place.opener = self.insert(kind, token)
                return token
        if self.may_leave_out(token, ahead) and self.fits(*ahead):
            place.left_out = True
            return None
        return self.give_up(token)

    # ── small mends ─────────────────────────────────────────────────────────────────────────────────────────────

    def slip_of_shape(
        self, before: Token, token: Token, ahead: tuple[str, ...], place: syntax_errors.Place
    ) -> Token | None:
        """Mend what takes more than one sign to mend, and say so; the token to feed next, None for no such slip."""
        span = self.parse.build.span
        if token.kind == "NL" and ahead[:1] == ("LBRACE",) and self.fits(*ahead):
            place.said = shape_errors.brace_on_next_line(span(before), span(self.layout.raw[self.layout.at]))
            return next(self.tokens)
        if token.kind == "LBRACE" and before.kind == "EQUAL" and self.fits_instead(before, "LBRACE", *ahead):
            place.said = shape_errors.equal_before_block(span(before), span(token))
            self.take_back()
            return token
        if token.kind == "COLON" and self.in_lambda_parameters():
            after = self.skipped_to_next(token)
            place.said = shape_errors.lambda_parameter_type(span(before), self.parse.build.chunk, after.start)
            return after
        return None

    def fits_instead(self, before: Token, *kinds: str) -> bool:
        """Whether these tokens would be taken in place of `before`, which was taken last."""
        return self.parse.values[-1:] == [before] and accepts(self.parse, self.parse.states[:-1], kinds)

    def take_back(self) -> None:
        parse = self.parse
        for stack in (parse.states, parse.values, parse.starts, parse.depths):
            stack.pop()

    def in_lambda_parameters(self) -> bool:
        """Whether the bracket that we are in closes before `->`."""
        if not self.layout.open or self.layout.open[-1].kind != "LPAR":
            return False
        depth = 1
        for at in range(self.layout.at, len(self.layout.raw) - 1):
            kind = self.layout.raw[at].kind
            depth += (kind in CLOSER) - (kind in CLOSER.values())
            if depth == 0:
                return self.layout.raw[at + 1].kind == "ARROW"
        return False

    def skipped_to_next(self, token: Token) -> Token:
        """The comma or bracket after what starts with `token`."""
        depth = self.depth_before(token)
        while True:
            token = next(self.tokens)
            if token.kind == END or (token.kind in ("COMMA", "RPAR") and self.depth_before(token) == depth):
                return token

    def ahead(self, token: Token) -> tuple[str, ...]:
        """The kinds of the next tokens after `token`, to the end of the statement and three at most."""
        raw, at = self.layout.raw, self.layout.at
        wanted = [CLOSER.get(each.kind, "") for each in self.layout.open]
        kinds: list[str] = []
        for after in raw[at if token.start == token.end else at + 1 :][:3]:
            if (
                after.first
                and (kinds or token.kind != "NL")
                and (not wanted or wanted[-1] == "RBRACE")
                and after.kind not in CONTINUES
            ):
                if (kinds[-1] if kinds else token.kind) == "LBRACE":
                    return tuple(kinds)
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
        if kind == "COLON":
            return token.text[:1].isupper()  # as types begin
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
        partial = tuple(nodes(parse.values[at:]))
        depth = max(parse.depths[at:], default=0) + 1
        names = () if symbol == "expr" else tuple(parse.build.name(each) for each in declared(parse.values[at:]))
        del parse.values[at:], parse.starts[at:], parse.depths[at:], parse.states[at + 1 :]
        parse.values.append(BrokenExpr(span, partial) if symbol == "expr" else BrokenItem(span, partial, names))
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


def _seen_past(kind: str, ahead: tuple[str, ...]) -> Iterable[str]:
    """What is to fit after a sign that is supplied: of a product of units that lacks several signs, up to the next."""
    return takewhile(lambda each: each != "NAME", ahead) if kind == "STAR" else ahead


def accepts(parse: Parse, states: list[int], kinds: tuple[str, ...]) -> bool:
    """Whether an automaton with this stack would take these tokens; the stack itself stays."""
    states = states.copy()
    return all(parse.table.step(states, kind) for kind in kinds)
