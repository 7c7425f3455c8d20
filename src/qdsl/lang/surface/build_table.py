"""grammar.lark to table.json. Runs when the grammar is changed, never for a user: nothing else imports lark.

    python -m qdsl.lang.surface.build_table

A grammar with a conflict is refused. A test proves that the table in the repository is the grammar's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from qdsl.lang.source import Source
from qdsl.lang.surface.layout import Layout
from qdsl.lang.surface.lexer import lexed
from qdsl.lang.surface.syntax_examples import EXAMPLES
from qdsl.lang.surface.table import Table, from_data

HERE = Path(__file__).parent
STARTS = ("start", "unit_start")


class _NoText(Lexer):
    """Lark wants a lexer; ours is elsewhere."""

    def __init__(self, configuration: object) -> None:
        pass

    def lex(self, lexer_state: object, parser_state: object) -> Iterator[Token]:
        return iter(())


def table() -> dict[str, Any]:
    """The automaton as plain data.

    `rules` are [left side, length, action]; an action of "" builds nothing. `states` number the rows; a row gives for
    each symbol a state to go to, or, as a negative number, the rule to reduce by: -1 is rule 0.
    """
    grammar = (HERE / "grammar.lark").read_text(encoding="utf-8")
    lark = Lark(grammar, parser="lalr", lexer=_NoText, start=list(STARTS), strict=True, maybe_placeholders=False)
    automaton: Any = lark.parser.parser._parse_table
    rules = [rule for rule in lark.rules if not rule.origin.name.startswith("$")]
    number = {rule: at for at, rule in enumerate(rules)}
    order = _breadth_first(automaton)
    rows = [
        {
            str(symbol): order[target] if action is Shift else -1 - number[target]
            for symbol, (action, target) in sorted(automaton.states[state].items())
        }
        for state in order
    ]
    data = _shared(rows) | {
        "rules": [[rule.origin.name, len(rule.expansion), rule.alias or ""] for rule in rules],
        "starts": {start: order[automaton.start_states[start]] for start in STARTS},
        "ends": {start: order[automaton.end_states[start]] for start in STARTS},
        "situations": {"names": [], "states": [-1] * len(rows)},
    }
    return data | {"situations": _situations(from_data(data))}


def _situations(table_: Table) -> dict[str, Any]:
    """For each state the situation of the examples that stop in it, or in a state that takes the same tokens."""
    by_state: dict[int, int] = {}
    by_tokens: dict[frozenset[str], int] = {}
    for at, examples in enumerate(EXAMPLES.values()):
        for stop in filter(None, (table_.stop(_kinds(example)) for example in examples)):
            state = stop[0]
            by_state.setdefault(state, at)
            by_tokens.setdefault(_tokens(table_, state), at)
    states = [by_state.get(state, by_tokens.get(_tokens(table_, state), -1)) for state in range(len(table_.moves))]
    return {"names": list(EXAMPLES), "states": states}


def _kinds(text: str) -> list[str]:
    chunk = Source("example", text).whole
    return [token.kind for token in Layout(chunk, lexed(chunk).tokens)]


def _tokens(table_: Table, state: int) -> frozenset[str]:
    return frozenset(symbol for symbol in table_.moves[state] if not symbol.islower())


def _breadth_first(automaton: Any) -> dict[int, int]:
    """New numbers for the states, in an order that depends on the grammar alone."""
    order: dict[int, int] = {}
    waiting = [automaton.start_states[start] for start in STARTS]
    for state in waiting:
        if state not in order:
            order[state] = len(order)
            row = sorted(automaton.states[state].items())
            waiting.extend(target for _, (action, target) in row if action is Shift)
    return order


def _shared(rows: list[dict[str, int]]) -> dict[str, Any]:
    """Symbols by number, and equal rows once."""
    symbols = sorted({symbol for row in rows for symbol in row})
    index = {symbol: at for at, symbol in enumerate(symbols)}
    texts = [" ".join(f"{index[symbol]} {move}" for symbol, move in row.items()) for row in rows]
    distinct = list(dict.fromkeys(texts))
    return {"symbols": symbols, "rows": distinct, "states": [distinct.index(text) for text in texts]}


def as_text(data: dict[str, Any]) -> str:
    """JSON with one line for each part, so that a change of the grammar can be read in a diff."""
    return "{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in data.items()) + "\n}\n"


def main() -> None:
    (HERE / "table.json").write_text(as_text(table()), encoding="utf-8")


if __name__ == "__main__":
    main()
