"""How many digits of the NIST problems come out right: from both published starts, and from none.

python -m benchmarks.nist [PROBLEM ..]

Runs `programs/NAME.qdsl` and compares with the certified values of `tests/data/nist/index.json`. Printed are the least
number of right digits, -log10 of the relative error, of the params, of their standard deviations and of the residual
sum of squares, and the verdict: of three problems the data refuse the model, wherever a fit begins. Certified values
have eleven digits.
"""

from __future__ import annotations

import sys

from benchmarks.nist.digits import PROBLEMS, Digits, digits_of

STARTS = {"first": "start 1", "second": "start 2", "unaided": "no start"}


def main() -> int:
    print("digits of the params, of their standard deviations, of the sum of squares")
    print(f"{'':<10}" + "".join(f"{each:<42}" for each in STARTS.values()))
    for name in sys.argv[1:] or PROBLEMS:
        found = digits_of(name)
        print(f"{name:<10}" + "".join(f"{_shown(found[each]):<42}" for each in STARTS), flush=True)
    return 0


def _shown(digits: Digits) -> str:
    return f"{digits.params:4.1f} {digits.errors:4.1f} {digits.rss:4.1f}  {digits.verdict}"


if __name__ == "__main__":
    sys.exit(main())
