"""`bootstrap(best, n = 1000)`: data drawn again, fitted again.

    method = "model"    drawn from the distributions of the experiment, with the params of the fit
    method = "rows"     as many rows as there are, each drawn from the data's

In: a Fit. Out: a `Bootstrap`. Draws are counted from the seed: the i-th refit is the same whatever runs beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.fit_questions import RESAMPLED
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.experiment.pacing import chunks
from qdsl.runtime.experiment.series import SeriesOf
from qdsl.runtime.faces import ProgramFaces
from qdsl.runtime.failures import Interrupted, not_one_of
from qdsl.runtime.fit import errors
from qdsl.runtime.fit.bootstrap import Bootstrap
from qdsl.runtime.fit.many import fit_many
from qdsl.runtime.fit.objective import Matrix, Parameter, Vector
from qdsl.runtime.fit.profile import Interval
from qdsl.runtime.fit.result import Fit
from qdsl.runtime.posterior.result import Posterior
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.world import World

REFITS = 1000
LEVEL = 0.95
MOST_LEFT_OUT = 256  # groups of rows that the jackknife leaves out
USABLE = ("converged", "at_bound")


@dataclass(eq=False)
class Resampling:
    """Refits of one fit: `chunk` draws the sets from one number up to another, as columns and weights."""

    model: Model
    fit: Fit
    seed: int

    @cached_property
    def parameters(self) -> list[Parameter]:
        """Searches start at the best values."""
        return [replace(each, start=value) for each, value in zip(self.fit.parameters, self.fit.values, strict=True)]

    @property
    def by_name(self) -> dict[str, float]:
        return {each.name: value for each, value in zip(self.fit.parameters, self.fit.values, strict=True)}

    @property
    def names(self) -> list[str]:
        """The columns: the axes, then what is measured."""
        return [each.name for each in (*self.model.functions.axes, *self.model.functions.measured)]

    @property
    def cells(self) -> dict[str, types.Type]:
        """What the columns hold."""
        assert self.fit.data is not None
        return {name: types.resolved(self.fit.data.columns[name].type) for name in self.names}

    @cached_property
    def axes(self) -> list[NDArray[Any]]:
        assert self.fit.data is not None
        return [np.ascontiguousarray(self.fit.data.columns[each.name].values) for each in self.model.functions.axes]

    @cached_property
    def measured(self) -> list[NDArray[Any]]:
        assert self.fit.data is not None
        return [np.ascontiguousarray(self.fit.data.columns[each.name].values) for each in self.model.functions.measured]

    @cached_property
    def weights(self) -> Vector:
        """Those of the fit."""
        return np.ones(self.rows) if self.fit.weights is None else self.fit.weights

    @property
    def rows(self) -> int:
        return len(self.measured[0])

    def from_model(self, first: int, end: int) -> tuple[list[NDArray[Any]], Matrix]:
        """Sets drawn from the model. A sigma that is not known is the scatter about the fit, of a row of weight 1; of
        others it is divided by the root of the weight.
        """
        counters = (np.arange(first, end, dtype=np.int64) << 32)[:, np.newaxis] + np.arange(self.rows, dtype=np.int64)
        if self.fit.rss is None:
            drawn = self.model.kernel("draw")(*self.fit.values, *self.axes, self.seed, counters)
        else:
            mean = self.model.kernel("point")(*self.fit.values, *self.axes)[0]
            assert self.fit.sigma is not None
            sigma = self.fit.sigma / np.sqrt(np.where(self.weights > 0, self.weights, 1.0))
            drawn = [self._normal(self.seed, counters, mean, sigma)]
        shape = counters.shape
        columns = [np.ascontiguousarray(np.broadcast_to(each, shape)) for each in drawn]
        return [*self.axes, *columns], np.broadcast_to(self.weights, shape)

    @cached_property
    def _normal(self) -> Any:
        compiler = self.model.environment.compiler
        function = compiler.library.function("normal_draw")
        return compiler.kernel(compiler.generator.generate(function, stop_after="core"))

    def from_rows(self, first: int, end: int) -> tuple[list[NDArray[Any]], Matrix]:
        """Sets of rows drawn from those of the data: how often each is drawn is its weight."""
        weights = np.zeros((end - first, self.rows))
        used = np.flatnonzero(self.weights > 0)
        for k in range(first, end):
            rng = np.random.Generator(np.random.Philox(key=self.seed % 2**64, counter=[0, 0, 0, k]))
            weights[k - first, used] = np.bincount(rng.integers(len(used), size=len(used)), minlength=len(used))
        return [*self.axes, *self.measured], weights * self.weights

    def left_out(self) -> Matrix:
        """The params with each row left out in turn, or of many rows each of `MOST_LEFT_OUT` groups (G × p), without
        refits that fail.
        """
        groups = min(self.rows, MOST_LEFT_OUT)
        weights = np.ones((groups, self.rows))
        weights[np.arange(self.rows) * groups // self.rows, np.arange(self.rows)] = 0.0
        values, _, _ = self.fitted([*self.axes, *self.measured], weights * self.weights)
        return values

    def fitted(self, columns: Sequence[NDArray[Any]], weights: Matrix) -> tuple[Matrix, int, bool]:
        """The params of each set, without those that failed; how many did; whether an interrupt came."""
        series = SeriesOf(self.model, columns, weights, self.parameters)
        found = fit_many(series, np.tile(np.array(self.fit.values), (len(weights), 1)), "none")
        usable = np.array([each.word in USABLE for each in found.verdicts], dtype=bool)
        return found.values[usable], int((~usable).sum()), found.interrupted


def counts_rows_unevenly(fit: Fit) -> bool:
    """Whether a row counts other than once or not at all."""
    return fit.weights is not None and not np.isin(fit.weights, (0.0, 1.0)).all()


@dataclass
class _Progress:
    """The refits that are done."""

    count: int
    values: list[Matrix] = field(default_factory=list)
    done: int = 0
    failed: int = 0


def bootstrapped(env: Environment, call: typed.HostCall, world: World) -> Bootstrap:
    """Carry out a `bootstrap(..)` of the program. Ctrl-C raises `Interrupted`, with the refits that are done."""
    fit: Fit = env.evaluate(call.arguments[0])
    type_ = types.pruned(call.arguments[0].type)
    assert isinstance(type_, types.Fit)
    named = dict(call.named)
    count = int(env.evaluate(named["n"])) if "n" in named else REFITS
    method: str = env.evaluate(named["method"]) if "method" in named else RESAMPLED[0]
    if method not in RESAMPLED:
        raise not_one_of(named["method"].span, "method", RESAMPLED)
    problems = Diagnostics()
    if count < 1:
        problems.add(errors.no_refits(named["n"].span, count))
    if fit.verdict.word in ("at_bound", "unidentifiable", "not_converged"):
        problems.add(errors.nothing_to_refit(call.arguments[0].span, str(fit.verdict)))
    elif any(each.prior for each in type_.experiment.params):
        problems.add(errors.refits_with_priors(call.arguments[0].span))
    elif fit.rss is not None and fit.sigma is None:
        problems.add(errors.no_scatter(call.arguments[0].span))
    elif method == "model" and fit.rss is None and counts_rows_unevenly(fit):
        problems.add(errors.drawn_by_weight(call.arguments[0].span))
    world.settle(problems)
    seed = int(env.evaluate(named["seed"])) if "seed" in named else world.next_seed()
    work = Resampling(model_of(env, type_.experiment), fit, seed)
    progress = _Progress(count)
    draw = work.from_model if method == "model" else work.from_rows
    interrupted = _run(work, draw, progress, world)
    left_out = np.empty((0, len(fit.parameters))) if interrupted else work.left_out()
    source = world.source
    record = recorded("bootstrap", source.name, source.text, work.by_name, seed, data=fit.provenance)
    values = np.concatenate([np.empty((0, len(fit.parameters))), *progress.values])
    faces = ProgramFaces(env, type_.experiment)
    found = Bootstrap(
        fit.parameters, np.array(fit.values), values, left_out, progress.failed, method, seed, record, faces
    )
    if interrupted:
        if not progress.done:
            raise KeyboardInterrupt
        raise Interrupted(call, found, errors.refits_stopped(call.span, progress.done, count))
    return found


def _run(
    work: Resampling, draw: Callable[[int, int], tuple[list[NDArray[Any]], Matrix]], progress: _Progress, world: World
) -> bool:
    """Chunk by chunk; True where an interrupt ended it."""
    try:
        for chunk in chunks(progress.count, work.rows):
            values, failed, interrupted = work.fitted(*draw(chunk.start, chunk.stop))
            if interrupted:
                return True
            progress.values.append(values)
            progress.failed += failed
            progress.done = chunk.stop
            if progress.done < progress.count:
                world.progress(f"bootstrap: {progress.done:,} of {progress.count:,} refits")
    except KeyboardInterrupt:
        return True
    finally:
        world.progress("")
    return False


def interval(env: Environment, call: typed.HostCall, world: World) -> dict[str, float]:
    """The ends of an interval of refits, or of the draws of a posterior, in SI."""
    found: Bootstrap | Posterior = env.evaluate(call.arguments[0])
    name: str = env.evaluate(call.arguments[1])
    named = dict(call.named)
    level = float(env.evaluate(named["level"])) if "level" in named else LEVEL
    problems = Diagnostics()
    between: Interval | None = None
    if not 0.0 < level < 1.0:
        problems.add(errors.not_a_level(named["level"].span, level))
    else:
        between = found.between([each.name for each in found.parameters].index(name), level)
        if between is None:
            count, what = (len(found.values), "refit") if isinstance(found, Bootstrap) else (len(found.samples), "draw")
            problems.add(errors.too_few_to_tell(call.span, count, what, level))
    world.settle(problems)
    assert between is not None
    return {"low": between.low, "high": between.high}
