"""A fit -> what its page says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.fit_picture import picture_of_fit
from qdsl.runtime.experiment.main_axis import main_axis
from qdsl.runtime.experiment.model import model_of
from qdsl.runtime.fit import (
    AtBound,
    Converged,
    Fit,
    Interval,
    Multimodal,
    NotConverged,
    Parameter,
    Rejected,
    Unidentifiable,
)
from qdsl.runtime.fit.held import Better
from qdsl.runtime.fit.report import counted, estimate_text, quality
from qdsl.runtime.fit.verdict import LEAST_P
from qdsl.runtime.page.correlations import MOST, correlations
from qdsl.runtime.page.origin import origin_of
from qdsl.runtime.page.page import Drawing, Grid, Page
from qdsl.runtime.pictures.of_fits import corner_of
from qdsl.runtime.plot.file import svg_text
from qdsl.runtime.value.quantity import number, shown

LEVEL = 0.95


def page_of(env: Environment, experiment: typed.Experiment, fit: Fit) -> Page:
    """All of it; the intervals are looked for here, which fits the other params again and again."""
    found = {each.name: _interval(fit, each) for each in fit.parameters}
    words = [_words(fit)]
    if any(isinstance(each, Better) for each in found.values()):
        words.append("On the way to an interval a better point was found: the fit has to begin elsewhere.")
    if fit.rejected and not isinstance(fit.verdict, Rejected):
        words.append("Besides, the data refuse the model.")
    return Page(
        title=f"The fit of {experiment.name}",
        about=experiment.doc,
        verdict=str(fit.verdict),
        is_good=fit.converged and len(words) == 1,
        words=words,
        drawings=tuple(_drawings(env, experiment, fit)),
        grids=(_params(experiment, fit, found), _quality(fit), *_correlations(fit)),
        model=experiment.span.chunk.text.strip(),
        origin=tuple(origin_of(fit.provenance, fit.data)),
    )


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _words(fit: Fit) -> str:
    """The verdict as a sentence."""
    match fit.verdict:
        case Converged():
            is_tested = fit.p_value is not None or fit.runs is not None
            model = "The data do not speak against the model." if is_tested else "Nothing has tested the model."
            minimum = "The search ended at a minimum: no slope is left, and the fit gets worse in every direction."
            return f"{minimum} {model}"
        case Rejected(p, of_runs):
            how = "leave residuals in so few runs of one sign" if of_runs else "be as far from the data"
            return (
                f"The search ended at a minimum, and the data refuse the model: a right one would {how} with the "
                f"probability {number(max(p, LEAST_P), 1)}. The values are the best of a wrong model, and so are their "
                "errors."
            )
        case AtBound(names):
            return f"The best values lie at a bound of {_listed(names)}, where no error is known."
        case Unidentifiable() as open_:
            return f"The data leave something open: {_listed(open_.names)} may change without making the fit worse."
        case Multimodal():
            return "Other values are nearly as good, and far from these; the errors are those around these alone."
        case NotConverged(why):
            return f"The search ended without an answer ({why}); the values are only the best that it saw."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _interval(fit: Fit, parameter: Parameter) -> Interval | Better | None:
    """By the profile likelihood; None where there is none, as of a search that did not end."""
    if parameter.low == parameter.high or isinstance(fit.verdict, NotConverged):
        return None
    if fit.rss is not None and fit.dof <= 0:
        return None
    return fit.profiled(parameter.name, LEVEL)


def _params(experiment: typed.Experiment, fit: Fit, found: dict[str, Interval | Better | None]) -> Grid:
    meanings = {each.variable.name: each.doc for each in experiment.params}
    rows = [
        (each.name, estimate_text(fit, each.name), *_ends(fit, each, found[each.name]), meanings[each.name])
        for each in fit.parameters
    ]
    sure = f"{number(100.0 * LEVEL)} %"
    return Grid("Params", ("param", "value", f"{sure} from", f"{sure} to", "is"), rows)


def _ends(fit: Fit, parameter: Parameter, found: Interval | Better | None) -> tuple[str, str]:
    if not isinstance(found, Interval):
        return "", ""
    error = fit[parameter.name].error
    return _end(parameter, found.low, parameter.low, error), _end(parameter, found.high, parameter.high, error)


def _end(parameter: Parameter, value: float, bound: float, error: float) -> str:
    if math.isinf(value):
        return "open"
    text = shown(value, parameter.dimension, parameter.display, digits=_digits(value, error))
    return f"{text} (bound)" if value == bound else text


def _digits(value: float, error: float) -> int:
    """So many that the last one is a tenth or a hundredth of the error."""
    if not 0.0 < error < math.inf or not value:
        return 4
    return min(max(2, math.ceil(math.log10(abs(value) / error)) + 2), 15)


def _quality(fit: Fit) -> Grid:
    method = f"{fit.method}, {counted(fit.iterations, 'iteration')}"
    rows = [("verdict", str(fit.verdict)), ("method", method), *quality(fit)]
    if fit.chi2 is not None:
        rows.append(("Pearson's χ²", number(fit.chi2, 4)))
    criteria = (("AIC", fit.aic), ("AICc", fit.aicc), ("BIC", fit.bic))
    known = [f"{name} {number(value, 6)}" for name, value in criteria if math.isfinite(value)]
    rows += [("criteria", ", ".join(known))] if known else []
    return Grid("Goodness of fit", (), rows)


def _correlations(fit: Fit) -> Iterator[Grid]:
    names = [each.name for each in fit.parameters if 0.0 < float(fit[each.name].error) < math.inf]
    places = [list(fit.estimates).index(each) for each in names]
    yield from correlations(names, fit.covariance[np.ix_(places, places)])


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _drawings(env: Environment, experiment: typed.Experiment, fit: Fit) -> Iterator[Drawing]:
    picture = picture_of_fit(env, experiment, fit)
    if not picture.lacks():
        axis = main_axis(model_of(env, experiment))
        against = "the number of the row" if axis is None else axis.name
        measured = _listed([each.variable.name for each in experiment.measures])
        says = (
            f"Points of {measured} with error bars against {against}, the fitted model as a curve with bands of one "
            f"and two standard errors; below, the residuals in standard errors. The verdict is {fit.verdict}."
        )
        caption = "Data, model with one and two standard errors of it, and residuals."
        yield Drawing(svg_text(picture.without_notes()), says, caption)
    corner = corner_of(fit)
    if corner is not None and 1 < len(corner.values) <= MOST:
        texts = [f"{each.name} = {text}" for each, text in zip(corner.quantities, corner.texts, strict=True)]
        says = f"An ellipse for each pair of params and a bell for each alone: {', '.join(texts)}."
        yield Drawing(svg_text(corner), says, "Params by pairs, and each alone, by their covariance.")
