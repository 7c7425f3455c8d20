"""The parse table is the grammar's, is small, and needs no lark."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.surface.reading import CORPUS

from qdsl.lang.source import Source
from qdsl.lang.surface import build_table
from qdsl.lang.surface.from_parse import ACTIONS
from qdsl.lang.surface.layout import Layout
from qdsl.lang.surface.lexer import lexed
from qdsl.lang.surface.table import table


def test_the_table_is_current() -> None:
    """After a change of the grammar or the examples: python -m qdsl.lang.surface.build_table."""
    assert build_table.as_text(build_table.table()) == (build_table.HERE / "table.json").read_text(encoding="utf-8")


def test_every_rule_has_its_action_and_every_action_its_rule() -> None:
    assert set(filter(None, table().actions)) == set(ACTIONS)


def test_users_never_import_lark_or_numpy() -> None:
    program = "import sys, qdsl.lang.surface; print([m for m in ('lark', 'numpy', 'llvmlite') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.replace("'", '"')) == []


def test_the_corpus_uses_every_rule() -> None:
    used: set[int] = set()
    for path in CORPUS:
        chunk = Source(path.name, path.read_text(encoding="utf-8")).whole
        used |= _rules_used([token.kind for token in Layout(chunk, lexed(chunk).tokens)], "start")
    chunk = Source("unit", "m/s^2").whole
    used |= _rules_used([token.kind for token in Layout(chunk, lexed(chunk).tokens)], "unit_start")
    rules = zip(table().left_sides, table().actions, strict=True)
    unused = [f"{left} -> {action}" for rule, (left, action) in enumerate(rules) if rule not in used]
    assert unused == []


def _rules_used(kinds: list[str], start: str) -> set[int]:
    """The rules that a plain automaton, without landings, reduces by."""
    parts = table()
    states, used = [parts.starts[start]], set()
    for kind in kinds:
        while (move := parts.moves[states[-1]].get(kind)) is not None and move < 0:
            rule = -1 - move
            used.add(rule)
            if length := parts.lengths[rule]:
                del states[-length:]
            states.append(parts.moves[states[-1]][parts.left_sides[rule]])
        if move is None:
            assert kind == "$END"
            assert states[-1] == parts.ends[start]
            break
        states.append(move)
    return used
