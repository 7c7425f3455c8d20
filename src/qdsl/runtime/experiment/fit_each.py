"""`fit_each(e, data, by = "run")`: a fit of each group of rows, all of them together in compiled code.

In: a table with a column that tells groups apart. Out: a Table with a row for each group, in the order in which they
first occur. Ctrl-C raises `Interrupted`, with the groups that are done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.fit_questions import ERROR_OF, fitted_columns, group_column
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.admission import check_data, check_sets
from qdsl.runtime.experiment.fitting import (
    Said,
    information_of,
    objective_of,
    parameters_of,
    said_of_params,
    weights_of,
)
from qdsl.runtime.experiment.groups import Groups, Sets, unlabelled
from qdsl.runtime.experiment.judging import Judged, judged
from qdsl.runtime.experiment.model import Model, model_of
from qdsl.runtime.experiment.pacing import chunks
from qdsl.runtime.experiment.searching import are_given
from qdsl.runtime.experiment.searching_each import SearchingEach
from qdsl.runtime.experiment.series import SeriesOf
from qdsl.runtime.failures import Interrupted
from qdsl.runtime.fit import errors
from qdsl.runtime.fit.admission import admitted
from qdsl.runtime.fit.likelihood import by_scoring
from qdsl.runtime.fit.many import Fits
from qdsl.runtime.fit.objective import Parameter, Vector
from qdsl.runtime.fit.verdict import Converged, Rejected
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.value.table import Column, Table
from qdsl.runtime.world import World


def fitted_each(env: Environment, experiment: typed.Experiment, call: typed.HostCall, world: World) -> Table:
    """Carry out a `fit_each(..)` of the program."""
    model = model_of(env, experiment)
    data: Table = env.evaluate(call.arguments[1])
    named = dict(call.named)
    by: str = env.evaluate(named["by"])
    errors_from = information_of(env, named["errors"]) if "errors" in named else None
    names = [each.name for each in (*model.functions.axes, *model.functions.measured)]
    columns = [np.ascontiguousarray(data.columns[name].values) for name in names]
    key, problems = data.columns[by], Diagnostics()
    weights = weights_of(env, named, len(data), problems)
    world.settle(problems)
    used = slice(None) if weights is None else weights > 0
    columns, weights = [each[used] for each in columns], None if weights is None else weights[used]
    check_data(model, dict(zip(names, columns, strict=True)), call.arguments[1].span)
    if lacking := unlabelled(key.values, used):
        problems.add(errors.no_label(named["by"].span, by, lacking))
        world.settle(problems)
    groups = Groups.of(key.values[used])
    said = said_of_params(env, named)
    parameters = parameters_of(model, said, problems)
    admitted(objective_of(model, columns, parameters), problems, call.span)
    world.settle(problems)
    work = _Work(model, groups.laid_out(columns, weights), parameters, errors_from, said.start)
    interrupted = work.run(world)
    if interrupted and not work.done:
        raise KeyboardInterrupt
    starts = {each.name: each.start for each in parameters}
    record = recorded("fit_each", world.source.name, world.source.text, starts, data=data.provenance)
    group = Column(key.values[used][groups.first[: work.done]], key.type, key.display)
    name = group_column(experiment, by)
    table = Table({name: group, **work.table()}, record, (name,))
    if interrupted:
        raise Interrupted(call, table, errors.fits_stopped(call.span, work.done, groups.count))
    return table


def fitted_sets(
    world: World,
    env: Environment,
    experiment: typed.Experiment,
    columns: Mapping[str, NDArray[Any]],
    said: Said,
    errors_from: str | None,
) -> Table:
    """The same of sets that Python gives: columns of n numbers for the axes, or of K × n."""
    model, at = model_of(env, experiment), experiment.span
    shape = np.broadcast_shapes(*(each.shape for each in columns.values()))
    check_sets(model, columns, at)
    problems = Diagnostics()
    parameters = parameters_of(model, said, problems)
    first = [each if each.ndim == 1 else each[0] for each in columns.values()]
    admitted(objective_of(model, first, parameters), problems, at)
    world.settle(problems)
    sets = Sets(list(columns.values()), np.broadcast_to(1.0, shape))
    work = _Work(model, sets, parameters, errors_from, said.start)
    if work.run(world):
        raise KeyboardInterrupt
    starts = {each.name: each.start for each in parameters}
    return Table(work.table(), recorded("fit_each", world.source.name, world.source.text, starts))


TOGETHER = 16
"""Sets that are searched once more without a word in between."""


class _Work:
    """The fits that are done, chunk by chunk. `chosen` are the params whose start was asked for."""

    def __init__(
        self,
        model: Model,
        sets: Sets,
        parameters: Sequence[Parameter],
        errors_from: str | None,
        chosen: Collection[str],
    ) -> None:
        self.model, self.sets = model, sets
        self.parameters, self.chosen = parameters, chosen
        self.errors_from = errors_from or ("expected" if by_scoring(parameters) else "observed")
        self.parts: list[tuple[Fits, Judged]] = []
        self.done = 0

    @property
    def _name(self) -> str:
        return f"fits of {self.model.experiment.name}"

    def run(self, world: World) -> bool:
        """Whether an interrupt ended it."""
        count, rows = self.sets.weights.shape
        try:
            for chunk in chunks(count, rows, takes_long=not all(are_given(self.model, self.parameters, self.chosen))):
                if not self._chunk(chunk, world):
                    return True
                if self.done < count:
                    world.progress(f"{self._name}: {self.done:,} of {count:,}")
        except KeyboardInterrupt:
            return True
        finally:
            world.progress("")
        return False

    def _chunk(self, chosen: slice, world: World) -> bool:
        """Whether all of these were done; some of them may be done where not."""
        sets = self.sets.some(chosen)
        series = SeriesOf(self.model, sets.columns, sets.weights, self.parameters)
        search = SearchingEach(series, self.chosen, self.errors_from)
        found = search.found()
        if found.interrupted:
            return False
        told = judged(series, found)
        doubtful, done = search.doubtful(found, told), 0
        try:
            for done in range(0, len(doubtful), TOGETHER):
                world.progress(f"{self._name} that are searched once more: {done:,} of {len(doubtful):,}")
                search.search_again(doubtful[done : done + TOGETHER], found, told)
        except KeyboardInterrupt:
            before = slice(0, int(doubtful[done]))
            self._keep(search, found.some(before), told.some(before))
            return False
        self._keep(search, found, told)
        return True

    def _keep(self, search: SearchingEach, found: Fits, told: Judged) -> None:
        search.rename(found)
        self.parts.append((found, told))
        self.done += len(found)

    def table(self) -> dict[str, Column]:
        """The columns of what is done."""
        whole: dict[str, NDArray[Any]] = {}
        displays: dict[str, DisplayUnit | None] = {}
        values = np.concatenate([each.values for each, _ in self.parts])
        deviations = np.concatenate([each.errors for each, _ in self.parts])
        for place, each in enumerate(self.parameters):
            name = ERROR_OF.format(each.name)
            whole[each.name], whole[name] = values[:, place], deviations[:, place]
            displays[each.name] = each.display
            displays[name] = None if each.display is None else DisplayUnit(each.display.symbol, each.display.scale)
        value = np.concatenate([each.value for each, _ in self.parts])
        dof = np.concatenate([each.dof for each, _ in self.parts])
        whole["rss"] = 2.0 * value
        with np.errstate(invalid="ignore"):  # where a prior allows nothing both are infinite
            whole["nll"] = value - self._of_priors(values)
        whole["deviance"] = np.concatenate([each.deviance for _, each in self.parts])
        whole["p_value"] = np.concatenate([each.p_value for _, each in self.parts])
        whole["dof"], whole["points"] = dof, np.concatenate([each.n_points for each, _ in self.parts])
        whole["verdict"] = np.concatenate([_words(each, told) for each, told in self.parts])
        return {
            name: Column(whole[name], cell, displays.get(name)) for name, cell in fitted_columns(self.model.experiment)
        }

    def _of_priors(self, values: NDArray[Any]) -> Vector:
        """What the priors added to each value."""
        if not any(each.prior for each in self.model.params):
            return np.zeros(len(values))
        return np.asarray(self.model.kernel("prior")(*np.ascontiguousarray(values.T))[0])


def _words(found: Fits, told: Judged) -> NDArray[Any]:
    """The verdicts: a search that converged on a model that the data refuse is rejected."""
    words = np.where(told.is_rejected, Rejected.word, Converged.word)
    if set(map(type, found.verdicts)) == {Converged}:
        return words
    is_converged = [isinstance(each, Converged) for each in found.verdicts]
    return np.where(is_converged, words, [each.word for each in found.verdicts])
