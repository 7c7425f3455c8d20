"""What the tests of this folder share: the corpus, and ways to read and show a program."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from qdsl.lang.report import Diagnostic, Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.surface import parse
from qdsl.lang.surface.layout import Layout
from qdsl.lang.surface.lexer import lexed
from qdsl.lang.surface.table import table
from qdsl.lang.surface.tree import Module, Node

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus").glob("*.qdsl"))
STDLIB = sorted((HERE.parents[1] / "src" / "qdsl" / "stdlib").glob("*.qdsl"))


def read(text: str) -> tuple[Module, list[Diagnostic]]:
    """The tree of a text, and what was said about it."""
    diagnostics = Diagnostics()
    return parse(Source("test.qdsl", text), diagnostics), list(diagnostics)


def right(text: str) -> Module:
    """The tree of a text that has no mistake."""
    module, found = read(text)
    assert not found, [each.message for each in found]
    return module


def codes(text: str) -> list[str]:
    return [each.code for each in read(text)[1]]


def mended(text: str) -> str:
    """The text after the first fix of every message, from the last to the first."""
    edits = [edit for each in read(text)[1] for fix in each.fixes[:1] for edit in fix.edits]
    for edit in sorted(edits, key=lambda edit: edit.span.absolute, reverse=True):
        begin, end = edit.span.absolute
        text = text[:begin] + edit.text + text[end:]
    return text


def shown(value: object) -> str:
    """A tree on one line: what it says and nothing of where."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, Node):
        parts = (getattr(value, each.name) for each in fields(value) if not each.name.endswith("span"))
        return f"{type(value).__name__}({', '.join(map(shown, parts))})"
    return repr(value)


def statements(text: str) -> list[str]:
    """The items of a text that has no mistake, one line each."""
    return [shown(item) for item in right(text).items]


def reduced(text: str, start: str = "start") -> tuple[set[int], bool]:
    """The rules that a plain automaton, without landings, reduces a text by, and whether it comes to its end."""
    parts = table()
    chunk = Source("test.qdsl", text).whole
    states, used = [parts.starts[start]], set()
    for token in Layout(chunk, lexed(chunk).tokens):
        while (move := parts.moves[states[-1]].get(token.kind)) is not None and move < 0:
            rule = -1 - move
            used.add(rule)
            if length := parts.lengths[rule]:
                del states[-length:]
            states.append(parts.moves[states[-1]][parts.left_sides[rule]])
        if move is None:
            return used, token.kind == "$END" and states[-1] == parts.ends[start]
        states.append(move)
    return used, True


def unused_rules(used: set[int]) -> list[str]:
    """The productions of the grammar that are not among these."""
    rules = zip(table().left_sides, table().lengths, table().actions, strict=True)
    return [
        f"{left} -> {length} symbols, {action}" for rule, (left, length, action) in enumerate(rules) if rule not in used
    ]
