"""Running a wide entry as its callers do: arguments in columns, results in arrays."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from tests.core.outcome import bits
from tests.core.random_programs import PARAMETERS
from tests.lanes.points import ARRAY, Points

from qdsl.lang.core.ir import BOOL, INT, Module
from qdsl.lang.native.wide_module import compile_wide
from qdsl.runtime import context
from qdsl.runtime.kernel import LOOP, RELEASE

DTYPES = {INT: "int64", BOOL: "bool"}


def run_wide(module: Module, points: Points, width: int, length: int) -> list[Any]:
    """The bits of each point's results; or those before the first that fails, then its code and its number.

    Results of @f are two reals and an array, whose length is to be `length` at every point.
    """
    entry = compile_wide(module, "f", points.varying, width).entry
    count = len(points.arguments)
    lengths = [len(each[ARRAY]) for each in points.arguments]
    columns = [np.array(points.column(i), DTYPES.get(kind, "float64")) for i, kind in enumerate(PARAMETERS)]  # type: ignore[arg-type]
    strides = [
        0 if not varies else column.itemsize * (lengths[0] if i == ARRAY else 1)
        for i, (column, varies) in enumerate(zip(columns, points.varying, strict=True))
    ]
    results = [np.empty(count), np.empty(count), np.empty((count, length))]
    words = (ctypes.c_int64 * 6)(*(column.ctypes.data for column in columns), lengths[0])
    outputs = (ctypes.c_int64 * 4)(*(result.ctypes.data for result in results), length)
    memory = context.fresh(True)
    status = LOOP(entry.lanes)(words, count, (ctypes.c_int64 * 6)(*strides, 0), outputs, memory)
    if entry.release:
        RELEASE(entry.release)(memory)
    stop = context.stopped(memory) if status else None
    done = count if stop is None else stop.element
    found: list[Any] = [
        bits((float(results[0][k]), float(results[1][k]), tuple(map(float, results[2][k])))) for k in range(done)
    ]
    return found if stop is None else [*found, (entry.sites[stop.site].code, stop.element)]
