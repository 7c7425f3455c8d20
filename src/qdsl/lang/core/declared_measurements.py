"""The measurements that a file declares, looked at while it is checked: those whose numbers are all known.

povm m(q) = [0.9 * P(q, 0), P(q, 1)]      E0390, before anything runs
"""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.lang.core.from_typed import Lowering, Refused
from qdsl.lang.core.lower_derivative import Differentiate
from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types


def check_measurements(measurements: Iterable[typed.Variable], differentiate: Differentiate, into: Diagnostics) -> None:
    """Report what is wrong with effects whose numbers are known."""
    for measurement in measurements:
        lowering = Lowering(differentiate)
        asked = is_one(measurement)
        if measurement.value is None or lowering.captures.of_expression(asked):
            continue
        try:
            lowering.expression(asked)
        except Refused as refused:
            into.add(refused.diagnostic)


def is_one(measurement: typed.Variable) -> typed.Expr:
    """True, where a measurement is one; whoever computes it is told why it is none."""
    assert measurement.span is not None
    use = typed.Local(measurement.span, measurement.type, measurement)
    return typed.Quantum(measurement.span, types.BOOL, "checked", (use,))
