"""The examples in the doc comments of the standard library, as data.

An example is a line of a doc comment that is indented by four spaces: `sqrt(9 m^2)      # 3 m`, or
`1 / alpha      # ≈ 137.036 ± 1e-3` where less than twelve digits are claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import qdsl
from qdsl.lang.library import MODULES, QUANTUM
from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.surface import parse
from qdsl.lang.surface import tree as surface

FOLDER = Path(qdsl.__file__).parent / "stdlib"
DECLARATION = surface.Function | surface.Const | surface.Unit | surface.Dimension

SPACES = """\
space q: Qubit
space r: Qubit
space three: Qubit[3]
space c: Fock(8)
space d: Fock(8)
space s: Spin(1)
space u: Spin(1)
space t: Level(3)
"""
"""What the examples of states and operators are about."""

_EXAMPLE = re.compile(r"    (?P<expression>\S.*?)\s+# (?:(?P<expected>[^≈].*)|≈ (?P<near>.*) ± (?P<tolerance>.*))")


@dataclass(frozen=True)
class Example:
    """`expression` is claimed to be `expected`, within `tolerance` or to twelve digits.

    The names of a `module` that is not in the prelude, and those that it imports itself, have to be imported, and
    spaces be declared: `program(text)` does.
    """

    module: str
    where: str
    expression: str
    expected: str
    tolerance: str | None

    def program(self, text: str) -> str:
        if self.module in QUANTUM:
            return f"{text}\n{SPACES}"
        if self.module not in MODULES:
            return text
        words = set(re.findall(r"\w+", text))
        lines = [
            f"from {module} import {', '.join(sorted(names & words))}\n"
            for module, names in seen_in(FOLDER / f"{self.module}.qdsl").items()
            if names & words
        ]
        return "".join((*lines, text))


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.qdsl"))


def seen_in(path: Path) -> dict[str, set[str]]:
    """The names that a file of the library sees beside the prelude, by the module that has them: its own first."""
    seen = {path.stem: {item.name.text for item in declarations(path)}}
    for item in parse(Source(path.name, path.read_text("utf-8")), Diagnostics()).items:
        if isinstance(item, surface.FromImport):
            seen[item.path] = {each.text for each in item.names}
    return seen


def declarations(path: Path) -> list[DECLARATION]:
    """What a file of the library declares; it must parse without a message."""
    diagnostics = Diagnostics()
    module = parse(Source(path.name, path.read_text("utf-8")), diagnostics)
    assert not list(diagnostics), path
    items = [item for item in module.items if isinstance(item, DECLARATION)]
    others = [item for item in module.items if not isinstance(item, DECLARATION | surface.FromImport)]
    assert not others, f"{path.name} holds something else than declarations"
    return items


def examples_of(path: Path, item: DECLARATION) -> Iterator[Example]:
    for line in item.doc.splitlines():
        if not line.startswith("    "):
            continue
        match = _EXAMPLE.fullmatch(line)
        assert match, f"{path.name}: {item.name.text}: not an example: {line}"
        expected = match["expected"] or match["near"]
        yield Example(path.stem, f"{path.name}:{item.name.text}", match["expression"], expected, match["tolerance"])


def all_examples() -> list[Example]:
    return [each for path in files() for item in declarations(path) for each in examples_of(path, item)]
