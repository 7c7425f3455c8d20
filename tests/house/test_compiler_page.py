"""docs/compiler.md and docs/templates.md show what commands really print: each block is what its first line does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from qdsl.cli.main import main

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"compiler.md": 9, "templates.md": 2}
"""Pages with blocks, and how many there are at least."""

BLOCK = re.compile(r"^```console\n\$ (.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
FILTER = re.compile(r"(.*?) \| sed -n '/(.*?)/,(?:/(.*?)/|(\$))p'$")


def printed(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a line prints; of `| sed -n '/from/,/to/p'`, and `/from/,$p`, the lines between."""
    cut = FILTER.match(line)
    command, *words = shlex.split(cut[1] if cut else line)
    assert command == "qdsl"
    assert main(words) == 0
    lines = capsys.readouterr().out.rstrip("\n").splitlines()
    if cut:
        first = next(at for at, each in enumerate(lines) if re.search(cut[2], each))
        rest = lines[first:]
        end = len(rest) if cut[4] else 1 + next(at for at, each in enumerate(rest) if at and re.search(cut[3], each))
        lines = rest[:end]
    return "".join(f"{each}\n" for each in lines)


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_what_its_line_prints(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.chdir(DOCS)
    page = DOCS / name
    text = page.read_text(encoding="utf-8")
    new = BLOCK.sub(lambda block: f"```console\n$ {block[1]}\n{printed(block[1], capsys)}```", text)
    if pytestconfig.getoption("--update"):
        page.write_text(new, encoding="utf-8")
    assert len(BLOCK.findall(text)) >= PAGES[name]
    assert new == page.read_text(encoding="utf-8")
