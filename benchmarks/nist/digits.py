"""The fits of one NIST problem beside its certified values, in digits.

In: a problem's name. Out: the digits of each of its three fits. Terms that may be exchanged are compared in the order
in which they fit: a sum does not say which of two cycles is the first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qdsl.lang.source import Source
from qdsl.runtime.fit import Fit
from qdsl.runtime.session import Session, Settings

PROGRAMS = Path(__file__).parent / "programs"
PROBLEMS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "tests" / "data" / "nist" / "index.json").read_text(encoding="utf-8")
)
FITS = ("first", "second", "unaided")

EXCHANGED: dict[str, Sequence[int]] = {"ENSO": (0, 1, 2, 6, 7, 8, 3, 4, 5)}
"""Another order of a problem's params in which its model is the same."""

MOST = 15.0


@dataclass(frozen=True)
class Digits:
    """The least number of right digits among the params, their standard deviations, and of the sum of squares."""

    params: float
    errors: float
    rss: float
    verdict: str


def digits_of(name: str) -> dict[str, Digits]:
    """The digits of the problem's fits, by their names in the program."""
    certified = PROBLEMS[name]
    path = PROGRAMS / f"{name.lower()}.qdsl"
    messages: list[str] = []
    session = Session(Settings(lambda _: None, lambda each: messages.append(each.message), 1, {}, PROGRAMS))
    if not session.run(Source(str(path), path.read_text(encoding="utf-8"))):
        raise SystemExit("\n".join(messages))
    values = {variable.name: value for variable, value in session.environment.values.items()}
    return {each: _digits(name, values[each], certified) for each in FITS}


def _digits(name: str, fit: Fit, certified: dict[str, Any]) -> Digits:
    orders = [range(len(fit.parameters)), *([EXCHANGED[name]] if name in EXCHANGED else [])]
    estimates = list(fit)
    params, errors = max(
        (
            right([estimates[k].value for k in order], certified["certified"]),
            right([estimates[k].error for k in order], certified["certified_sd"]),
        )
        for order in orders
    )
    return Digits(params, errors, right([fit.rss or 0.0], [certified["rss"]]), str(fit.verdict))


def right(found: Sequence[float], known: Sequence[float]) -> float:
    """The least number of right digits, at most `MOST`."""
    wrong = max(abs(a - b) / abs(b) for a, b in zip(found, known, strict=True))
    return MOST if wrong <= 10.0**-MOST else -math.log10(wrong)
