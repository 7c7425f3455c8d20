"""The NIST StRD nonlinear regression problems: data files as published, models written out here.

`index.json` holds each problem's starts and certified values. Derivatives are complex steps, exact to rounding.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy import arctan, cos, exp, pi, sin
from numpy.typing import NDArray

from qdsl.runtime.fit import Parameter

Array = NDArray[Any]
FOLDER = Path(__file__).parents[2] / "data" / "nist"


def _gauss(x: Array, b: Array) -> Array:
    return b[0] * exp(-b[1] * x) + b[2] * exp(-(((x - b[3]) / b[4]) ** 2)) + b[5] * exp(-(((x - b[6]) / b[7]) ** 2))


def _lanczos(x: Array, b: Array) -> Array:
    return b[0] * exp(-b[1] * x) + b[2] * exp(-b[3] * x) + b[4] * exp(-b[5] * x)


def _chwirut(x: Array, b: Array) -> Array:
    return exp(-b[0] * x) / (b[1] + b[2] * x)


def _enso(x: Array, b: Array) -> Array:
    """Three cycles: a year, and two whose periods are fitted."""
    year, second, third = 2 * pi * x / 12, 2 * pi * x / b[3], 2 * pi * x / b[6]
    return (
        b[0]
        + b[1] * cos(year)
        + b[2] * sin(year)
        + b[4] * cos(second)
        + b[5] * sin(second)
        + b[7] * cos(third)
        + b[8] * sin(third)
    )


def _hahn(x: Array, b: Array) -> Array:
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3)


MODELS: dict[str, Callable[[Array, Array], Array]] = {
    "Chwirut1": _chwirut,
    "Chwirut2": _chwirut,
    "DanWood": lambda x, b: b[0] * x ** b[1],
    "ENSO": _enso,
    "Gauss1": _gauss,
    "Gauss2": _gauss,
    "Gauss3": _gauss,
    "Hahn1": _hahn,
    "Kirby2": lambda x, b: (b[0] + b[1] * x + b[2] * x**2) / (1 + b[3] * x + b[4] * x**2),
    "Lanczos1": _lanczos,
    "Lanczos2": _lanczos,
    "Lanczos3": _lanczos,
    "MGH17": lambda x, b: b[0] + b[1] * exp(-x * b[3]) + b[2] * exp(-x * b[4]),
    "Misra1a": lambda x, b: b[0] * (1 - exp(-b[1] * x)),
    "Misra1b": lambda x, b: b[0] * (1 - (1 + b[1] * x / 2) ** -2),
    "Misra1c": lambda x, b: b[0] * (1 - (1 + 2 * b[1] * x) ** -0.5),
    "Misra1d": lambda x, b: b[0] * b[1] * x / (1 + b[1] * x),
    "Nelson": lambda x, b: b[0] - b[1] * x[0] * exp(-b[2] * x[1]),
    "Roszman1": lambda x, b: b[0] - b[1] * x - arctan(b[2] / (x - b[3])) / pi,
}


@dataclass(frozen=True)
class Problem:
    """One problem from one of its two starts."""

    name: str
    start: tuple[float, ...]
    certified: tuple[float, ...]
    certified_errors: tuple[float, ...]
    rss: float
    x: Array
    y: Array

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(Parameter(f"b{k}", start) for k, start in enumerate(self.start, 1))

    @property
    def n_points(self) -> int:
        return len(self.y)

    def residuals(self, b: Array) -> Array:
        return MODELS[self.name](self.x, b) - self.y

    def jacobian(self, b: Array) -> Array:
        step = 1e-200
        columns = []
        for k in range(len(b)):
            moved = b.astype(complex)
            moved[k] += 1j * step
            columns.append(MODELS[self.name](self.x, moved).imag / step)
        return np.stack(columns, axis=1)


@cache
def _index() -> dict[str, Any]:
    index: dict[str, Any] = json.loads((FOLDER / "index.json").read_text())
    return index


def problem(name: str, start: int) -> Problem:
    """The problem from its first or second start."""
    facts = _index()[name]
    rows = _rows((FOLDER / facts["file"]).read_text(), facts["nobs"])
    y, x = rows[:, 0], rows[:, 1:].T
    return Problem(
        name=name,
        start=tuple(facts[f"start{start}"]),
        certified=tuple(facts["certified"]),
        certified_errors=tuple(facts["certified_sd"]),
        rss=facts["rss"],
        x=x if len(x) > 1 else x[0],
        y=np.log(y) if name == "Nelson" else y,
    )


def _rows(text: str, count: int) -> Array:
    """The last `count` lines of the file."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return np.array(lines[-count:], dtype=float)
