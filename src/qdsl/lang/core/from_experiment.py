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
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dependence import fitted_variables, variables_in
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.types import INT, SCALAR, Type

FindFunction = Callable[[str], typed.Function]


@dataclass(frozen=True, eq=False, slots=True)
class FromExperiment:
    """Writes the functions of one experiment. `find` gives a function of the standard library by name."""

    experiment: typed.Experiment
    find: FindFunction

    @property
    def params(self) -> tuple[typed.Variable, ...]:
        return tuple(each.variable for each in self.experiment.params)

    @property
    def axes(self) -> tuple[typed.Variable, ...]:
        return tuple(variable for axis in self.experiment.axes for variable in axis.variables)

    @property
    def measured(self) -> tuple[typed.Variable, ...]:
        return tuple(each.variable for each in self.experiment.measures)

    # ── one point ────────────────────────────────────────────────────────────

    def point(self) -> typed.Function:
        """(params, axes) -> the arguments of each measurement's distribution, then its mean.

        The fields are `counts.n`, `counts.p`, .. and `counts.mean`, for a measurement called counts.
        """
        fields = [
            (f"{measure.variable.name}.{position}", argument)
            for measure in self.experiment.measures
            for position, argument in enumerate(_arguments(measure))
        ]
        fields += [(f"{measure.variable.name}.mean", self.mean(measure)) for measure in self.experiment.measures]
        return self._function("point", (*self.params, *self.axes), self._record(fields))

    def draw(self) -> typed.Function:
        """(params, axes, key, counter) -> a draw of each measurement.

        With m measurements the point of counter c draws with the counters m c, m c + 1, ..: no two draws share one.
        """
        key, counter = typed.Variable("key", INT, self._span), typed.Variable("counter", INT, self._span)
        first = self._wrapping("mul", self._use(counter), self._int(len(self.experiment.measures)))
        draws: list[typed.Statement] = []
        fields: list[tuple[str, typed.Expr]] = []
        for position, measure in enumerate(self.experiment.measures):
            if not measure.is_further:
                own = self._wrapping("add", first, self._int(position))
                distribution = _whole(measure)
                arguments = (self._use(key), own, *_given(distribution.arguments))
                draw = self._call(distribution, "draw", arguments, _type_of_draw(measure))
                drawn = typed.Variable(f"{measure.variable.name}.draw", draw.type, self._span)
                draws.append(typed.Let(self._span, drawn, draw))
            fields.append((measure.variable.name, self._part(measure, self._use(drawn))))
        whole = self._block(draws, self._record(fields))
        return self._function("draw", (*self.params, *self.axes, key, counter), whole)

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
        return self._function(name, self.axes, self._block(lets, value), with_lets=False)

    # ── all points ───────────────────────────────────────────────────────────

    def nll(self) -> typed.Function:
        """(params, columns) -> the negative log-likelihood, without the terms that only the data fix.

        Priors are in it: minimising it then gives the maximum a posteriori.
        """
        return self._sum("nll", lambda measure: self._negated(self._of_datum(measure, "log_kernel")), "log_kernel")

    def prior(self) -> typed.Function:
        """(params) -> the part of `nll` that the priors are."""
        return self._function("prior", self.params, self._with_priors(self._zero, "log_kernel"), with_lets=False)

    def constant(self) -> typed.Function:
        """(params, columns) -> what `nll` leaves out; it does not depend on the params."""
        return self._sum("constant", lambda measure: self._negated(self._of_datum(measure, "log_constant")))

    def deviance(self) -> typed.Function:
        """(params, columns) -> twice the log-likelihood ratio to the model that fits every point."""

        def term(measure: typed.MeasureDeclaration) -> typed.Expr:
            difference = typed.Operation(
                self._span,
                SCALAR,
                "sub",
                (self._of_datum(measure, "saturated"), self._of_datum(measure, "log_kernel")),
            )
            return typed.Operation(self._span, SCALAR, "mul", (typed.Constant(self._span, SCALAR, 2.0), difference))

        return self._sum("deviance", term)

    def _sum(
        self, name: str, term: Callable[[typed.MeasureDeclaration], typed.Expr], of_priors: str = ""
    ) -> typed.Function:
        """The sum of a term over all points and measurements, from the first to the last, then over the priors."""
        columns = [typed.Variable(each.name, types.Array(each.type), each.span) for each in self._columns()]
        total = typed.Variable("total", SCALAR, self._span, is_mutable=True)
        index = typed.Variable("i", INT, self._span)
        body: list[typed.Statement] = [
            typed.Let(self._span, variable, self._at(column, index))
            for variable, column in zip(self._columns(), columns, strict=True)
        ]
        body += self.experiment.lets
        for measure in (each for each in self.experiment.measures if not each.is_further):
            added = typed.Operation(self._span, SCALAR, "add", (self._use(total), term(measure)))
            body.append(typed.Assign(self._span, total, added))
        statements = (
            typed.Let(self._span, total, self._zero),
            typed.For(self._span, index, self._all(columns[0]), self._block(body, None)),
        )
        result = self._with_priors(self._use(total), of_priors) if of_priors else self._use(total)
        whole = self._block(statements, result)
        return self._function(name, (*self.params, *columns), whole, with_lets=False)

    def _with_priors(self, total: typed.Expr, what: str) -> typed.Expr:
        """Less the log density of every param that has a prior."""
        for param in self.experiment.params:
            if param.prior is not None:
                given = (self._use(param.variable), *_given(param.prior.arguments))
                term = self._call(param.prior, what, given, SCALAR)
                total = typed.Operation(self._span, SCALAR, "sub", (total, term))
        return total

    def _columns(self) -> tuple[typed.Variable, ...]:
        return (*self.axes, *self.measured)

    # ── pieces ───────────────────────────────────────────────────────────────

    @property
    def _span(self) -> Span:
        return self.experiment.span

    def _of_datum(self, measure: typed.MeasureDeclaration, what: str) -> typed.Expr:
        """A function of what was measured and its distribution: of all outcomes together, where there are several."""
        datum = self._use(measure.variable)
        if measure.outcome is not None:
            counts = tuple(self._use(each) for each in measure.outcome.counts)
            datum = typed.ArrayLiteral(self._span, types.Array(INT, (len(counts),)), counts)
        distribution = _whole(measure)
        return self._call(distribution, what, (datum, *_given(distribution.arguments)), SCALAR)

    def _part(self, measure: typed.MeasureDeclaration, value: typed.Expr) -> typed.Expr:
        """Of what all outcomes have together the part of this one."""
        if measure.outcome is None:
            return value
        array = types.pruned(value.type)
        assert isinstance(array, types.Array)
        return typed.Index(self._span, array.element, value, (self._int(measure.outcome.place),))

    def _call(
        self, of: typed.DistributionValue, what: str, arguments: Sequence[typed.Expr], result: Type
    ) -> typed.Expr:
        function = self.find(f"{of.name.lower()}_{what}")
        return typed.Call(of.span, result, function, tuple(arguments), tuple(False for _ in arguments))

    @property
    def _zero(self) -> typed.Expr:
        return typed.Constant(self._span, SCALAR, 0.0)

    def _int(self, value: int) -> typed.Expr:
        return typed.Constant(self._span, INT, value)

    def _wrapping(self, name: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
        return typed.Operation(self._span, INT, f"wrapping_{name}", (left, right))

    def _negated(self, value: typed.Expr) -> typed.Expr:
        return typed.Operation(self._span, SCALAR, "neg", (value,))

    def _use(self, variable: typed.Variable) -> typed.Expr:
        return typed.Local(self._span, variable.type, variable)

    def _at(self, column: typed.Variable, index: typed.Variable) -> typed.Expr:
        element = types.pruned(column.type)
        assert isinstance(element, types.Array)
        return typed.Index(self._span, element.element, self._use(column), (self._use(index),))

    def _all(self, column: typed.Variable) -> typed.Expr:
        length = typed.Operation(self._span, INT, "len", (self._use(column), self._int(0)))
        return typed.IntRange(self._span, types.Array(INT), self._int(0), length)

    def _block(self, statements: Sequence[typed.Statement], value: typed.Expr | None) -> typed.Block:
        return typed.Block(self._span, value.type if value else types.NOTHING, tuple(statements), value)

    def _record(self, fields: Sequence[tuple[str, typed.Expr]]) -> typed.Expr:
        type_ = types.Record(tuple((name, value.type) for name, value in fields))
        return typed.RecordLiteral(self._span, type_, tuple(fields))

    def _function(
        self, name: str, parameters: Sequence[typed.Variable], body: typed.Expr, with_lets: bool = True
    ) -> typed.Function:
        whole = self._block(self.experiment.lets, body) if with_lets else body
        type_ = types.Function(tuple(each.type for each in parameters), body.type)
        defaults = tuple(None for _ in parameters)
        return typed.Function(f"{self.experiment.name}.{name}", tuple(parameters), defaults, type_, whole, self._span)


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
