"""What an element of each mathematical function takes in a loop over an array, beside NumPy and SciPy.

python -m benchmarks.mathematics

One thread, arrays that stay in the second-level cache; the least of many runs, as nothing is compared with a bar.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

import qdsl
from benchmarks.harness import Peer, compare

COUNT = 20_000
RUNS = 41

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """A function in QDSL, the peer's, and the interval its arguments are drawn from."""

    name: str
    peer: Callable[..., Column]
    low: float
    high: float
    arity: int = 1


ROWS = (
    Row("exp", np.exp, -10, 10),
    Row("log", np.log, 0.1, 100),
    Row("log2", np.log2, 0.1, 100),
    Row("log10", np.log10, 0.1, 100),
    Row("sin", np.sin, -10, 10),
    Row("cos", np.cos, -10, 10),
    Row("tan", np.tan, -10, 10),
    Row("asin", np.arcsin, -1, 1),
    Row("acos", np.arccos, -1, 1),
    Row("atan", np.arctan, -5, 5),
    Row("sinh", np.sinh, -3, 3),
    Row("cosh", np.cosh, -3, 3),
    Row("tanh", np.tanh, -3, 3),
    Row("asinh", np.arcsinh, -5, 5),
    Row("acosh", np.arccosh, 1, 5),
    Row("atanh", np.arctanh, -1, 1),
    Row("erf", special.erf, -3, 3),
    Row("erfc", special.erfc, -3, 10),
    Row("lgamma", special.gammaln, 0.1, 20),
    Row("pow", np.power, 0.1, 10, 2),
    Row("hypot", np.hypot, 0.1, 10, 2),
    Row("atan2", np.arctan2, 0.1, 10, 2),
)


def main() -> int:
    os.environ["QDSL_THREADS"] = "1"
    ours = qdsl.compile("\n".join(map(_declared, ROWS)))
    print("| function | QDSL, ns | NumPy or SciPy, ns | times |\n|---|---|---|---|")
    for row in ROWS:
        print(_measured(row, getattr(ours, f"by_{row.name}")), flush=True)
    return 0


def _declared(row: Row) -> str:
    names = ("x", "y")[: row.arity]
    parameters = ", ".join(f"{name}: Scalar" for name in names)
    return f"fn by_{row.name}({parameters}) -> Scalar = {row.name}({', '.join(names)})"


def _measured(row: Row, ours: Callable[..., object]) -> str:
    dice = np.random.default_rng(1)
    columns = [dice.uniform(row.low, row.high, COUNT) for _ in range(row.arity)]
    check = _close_to(row.peer(*columns))
    peers = [
        Peer("QDSL", lambda: ours(*columns), check),
        Peer("peer", lambda: row.peer(*columns), check),
    ]
    mine, other = (timing.least / COUNT * 1e9 for timing in compare(peers, RUNS))
    return f"| {row.name} | {mine:.2f} | {other:.2f} | {other / mine:.1f} |"


def _close_to(wanted: Column) -> Callable[[object], None]:
    def check(answer: object) -> None:
        if not np.allclose(np.asarray(answer), wanted, rtol=1e-13, atol=1e-14):
            raise SystemExit("the wrong answer")

    return check


if __name__ == "__main__":
    sys.exit(main())
