"""What people do in this checkout, one word each. Needs only Python 3.11; works on Linux, macOS and Windows.

    python3 tasks.py demo      make .venv, install QDSL, run examples/t1.qdsl
    python3 tasks.py test      make .venv, install QDSL with its tools, check everything: lint, then the tests
    python3 tasks.py lint      ruff, mypy and the import contract, changing nothing
    python3 tasks.py fix       ruff's fixes and formatting
    python3 tasks.py bench     the benchmarks beside Numba, JAX, lmfit and others; `bench start` runs one
    python3 tasks.py accuracy  measure the mathematical functions, and write the table of docs/accuracy.md
    python3 tasks.py pictures  draw the pictures of docs/language.md anew

Words after the task go to its last command: `tasks.py test -k cycles`. With `--env DIR` first, another environment
than .venv is used.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NEEDED = (3, 11)
SOURCES = ("src", "tests", "benchmarks", "tasks.py")


class Environment:
    """A virtual environment, made and filled when it is first needed and again when pyproject.toml changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = scripts / ("python.exe" if os.name == "nt" else "python")

    def have(self, extra: str) -> None:
        """Install the project in place with one of its extras, unless that was done before."""
        wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        stamp = self.folder / f"installed-{extra}.toml"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
        if not self.python.exists():
            print(f"making the environment {self.folder}", flush=True)
            venv.create(self.folder, with_pip=True)
        print(f"installing qdsl[{extra}]", flush=True)
        self.run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", f".[{extra}]")
        stamp.write_text(wanted, encoding="utf-8")

    def run(self, *arguments: str) -> None:
        """Run this environment's Python in the project's folder; end with its exit code if that is not 0."""
        code = self.tried(*arguments)
        if code:
            sys.exit(code)

    def tried(self, *arguments: str) -> int:
        """The same, and the exit code."""
        return subprocess.run([str(self.python), *arguments], cwd=ROOT, check=False).returncode


def demo(environment: Environment, *rest: str) -> None:
    environment.have("plot")
    environment.run("-m", "qdsl", "run", "examples/t1.qdsl", *rest)


def test(environment: Environment, *rest: str) -> None:
    lint(environment)
    print("pytest", flush=True)
    environment.run("-m", "pytest", "-n", str(min(os.cpu_count() or 1, 4)), *rest)


def lint(environment: Environment) -> None:
    environment.have("dev")
    for name, arguments in (
        ("ruff check", ("-m", "ruff", "check", *SOURCES)),
        ("ruff format", ("-m", "ruff", "format", "--check", *SOURCES)),
        ("mypy", ("-m", "mypy")),
        ("import contract", ("-m", "pytest", "tests/house/test_floors.py")),
    ):
        print(name, flush=True)
        environment.run(*arguments)


def fix(environment: Environment) -> None:
    environment.have("dev")
    environment.run("-m", "ruff", "check", "--fix", *SOURCES)
    environment.run("-m", "ruff", "format", *SOURCES)


def bench(environment: Environment, *names: str) -> None:
    environment.have("peers")
    hidden = ("__init__", "harness")
    every = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem not in hidden)
    missed = [name for name in names or every if environment.tried("-m", f"benchmarks.{name}")]
    if missed:
        sys.exit(f"bars were missed in {', '.join(missed)}")


def accuracy(environment: Environment, *points: str) -> None:
    environment.have("dev")
    environment.run("-m", "tests.native.accuracy", *points)


def pictures(environment: Environment) -> None:
    environment.have("dev")
    environment.run("-m", "tests.house.pictures")


TASKS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "test": test,
    "lint": lint,
    "fix": fix,
    "bench": bench,
    "accuracy": accuracy,
    "pictures": pictures,
}


def main(arguments: list[str]) -> None:
    folder = ROOT / ".venv"
    if arguments[:1] == ["--env"] and len(arguments) > 2:
        folder = Path(arguments[1]).resolve()
        arguments = arguments[2:]
    if sys.version_info < NEEDED:
        sys.exit(f"QDSL needs Python {NEEDED[0]}.{NEEDED[1]} or later; this is {sys.version.split()[0]}")
    if not arguments or arguments[0] not in TASKS:
        sys.exit(__doc__)
    TASKS[arguments[0]](Environment(folder), *arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
