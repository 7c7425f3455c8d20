"""How far the mathematical functions are from the truth: measured against mpmath, and written to docs/accuracy.md.

    python -m tests.native.accuracy [points]      measures every function and writes the table of the page anew

A sample is drawn as `samples` says; then the worst of it are looked around, again and again, for worse. The C library's
functions are measured at the same points: they are what a machine without fused multiply-add uses.
"""

from __future__ import annotations

import math
import platform
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.native.running import module
from tests.native.samples import FUNCTIONS, Function, Point, error_in_ulps, points

from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.native import python_entry, target
from qdsl.lang.native.cache import compiled as object_of
from qdsl.lang.native.from_core import from_core
from qdsl.lang.native.math.functions import FORMULAS
from qdsl.lang.native.module import NativeModule
from qdsl.runtime.kernel import Kernel

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->\n"

ROUNDS, KEPT, AROUND = 6, 40, 8
"""The hunt for the worst: so many rounds, from so many points each, looking at so many points around each."""


def compiled(inline_math: bool = True) -> dict[str, Kernel]:
    """A kernel for each function of the table, by our formulas or by the C library."""
    text = []
    for name in dict.fromkeys(function.name for function in FUNCTIONS):
        names = ["%x", "%y"][: len(PRIMITIVES[name].operands)]
        given = ", ".join(f"{each}: real" for each in names)
        text.append(f"func @{name}({given}) -> (real) {{\n %r = {name} {', '.join(names)}\n return %r }}")
    parsed = module("\n".join(text))
    machine = target.host()
    inline = inline_math and machine.has_fma
    translation = from_core(parsed, list(parsed.functions), inline, python_entry.possible())
    native = NativeModule(translation, machine, object_of(translation.text, machine, None))
    return {name: Kernel(native.entry(name)) for name in parsed.functions}


def answers(call: Kernel, where: Sequence[Point]) -> list[float]:
    """By the vector loop."""
    found: list[float] = call(*(np.array(column) for column in zip(*where, strict=True)), nonfinite="keep").tolist()
    return found


@dataclass(frozen=True, order=True)
class Worst:
    """An error in ulps, and where it is."""

    error: float
    point: Point


def judged(function: Function, call: Kernel, where: Sequence[Point]) -> list[Worst]:
    """The points, worst first."""
    found = zip(where, answers(call, where), strict=True)
    return sorted((Worst(error_in_ulps(function, point, answer), point) for point, answer in found), reverse=True)


def hunted(function: Function, call: Kernel, found: list[Worst], rounds: int = ROUNDS) -> list[Worst]:
    """The worst of `found`, and worse that lies around them; each round looks closer."""
    dice = random.Random(function.title)
    for scale in range(rounds):
        around = [_moved(dice, each.point, 3 + 6 * scale) for each in found[:KEPT] for _ in range(AROUND)]
        found = sorted({*found[:KEPT], *judged(function, call, around)}, reverse=True)
    return found


def _moved(dice: random.Random, point: Point, bits: int) -> Point:
    """Away by about 2^-bits of its size; a number that ends a range stays within it."""
    moved = tuple(x * (1.0 + math.ldexp(dice.gauss(0, 1), -bits)) for x in point)
    return moved if all(map(math.isfinite, moved)) else point


def row(function: Function, ours: Kernel, library: Kernel, count: int) -> str:
    """A line of the table. digamma and trigamma have no formula to be hunted, and no library."""
    found = judged(function, ours, points(function, count))
    if function.name not in FORMULAS:
        return f"| {function.title} | {found[0].error:.2f} | {function.claim:g} | - |"
    found = hunted(function, ours, found)
    where = [*points(function, count), *(each.point for each in found)]
    return (
        f"| {function.title} | {found[0].error:.2f} | {function.claim:g} | {_library_error(function, library, where)} |"
    )


def _library_error(function: Function, library: Kernel, where: Sequence[Point]) -> str:
    return f"{judged(function, library, where)[0].error:.2f}"


def stated(page: str) -> dict[str, tuple[float, float]]:
    """What the page says of each function: the greatest error seen and the one claimed."""
    rows = [line.split("|")[1:4] for line in page.splitlines() if line.startswith("| ")][1:]
    return {title.strip(): (float(seen), float(claim)) for title, seen, claim in rows}


def main(count: int) -> None:
    """Write the table."""
    ours, library = compiled(), compiled(inline_math=False)
    system = " ".join(platform.libc_ver()) or platform.system()
    lines = [f"| function | greatest error seen, ulp | claimed, ulp | {system}, ulp |", "|---|---|---|---|"]
    for function in FUNCTIONS:
        lines.append(row(function, ours[function.name], library[function.name], count))
        print(lines[-1], flush=True)
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
