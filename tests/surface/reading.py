"""What the tests of this folder share: the corpus, and ways to read and show a program."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from qdsl.lang.report import Diagnostic, Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.surface import parse
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
