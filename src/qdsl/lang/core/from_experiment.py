"""typed.Experiment -> functions: the one declaration as what simulation, prediction and likelihood compute.

    measure excited ~ Binomial(shots, p)      =>      fn nll(tau, .., delay: [Time], shots: [Int], excited: [Int]) {
                                                          var total = 0.0
                                                          for i in range(len(delay)) {
                                                              let delay = delay[i]  ..  let p = ..
                                                              total = total - binomial_log_kernel(excited, shots, p)
                                                          }
                                                          total
                                                      }

The functions are written as typed trees and lowered like any function of the program. What belongs to a distribution
`D` (`d_log_kernel`, `d_mean`, `d_draw`, ..) are functions of the standard library, found by name.

Where states evolve, rows share evolutions (`core.readings`). Functions of one point are then given what is read off the
states after the axes; those of all points find it themselves, and are told behind the columns which rows share what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qdsl.lang.core.flat_lets import flattened, has_states
from qdsl.lang.core.readings import Readings
from qdsl.lang.core.replaced import with_distribution
from qdsl.lang.core.segment_code import statements
from qdsl.lang.core.segments import plan
from qdsl.lang.core.typed_writer import Writer
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dependence import fitted_variables, variables_in
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.types import INT, SCALAR, Type

OF_ONE_PROBABILITY = ("Binomial", "Bernoulli")
"""Distributions whose argument p is a probability."""

FindFunction = Callable[[str], typed.Function]


def readings(experiment: typed.Experiment) -> Readings | None:
    """What rows of the experiment share; None where they share nothing."""
    flat = flattened(experiment)
    found = None if flat is None else plan(flat)
    return None if found is None else Readings(found)


@dataclass(frozen=True, eq=False)
class FromExperiment:
    """Writes the functions of one experiment. `find` gives a function of the standard library by name. With `readings`,
    rows share evolutions.
    """

    experiment: typed.Experiment
    find: FindFunction
    readings: Readings | None = None

    @cached_property
    def w(self) -> Writer:
        return Writer(self.experiment.span)

    @cached_property
    def model(self) -> typed.Experiment:
        """The experiment, as a function of what is read where something is."""
        found = self.experiment if self.readings is None else self.readings.rest
        return _with_settled(found) if has_states(self.experiment) else found

    @property
    def params(self) -> tuple[typed.Variable, ...]:
        return tuple(each.variable for each in self.experiment.params)

    @property
    def axes(self) -> tuple[typed.Variable, ...]:
        return tuple(variable for axis in self.experiment.axes for variable in axis.variables)

    @property
    def read(self) -> tuple[typed.Variable, ...]:
        """The numbers that are read off states for each row."""
        return () if self.readings is None else self.readings.values

    @property
    def measured(self) -> tuple[typed.Variable, ...]:
        return tuple(each.variable for each in self.experiment.measures)

    # ── one point ────────────────────────────────────────────────────────────

    def point(self) -> typed.Function:
        """(params, axes, read) -> the arguments of each measurement's distribution, then its mean.

        The fields are `counts.n`, `counts.p`, .. and `counts.mean`, for a measurement called counts.
        """
        fields = [
            (f"{measure.variable.name}.{position}", argument)
            for measure in self.model.measures
            for position, argument in enumerate(_arguments(measure))
        ]
        fields += [(f"{measure.variable.name}.mean", self.mean(measure)) for measure in self.model.measures]
        return self.function("point", self._of_a_point, self._with_lets((), self.w.record(fields)))

    def means(self) -> typed.Function:
        """(params, axes, read) -> the mean of each measurement."""
        fields = [(each.variable.name, self.mean(each)) for each in self.model.measures]
        return self.function("means", self._of_a_point, self._with_lets((), self.w.record(fields)))

    def draw(self) -> typed.Function:
        """(params, axes, read, key, counter) -> a draw of each measurement.

        With m measurements the point of counter c draws with the counters m c, m c + 1, ..: no two draws share one.
        """
        w = self.w
        key, counter = w.variable("key", INT), w.variable("counter", INT)
        first = self._wrapping("mul", w.use(counter), w.integer(len(self.model.measures)))
        draws: list[typed.Statement] = []
        fields: list[tuple[str, typed.Expr]] = []
        for position, measure in enumerate(self.model.measures):
            if not measure.is_further:
                own = self._wrapping("add", first, w.integer(position))
                distribution = _whole(measure)
                arguments = (w.use(key), own, *_given(distribution.arguments))
                draw = self._call(distribution, "draw", arguments, _type_of_draw(measure))
                drawn = w.variable(f"{measure.variable.name}.draw", draw.type)
                draws.append(w.let(drawn, draw))
            fields.append((measure.variable.name, self._part(measure, w.use(drawn))))
        return self.function("draw", (*self._of_a_point, key, counter), self._with_lets(draws, w.record(fields)))

    def residuals(self) -> typed.Function:
        """(params, axes, read, measured) -> what the point tells of the model: the mean and the variance of each
        measurement, and twice the log-likelihood ratio to the model that fits every point. The sum of the latter over
        all points is the deviance of the fit; several outcomes have one together, with the first of them.

        The fields are `counts.mean`, `counts.variance` and `counts.deviance`, for a measurement called counts.
        """
        fields: list[tuple[str, typed.Expr]] = []
        for measure in self.model.measures:
            name = measure.variable.name
            fields += [(f"{name}.mean", self.mean(measure)), (f"{name}.variance", self.variance(measure))]
            if not measure.is_further:
                fields.append((f"{name}.deviance", self.gain(measure)))
        return self.function(
            "residuals", (*self._of_a_point, *self.measured), self._with_lets((), self.w.record(fields))
        )

    def gain(self, measure: typed.MeasureDeclaration) -> typed.Expr:
        """Twice what the log-likelihood of a datum would gain if the model met it."""
        w = self.w
        best, own = self.of_datum(measure, "saturated"), self.of_datum(measure, "log_kernel")
        return w.operation("mul", typed.Constant(w.span, SCALAR, 2.0), w.operation("sub", best, own))

    def variance(self, measure: typed.MeasureDeclaration) -> typed.Expr:
        distribution = _whole(measure)
        type_ = types.pruned(measure.variable.type)
        own = types.Real(type_.dimension**2) if isinstance(type_, types.Real) else SCALAR
        result = own if measure.outcome is None else types.Array(SCALAR)
        given = tuple(_given(distribution.arguments))
        return self._part(measure, self._call(distribution, "variance", given, result))

    @property
    def _of_a_point(self) -> tuple[typed.Variable, ...]:
        return (*self.params, *self.axes, *self.read)

    def mean(self, measure: typed.MeasureDeclaration) -> typed.Expr:
        """The expected value: of `Normal(m)` without sigma, m."""
        arguments = _arguments(measure)
        if len(arguments) < len(measure.distribution.arguments):
            return arguments[0]
        type_ = SCALAR if measure.variable.type is INT else measure.variable.type
        if measure.outcome is not None:
            distribution = measure.outcome.distribution
            means = self._call(distribution, "mean", tuple(_given(distribution.arguments)), types.Array(SCALAR))
            return self._part(measure, means)
        return self._call(measure.distribution, "mean", arguments, type_)

    def shots(self, measure: typed.MeasureDeclaration) -> typed.Expr | None:
        """What a draw cannot exceed, as the model writes it; None where it has no limit, or one that is fitted too."""
        limit = DISTRIBUTIONS[measure.distribution.name].limit
        if limit is None:
            return None
        argument = measure.distribution.arguments[DISTRIBUTIONS[measure.distribution.name].place(limit)]
        fitted = fitted_variables(self.experiment)
        return argument if argument is not None and fitted.isdisjoint(variables_in(argument)) else None

    def of_axes(self, name: str, value: typed.Expr) -> typed.Function:
        """(axes) -> a part of the model that no param has a share in."""
        needed, lets = variables_in(value), list[typed.Let]()
        for let in reversed(self.experiment.lets):
            if let.variable in needed:
                needed |= variables_in(let.value)
                lets.insert(0, let)
        return self.function(name, self.axes, self.w.block(lets, value))

    # ── all points ───────────────────────────────────────────────────────────

    def nll(self) -> typed.Function:
        """(params, columns) -> the negative log-likelihood, without the terms that only the data fix.

        Priors are in it: minimising it then gives the maximum a posteriori.
        """
        return self._sum("nll", self._less("log_kernel"), "log_kernel")

    def weighted_nll(self) -> typed.Function:
        """(params, columns, weights) -> the same, with the part of each row times its weight."""
        return self._sum("weighted_nll", self._less("log_kernel"), "log_kernel", is_weighted=True)

    def prior(self) -> typed.Function:
        """(params) -> the part of `nll` that the priors are."""
        return self.function("prior", self.params, self.with_priors(self.w.zero, "log_kernel"))

    def constant(self) -> typed.Function:
        """(params, columns) -> what `nll` leaves out; it does not depend on the params."""
        return self._sum("constant", self._less("log_constant"))

    def weighted_constant(self) -> typed.Function:
        """(params, columns, weights) -> what `weighted_nll` leaves out."""
        return self._sum("weighted_constant", self._less("log_constant"), is_weighted=True)

    def _less(self, what: str) -> Callable[[typed.MeasureDeclaration], typed.Expr]:
        """The negative of a function of a datum and its distribution."""
        return lambda measure: self._negated(self.of_datum(measure, what))

    def _sum(
        self,
        name: str,
        term: Callable[[typed.MeasureDeclaration], typed.Expr],
        of_priors: str = "",
        is_weighted: bool = False,
    ) -> typed.Function:
        """The sum of a term over all points and measurements, from the first to the last, then over the priors."""
        w = self.w
        columns = {each: self.column(each) for each in (*self.axes, *self.measured)}
        total, index = w.variable("total", SCALAR, is_mutable=True), w.variable("i", INT)
        terms = [term(each) for each in self.model.measures if not each.is_further]
        lets = self._lets_for(terms)
        before, taken = self._read_for((*lets, *terms), columns, index)
        at_row = [w.let(each, w.at(w.use(column), w.use(index))) for each, column in columns.items()]
        body: list[typed.Statement] = [*at_row, *taken, *lets]
        weights = [w.variable("weights", types.Array(SCALAR))] if is_weighted else []
        for each in weights:
            terms = [w.product(w.at(w.use(each), w.use(index)), term) for term in terms]
        body += [w.assign(total, w.sum(w.use(total), each)) for each in terms]
        rows = w.range(w.integer(0), w.length(next(iter(columns.values()))))
        whole = (*before, w.let(total, w.zero), w.loop(index, rows, body))
        result = self.with_priors(w.use(total), of_priors) if of_priors else w.use(total)
        return self.function(name, (*self.params, *columns.values(), *weights, *self._sharing), w.block(whole, result))

    def _lets_for(self, terms: Sequence[typed.Expr]) -> Sequence[typed.Let]:
        """The lets of the model; where states evolve those that the terms need, for the others may take long."""
        if self.readings is None:
            return self.model.lets
        needed, lets = variables_in(tuple(terms)), list[typed.Let]()
        for let in reversed(self.model.lets):
            if let.variable in needed:
                needed |= variables_in(let.value)
                lets.insert(0, let)
        return lets

    @property
    def _sharing(self) -> tuple[typed.Variable, ...]:
        """The parameters that say which rows share what: `order`, `starts`, and `places`, which stop each row is."""
        return () if self.readings is None else (self.readings.order, self.readings.starts, self._places)

    @cached_property
    def _places(self) -> typed.Variable:
        return self.w.variable("places", types.Array(INT))

    def _read_for(
        self,
        users: Sequence[typed.Expr | typed.Statement],
        columns: dict[typed.Variable, typed.Variable],
        index: typed.Variable,
    ) -> tuple[list[typed.Statement], list[typed.Statement]]:
        """What reads all that is read of states, and what takes the part of a row of it; nothing where none is used."""
        if self.readings is None or variables_in(tuple(users)).isdisjoint(self.read):
            return [], []
        w = self.w
        before, arrays = statements(self.readings, {each: columns[each] for each in self.readings.stops})
        place = w.at(w.use(self._places), w.use(index))
        return before, [w.let(each, w.at(w.use(array), place)) for each, array in arrays.items()]

    def read_at(self, swept: frozenset[str] = frozenset()) -> typed.Function:
        """(params, columns of the axes that matter, order, starts) -> what is read off states at each stop. Params that
        are `swept` have a column each too.
        """
        assert self.readings is not None
        columns = {each: self.column(each) for each in self.params if each.name in swept}
        columns |= {each: self.column(each) for each in self.readings.stops}
        reading, arrays = statements(self.readings, columns)
        params = [columns.get(each, each) for each in self.params]
        given = (*params, *(columns[each] for each in self.readings.stops), self.readings.order, self.readings.starts)
        result = self.w.record([(each.name, self.w.use(array)) for each, array in arrays.items()])
        return self.function("read", given, self.w.block(reading, result))

    def column(self, variable: typed.Variable) -> typed.Variable:
        return typed.Variable(variable.name, types.Array(variable.type), variable.span)

    def with_priors(self, total: typed.Expr, what: str) -> typed.Expr:
        """Less the log density of every param that has a prior."""
        for param in self.experiment.params:
            if param.prior is not None:
                given = (self.w.use(param.variable), *_given(param.prior.arguments))
                total = self.w.operation("sub", total, self._call(param.prior, what, given, SCALAR))
        return total

    # ── pieces ───────────────────────────────────────────────────────────────

    def of_datum(self, measure: typed.MeasureDeclaration, what: str) -> typed.Expr:
        """A function of what was measured and its distribution: of all outcomes together, where there are several."""
        datum = self.w.use(measure.variable)
        if measure.outcome is not None:
            datum = self.w.array([self.w.use(each) for each in measure.outcome.counts], INT)
        distribution = _whole(measure)
        return self._call(distribution, what, (datum, *_given(distribution.arguments)), SCALAR)

    def _part(self, measure: typed.MeasureDeclaration, value: typed.Expr) -> typed.Expr:
        """Of what all outcomes have together the part of this one."""
        return value if measure.outcome is None else self.w.at(value, self.w.integer(measure.outcome.place))

    def _call(
        self, of: typed.DistributionValue, what: str, arguments: Sequence[typed.Expr], result: Type
    ) -> typed.Expr:
        function = self.find(f"{of.name.lower()}_{what}")
        given = arguments if self.readings is None else _as_used(function, arguments)
        return Writer(of.span).call(function, *given, type=result)

    def _wrapping(self, name: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
        return self.w.operation(f"wrapping_{name}", left, right, type=INT)

    def _negated(self, value: typed.Expr) -> typed.Expr:
        return self.w.operation("neg", value)

    def _with_lets(self, statements: Sequence[typed.Statement], value: typed.Expr) -> typed.Expr:
        return self.w.block(self.model.lets, self.w.block(statements, value) if statements else value)

    def function(self, name: str, parameters: Sequence[typed.Variable], body: typed.Expr) -> typed.Function:
        return self.w.function(f"{self.experiment.name}.{name}", parameters, body)


def _as_used(function: typed.Function, arguments: Sequence[typed.Expr]) -> list[typed.Expr]:
    """The arguments, with zeros in the place of numbers that the function does not look at."""
    used = frozenset() if function.body is None else variables_in(function.body)
    return [
        argument if parameter in used else _nothing(argument)
        for parameter, argument in zip(function.parameters, arguments, strict=True)
    ]


def _nothing(argument: typed.Expr) -> typed.Expr:
    match types.pruned(argument.type):
        case types.Real() as type_:
            return typed.Constant(argument.span, type_, 0.0)
        case types.Array(types.Real() as element, (_,)):
            return typed.ArrayLiteral(argument.span, types.Array(element, (0,)), ())
        case _:
            return argument


def _with_settled(experiment: typed.Experiment) -> typed.Experiment:
    """With the probabilities of counts kept in 0 .. 1, whatever the rounding of an evolution makes of them."""

    def settled(value: typed.DistributionValue) -> typed.DistributionValue:
        names = [name for name, _ in DISTRIBUTIONS[value.name].arguments]
        arguments = [
            typed.Quantum(each.span, SCALAR, "settled", (each,), display=each.display)
            if name == "p" and each is not None and value.name in OF_ONE_PROBABILITY
            else each
            for name, each in zip(names, value.arguments, strict=True)
        ]
        return replace(value, arguments=tuple(arguments))

    measures = tuple(with_distribution(each, settled) for each in experiment.measures)
    return replace(experiment, measures=measures)


def named_arguments(measure: typed.MeasureDeclaration) -> list[tuple[str, typed.Expr]]:
    """The arguments that are given, with their names."""
    row = DISTRIBUTIONS[measure.distribution.name]
    named = zip(row.arguments, measure.distribution.arguments, strict=True)
    return [(name, each) for (name, _), each in named if each is not None]


def with_arguments(measure: typed.MeasureDeclaration, given: Sequence[typed.Expr]) -> typed.MeasureDeclaration:
    """The measurement with these in the place of the arguments that are given."""
    rest = iter(given)
    arguments = tuple(None if each is None else next(rest) for each in measure.distribution.arguments)
    return replace(measure, distribution=replace(measure.distribution, arguments=arguments))


def _arguments(measure: typed.MeasureDeclaration) -> tuple[typed.Expr, ...]:
    """The arguments that are given."""
    return tuple(_given(measure.distribution.arguments))


def _whole(measure: typed.MeasureDeclaration) -> typed.DistributionValue:
    """What is drawn at once."""
    return measure.distribution if measure.outcome is None else measure.outcome.distribution


def _type_of_draw(measure: typed.MeasureDeclaration) -> Type:
    return measure.variable.type if measure.outcome is None else types.Array(INT)


def _given(arguments: Sequence[typed.Expr | None]) -> Iterator[typed.Expr]:
    for each in arguments:
        if each is not None:
            yield each
