"""How long a user waits: a start, the check of a long file, a run of a short one. New processes, warm caches.

python -m benchmarks.start
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Peer, Report, environment
from benchmarks.long_program import long_program
from qdsl.version import VERSION

KERNEL = """fn decay(t: Time, tau: Time) -> Scalar = exp(-t / tau)
print(decay(1 us, 2 us))
"""


def main() -> int:
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "long.qdsl").write_text(long_program(), encoding="utf-8")
        (folder / "kernel.qdsl").write_text(KERNEL, encoding="utf-8")
        bare = Peer("python -c pass", lambda: _process("-c", "pass"), _prints(""))
        report.row("qdsl --version, cold process", [_qdsl("--version", f"qdsl {VERSION}\n"), bare], bar=0.2, runs=15)
        report.row("check of 1,000 lines, cold process", [_qdsl(f"check {folder / 'long.qdsl'}", ""), bare], bar=0.6)
        report.row(
            "run of a one-kernel file, cached", [_qdsl(f"run {folder / 'kernel.qdsl'}", "0.606531\n"), bare], bar=0.6
        )
    return report.finish()


def _qdsl(words: str, prints: str) -> Peer:
    return Peer(f"qdsl {words.split()[0]}", lambda: _process("-m", "qdsl", *words.split()), _prints(prints))


def _process(*words: str) -> str:
    command = [sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment()).stdout


def _prints(wanted: str) -> Callable[[object], None]:
    def check(answer: object) -> None:
        if answer != wanted:
            raise SystemExit(f"the wrong answer: {answer!r}, not {wanted!r}")

    return check


if __name__ == "__main__":
    sys.exit(main())
