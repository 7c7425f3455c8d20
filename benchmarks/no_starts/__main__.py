"""How often a fit that was told no start ends where one ends that was started at the truth.

python -m benchmarks.no_starts [SEEDS] [MODEL ..]

Prints for each model of `models.qdsl`: of how many fits of simulated data the likelihood is as good as that of the fit
from the truth, of how many better, how many are `converged`, and the processor's time for finding a start and
fitting, at the median, beside that of fitting from the truth.
"""

from __future__ import annotations

import sys

from benchmarks.harness import seconds
from benchmarks.no_starts.gallery import TRUTHS, measured


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    names = sys.argv[2:] or list(TRUTHS)
    print(f"{'model':<26}{'as good':>10}{'better':>8}{'converged':>11}{'no start':>12}{'from truth':>12}")
    rows = []
    for name in names:
        row = measured(name, seeds)
        rows.append(row)
        print(
            f"{name:<26}{row.as_good:>6}/{row.fits:<3}{row.better:>8}{row.converged:>11}"
            f"{seconds(row.seconds):>12}{seconds(row.from_truth):>12}",
            flush=True,
        )
    fits, good = sum(each.fits for each in rows), sum(each.as_good for each in rows)
    print(f"{good} of {fits} fits without a start are as good as from the truth, or better")
    return 0


if __name__ == "__main__":
    sys.exit(main())
