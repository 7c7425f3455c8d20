"""What data an experiment can have: no more counts than shots, no value outside the range of its distribution.

    measure clicks ~ Binomial(shots, p)      clicks in 0 .. shots, whether shots are a column, a number or computed

`load` asks for `limits` and names the row of the file; `check_data` looks at a table on its way into a fit, wherever it
was made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.core.from_experiment import named_arguments
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dependence import fitted_variables, variables_in
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.failures import Stopped, impossible_datum, impossible_datum_of_set, stopped
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.load.columns import Limit, above, not_adding_up
from qdsl.runtime.load.errors import outcomes_text, shots_text
from qdsl.runtime.value.quantity import shown

Columns = Mapping[str, NDArray[Any]]


def limits(model: Model) -> list[Limit]:
    """For each measurement of counts how many there can be; not where a param decides it."""
    found: list[Limit] = []
    for measure in model.experiment.measures:
        shots = model.functions.shots(measure)
        if shots is None:
            continue
        together = measure.outcome if not measure.is_further else None
        outcomes = tuple(each.name for each in together.counts) if together is not None else ()
        if isinstance(shots, typed.Local) and shots.variable in model.functions.axes:
            found.append(Limit(measure.variable.name, shots.variable.name, outcomes=outcomes))
        else:
            most = _most(model, measure, shots)
            found.append(Limit(measure.variable.name, shots.span.text, shots.span, most, outcomes))
    return found


def _most(model: Model, measure: typed.MeasureDeclaration, shots: typed.Expr) -> Callable[[Columns], NDArray[Any]]:
    """The shots of every row of some columns."""

    def most(columns: Columns) -> NDArray[Any]:
        if isinstance(shots, typed.Constant):
            return np.asarray(shots.value)
        kernel = model.of_axes(f"{measure.variable.name}.shots", shots)
        try:
            (values,) = kernel(*(columns[each.name] for each in model.functions.axes))
        except KernelError as failure:
            raise stopped(failure, shots.span) from None
        return np.asarray(values)

    return most


Refuse = Callable[[str, str, Sequence[int], str], Stopped]
"""What is wrong, by its code, the column, its rows, and words for the first of them."""


def check_sets(model: Model, columns: Columns, at: Span) -> None:
    """The same of many sets of data: columns of K × n, or of n rows where all sets have the same."""
    shape = np.broadcast_shapes(*(each.shape for each in columns.values()))

    def refuse(code: str, column: str, rows: Sequence[int], words: str) -> Stopped:
        if columns[column].ndim == 1:
            return impossible_datum(code, at, column, sorted({row % shape[-1] for row in rows}), words)
        return impossible_datum_of_set(code, at, column, [divmod(row, shape[-1]) for row in rows], words)

    _check_ranges({name: each.ravel() for name, each in columns.items()}, model, refuse)
    if limits(model) or _widths(model):
        _check_rows({name: np.broadcast_to(each, shape).ravel() for name, each in columns.items()}, model, refuse)


def check_data(model: Model, columns: Columns, at: Span) -> None:
    """Stop where the model's columns have a value that no parameters could give; `at` is the fit."""

    def refuse(code: str, column: str, rows: Sequence[int], words: str) -> Stopped:
        return impossible_datum(code, at, column, rows, words)

    _check_ranges(columns, model, refuse)
    _check_rows(columns, model, refuse)


def _check_ranges(columns: Columns, model: Model, refuse: Refuse) -> None:
    """Stop where a column by itself has a value that cannot be."""
    for axis in model.functions.axes:
        _check_range(axis, -math.inf, math.inf, columns[axis.name], refuse)
    for measure in model.experiment.measures:
        row = DISTRIBUTIONS[measure.distribution.name]
        _check_range(measure.variable, row.low, row.high, columns[measure.variable.name], refuse)


def _check_rows(columns: Columns, model: Model, refuse: Refuse) -> None:
    """Stop where what stands in one row cannot be together."""
    for measure, name, argument in _widths(model):
        _check_width(model, measure, name, argument, columns, refuse)
    for limit in limits(model):
        rows, shots = above(limit, columns)
        if rows:
            value = columns[limit.counts][rows[0]]
            words = f"{value} is more than {shots_text(limit, int(shots[rows[0]]))}"
            raise refuse("E0819", limit.counts, rows, words)
        unequal, totals = not_adding_up(limit, columns, shots)
        if unequal:
            words = outcomes_text(limit, int(totals[unequal[0]]), int(shots[unequal[0]]))
            raise refuse("E0821", limit.counts, unequal, words)


WIDTHS = ("sigma", "scale")
"""Arguments of distributions that are widths."""


def _widths(model: Model) -> list[tuple[typed.MeasureDeclaration, str, typed.Expr]]:
    """The widths that no param has a share in, of which measurements, and by which name."""
    fitted = fitted_variables(model.experiment)
    return [
        (measure, name, argument)
        for measure in model.experiment.measures
        for name, argument in named_arguments(measure)
        if name in WIDTHS and fitted.isdisjoint(variables_in(argument))
    ]


def _check_width(
    model: Model,
    measure: typed.MeasureDeclaration,
    name: str,
    argument: typed.Expr,
    columns: Columns,
    refuse: Refuse,
) -> None:
    """Stop where a width is not above 0: such a point would outweigh all others."""
    kernel = model.of_axes(f"{measure.variable.name}.{name}", argument)
    try:
        (values,) = kernel(*(columns[each.name] for each in model.functions.axes))
    except KernelError as failure:
        raise stopped(failure, argument.span) from None
    rows = np.flatnonzero(~(np.asarray(values) > 0.0)).tolist()
    if rows:
        value = float(np.ravel(values)[rows[0]])
        type_ = types.resolved(argument.type)
        dimension = type_.dimension if isinstance(type_, types.Real) else ONE
        words = f"its {name} is {shown(value, dimension, argument.display)}, and a width is above 0"
        raise refuse("E0885", measure.variable.name, rows, words)


def _check_range(variable: typed.Variable, low: float, high: float, values: NDArray[Any], refuse: Refuse) -> None:
    """Stop where a value is not finite, or not in `low` .. `high`."""
    faults: list[tuple[str, NDArray[Any], str]] = []
    if values.dtype.kind == "f":
        faults.append(("E0816", ~np.isfinite(values), "{value} is not a finite number"))
    if low > -math.inf:
        faults.append(("E0818", values < low, "{value} is below {low}, the least this measurement can be"))
    if high < math.inf:
        faults.append(("E0818", values > high, "{value} is above {high}, the most this measurement can be"))
    for code, wrong, sentence in faults:
        if wrong.any():
            rows = np.flatnonzero(wrong).tolist()
            shown = {"value": values[rows[0]].item(), "low": low, "high": high}
            words = sentence.format(**{name: _shown(variable, each) for name, each in shown.items()})
            raise refuse(code, variable.name, rows, words)


def _shown(variable: typed.Variable, value: float) -> str:
    type_ = types.resolved(variable.type)
    if isinstance(type_, types.Real) and type_.dimension != ONE:
        return shown(value, type_.dimension, variable.display)
    return f"{value:.15g}" if isinstance(value, float) else str(value)
