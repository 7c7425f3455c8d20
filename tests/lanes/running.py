"""Running a wide entry as its callers do: arguments in columns, results in arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from tests.core.outcome import bits
from tests.core.random_programs import PARAMETERS
from tests.lanes.points import ARRAY, Points
from tests.native.running import plain

from qdsl.lang.core.ir import BOOL, INT, ArrayType, Module, Type, scalar_of
from qdsl.lang.core.sightings import Sighting, worst
from qdsl.lang.native.wide_module import WideModule, compile_wide
from qdsl.runtime import context
from qdsl.runtime.kernel import LOOP, RELEASE

DTYPES = {INT: "int64", BOOL: "bool"}


def run_wide(module: Module, points: Points, width: int, length: int) -> list[Any]:
    """The bits of each point's results, then what watches saw and at which point; or the results of those before the
    first that fails, then its code and its number.

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
    memory = context.fresh(True, len(entry.watches))
    status = LOOP(entry.lanes)(words, count, (ctypes.c_int64 * 6)(*strides, 0), outputs, memory)
    if entry.release:
        RELEASE(entry.release)(memory)
    stop = context.stopped(memory) if status else None
    done = count if stop is None else stop.element
    found: list[Any] = [
        bits((float(results[0][k]), float(results[1][k]), tuple(map(float, results[2][k])))) for k in range(done)
    ]
    if stop is not None:
        return [*found, (entry.sites[stop.site].code, stop.element)]
    seen = worst(replace(each, element=(at,)) for each, at in context.sightings(memory, entry.watches))
    return [*found, places(seen)]


def places(seen: Iterable[Sighting]) -> Any:
    """What watches saw, and at which point."""
    return sorted((each.watch.message, bits(each.numbers), each.element) for each in seen)


def run_columns(wide: WideModule, columns: list[Any]) -> list[tuple[Any, ...]]:
    """Each point's results, for a function whose lengths are all known and no point of which fails.

    A column has for each point a number or an array; of one that does not vary the first is taken.
    """
    entry, count = wide.entry, len(columns[0])
    types = [type_ for _, type_ in wide.signature.parameters]
    given = [np.array(each, DTYPES.get(scalar_of(t), "float64")) for each, t in zip(columns, types, strict=True)]
    taken = [np.empty((count, *shape_of(t)), DTYPES.get(scalar_of(t), "float64")) for t in wide.signature.results]
    arguments: list[int] = []
    strides: list[int] = []
    for column, type_, varies in zip(given, types, wide.varying, strict=True):
        arguments += [column.ctypes.data, *shape_of(type_)]
        strides += [column.strides[0] if varies else 0, *(0 for _ in shape_of(type_))]
    outputs = [word for each in taken for word in (each.ctypes.data, *each.shape[1:])]
    memory = context.fresh(True)
    status = LOOP(entry.lanes)(_words(arguments), count, _words(strides), _words(outputs), memory)
    if entry.release:
        RELEASE(entry.release)(memory)
    assert status == 0
    return [plain([each[k].tolist() for each in taken]) for k in range(count)]


def shape_of(type_: Type) -> tuple[int, ...]:
    """The lengths of an array, all known; none of a number."""
    return tuple(n for n in type_.shape if n is not None) if isinstance(type_, ArrayType) else ()


def _words(values: list[int]) -> ctypes.Array[ctypes.c_int64]:
    return (ctypes.c_int64 * len(values))(*values)
