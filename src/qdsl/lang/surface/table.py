"""The parse table: table.json as the dictionaries that the parser runs on."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from qdsl.lang.surface.tokens import END


@dataclass(frozen=True, slots=True)
class Table:
    """`moves[state][symbol]` is a state to go to, or a negative number: -1 - the rule to reduce by.

    `landings` remembers where the parser ends up, from a state, with a symbol and the token that follows, after all
    the rules that build nothing: `expr` from `sum` from `product` ... costs one look instead of one reduction each.
    """

    moves: list[dict[str, int]]
    left_sides: list[str]
    lengths: list[int]
    actions: list[str]
    starts: dict[str, int]
    ends: dict[str, int]
    situations: list[str]
    landings: dict[tuple[int, str, str], int] = field(default_factory=dict)

    def landing(self, state: int, symbol: str, following: str) -> int:
        """The state to push when `symbol` has been made in `state` and `following` is the next token."""
        key = state, symbol, following
        found = self.landings.get(key)
        if found is None:
            found = self.moves[state][symbol]
            while (move := self.moves[found].get(following)) is not None and move < 0 and not self.actions[-1 - move]:
                found = self.moves[state][self.left_sides[-1 - move]]
            self.landings[key] = found
        return found

    def stop(self, kinds: Iterable[str]) -> tuple[int, str] | None:
        """The state and the token where a parse of these tokens stops; None if it goes through."""
        states = [self.starts["start"]]
        for kind in kinds:
            if not self.step(states, kind):
                return states[-1], kind
        return None

    def step(self, states: list[int], kind: str) -> bool:
        """Let a bare stack of states take one token."""
        while (move := self.moves[states[-1]].get(kind)) is not None:
            if move >= 0:
                states.append(move)
                return True
            rule = -1 - move
            if length := self.lengths[rule]:
                del states[-length:]
            states.append(self.landing(states[-1], self.left_sides[rule], kind))
        return kind == END and states[-1] == self.ends["start"]


@cache
def table() -> Table:
    """The table, read once."""
    text = pkgutil.get_data("qdsl.lang.surface", "table.json")
    assert text is not None
    return from_data(json.loads(text))


def from_data(data: dict[str, Any]) -> Table:
    """The table from its JSON."""
    symbols = data["symbols"]
    rows = [_row(text, symbols) for text in data["rows"]]
    names = data["situations"]
    situations = [names["names"][at] if at >= 0 else "" for at in names["states"]]
    left_sides, lengths, actions = map(list, zip(*data["rules"], strict=True))
    return Table(
        [rows[at] for at in data["states"]], left_sides, lengths, actions, data["starts"], data["ends"], situations
    )


def _row(text: str, symbols: list[str]) -> dict[str, int]:
    numbers = [int(each) for each in text.split()]
    return {symbols[symbol]: move for symbol, move in zip(numbers[::2], numbers[1::2], strict=True)}
