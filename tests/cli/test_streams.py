"""Standard streams that are closed or full: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qdsl.cli.exits import Exit

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs a POSIX shell and /dev/full")


def shell(words: str, folder: Path) -> tuple[int, str]:
    """Run qdsl under a shell that redirects; the exit code and what came on standard error."""
    line = f'"{sys.executable}" -m qdsl {words}'
    done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sound.qdsl").write_text("print(1)\n", encoding="utf-8")
    (tmp_path / "silent.qdsl").write_text("let a = 1\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("words", ["run sound.qdsl", "--version", "--help", "run --help", "fmt - < sound.qdsl"])
@pytest.mark.parametrize(("redirected", "why"), [(">&-", "it is closed"), (">/dev/full", "no space left on device")])
def test_an_output_that_cannot_be_written(words: str, redirected: str, why: str, folder: Path) -> None:
    code, said = shell(f"{words} {redirected}", folder)
    assert (code, said) == (Exit.UNWRITTEN, f"error: the output cannot be written: {why}\n")


def test_a_closed_output_that_is_not_needed(folder: Path) -> None:
    assert shell("run silent.qdsl >&-", folder) == (Exit.OK, "")
    assert shell("run sound.qdsl 2>&-", folder) == (Exit.OK, "")


def test_nobody_can_be_told(folder: Path) -> None:
    assert shell("run sound.qdsl >&- 2>&-", folder) == (Exit.UNWRITTEN, "")


def test_a_closed_input(folder: Path) -> None:
    code, said = shell("run - <&-", folder)
    assert code == Exit.FAILED
    assert "error E0903: cannot read standard input: it is closed" in said
    assert shell("repl <&-", folder) == (Exit.OK, "")
