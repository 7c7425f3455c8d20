"""The moments at which what drives a state changes: a solver steps onto them, and over none (`core.moments`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import REAL, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call, apply_closure
from qdsl.lang.core.lower_values import Closure, Data, Derived
from qdsl.lang.core.moments import MOMENTS
from qdsl.lang.core.outline import outlined
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.generators import TIME

FEWEST = 64.0
"""Steps of a solver at least, where what drives a state depends on time: it may do so unseen."""

TIMES = types.Array(TIME, (None,))


def breaks_of(
    body: Body, node: typed.Expr, coefficients: Callable[[Data], Sequence[Value]], start: Data, times: Data
) -> list[Data]:
    """The moments in order, and how few steps there may be: what a solver takes last. `coefficients` gives the numbers
    that depend on time.
    """
    with body.inside(Builder(span=body.b.span)):
        count = len(coefficients(Data(TIME, (body.b.parameter(REAL, "t"),))))

    def drive(time: Data) -> Values:
        return (body.b.array(coefficients(time)),)

    code = outlined(body, "drive", (TIME,), types.Array(types.SCALAR, (count,)), drive)
    type_ = types.Function((TIME, TIME), TIMES)
    derived = Closure(Derived(MOMENTS, code.code, type_, node), code.values)
    end = apply_call(body, body.program.find("evolution", "last_of"), [start, times], TIME)
    found = apply_closure(body, derived, [start, end], TIMES)
    ordered = apply_call(body, body.program.find("evolution", "in_order"), [found, start, end], TIMES)
    return [ordered, Data(types.SCALAR, (body.constant(FEWEST),))]
