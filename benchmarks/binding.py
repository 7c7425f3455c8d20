"""What it costs to bind the params of a checked template: values against their bounds, and nothing compiled.

python -m benchmarks.binding

The bar is 100 us for all params of a template at once. Each value is held against the bounds that the template gives.
"""

from __future__ import annotations

import sys

import qdsl
from benchmarks.harness import Peer, Report
from qdsl.runtime.embedded_experiment import Bound
from qdsl.runtime.templates.template import Template

BINDINGS = 1_000


def main() -> int:
    report = Report()
    for name in ("rabi", "bell"):
        template = qdsl.template(name)
        values = {each.name: (each.low + each.high) / 2 for each in template.params.values()}
        title = f"{name}: {len(values)} params bound"
        report.row(title, [_peer(template, values)], bar=100e-6, calls=BINDINGS)
    return report.finish()


def _peer(template: Template, values: dict[str, float]) -> Peer:
    def check(bound: object) -> None:
        if not (isinstance(bound, Bound) and bound.values == values):
            raise SystemExit(f"not what was bound: {bound!r}")

    return Peer("QDSL", lambda: template.bind(**values), check)


if __name__ == "__main__":
    sys.exit(main())
