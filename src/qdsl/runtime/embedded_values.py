"""What Python gives an experiment, as the experiment has it: numbers, the values of an axis, the columns of data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.show import Show
from qdsl.runtime import embedded_errors as errors

if TYPE_CHECKING:
    from qdsl.runtime.value.table import Table


def number(variable: typed.Variable, value: Any) -> float:
    """A finite number, of Python or of NumPy."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise errors.not_a_number(variable, value)
    return float(value)


def column(variable: typed.Variable, given: Any) -> Any:
    """An array of one axis, of the type of what it stands for. Whole numbers may come as floats, as in a DataFrame. It
    is a copy: tables and fits keep it.
    """
    import numpy as np

    return np.array(_seen_as(variable, given))


def _seen_as(variable: typed.Variable, given: Any, width: int | None = None) -> Any:
    """The same, which may be what is given. With a `width` these are sets of so many rows, one after the other."""
    import numpy as np

    values = np.asarray(given)
    if values.ndim != 1 or not len(values):
        raise errors.not_a_column(variable, "a list of values", f"has the shape {values.shape}")
    if np.ma.is_masked(given):
        row = int(np.flatnonzero(np.ma.getmaskarray(given))[0])
        raise errors.not_a_column(variable, "a value in every row", f"has none in {errors.row_text(row, width)}")
    is_whole = types.resolved(variable.type) is types.INT
    wanted = "whole numbers" if is_whole else "numbers"
    if types.resolved(variable.type) is types.BOOL:
        if values.dtype != np.bool_:
            raise errors.not_a_column(variable, "truth values", f"holds {values.dtype}")
        return values
    if values.dtype.kind not in "iuf":
        raise errors.not_a_column(variable, wanted, f"holds {values.dtype}")
    if not is_whole:
        return values.astype(np.float64, copy=False)
    whole = values.astype(np.int64, copy=False)
    if (whole != values).any():
        row = int(np.flatnonzero(whole != values)[0])
        raise errors.not_a_column(variable, wanted, f"holds {values[row]} in {errors.row_text(row, width)}")
    return whole


def table(experiment: typed.Experiment, show: Show, data: Table | Mapping[str, Any]) -> Table:
    """Data of an experiment: a Table, a DataFrame or a dict of arrays. Columns that it does not name are left out."""
    from qdsl.runtime.value.table import Column, Table

    axes = [variable for axis in experiment.axes for variable in axis.variables]
    columns: dict[str, Column] = {}
    for variable in (*axes, *(each.variable for each in experiment.measures)):
        if variable.name not in data:
            raise errors.no_column(experiment, show, variable)
        values = column(variable, data[variable.name])
        columns[variable.name] = Column(values, types.resolved(variable.type), variable.display)
    lengths = {name: len(each.values) for name, each in columns.items()}
    if len(set(lengths.values())) > 1:
        raise errors.unequal_columns(experiment, lengths)
    record = data.provenance if isinstance(data, Table) else None
    return Table(columns, record, tuple(each.name for each in axes))


def sets(experiment: typed.Experiment, show: Show, data: Table | Mapping[str, Any]) -> dict[str, Any]:
    """Many sets of data: for each column an array of n numbers, the same in all sets, or of K × n."""
    import numpy as np

    axes = [variable for axis in experiment.axes for variable in axis.variables]
    found: dict[str, Any] = {}
    for variable in (*axes, *(each.variable for each in experiment.measures)):
        if variable.name not in data:
            raise errors.no_column(experiment, show, variable)
        given = data[variable.name]
        values = given if type(given) is np.ndarray else np.ma.masked_array(given)
        if values.ndim not in (1, 2) or not values.size:
            raise errors.not_a_column(variable, "an array of one or two axes", f"has the shape {values.shape}")
        width = values.shape[1] if values.ndim == 2 else None
        found[variable.name] = np.ascontiguousarray(_seen_as(variable, values.ravel(), width).reshape(values.shape))
    shapes = {each.shape for each in found.values()}
    if len({shape[-1] for shape in shapes}) > 1 or len({shape[0] for shape in shapes if len(shape) == 2}) > 1:
        raise errors.unequal_sets(experiment, {name: each.shape for name, each in found.items()})
    return {name: np.atleast_2d(each) if len(shapes) == 1 else each for name, each in found.items()}


def _is_missing(label: Any) -> bool:
    """None, which masked ones are too, NaN, what pandas has for these, and empty texts."""
    if isinstance(label, str):
        return not label.strip()
    return label is None or type(label).__name__ in ("NAType", "NaTType") or bool(label != label)


def with_group(experiment: typed.Experiment, rows: Table, by: str, data: Table | Mapping[str, Any]) -> Table:
    """The table with the column that tells groups of rows apart. Every row has to have a label."""
    import numpy as np

    from qdsl.runtime.value.table import Column

    if by in rows:
        return rows
    if by not in data:
        raise KeyError(by)
    values = np.asarray(data[by])
    if values.shape != (len(rows),):
        raise ValueError(f"the column {by!r} has the shape {values.shape}, and there are {len(rows)} rows")
    lacking = np.ma.getmaskarray(np.ma.masked_array(data[by])) | np.array([_is_missing(each) for each in values])
    if lacking.any():
        raise errors.no_label(experiment, by, np.flatnonzero(lacking).tolist())
    kind = {"i": types.INT, "u": types.INT, "b": types.BOOL, "f": types.SCALAR}.get(values.dtype.kind, types.TEXT)
    stored = values.astype(np.int64 if kind is types.INT else str if kind is types.TEXT else values.dtype)
    return rows.with_columns(**{by: Column(stored, kind)})
