"""Every item of the standard library says what it is, and shows it by an example."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.stdlib.examples import declarations, examples_of, files


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_every_item_has_a_sentence_and_an_example(path: Path) -> None:
    for item in declarations(path):
        prose = [line for line in item.doc.splitlines() if not line.startswith("    ")]
        assert prose, f"{item.name.text} has no sentence"
        assert prose[-1].endswith((".", ".)")), f"{item.name.text}: {prose[-1]!r} does not end"
        assert list(examples_of(path, item)), f"{item.name.text} has no example"


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_a_file_opens_with_what_it_holds(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    # an example is one line, however long
    assert max(len(line) for line in lines if not line.startswith("##     ")) <= 100
