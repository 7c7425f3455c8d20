"""How well a fitted model foretells data that it was not fitted to, and how far two fitted models are apart.

    cross_validate(best, folds = 10)    each tenth of the rows foretold by a fit of the others
    kl_divergence(p, q)                 how much of what p says is surprising to q, in nats

In: Fits. Out: a Table with a row for each fold, an Estimate whose error is that of the draws. What is compared are
whole log densities of data, with the terms that no param has a share in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.fit_questions import FOLDS
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.fitting import LikelihoodOf
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.experiment.resampling import USABLE, Resampling
from qdsl.runtime.experiment.series import SeriesOf
from qdsl.runtime.fit import Fit, errors
from qdsl.runtime.fit.many import fit_many
from qdsl.runtime.fit.objective import Matrix, Vector
from qdsl.runtime.value.estimate import Estimate, independent
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.value.table import Table, int_column, real_column
from qdsl.runtime.world import World

MOST_FOLDS, DRAWS = 10, 1000


def cross_validated(env: Environment, call: typed.HostCall, world: World) -> Table:
    """Carry out a `cross_validate(..)`: which rows are of one fold is drawn by the seed."""
    fit: Fit = env.evaluate(call.arguments[0])
    named = dict(call.named)
    work = _drawing(env, call.arguments[0], fit, 0)
    used = np.flatnonzero(work.weights > 0)
    folds = int(env.evaluate(named["folds"])) if "folds" in named else min(MOST_FOLDS, len(used))
    problems = Diagnostics()
    if not 2 <= folds <= len(used):
        problems.add(errors.no_folds(named["folds"].span if "folds" in named else call.span, folds, len(used)))
    world.settle(problems)
    seed = int(env.evaluate(named["seed"])) if "seed" in named else world.next_seed()
    fold_of = np.full(work.rows, -1)
    fold_of[np.random.Generator(np.random.Philox(key=seed % 2**64)).permutation(used)] = np.arange(len(used)) % folds
    inside = fold_of == np.arange(folds)[:, np.newaxis]
    columns = [*work.axes, *work.measured]
    series = SeriesOf(work.model, columns, np.where(inside, 0.0, work.weights), work.parameters)
    found = fit_many(series, np.tile(np.array(fit.values), (folds, 1)), "none")
    if found.interrupted:
        raise KeyboardInterrupt
    sigma = np.sqrt(2.0 * found.value / np.maximum(found.dof, 1)) if found.is_squares else None
    scores = log_densities(work.model, found.values, sigma, columns, np.where(inside, work.weights, 0.0))
    scores[[each.word not in USABLE for each in found.verdicts]] = np.nan
    columns_ = {
        FOLDS[0]: int_column(np.arange(folds)),
        FOLDS[1]: int_column(inside.sum(axis=1)),
        FOLDS[2]: real_column(scores),
    }
    source = world.source
    record = recorded("cross_validate", source.name, source.text, work.by_name, seed, data=fit.provenance)
    return Table(columns_, record, (FOLDS[0],))


def kl_divergence(env: Environment, call: typed.HostCall, world: World) -> Estimate:
    """Carry out a `kl_divergence(..)`: the mean of log p - log q over data drawn from p, at the axes of its data."""
    fits: list[Fit] = [env.evaluate(each) for each in call.arguments]
    named = dict(call.named)
    count = int(env.evaluate(named["n"])) if "n" in named else DRAWS
    seed = int(env.evaluate(named["seed"])) if "seed" in named else world.next_seed()
    problems = Diagnostics()
    works = [_drawing(env, node, fit, seed) for node, fit in zip(call.arguments, fits, strict=True)]
    if count < 2:
        problems.add(errors.too_few_draws(named["n"].span, count))
    for node, fit in zip(call.arguments, fits, strict=True):
        if fit.rss is not None and fit.sigma is None:
            problems.add(errors.no_scatter(node.span))
    if not _are_alike(works):
        problems.add(errors.of_other_data(call.arguments[1].span, call.arguments[0].span))
    world.settle(problems)
    first = works[0]
    drawn, weights = first.from_model(0, count)
    by_name = dict(zip(first.names, drawn, strict=True))
    logs = []
    for work, fit in zip(works, fits, strict=True):
        sigma = None if fit.sigma is None else np.full(count, fit.sigma)
        columns = [by_name[name] for name in work.names]
        logs.append(log_densities(work.model, np.tile(fit.values, (count, 1)), sigma, columns, weights))
    with np.errstate(all="ignore"):
        differences = logs[0] - logs[1]
        mean, error = float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(count))
    if mean == np.inf:  # q holds some data of p to be impossible: no more draws would change that
        error = 0.0
    return independent(mean, error)


def _drawing(env: Environment, node: typed.Expr, fit: Fit, seed: int) -> Resampling:
    type_ = types.pruned(node.type)
    assert isinstance(type_, types.Fit)
    return Resampling(model_of(env, type_.experiment), fit, seed)


def _are_alike(works: Sequence[Resampling]) -> bool:
    """Whether the fits are of measurements of the same names at the same values of the axes."""
    first, second = (dict(zip(each.names, each.axes, strict=False)) for each in works)
    same = first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)
    return same and works[0].cells == works[1].cells


def log_densities(
    model: Model, params: Matrix, sigma: Vector | None, columns: Sequence[NDArray[Any]], weights: Matrix
) -> Vector:
    """The log density of each of K sets of data, of n rows or K × n, with params of its own (K × p); each row counts by
    its weight (K × n). `sigma` is that of each set where the model has none, for a row of weight 1.
    """
    with np.errstate(all="ignore"):
        if sigma is not None:
            mean = _at_all(model, "point", params, columns[:-1], weights.shape)[0]
            left = (columns[-1] - mean) / sigma[:, np.newaxis]
            terms = 0.5 * np.log(weights) - 0.5 * weights * left**2
            terms = terms - np.log(sigma * np.sqrt(2.0 * np.pi))[:, np.newaxis]
            return np.asarray(np.where(weights > 0, terms, 0.0).sum(axis=1))
        found = np.empty(len(params))
        prior = any(each.prior for each in model.params)
        for k, values in enumerate(params):
            used = weights[k] > 0
            rows = [(each if each.ndim == 1 else each[k])[used] for each in columns]
            objective = LikelihoodOf(model, rows, (), weights[k][used])
            before = float(model.kernel("prior")(*map(float, values))[0]) if prior else 0.0
            found[k] = before - objective.evaluate(values, 0)[0] - objective.constant_at(values)
        return found


def _at_all(
    model: Model, name: str, params: Matrix, axes: Sequence[NDArray[Any]], shape: tuple[int, ...]
) -> list[NDArray[Any]]:
    """A function of points at every row of every set, K × n."""
    given = [np.repeat(each, shape[1]) for each in params.T]
    rows = [np.ascontiguousarray(np.broadcast_to(each, shape)).ravel() for each in axes]
    return [np.broadcast_to(each, (shape[0] * shape[1],)).reshape(shape) for each in model.kernel(name)(*given, *rows)]
