"""A command loads what it needs and no more: each module costs every user a part of a millisecond at every start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qdsl.runtime.library import standard_library

PROGRAM = "fn twice(x) = 2 * x\nlet a = twice(3 us)\n"
WRAP = (
    "import sys; from qdsl.cli.main import main; code = main(sys.argv[1:]); print(*sorted(sys.modules)); sys.exit(code)"
)
STANDARD = {"tempfile", "random", "importlib.resources", "ctypes", "logging", "secrets"}
LATER = {"qdsl.lang.native", "qdsl.lang.optimise", "qdsl.lang.differentiate", "qdsl.lang.core.from_typed"}
BESIDE = {"numpy", "scipy", "llvmlite", "lark", "matplotlib", "qdsl.lang.surface.printer", "qdsl.runtime.fit"}


@pytest.mark.parametrize(
    ("command", "unneeded"),
    [("check", STANDARD | LATER | BESIDE), ("run", BESIDE)],
)
def test_modules_that_a_command_does_without(tmp_path: Path, command: str, unneeded: set[str]) -> None:
    standard_library()  # so that it is in the cache
    path = tmp_path / "program.qdsl"
    path.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", WRAP, command, str(path)], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "qdsl.lang.compile" in loaded
    assert loaded & unneeded == set()
