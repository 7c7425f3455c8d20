"""Why a fit is refused before it begins. One function per mistake."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.report import Diagnostic, Label, error, warning
from qdsl.lang.source import Span
from qdsl.runtime.fit.objective import Parameter, Vector
from qdsl.runtime.value.quantity import shown


def no_data(at: Span | None) -> Diagnostic:
    return error("E0850", "there are no data points to fit", *_labels(at))


def too_few_points(at: Span | None, points: int, names: Sequence[str]) -> Diagnostic:
    return error(
        "E0851",
        f"{_count(points, 'data point')} cannot fix {_count(len(names), 'parameter')}",
        *_labels(at),
        note=f"the free parameters are {', '.join(names)}",
    )


def bounds_contradict(at: Span | None, parameter: Parameter) -> Diagnostic:
    return error(
        "E0852",
        f"the bounds of {parameter.name} leave nothing between them",
        *_labels(at),
        note=f"the lower, {_shown(parameter, parameter.low)}, is above the upper, {_shown(parameter, parameter.high)}",
    )


def start_outside(at: Span | None, parameter: Parameter) -> Diagnostic:
    return error(
        "E0853",
        f"the start of {parameter.name}, {_shown(parameter, parameter.start)}, is outside its bounds",
        *_labels(at),
        note=f"the bounds are {_shown(parameter, parameter.low)} .. {_shown(parameter, parameter.high)}",
    )


def start_not_finite(at: Span | None, parameter: Parameter) -> Diagnostic:
    return error("E0854", f"the start of {parameter.name} is {parameter.start}, not a finite number", *_labels(at))


def undefined_at_start(at: Span | None, parameters: Sequence[Parameter]) -> Diagnostic:
    starts = ", ".join(f"{each.name} = {_shown(each, each.start)}" for each in parameters)
    return error(
        "E0855",
        "the model is not defined where the fit would start",
        *_labels(at),
        note=f"at {starts} the likelihood of the data, or a derivative of it, is not a finite number",
        hint="choose another default or `start =` for the parameters",
    )


def nothing_to_fit(at: Span | None) -> Diagnostic:
    return error("E0856", "the experiment has no free parameter to fit", *_labels(at))


def no_starts(at: Span, count: int) -> Diagnostic:
    return error("E0849", f"a search begins somewhere: the number of starts is {count}", Label(at))


def no_refits(at: Span, count: int) -> Diagnostic:
    return error("E0890", f"a bootstrap fits again: the number of refits is {count}", Label(at))


def nothing_to_refit(at: Span, verdict: str) -> Diagnostic:
    return error(
        "E0891",
        f"this fit ended as {verdict}: refits of it tell nothing of the params",
        Label(at),
        note="a bootstrap shows how an estimate scatters about a best point that lies inside the bounds",
    )


def too_few_to_tell(at: Span, count: int, what: str, level: float) -> Diagnostic:
    more = "bootstrap(.., n = ..)" if what == "refit" else "posterior(.., draws = ..)"
    return error(
        "E0892",
        f"{_count(count, what)} cannot tell the ends of an interval of level {level:g}",
        Label(at),
        hint=f"ask for more {what}s: {more}",
    )


def refits_stopped(at: Span, done: int, count: int) -> Diagnostic:
    return warning("W0893", f"stopped after {done:,} of {count:,} refits: the bootstrap has these", Label(at))


def refits_with_priors(at: Span) -> Diagnostic:
    return error(
        "E0886",
        "refits of data drawn again do not show what a prior knows",
        Label(at),
        note="the prior would stay where it is in every refit, and the params would seem to scatter less than they may",
        hint="draw from the posterior: posterior(e, data)",
    )


def no_scatter(at: Span) -> Diagnostic:
    return error("E0887", "there are no more points than params: how far points scatter is not known", Label(at))


def drawn_by_weight(at: Span) -> Diagnostic:
    return error(
        "E0888",
        "rows of this fit count more or less than once, and the model says nothing of how such a row scatters",
        Label(at),
        hint='draw the rows of the data again: bootstrap(.., method = "rows")',
    )


def too_few_draws(at: Span, count: int) -> Diagnostic:
    return error("E0889", f"an average and its error need two draws at least, and n is {count}", Label(at))


def no_folds(at: Span, folds: int, rows: int) -> Diagnostic:
    return error(
        "E0899",
        f"{_count(rows, 'row')} cannot be put into {_count(folds, 'fold')}",
        Label(at),
        note="each fold is foretold by a fit of the others: there are two at least, and a row in each",
    )


def held_outside(at: Span | None, parameter: Parameter, value: float) -> Diagnostic:
    return error(
        "E0895",
        f"{parameter.name} is held at {_shown(parameter, value)}, which is outside its bounds",
        *_labels(at),
        note=f"the bounds are {_shown(parameter, parameter.low)} .. {_shown(parameter, parameter.high)}",
    )


def was_held(at: Span, name: str) -> Diagnostic:
    return error("E0896", f"{name} was held in this fit: the data were not asked about it", Label(at))


def not_a_weight(at: Span, row: int, value: float) -> Diagnostic:
    return error(
        "E0897", f"the weight of row {row} is {value:g}: a weight says how often a row counts, from 0 up", Label(at)
    )


def no_weight(at: Span) -> Diagnostic:
    return error("E0898", "all weights are 0, which leaves no data to fit", Label(at))


def no_label(at: Span, column: str, rows: Sequence[int]) -> Diagnostic:
    more = f"; the data have {len(rows)} rows like it" if len(rows) > 1 else ""
    return error(
        "E0900",
        f"row {rows[0]} of the data, column {column}: there is no label that tells which group it is of",
        Label(at),
        note=f"rows are counted from 0{more}",
        hint="leave such rows out, or give them a label of their own",
    )


def fits_stopped(at: Span, done: int, count: int) -> Diagnostic:
    return warning("W0894", f"stopped after {done:,} of {count:,} fits: the table has these", Label(at))


def better_elsewhere(at: Span | None, parameters: Sequence[Parameter], x: Vector, away: float) -> Diagnostic:
    there = ", ".join(f"{each.name} = {_shown(each, float(value))}" for each, value in zip(parameters, x, strict=True))
    return error(
        "E0857",
        f"the fit is not at the best point: another one is better by {away:.2g} deviations",
        *_labels(at),
        note=f"it is {there}",
        hint="start the fit there: fit(.., start = (..))",
    )


def not_a_level(at: Span | None, level: float) -> Diagnostic:
    return error("E0858", f"a level lies between 0 and 1, and this is {level:g}", *_labels(at))


def no_error(at: Span, name: str) -> Diagnostic:
    return error(
        "E0880",
        f"the fit does not know the error of {name}, so there is no region to draw",
        Label(at),
        note="the verdict tells why: a param at its bound has none, nor one that the data do not fix",
    )


def no_errors(at: Span) -> Diagnostic:
    return error("E0880", "the fit knows the error of no param, so there is nothing to draw", Label(at))


def no_region(at: Span, first: str, second: str) -> Diagnostic:
    return error("E0880", f"{first} and {second} are one number to this fit, so there is no region to draw", Label(at))


def of_other_data(at: Span, first: Span) -> Diagnostic:
    return error(
        "E0859",
        "this fit is of other measurements than the first, so that their likelihoods cannot be compared",
        Label(at),
        Label(first, "the first one"),
    )


def _labels(at: Span | None) -> tuple[Label, ...]:
    return () if at is None else (Label(at),)


def _shown(parameter: Parameter, value: float) -> str:
    return shown(value, parameter.dimension, parameter.display)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
