"""Values as a person reads them: a quantity with its unit, an estimate with its uncertainty, a table, a fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.value.estimate import Estimate
from qdsl.runtime.value.quantity import best_unit, in_unit, number, shown

MOST_SHOWN = 20
"""Elements of an array that are written out; of longer ones the ends."""


def text_of(value: Any, type_: types.Type, display: DisplayUnit | None = None) -> str:
    """A value of that type, in its display unit or the best one."""
    type_ = types.resolved(type_)
    match type_:
        case types.Real(dimension) | types.Complex(dimension):
            return shown(value, dimension, display)
        case types.Estimate():
            return str(_displayed(value, display))
        case types.Simple("Bool"):
            return "true" if value else "false"
        case types.Simple("Int"):
            return shown(int(value), ONE, display) if display is not None else str(int(value))
        case types.Array(element) if isinstance(types.pruned(element), types.STAGED):
            return _quantum(value, type_)
        case types.Array(element, shape):
            return _array(value, element, len(shape), display)
        case _ if isinstance(type_, types.QUANTUM):
            return _quantum(value, type_)
        case types.Record(fields):
            inner = ", ".join(f"{name} = {text_of(value[name], each)}" for name, each in fields)
            return f"({inner})"
        case _:
            return str(value)


def _quantum(value: Any, type_: types.Type) -> str:
    from qdsl.runtime.value.matrix import density_text, ket_text, summary  # needs NumPy

    match type_:
        case types.Ket():
            return ket_text(value, type_)
        case types.Density():
            return density_text(value, type_)
        case _:
            return summary(type_)


def _displayed(value: Estimate, display: DisplayUnit | None) -> Estimate:
    if display is None:
        return value
    return Estimate(value.value, value.slopes, value.dimension, display)


def _array(value: Any, element: types.Type, axes: int, display: DisplayUnit | None) -> str:
    """`[1, 2, 3] us`: the unit once, behind."""
    element = types.pruned(element)
    if axes > 1:
        matrix = _ends(list(rows(value)))
        return "[" + ", ".join("…" if row is _GAP else _array(row, element, axes - 1, display) for row in matrix) + "]"
    if isinstance(value, Mapping):
        return "[" + ", ".join("…" if row is _GAP else text_of(row, element) for row in _ends(list(rows(value)))) + "]"
    if isinstance(element, types.Ket | types.Density):
        cells = ["…" if row is _GAP else text_of(row, element) for row in _ends(list(value))]
        return "[" + ", ".join(cells) + "]"
    if not isinstance(element, types.Real | types.Complex):
        return "[" + ", ".join("…" if each is _GAP else text_of(each, element) for each in _ends(list(value))) + "]"
    unit = display or _unit_for(value, element.dimension)
    cells = ["…" if each is _GAP else number(in_unit(_plain(each), unit)) for each in _ends(list(value))]
    text = "[" + ", ".join(cells) + "]"
    return f"{text} {unit.symbol}" if unit.symbol else text


_GAP = object()


def rows(array: Any) -> Iterator[Any]:
    """What an array has along its first axis: numbers as Python has them, records, rows."""
    if isinstance(array, Mapping):
        for values in zip(*map(rows, array.values()), strict=True):
            yield dict(zip(array, values, strict=True))
    else:
        yield from map(_plain, array)


def _ends(values: list[Any]) -> list[Any]:
    if len(values) <= MOST_SHOWN:
        return values
    half = MOST_SHOWN // 2
    return [*values[:half], _GAP, *values[-half:]]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and not getattr(value, "ndim", 0) else value


def _unit_for(values: Any, dimension: Dimension) -> DisplayUnit:
    sizes = [abs(_plain(each)) for each in values]
    finite = [size for size in sizes if size not in (float("inf"),) and size == size]
    return best_unit(max(finite, default=0.0), dimension)
