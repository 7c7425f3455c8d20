"""Experiments inside Python: `m.ramsey`, or `qdsl.template("ramsey")`.

    m.ramsey.params["T2"]                       Param: default, bounds, unit, and what it is
    m.ramsey.simulate(T2=18e-6, seed=1)         a Table: run["tau"] is a NumPy array, run.units["tau"] is "s"
    m.ramsey.expected(tau=[0, 1e-6])            the means, here at two points
    m.ramsey.fit(frame)                         a Fit, of a Table, a DataFrame or a dict of arrays
    m.ramsey.fit_each(frame, by="qubit")        a Table with a row for each qubit
    m.ramsey.bootstrap(best, n=1000)            refits, best.T2 with them: an interval(..) of its own
    m.ramsey.posterior(frame, seed=1)           a Posterior: draws of the params, given data and priors
    m.ramsey.bind(T2=18e-6).simulate(seed=1)    values that are held to their bounds beforehand

All numbers are SI. What does not fit the experiment is a `BindError`, with a message that shows the declaration.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qdsl.lang.report import Diagnostic
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.show import Show
from qdsl.runtime import embedded_errors
from qdsl.runtime.embedded_errors import BindError, dimension_of
from qdsl.runtime.embedded_values import column, number, sets, table, with_group
from qdsl.runtime.program import Live, carried_out
from qdsl.runtime.value.units import si_unit

if TYPE_CHECKING:
    from qdsl.runtime.fit import Fit
    from qdsl.runtime.fit.bootstrap import Bootstrap
    from qdsl.runtime.posterior.result import Posterior
    from qdsl.runtime.value.table import Table

Given = dict[str, tuple[types.Type, Any]]
"""Values by name, with their types."""


@dataclass(frozen=True)
class Param:
    """What is unknown in an experiment, in SI; no bound is an infinite one. `written` is the declaration."""

    name: str
    type: str
    default: float | None
    low: float
    high: float
    unit: str
    doc: str
    written: str

    def __str__(self) -> str:
        return self.written


class Experiment:
    """An experiment that runs. `live` gives the checked program when it is first needed."""

    def __init__(self, name: str, live: Callable[[], Live]) -> None:
        self.__name__ = name
        self._open = live

    def __repr__(self) -> str:
        return f"<experiment {self.__name__}({', '.join(self.params)})>"

    @cached_property
    def params(self) -> dict[str, Param]:
        """The params by name, in the order of the program."""
        return {name: self._param(each) for name, each in self._declared.items()}

    @cached_property
    def axes(self) -> dict[str, Any]:
        """The values of each axis; None where they are left to the data."""
        found: dict[str, Any] = {}
        for axis in self._experiment.axes:
            values = map(self._value, axis.values) if axis.values else [None] * len(axis.variables)
            found |= zip((each.name for each in axis.variables), values, strict=True)
        return found

    @property
    def doc(self) -> str:
        """The comment above the experiment."""
        return self._experiment.doc

    # ── what is asked of it ──────────────────────────────────────────────────

    def bind(self, /, **params: float) -> Bound:
        """The experiment with these params: numbers within their bounds."""
        return Bound(self, {}).bind(**params)

    def simulate(self, /, *, seed: int | None = None, **settings: Any) -> Table:
        """One run, with other params and values of axes where they are given."""
        from qdsl.lang.typed.requests import data_type  # with the checker, which a kept program does without

        given = self._settings(settings)
        if seed is not None:
            given["seed"] = types.INT, seed
        found: Table = self._asked("simulate", data_type(self._experiment), given)
        return found

    def expected(self, /, **settings: Any) -> Table:
        """The means, without noise."""
        from qdsl.lang.typed.requests import data_type

        found: Table = self._asked("expected", data_type(self._experiment, means=True), self._settings(settings))
        return found

    def fit(
        self,
        data: Table | Mapping[str, Any],
        /,
        *,
        start: Mapping[str, float] | None = None,
        fixed: Mapping[str, float] | None = None,
        weights: Any = None,
        errors: str | None = None,
        starts: int = 1,
    ) -> Fit:
        """The params that make the data most likely, looked for from `start`, and from so many points in all. Those
        that are `fixed` are held; `weights` say how often each row counts. `errors` come from the "observed" or the
        "expected" information: where nothing is said from the observed one, if there are not too many params for it.
        """
        given = self._said(start, fixed, weights) | {"starts": (types.INT, starts)}
        given |= {} if errors is None else {"errors": (types.TEXT, errors)}
        found: Fit = self._asked("fit", types.Fit(self._experiment), given, table(self._experiment, self._show, data))
        return found

    def fit_each(
        self,
        data: Table | Mapping[str, Any],
        /,
        *,
        by: str | None = None,
        start: Mapping[str, float] | None = None,
        fixed: Mapping[str, float] | None = None,
        weights: Any = None,
        errors: str | None = None,
    ) -> Table:
        """Many fits at once, a row for each: of the rows that have the same value in the column `by`, or, without it,
        of arrays with a set of data in each row (K × n; axes may have n numbers for all). `errors` as in `fit`.
        """
        from qdsl.lang.typed.fit_questions import fitted_columns, group_column
        from qdsl.runtime.experiment.fit_each import fitted_sets
        from qdsl.runtime.experiment.fitting import Said

        given = self._said(start, fixed, weights) | ({} if errors is None else {"errors": (types.TEXT, errors)})
        if errors not in ("observed", "expected", None):
            raise ValueError(f'errors come from the "observed" or the "expected" information, not from {errors!r}')
        if weights is not None and by is None:
            raise ValueError("weights are for rows in groups: say `by`")
        names = [name for name, _ in fitted_columns(self._experiment)]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"the table would have two columns {', '.join(sorted(twice))}: rename a param")
        if by is None:
            columns = sets(self._experiment, self._show, data)
            said = Said(given["start"][1], given["fixed"][1], {})
            world = self._live.session.world
            every: Table = carried_out(
                lambda: fitted_sets(world, self._live.session.environment, self._experiment, columns, said, errors)
            )
            return every
        rows = with_group(self._experiment, table(self._experiment, self._show, data), by, data)
        group = group_column(self._experiment, by), rows.columns[by].type
        type_ = types.Table((group, *fitted_columns(self._experiment)))
        found: Table = self._asked("fit_each", type_, given | {"by": (types.TEXT, by)}, rows)
        return found

    def _said(self, start: Mapping[str, float] | None, fixed: Mapping[str, float] | None, weights: Any) -> Given:
        """What a fit is told of its params, and of its rows."""
        given: Given = {}
        for option, values in (("start", start), ("fixed", fixed)):
            given[option] = types.NOTHING, {name: self._number(name, value) for name, value in (values or {}).items()}
        return given if weights is None else given | {"weights": (types.Array(types.SCALAR), weights)}

    def bootstrap(self, best: Fit, /, *, n: int = 1000, method: str = "model", seed: int | None = None) -> Bootstrap:
        """Refits of data drawn again: from the model with the params of a fit, or `method="rows"` of the data. Raises
        ValueError for a fit of another experiment.
        """
        if set(best.estimates) != set(self._declared) or best.data is None:
            raise ValueError(f"this is no fit of {self.__name__}, whose params are {', '.join(self._declared)}")
        given: Given = {"n": (types.INT, n), "method": (types.TEXT, method)}
        if seed is not None:
            given["seed"] = types.INT, seed
        at = self._experiment.span
        fit = typed.Constant(at, types.Fit(self._experiment), _as_any(best))
        found: Bootstrap = self._called("bootstrap", types.Bootstrap(self._experiment), (fit,), given)
        return found

    def posterior(
        self,
        data: Table | Mapping[str, Any],
        /,
        *,
        draws: int = 1000,
        chains: int = 4,
        warmup: int = 500,
        start: Mapping[str, float] | None = None,
        seed: int | None = None,
    ) -> Posterior:
        """Draws of the params given data and priors; without a seed a fresh one is drawn and recorded."""
        first = {name: self._number(name, value) for name, value in (start or {}).items()}
        counts = {"draws": draws, "chains": chains, "warmup": warmup} | ({} if seed is None else {"seed": seed})
        given: Given = {"start": (types.NOTHING, first)} | {name: (types.INT, each) for name, each in counts.items()}
        whole = table(self._experiment, self._show, data)
        found: Posterior = self._asked("posterior", types.Posterior(self._experiment), given, whole)
        return found

    # ── how ──────────────────────────────────────────────────────────────────

    @cached_property
    def _live(self) -> Live:
        return self._open()

    @cached_property
    def _experiment(self) -> typed.Experiment:
        return self._live.checked.module.experiments[self.__name__]

    @cached_property
    def _declared(self) -> dict[str, typed.ParamDeclaration]:
        return {each.variable.name: each for each in self._experiment.params}

    @property
    def _show(self) -> Show:
        return self._live.session.show

    def _value(self, expr: typed.Expr) -> Any:
        return carried_out(lambda: self._live.session.environment.evaluate(expr))

    def _asked(self, what: str, result: types.Type, given: Given, *data: Table) -> Any:
        """What the call `what(experiment, data, name = value, ..)` of a program would give."""
        at = self._experiment.span
        type_ = types.ExperimentType(self._experiment)
        arguments: list[typed.Expr] = [typed.Local(at, type_, typed.Variable(self.__name__, type_, at))]
        arguments += [typed.Constant(at, types.NOTHING, _as_any(each)) for each in data]
        return self._called(what, result, arguments, given)

    def _called(self, what: str, result: types.Type, arguments: Sequence[typed.Expr], given: Given) -> Any:
        """What a call of a program with these arguments would give."""
        at = self._experiment.span
        named = tuple((name, typed.Constant(at, type_, value)) for name, (type_, value) in given.items())
        call = typed.HostCall(at, result, what, tuple(arguments), named)
        environment = self._live.session.environment
        return carried_out(lambda: environment.host[what](environment, call))

    def _param(self, each: typed.ParamDeclaration) -> Param:
        variable = each.variable
        default, low, high = (None if part is None else float(self._value(part)) for part in _parts(each))
        return Param(
            variable.name,
            self._show.type(variable.type),
            default,
            -math.inf if low is None else low,
            math.inf if high is None else high,
            si_unit(dimension_of(variable.type)),
            each.doc,
            _written(each, self._show),
        )

    def _number(self, name: str, value: Any) -> float:
        """A number for a param."""
        if name not in self._declared:
            raise embedded_errors.no_param(self._show, self._experiment, name, self._declared)
        return number(self._declared[name].variable, value)

    def _within(self, name: str, value: Any) -> float:
        """A number for a param, within its bounds."""
        found, param = self._number(name, value), self.params[name]
        if not param.low <= found <= param.high:
            raise embedded_errors.outside_bounds(self._declared[name], found)
        return found

    def _settings(self, settings: Mapping[str, Any]) -> Given:
        """Params and values of axes."""
        axes = {each.name: each for axis in self._experiment.axes for each in axis.variables}
        given: Given = {}
        for name, value in settings.items():
            if name in axes:
                given[name] = types.Array(axes[name].type), column(axes[name], value)
            elif name in self._declared:
                given[name] = self._declared[name].variable.type, self._number(name, value)
            else:
                raise embedded_errors.no_param(self._show, self._experiment, name, [*self._declared, *axes])
        for name in axes:
            if name not in given and self.axes[name] is None:
                raise embedded_errors.no_values(self._experiment, self._show, name)
        return given


class Bound:
    """An experiment with values for some of its params, in SI. The others have their defaults."""

    def __init__(self, experiment: Experiment, values: Mapping[str, float]) -> None:
        self.experiment = experiment
        self.values = dict(values)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"<experiment {self.experiment.__name__} with {values or 'its defaults'}>"

    def bind(self, /, **params: float) -> Bound:
        """The same with these params too; all that is wrong with them is told at once."""
        found, wrong = dict(self.values), list[Diagnostic]()
        for name, value in params.items():
            try:
                found[name] = self.experiment._within(name, value)
            except BindError as refused:
                wrong += refused.diagnostics
        if wrong:
            raise BindError(wrong)
        return Bound(self.experiment, found)

    def simulate(self, /, *, seed: int | None = None, **axes: Any) -> Table:
        """One run, over other values of the axes where they are given."""
        return self.experiment.simulate(seed=seed, **self.values, **axes)

    def expected(self, /, **axes: Any) -> Table:
        """The means, without noise."""
        return self.experiment.expected(**self.values, **axes)

    def fit(
        self,
        data: Table | Mapping[str, Any],
        /,
        *,
        fixed: Mapping[str, float] | None = None,
        weights: Any = None,
        errors: str | None = None,
        starts: int = 1,
    ) -> Fit:
        """A fit that begins at these values."""
        given = {name: value for name, value in self.values.items() if name not in (fixed or {})}
        return self.experiment.fit(data, start=given, fixed=fixed, weights=weights, errors=errors, starts=starts)


def _parts(param: typed.ParamDeclaration) -> tuple[typed.Expr | None, typed.Expr | None, typed.Expr | None]:
    return param.default, param.low, param.high


def _written(param: typed.ParamDeclaration, show: Show) -> str:
    """`T2: Time = 20 us in 1 us .. 1 ms`."""
    words = [f"{param.variable.name}: {show.type(param.variable.type)}"]
    if param.default is not None:
        words.append(f"= {param.default.span.text}")
    if param.low is not None and param.high is not None:
        words.append(f"in {param.low.span.text} .. {param.high.span.text}")
    if param.prior is not None:
        words.append(f"~ {param.prior.span.text}")
    return " ".join(words)


def _as_any(value: object) -> Any:
    """A Table or a Fit in the place of a constant: what stands there is handed on as it is."""
    return value
