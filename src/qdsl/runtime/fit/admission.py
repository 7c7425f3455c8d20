"""What a fit refuses before it begins, because no answer could be right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qdsl.lang.report import Diagnostic, Diagnostics
from qdsl.lang.source import Span
from qdsl.runtime.fit import errors
from qdsl.runtime.fit.objective import Objective, Parameter


def admitted(objective: Objective, diagnostics: Diagnostics, at: Span | None) -> bool:
    """Whether the fit can begin; every reason against it is reported."""
    problems = problems_of(objective.parameters, at)
    problems += _of_data(objective, at)
    for problem in problems:
        diagnostics.add(problem)
    return not problems


def problems_of(parameters: Sequence[Parameter], at: Span | None) -> list[Diagnostic]:
    """What is wrong with starts and bounds."""
    return [problem for each in parameters if (problem := _of_parameter(each, at))]


def _of_parameter(parameter: Parameter, at: Span | None) -> Diagnostic | None:
    if not parameter.low <= parameter.high:
        return errors.bounds_contradict(at, parameter)
    if not math.isfinite(parameter.start):
        return errors.start_not_finite(at, parameter)
    if not parameter.low <= parameter.start <= parameter.high:
        return errors.start_outside(at, parameter)
    return None


def _of_data(objective: Objective, at: Span | None) -> list[Diagnostic]:
    free = [each.name for each in objective.parameters if each.low != each.high]
    if objective.n_points == 0:
        return [errors.no_data(at)]
    if not free:
        return [errors.nothing_to_fit(at)]
    if objective.n_points < len(free):
        return [errors.too_few_points(at, objective.n_points, free)]
    return []
