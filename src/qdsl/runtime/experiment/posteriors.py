"""`posterior(e, data)`: the density that priors, a model and its data make, handed to `runtime.posterior`."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

import numpy as np

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import posterior_errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dependence import fitted_variables, variables_in
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.posterior_fields import taken_names
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.admission import check_data
from qdsl.runtime.experiment.fitting import Said, objective_of, parameters_of, somewhere_in, tell_of
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.faces import ProgramFaces
from qdsl.runtime.fit import LeastSquares, Parameter
from qdsl.runtime.fit import errors as fit_errors
from qdsl.runtime.fit.admission import problems_of
from qdsl.runtime.posterior import errors
from qdsl.runtime.posterior.beginning import beginning
from qdsl.runtime.posterior.result import Posterior, posterior_of
from qdsl.runtime.posterior.sampling import Wish, sampled
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.value.table import Table
from qdsl.runtime.watching import gathered
from qdsl.runtime.world import World

LEAST = {"draws": 4, "chains": 1, "warmup": 1}
DEFAULTS = {"draws": 1000, "chains": 4, "warmup": 500}


def drawn(env: Environment, experiment: typed.Experiment, call: typed.HostCall, world: World) -> Posterior:
    """Carry out a `posterior(..)` of the program."""
    model = model_of(env, experiment)
    data: Table = env.evaluate(call.arguments[1])
    named = dict(call.named)
    given = {name: int(env.evaluate(named[name])) if name in named else each for name, each in DEFAULTS.items()}
    seed = int(env.evaluate(named["seed"])) if "seed" in named else world.next_seed()
    start = env.evaluate(named["start"]) if "start" in named else {}
    _check(call, experiment, given, world)
    names = [each.name for each in (*model.functions.axes, *model.functions.measured)]
    columns = [np.ascontiguousarray(data.columns[name].values) for name in names]
    check_data(model, dict(zip(names, columns, strict=True)), call.arguments[1].span)
    problems = Diagnostics()
    declared = parameters_of(model, Said(start, {}, {}), problems)
    parameters = _within_priors(model, declared, start)
    objective = objective_of(model, columns, parameters)
    for param in _cut(model, declared):
        problems.add(errors.cut_prior(call.span, param))
    for each in problems_of(parameters, call.span):
        problems.add(each)
    free = [each.name for each in parameters if each.low < each.high]
    if not free:
        problems.add(fit_errors.nothing_to_fit(call.span))
    if isinstance(objective, LeastSquares) and objective.n_points <= len(free):
        problems.add(fit_errors.too_few_points(call.span, objective.n_points, free))
    world.settle(problems)
    with gathered() as seen:
        begin = beginning(objective)
        if begin is None:
            problems.add(errors.nowhere_to_begin(call.span))
            world.settle(problems)
        assert begin is not None
        chains = sampled(begin, Wish(**given, seed=seed), world.progress)
    starts = {each.name: each.start for each in parameters}
    record = recorded("posterior", world.source.name, world.source.text, starts, seed, data.provenance)
    found = replace(posterior_of(chains, parameters, record, data), faces=ProgramFaces(env, experiment))
    if seen:  # chains go far; what counts is where they are on average
        tell_of(objective, model, columns, tuple(each.value for each in found))
    return found


def _check(call: typed.HostCall, experiment: typed.Experiment, given: dict[str, int], world: World) -> None:
    """What can be wrong before anything is computed. The checker has seen some of it, but not in calls from Python."""
    problems = Diagnostics()
    named = dict(call.named)
    if (improper := posterior_errors.improper(call.span, experiment)) is not None:
        problems.add(improper)
    for each in taken_names(experiment):
        problems.add(posterior_errors.taken(call.span, each))
    for name, least in LEAST.items():
        if given[name] < least:
            problems.add(errors.too_few(named[name].span, name, given[name], least))
    if importlib.util.find_spec("nutpie") is None:
        problems.add(errors.no_sampler(call.span))
    world.settle(problems)


# ── priors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _within_priors(model: Model, parameters: Sequence[Parameter], start: Container[str]) -> list[Parameter]:
    """With the bounds that a prior has by itself: an Exponential is positive."""
    found: list[Parameter] = []
    for declared, each in zip(model.params, parameters, strict=True):
        low, high = _support(model, declared.prior)
        whole = replace(each, low=max(each.low, low), high=min(each.high, high))
        is_chosen = declared.default is not None or each.name in start
        if not is_chosen and not whole.low <= whole.start <= whole.high:
            whole = replace(whole, start=somewhere_in(whole.low, whole.high))
        found.append(whole)
    return found


def _support(model: Model, prior: typed.DistributionValue | None) -> tuple[float, float]:
    """Between which values a prior lets its param be."""
    if prior is None:
        return -math.inf, math.inf
    row = DISTRIBUTIONS[prior.name]
    if prior.name == "Uniform" and not _depends(model, prior):
        low, high = (float(model.environment.evaluate(each)) for each in prior.arguments if each is not None)
        return low, high
    return row.low, row.high


def _depends(model: Model, prior: typed.DistributionValue) -> bool:
    """Whether a prior has other params in it."""
    return not fitted_variables(model.experiment).isdisjoint(variables_in(prior))


def _cut(model: Model, parameters: Sequence[Parameter]) -> Iterator[typed.ParamDeclaration]:
    """Params whose bounds cut off a share of their prior that depends on other params: it would have to be known."""
    for declared, each in zip(model.params, parameters, strict=True):
        prior = declared.prior
        if prior is not None and _depends(model, prior):
            row = DISTRIBUTIONS[prior.name]
            if prior.name == "Uniform" or each.low > row.low or each.high < row.high:
                yield declared
