"""Writes the NIST problems as programs: `nist.qdsl` files with their data beside them, from the files as published.

python -m benchmarks.nist.write

In: `tests/data/nist`, the .dat files and `index.json`. Out: `programs/NAME.qdsl` and `programs/NAME.csv`. Only the
formulas are written by hand, here.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

PUBLISHED = Path(__file__).parents[2] / "tests" / "data" / "nist"
PROGRAMS = Path(__file__).parent / "programs"

CHWIRUT = "exp(-b1 * x) / (b2 + b3 * x)"
GAUSS = "b1 * exp(-b2 * x) + b3 * exp(-(x - b4)^2 / b5^2) + b6 * exp(-(x - b7)^2 / b8^2)"
LANCZOS = "b1 * exp(-b2 * x) + b3 * exp(-b4 * x) + b5 * exp(-b6 * x)"
ENSO = """b1 + b2 * cos(2pi * x / 12) + b3 * sin(2pi * x / 12)
        + b5 * cos(2pi * x / b4) + b6 * sin(2pi * x / b4)
        + b8 * cos(2pi * x / b7) + b9 * sin(2pi * x / b7)"""

MODELS = {
    "Chwirut1": CHWIRUT,
    "Chwirut2": CHWIRUT,
    "DanWood": "b1 * x^b2",
    "ENSO": ENSO,
    "Gauss1": GAUSS,
    "Gauss2": GAUSS,
    "Gauss3": GAUSS,
    "Hahn1": "(b1 + b2 * x + b3 * x^2 + b4 * x^3) / (1 + b5 * x + b6 * x^2 + b7 * x^3)",
    "Kirby2": "(b1 + b2 * x + b3 * x^2) / (1 + b4 * x + b5 * x^2)",
    "Lanczos1": LANCZOS,
    "Lanczos2": LANCZOS,
    "Lanczos3": LANCZOS,
    "MGH17": "b1 + b2 * exp(-x * b4) + b3 * exp(-x * b5)",
    "Misra1a": "b1 * (1 - exp(-b2 * x))",
    "Misra1b": "b1 * (1 - (1 + b2 * x / 2)^-2)",
    "Misra1c": "b1 * (1 - (1 + 2 * b2 * x)^-0.5)",
    "Misra1d": "b1 * b2 * x / (1 + b2 * x)",
    "Nelson": "b1 - b2 * x1 * exp(-b3 * x2)",
    "Roszman1": "b1 - b2 * x - atan(b3 / (x - b4)) / pi",
}
"""The models as published, in the language."""

PROGRAM = """\
## {name} of NIST's Statistical Reference Datasets, nonlinear regression: {difficulty} difficulty, {points} points.
experiment {word} {{
{params}
    axis {axes}
    let model = {model}
    measure {response} ~ Normal(model)
}}
let data = load("{word}.csv", {word})
let first = fit({word}, data, start = ({start1}))
let second = fit({word}, data, start = ({start2}))
let unaided = fit({word}, data)
print(unaided)
"""


def main() -> int:
    PROGRAMS.mkdir(exist_ok=True)
    files = programs()
    for name, text in files.items():
        (PROGRAMS / name).write_text(text, encoding="utf-8")
    print(f"{len(files)} files in {PROGRAMS}")
    return 0


def programs() -> dict[str, str]:
    """The text of each file by its name."""
    problems = json.loads((PUBLISHED / "index.json").read_text(encoding="utf-8"))
    files: dict[str, str] = {}
    for name, problem in problems.items():
        word = name.lower()
        rows = _rows(problem)
        axes = ["x"] if len(rows[0]) == 2 else [f"x{k}" for k in range(1, len(rows[0]))]
        response = "y" if problem["response"] == "y" else "log_y"
        files[f"{word}.csv"] = _table([response, *axes], rows)
        files[f"{word}.qdsl"] = _program(name, problem, axes, response)
    return files


def _rows(problem: dict[str, Any]) -> list[list[str]]:
    """The measurements, the response first; where its logarithm is fitted, that."""
    lines = (PUBLISHED / problem["file"]).read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip()][-problem["nobs"] :]
    if problem["response"] == "log(y)":
        rows = [[repr(math.log(float(y))), *rest] for y, *rest in rows]
    return rows


def _table(names: list[str], rows: list[list[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in [names, *rows])


def _program(name: str, problem: dict[str, Any], axes: list[str], response: str) -> str:
    names = [f"b{k}" for k in range(1, problem["nparams"] + 1)]
    starts = {
        key: ", ".join(f"{each} = {value:.15g}" for each, value in zip(names, problem[key], strict=True))
        for key in ("start1", "start2")
    }
    return PROGRAM.format(
        name=name,
        word=name.lower(),
        difficulty=problem["difficulty"].lower(),
        points=problem["nobs"],
        params="\n".join(f"    param {each}: Scalar" for each in names),
        axes=", ".join(f"{each}: Scalar" for each in axes),
        model=MODELS[name],
        response=response,
        **starts,
    )


if __name__ == "__main__":
    sys.exit(main())
