"""The documents use the whole grammar: every production is reduced by some program in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.mdtest.document import cases
from tests.surface.reading import reduced, unused_rules

from qdsl.cli.explain import PAGES

HERE = Path(__file__).parent


def test_the_documents_use_every_production() -> None:
    used, _ = reduced("m/s^2", "unit_start")
    for text in _programs():
        used |= reduced(text)[0]
    assert unused_rules(used) == []


def _programs() -> Iterator[str]:
    """Every program of the documents; a wrong one counts as far as its first syntax error."""
    yield (HERE / "tiny.qdsl").read_text(encoding="utf-8")
    for path in (*sorted(HERE.glob("*.md")), *sorted(PAGES.glob("*.md"))):
        for case in cases(path.read_text(encoding="utf-8")):
            yield case.text
            yield from case.files.values()
