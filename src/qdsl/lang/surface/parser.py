"""Tokens to a tree: the LALR(1) automaton over the table, with recovery.

`Parse` is the state of one run: a stack of automaton states with, beside it, what was built for each, where it starts
and how deep it is. The parser reads each token once; recovery.py decides what to do with one that does not fit.
"""

from __future__ import annotations

from typing import Any

from qdsl.lang.source import Span
from qdsl.lang.surface import bracket_errors
from qdsl.lang.surface.building import Building
from qdsl.lang.surface.from_parse import ACTIONS
from qdsl.lang.surface.layout import NESTING
from qdsl.lang.surface.table import Table, table
from qdsl.lang.surface.tokens import END, Token
from qdsl.lang.surface.tree import Block, BrokenExpr, Expr, Range, TypeExpr, TypeHole


class Parse:
    """One run of the automaton. `end` is where the last token that was shifted ends."""

    def __init__(self, build: Building, start: str) -> None:
        self.table: Table = table()
        self.build = build
        self.goal = self.table.ends[start]
        self.states = [self.table.starts[start]]
        self.values: list[Any] = []
        self.starts: list[int] = []
        self.depths: list[int] = []
        self.end = 0
        self.too_deep = False

    def feed(self, token: Token) -> bool:
        """Take one token. False if it does not fit; then only reductions that it allows have been made."""
        kind = token.kind
        states, moves = self.states, self.table.moves
        while (move := moves[states[-1]].get(kind)) is not None:
            if move >= 0:
                states.append(move)
                self.values.append(token)
                self.starts.append(token.start)
                self.depths.append(0)
                self.end = token.end
                return True
            self.reduce(-1 - move, kind)
        return kind == END and states[-1] == self.goal

    def reduce(self, rule: int, following: str) -> None:
        """Replace the symbols of a rule's right side by its left side."""
        parse_table, states = self.table, self.states
        length = parse_table.lengths[rule]
        name = parse_table.actions[rule]
        if length == 1:
            children = [self.values.pop()]
            depth, start = self.depths.pop(), self.starts.pop()
            del states[-1]
        elif length:
            children = self.values[-length:]
            depth = max(self.depths[-length:])
            start = self.starts[-length]
            del self.values[-length:], self.depths[-length:], self.starts[-length:], states[-length:]
        else:
            children, depth, start = [], 0, self.end
        value: Any = children[0] if children else None
        if name:
            span = Span(self.build.chunk, start, self.end)
            value = ACTIONS[name](self.build, span, *children)
            if type(value) is not list:
                depth += 1
                if depth > NESTING:
                    value, depth = self.cut(value, span, depth)
        states.append(parse_table.landing(states[-1], parse_table.left_sides[rule], following))
        self.values.append(value)
        self.starts.append(start)
        self.depths.append(depth)

    def cut(self, value: Any, span: Span, depth: int) -> tuple[Any, int]:
        """A tree that has become too deep is emptied, so that no later stage meets it."""
        if not self.too_deep:
            self.too_deep = True
            self.build.found.append(bracket_errors.too_deep(span, NESTING))
        match value:
            case Block():
                return Block(span, ()), 1
            case Range():
                return Range(span, BrokenExpr(span, ()), BrokenExpr(span, ())), 2
            case Expr():
                return BrokenExpr(span, ()), 1
            case TypeExpr():
                return TypeHole(span), 1
            case _:
                return value, depth  # it stands in one of the above, which is next

    @property
    def result(self) -> Any:
        """What the start symbol was built to, once END has been taken."""
        return self.values[0]
