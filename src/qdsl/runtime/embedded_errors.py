"""What Python can give an experiment that does not fit it. One function for each mistake.

In: the declarations and what was given. Out: a `BindError`, whose message shows the declaration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.report.render import render_all
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE, Dimension
from qdsl.lang.typed.experiment_errors import ExperimentErrors
from qdsl.lang.typed.show import Show
from qdsl.runtime.value.quantity import shown


class BindError(ValueError):
    """What Python gave an experiment does not fit it. `diagnostics` are the messages, which the text shows."""

    __module__ = "qdsl"  # where users find it

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(render_all(diagnostics))
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type[BindError], tuple[list[Diagnostic]]]:
        """Pickled by what it is made of: the text is rendered again."""
        return type(self), (self.diagnostics,)


def no_param(show: Show, experiment: typed.Experiment, name: str, known: Iterable[str]) -> BindError:
    """`bind(T3=1e-6)`."""
    return BindError([ExperimentErrors(show).no_param(experiment.span, experiment.name, name, known)])


def outside_bounds(param: typed.ParamDeclaration, value: float) -> BindError:
    """`bind(p=2)` of a param in 0 .. 1."""
    bounds = [each.span for each in (param.low, param.high) if each is not None]
    variable = param.variable
    given = shown(value, dimension_of(variable.type), variable.display)
    words = f"`{variable.name} = {given}` lies outside its bounds"
    return BindError([error("E0504", words, Label(bounds[0].to(bounds[-1]), "the bounds"))])


def not_a_number(variable: typed.Variable, value: Any) -> BindError:
    """`bind(T1="long")`, `bind(T1=[1e-6, 2e-6])`, `bind(T1=nan)`."""
    return BindError([error("E0302", f"`{variable.name}` takes a finite number, not {value!r}", *_at(variable))])


def not_a_column(variable: typed.Variable, what: str, found: str) -> BindError:
    """`expected(t=5)`, `fit({"t": [[1, 2]], ..})`."""
    return BindError([error("E0302", f"`{variable.name}` takes {what}, and this {found}", *_at(variable))])


def no_values(experiment: typed.Experiment, show: Show, axis: str) -> BindError:
    """`simulate()` of an experiment whose axis leaves its values to the data."""
    return BindError([ExperimentErrors(show).axis_has_no_values(experiment.span, experiment.name, axis)])


def no_column(experiment: typed.Experiment, show: Show, variable: typed.Variable) -> BindError:
    """`fit(frame)` where a column is missing."""
    errors = ExperimentErrors(show)
    return BindError([errors.not_data_of(experiment.span, experiment.name, variable.name, variable.type)])


def unequal_columns(experiment: typed.Experiment, lengths: Mapping[str, int]) -> BindError:
    """`fit({"t": [1, 2], "counts": [3]})`."""
    words = ", ".join(f"`{name}` has {length}" for name, length in lengths.items())
    return BindError([error("E0302", f"columns of data have one length: {words}", Label(experiment.span))])


def unequal_sets(experiment: typed.Experiment, shapes: Mapping[str, tuple[int, ...]]) -> BindError:
    """`fit_each({"t": t, "counts": counts})` where the rows of the one are not as long as the other."""

    def of(shape: tuple[int, ...]) -> str:
        return f"{shape[0]} rows" if len(shape) == 1 else f"{shape[0]} sets of {shape[1]} rows"

    words = ", ".join(f"`{name}` has {of(shape)}" for name, shape in shapes.items())
    return BindError(
        [error("E0302", f"sets of data have one length, and are as many: {words}", Label(experiment.span))]
    )


def no_label(experiment: typed.Experiment, column: str, rows: Sequence[int]) -> BindError:
    """`fit_each(frame, by="qubit")` where a qubit is missing."""
    from qdsl.runtime.fit.errors import no_label

    return BindError([no_label(experiment.span, column, rows)])


def row_text(row: int, width: int | None = None) -> str:
    """`row 3`, and of sets of so many rows one after the other `row 3 of set 12`; counted from 0."""
    return f"row {row}" if width is None else f"row {row % width} of set {row // width}"


def _at(variable: typed.Variable) -> list[Label]:
    span: Span | None = variable.span
    return [] if span is None else [Label(span, "declared here")]


def dimension_of(type_: types.Type) -> Dimension:
    """That of a real number."""
    found = types.resolved(type_)
    return found.dimension if isinstance(found, types.Real) else ONE
