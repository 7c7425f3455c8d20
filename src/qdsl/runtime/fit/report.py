"""A fit as a person writes it into a logbook, and as one row of a table.

    tau       = 23.88(65) ns
    amplitude = 0.923(12)
    baseline  = 0.040(13)
    converged
    deviance 8.942 on 10 degrees of freedom, p = 0.538
    -log L = 77260.3316 (65.6856 with the constant), 13 points, errors from observed information

In: a `Fit`. Out: the lines above (`fit_text`), those that belong into a figure (`notes`), or a table (`fit_table`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import TEXT
from qdsl.runtime.fit.bootstrap import Bootstrap
from qdsl.runtime.fit.goodness import REJECTED_BELOW
from qdsl.runtime.fit.result import Fit
from qdsl.runtime.fit.runs import Runs
from qdsl.runtime.fit.verdict import Unidentifiable, p_text
from qdsl.runtime.value.quantity import best_unit, shown
from qdsl.runtime.value.table import Column, Table, int_column, real_column


def fit_text(fit: Fit) -> str:
    """The whole report, several lines."""
    return "\n".join([*estimate_lines(fit), str(fit.verdict), *quality_lines(fit)])


def notes(fit: Fit) -> tuple[str, ...]:
    """The few lines that belong into a figure: the estimates, the verdict, and how good the fit is."""
    quality = [] if fit.deviance is None else [_deviance(fit).replace(" degrees of freedom", " dof")]
    return (*estimate_lines(fit), str(fit.verdict), *quality)


def estimate_lines(fit: Fit) -> list[str]:
    """`tau = 23.88(65) ns` for each parameter; one at a bound or held fixed says so instead of an error."""
    width = max((len(name) for name in fit.estimates), default=0)
    return [f"{name:<{width}} = {estimate_text(fit, name)}" for name in fit.estimates]


def estimate_text(fit: Fit, name: str) -> str:
    """`23.88(65) ns`, or why there is no error."""
    parameter = next(each for each in fit.parameters if each.name == name)
    value = shown(fit[name].value, parameter.dimension, parameter.display)
    if parameter.low == parameter.high:
        return f"{value}  (fixed)"
    if isinstance(fit.verdict, Unidentifiable) and name in fit.verdict.names:
        return f"{value}  (the data do not fix it)"
    if fit[name].value in (parameter.low, parameter.high):
        return f"{value}  (at its {'lower' if fit[name].value == parameter.low else 'upper'} bound)"
    return str(fit[name])


def bootstrap_text(refits: Bootstrap) -> str:
    """Each param with the scatter of its refits and its interval, then what was done."""
    width = max((len(each.name) for each in refits.parameters), default=0)
    lines = []
    for place, each in enumerate(refits.parameters):
        if each.low == each.high:
            continue
        found = refits.between(place, 0.95)
        ends = "not told by so few refits"
        if found is not None:
            ends = " .. ".join(shown(end, each.dimension, each.display, digits=4) for end in found)
        lines.append(f"{each.name:<{width}} = {refits[each.name]}   95 %: {ends}")
    drawn = "drawn from the model" if refits.method == "model" else "of rows drawn from the data"
    failed = f", {refits.failed} more failed" if refits.failed else ""
    return "\n".join([*lines, f"{len(refits.values):,} refits {drawn}, seed {refits.seed}{failed}"])


def quality_lines(fit: Fit) -> list[str]:
    """Goodness of fit, the likelihood, and where the errors come from."""
    return [line for _, line in quality(fit)]


def quality(fit: Fit) -> list[tuple[str, str]]:
    """The same, and what each line is about."""
    lines = []
    if fit.deviance is not None:
        lines.append(("deviance", _deviance(fit)))
    if fit.rss is not None:
        lines.append(("scatter", _scatter(fit)))
    if fit.runs is not None:
        lines.append(("runs", _runs(fit.runs)))
    if fit.nll is not None:
        whole = fit.nll_with_constant
        constant = "" if whole is None else f" ({whole:.4f} with the constant)"
        lines.append(("likelihood", f"-log L = {fit.nll:.4f}{constant}, {_origin(fit)}"))
    if fit.preferred_to is not None:
        lines.append(("start", _preferred(fit, *fit.preferred_to)))
    return lines


def _preferred(fit: Fit, there: Sequence[float], worse: float) -> str:
    """That the defaults led elsewhere."""
    named = zip(fit.parameters, there, strict=True)
    values = ", ".join(f"{each.name} = {shown(value, each.dimension, each.display, digits=4)}" for each, value in named)
    return f"begun where the data say: from the defaults it ends {worse:.3g} deviations worse, at {values}"


def fit_table(fit: Fit) -> Table:
    """One row: every parameter and its error (`tau`, `tau_err`), how good the fit is, and the verdict."""
    columns: dict[str, Column] = {}
    for each in fit.parameters:
        for name, value in ((each.name, fit[each.name].value), (f"{each.name}_err", fit[each.name].error)):
            columns[name] = real_column([value], each.dimension, each.display)
    measures = {
        "nll": fit.nll,
        "deviance": fit.deviance,
        "p_value": fit.p_value,
        "chi2": fit.chi2,
        "runs_p_value": fit.runs_p_value,
    }
    columns |= {name: real_column([value]) for name, value in measures.items() if value is not None}
    columns |= {"rss": real_column([fit.rss], fit.measured**2, _unit_squared(fit))} if fit.rss is not None else {}
    columns |= {"dof": int_column([fit.dof]), "points": int_column([fit.n_points])}
    columns["verdict"] = Column(np.array([fit.verdict.word]), TEXT)
    return Table(columns, fit.provenance)


def _deviance(fit: Fit) -> str:
    text = f"deviance {fit.deviance:.4g} on {_degrees(fit.dof)}"
    p = fit.p_value
    if p is None:
        return text
    return f"{text}, {p_text(p)}{': the data reject this model' if p < REJECTED_BELOW else ''}"


def _runs(runs: Runs) -> str:
    said = ": the data do not scatter about this model" if runs.p_value < REJECTED_BELOW else ""
    return f"{counted(runs.found, 'run')} of signs, {runs.expected:.3g} expected, {p_text(runs.p_value)}{said}"


def _scatter(fit: Fit) -> str:
    sigma = "not known" if fit.sigma is None else shown(fit.sigma, fit.measured, _unit(fit))
    squares = shown(fit.rss or 0.0, fit.measured**2, _unit_squared(fit))
    return f"sum of squares {squares} on {_degrees(fit.dof)}, scatter {sigma}, {_origin(fit)}"


def _unit(fit: Fit) -> DisplayUnit:
    """The unit of a difference of what was measured."""
    unit = fit.display or best_unit(fit.sigma or 0.0, fit.measured)
    return DisplayUnit(unit.symbol, unit.scale)


def _unit_squared(fit: Fit) -> DisplayUnit:
    """`mV^2`, `(m/s)^2`."""
    unit = _unit(fit)
    symbol = unit.symbol if unit.symbol.isalpha() else f"({unit.symbol})"
    return DisplayUnit(f"{symbol}^2" if unit.symbol else "", unit.scale**2)


def _degrees(dof: int) -> str:
    return "1 degree of freedom" if dof == 1 else f"{dof} degrees of freedom"


def counted(number: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _origin(fit: Fit) -> str:
    return f"{fit.n_points} points, errors from {fit.errors_from}"
