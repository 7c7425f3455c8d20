"""typed.Experiment -> functions for many fits at once: scores, descents by them, and what is asked at their ends.

    score(x, columns, weights)     [value, slope by each param, matrix row by row], summed over rows by their weights
    descent(start, low, high, damping, freedom, rounds, columns, weights)
                                   the library's `descent` by that score
    covariance(matrix, used)       the library's `inverse_of`
    goodness(x, columns, orders, weights)
                                   the library's `seen_along`, for each measurement in an order of its own

The value is the negative log-likelihood, or half the sum of squares where sigma is not known; the matrix that of
Fisher's expected information, or of Gauss and Newton:

    matrix = Σ w Jᵀ I J            J: derivatives of a distribution's arguments by the params; I: information about them

Like the functions of `core.from_experiment` they are typed trees, lowered as any function of the program is. Where
states evolve every row evolves its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

from qdsl.lang.core.from_experiment import FindFunction, FromExperiment, named_arguments, with_arguments
from qdsl.lang.core.typed_writer import Writer
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.types import INT, SCALAR

NUMBERS = types.Array(SCALAR)

COUNTABLE = 25.0
"""The variance from which on a count is about as often above its mean as below, whole number or not."""

ROUNDING = 1e-10
"""So much smaller than the largest datum a residual is what arithmetic leaves."""


@dataclass(frozen=True, eq=False)
class FromScores:
    """Writes the functions of one experiment, each row of which is computed by itself. `find` gives a function of the
    library's module `scoring`."""

    of: FromExperiment
    find: FindFunction

    @property
    def w(self) -> Writer:
        return self.of.w

    @property
    def size(self) -> int:
        return len(self.of.params)

    @cached_property
    def columns(self) -> dict[typed.Variable, typed.Variable]:
        """The axes and what is measured, each with its column."""
        return {each: self.of.column(each) for each in (*self.of.axes, *self.of.measured)}

    @cached_property
    def weights(self) -> typed.Variable:
        return self.w.variable("weights", NUMBERS)

    # ── descents ─────────────────────────────────────────────────────────────

    def descent(self) -> typed.Function:
        """(start, low, high, damping, freedom, rounds, columns, weights) -> the record that `descent` of the library
        gives."""
        w = self.w
        start, low, high = (w.variable(name, NUMBERS) for name in ("start", "low", "high"))
        damping, freedom = w.variable("damping", SCALAR), w.variable("freedom", SCALAR)
        rounds = w.variable("rounds", INT)
        whole = [self._of_length(each, self.size) for each in (start, low, high)]
        x = w.variable("x", types.Array(SCALAR, (self.size,)))
        score = w.lambda_([x], self._scored(x))
        search, result = self._library("descent")
        found = w.variable("found", result)
        call = w.call(search, score, *whole, w.use(damping), w.use(freedom), w.use(rounds), type=result)
        given = (start, low, high, damping, freedom, rounds, *self.columns.values(), self.weights)
        return self.of.function("descent", given, w.block([w.let(found, call)], self._written_out(found)))

    def _written_out(self, found: typed.Variable) -> typed.Expr:
        """The record with arrays of lengths that are known before it runs."""
        w, type_ = self.w, types.pruned(found.type)
        assert isinstance(type_, types.Record)
        fields: list[tuple[str, typed.Expr]] = []
        for name, each in type_.fields:
            value: typed.Expr = typed.GetField(w.span, each, w.use(found), name)
            if isinstance(types.pruned(each), types.Array):
                length = self.size**2 if name == "inverse" else self.size
                value = w.array([w.at(value, w.integer(i)) for i in range(length)])
            fields.append((name, value))
        return w.record(fields)

    def _of_length(self, array: typed.Variable, length: int) -> typed.Expr:
        """The array element by element: of a length that the compiler knows."""
        return self.w.array([self.w.at(self.w.use(array), self.w.integer(i)) for i in range(length)])

    def _library(self, name: str) -> tuple[typed.Function, types.Type]:
        """A function of `scoring`, and the type of its result."""
        function = self.find(name)
        assert isinstance(function.type, types.Function)
        return function, function.type.result

    def score(self) -> typed.Function:
        """(x, columns, weights) -> the score at x."""
        x = self.w.variable("x", NUMBERS)
        return self.of.function("score", (x, *self.columns.values(), self.weights), self._scored(x))

    # ── ends ─────────────────────────────────────────────────────────────────

    def covariance(self) -> typed.Function:
        """(matrix row by row, used) -> the record that `inverse_of` of the library gives."""
        w = self.w
        matrix, used = (w.variable(name, NUMBERS) for name in ("matrix", "used"))
        inverse, result = self._library("inverse_of")
        found = w.variable("found", result)
        call = w.call(inverse, self._of_length(matrix, self.size**2), self._of_length(used, self.size), type=result)
        return self.of.function("covariance", (matrix, used), w.block([w.let(found, call)], self._written_out(found)))

    def goodness(self) -> typed.Function:
        """(x, columns, an order of the rows for each measurement, weights) -> how the data lie about the model: for
        each measurement the record that `seen_along` of the library gives.

        The gains of several outcomes come all with the first of them; of least squares there are none.
        """
        w = self.w
        x = w.variable("x", NUMBERS)
        params = [w.let(each, w.at(w.use(x), w.integer(place))) for place, each in enumerate(self.of.params)]
        seen, result = self._library("seen_along")
        orders, fields = list[typed.Variable](), list[tuple[str, typed.Expr]]()
        for measure in self.of.model.measures:
            order = w.variable(f"{measure.variable.name}.order", types.Array(INT))
            least = COUNTABLE if types.pruned(measure.variable.type) is INT else 0.0
            bounds = (typed.Constant(w.span, SCALAR, bound) for bound in (least, ROUNDING))
            given = (w.use(order), w.use(self.weights), self._seen(measure), *bounds)
            orders.append(order)
            fields.append((measure.variable.name, w.call(seen, *given, type=result)))
        given_all = (x, *self.columns.values(), *orders, self.weights)
        return self.of.function("goodness", given_all, w.block(params, w.record(fields)))

    def _seen(self, measure: typed.MeasureDeclaration) -> typed.Expr:
        """row -> [datum, mean, variance, gain] of a measurement."""
        w, index = self.w, self.w.variable("i", INT)
        at_row = [w.let(each, w.at(w.use(column), w.use(index))) for each, column in self.columns.items()]
        datum = w.use(measure.variable)
        if types.pruned(measure.variable.type) is INT:
            datum = typed.Cast(w.span, SCALAR, datum)
        is_of_squares = measure is self._squares()
        variance = w.zero if is_of_squares else self.of.variance(measure)
        gain = w.zero if is_of_squares or measure.is_further else self.of.gain(measure)
        row = w.array([datum, self.of.mean(measure), variance, gain])
        return w.lambda_([index], w.block([*at_row, *self.of.model.lets], row))

    def correlation(self, portmanteau: typed.Function) -> typed.Function:
        """(x, lags, columns) -> `portmanteau` of the library of the residuals of the only measurement, row by row."""
        w = self.w
        x, index, lags = w.variable("x", NUMBERS), w.variable("i", INT), w.variable("lags", INT)
        (measure,) = self.of.model.measures
        params = [w.let(each, w.at(w.use(x), w.integer(place))) for place, each in enumerate(self.of.params)]
        at_row = [w.let(each, w.at(w.use(column), w.use(index))) for each, column in self.columns.items()]
        left = w.operation("sub", w.use(measure.variable), self.of.mean(measure))
        rows = w.range(w.integer(0), w.length(next(iter(self.columns.values()))))
        residuals = w.each(index, rows, w.block([*at_row, *self.of.model.lets], left))
        found = w.call(portmanteau, residuals, w.use(lags), type=SCALAR)
        return self.of.function("correlation", (x, lags, *self.columns.values()), w.block(params, found))

    # ── scores ───────────────────────────────────────────────────────────────

    def _scored(self, x: typed.Variable) -> typed.Expr:
        """Sums over rows in numbers of their own, one for each entry of the score."""
        w, n = self.w, self.size
        given = [w.at(w.use(x), w.integer(i)) for i in range(n)]
        pairs = [(i, k) for i in range(n) for k in range(i, n)]
        value = w.variable("value", SCALAR, is_mutable=True)
        slope = [w.variable(f"slope{i}", SCALAR, is_mutable=True) for i in range(n)]
        matrix = {pair: w.variable("matrix{}{}".format(*pair), SCALAR, is_mutable=True) for pair in pairs}
        index = w.variable("i", INT)
        at_row = [w.let(each, w.at(w.use(column), w.use(index))) for each, column in self.columns.items()]
        weight = w.variable("weight", SCALAR)
        row, terms = self._row(given, w.use(weight))
        body: list[typed.Statement] = [*at_row, w.let(weight, w.at(w.use(self.weights), w.use(index))), *row]
        for total, term in zip((value, *slope, *matrix.values()), terms, strict=True):
            body.append(w.assign(total, self._plus(w.use(total), term)))
        rows = w.range(w.integer(0), w.length(next(iter(self.columns.values()))))
        before: list[typed.Statement] = [w.let(each, w.zero) for each in (value, *slope, *matrix.values())]
        loop = w.loop(index, rows, body)
        of_priors, (prior, by_param, by_pair) = self._priors(given)
        square = {pair: w.sum(w.use(matrix[pair]), by_pair[pair]) if by_pair else w.use(matrix[pair]) for pair in pairs}
        entries = [w.sum(w.use(value), prior) if prior else w.use(value)]
        entries += [w.sum(w.use(slope[i]), by_param[i]) if by_param else w.use(slope[i]) for i in range(n)]
        entries += [square[min(i, k), max(i, k)] for i in range(n) for k in range(n)]
        return w.block([*before, loop, *of_priors], w.array(entries))

    def _total(self, terms: Sequence[typed.Expr]) -> typed.Expr:
        return reduce(self.w.sum, terms) if terms else self.w.zero

    def _plus(self, total: typed.Expr, term: typed.Expr) -> typed.Expr:
        """The sum, rounded once where the term is a product: so it is one instruction."""
        if isinstance(term, typed.Operation) and term.name == "mul":
            return self.w.operation("fma", *term.operands, total)
        return self.w.sum(total, term)

    def _row(self, given: Sequence[typed.Expr], weight: typed.Expr) -> tuple[list[typed.Statement], list[typed.Expr]]:
        """What is computed in a row, and its terms by its weight: of the value, of the slope, of the upper triangle."""
        squares = self._squares()
        if squares is not None:
            return self._of_squares(squares, given, weight)
        return self._of_likelihood(given, weight)

    def _squares(self) -> typed.MeasureDeclaration | None:
        """The only measurement, where it is `Normal(m)` with an unknown sigma."""
        measures = self.of.model.measures
        return measures[0] if len(measures) == 1 and measures[0].distribution.arguments[-1] is None else None

    def _of_squares(
        self, measure: typed.MeasureDeclaration, given: Sequence[typed.Expr], weight: typed.Expr
    ) -> tuple[list[typed.Statement], list[typed.Expr]]:
        w = self.w
        lets, (mean,), slopes = self._values_and_slopes([self.of.mean(measure)], given)
        left = w.variable("left", SCALAR)
        lets.append(w.let(left, w.operation("sub", mean, w.use(measure.variable))))
        half = typed.Constant(w.span, SCALAR, 0.5)
        weighted = [w.product(weight, each[0]) for each in slopes]
        terms = [w.product(w.product(half, weight), w.product(w.use(left), w.use(left)))]
        terms += [w.product(each, w.use(left)) for each in weighted]
        terms += [w.product(weighted[i], slopes[k][0]) for i in range(self.size) for k in range(i, self.size)]
        return lets, terms

    def _of_likelihood(
        self, given: Sequence[typed.Expr], weight: typed.Expr
    ) -> tuple[list[typed.Statement], list[typed.Expr]]:
        """By the chain rule through the arguments of the distributions: what is asked of a distribution is derived by
        these few alone. Several outcomes have one likelihood together, which is derived by the params."""
        w, n = self.w, self.size
        measures = self.of.model.measures
        named = {measure: named_arguments(measure) for measure in measures}
        real = [(measure, name, each) for measure, all_ in named.items() for name, each in all_ if _is_real(each)]
        together = [each for each in measures if each.outcome is not None and not each.is_further]
        parts = [each for *_, each in real] + [self._cost(each) for each in together]
        lets, values, slopes = self._values_and_slopes(parts, given)
        place = {(measure, name): at for at, (measure, name, _) in enumerate(real)}
        bound = [w.let(each, at) for each, at in zip(self.of.params, given, strict=True)]
        lets = [*bound, *self.of.model.lets, *lets]  # arguments that are no real numbers are used as they are
        value = self._total(values[len(real) :])
        slope = [self._total(each[len(real) :]) for each in slopes]
        triangle = [w.zero for i in range(n) for _ in range(i, n)]
        for measure in measures:
            given_here = [values[place[measure, name]] if _is_real(each) else each for name, each in named[measure]]
            if measure.outcome is None:
                further, cost, by = self._cost_and_slopes(measure, given_here)
                lets += further
                value = w.sum(value, cost)
                for name, each in by.items():
                    at = place[measure, name]
                    slope = [w.sum(old, w.product(each, slopes[i][at])) for i, old in enumerate(slope)]
            lets, entries = self._information(measure, given_here, lets)
            for a, b, entry in entries:
                first, second = place[measure, a], place[measure, b]
                weighted = [[w.product(w.product(weight, entry), each) for each in row] for row in slopes]
                at = 0
                for i in range(n):
                    for k in range(i, n):
                        pair = w.product(weighted[i][first], slopes[k][second])
                        if first != second:
                            pair = w.sum(pair, w.product(weighted[i][second], slopes[k][first]))
                        triangle[at] = w.sum(triangle[at], pair)
                        at += 1
        return lets, [*(w.product(weight, each) for each in (value, *slope)), *triangle]

    def _cost(self, measure: typed.MeasureDeclaration) -> typed.Expr:
        """The negative log-likelihood of a datum."""
        return self.w.operation("neg", self.of.of_datum(measure, "log_kernel"))

    def _cost_and_slopes(
        self, measure: typed.MeasureDeclaration, arguments: Sequence[typed.Expr]
    ) -> tuple[list[typed.Statement], typed.Expr, dict[str, typed.Expr]]:
        """The same where the arguments that are given are these, and its derivatives by those that are real, by their
        names.
        """
        w, names = self.w, [name for name, _ in named_arguments(measure)]
        by = {name: w.variable(name, each.type) for name, each in zip(names, arguments, strict=True) if _is_real(each)}
        mixed = (w.use(by[name]) if name in by else each for name, each in zip(names, arguments, strict=True))
        of_these = with_arguments(measure, list(mixed))
        function = w.lambda_(list(by.values()), self._cost(of_these))
        real = [each for each in arguments if _is_real(each)]
        only = len(by) == 1
        type_ = SCALAR if only else types.Record(tuple((name, SCALAR) for name in by))
        cost, slopes = w.variable("cost", SCALAR), w.variable("slopes", type_)
        lets: list[typed.Statement] = [
            w.let(cost, w.call_value(function, real, SCALAR)),
            w.let(slopes, w.call_value(w.derivative("grad", function, type_), real, type_)),
        ]
        each_by = {name: w.use(slopes) if only else typed.GetField(w.span, SCALAR, w.use(slopes), name) for name in by}
        return lets, w.use(cost), each_by

    def _information(
        self, measure: typed.MeasureDeclaration, arguments: Sequence[typed.Expr], lets: list[typed.Statement]
    ) -> tuple[list[typed.Statement], list[tuple[str, str, typed.Expr]]]:
        """The entries of the information about a distribution's real arguments, by their names; those that are absent
        are 0."""
        w = self.w
        name = measure.distribution.name
        function = self.of.find(DISTRIBUTIONS[name].information or f"{name.lower()}_information")
        assert isinstance(function.type, types.Function)
        result = types.pruned(function.type.result)
        found = w.variable("information", result)
        lets = [*lets, w.let(found, w.call(function, *arguments, type=result))]
        if not isinstance(result, types.Record):
            real = next(name for name, each in named_arguments(measure) if _is_real(each))
            return lets, [(real, real, w.use(found))]
        entries: list[tuple[str, str, typed.Expr]] = []
        for field, type_ in result.fields:
            first, _, second = field.partition("_")
            entries.append((first, second or first, typed.GetField(w.span, type_, w.use(found), field)))
        return lets, entries

    def _values_and_slopes(
        self, parts: Sequence[typed.Expr], given: Sequence[typed.Expr]
    ) -> tuple[list[typed.Statement], list[typed.Expr], list[list[typed.Expr]]]:
        """Numbers of the model at these params, and the derivatives of each by each param: by param, then by part."""
        w, names = self.w, [each.name for each in self.of.params]
        body = w.block(self.of.model.lets, w.array(parts))
        function = w.lambda_(self.of.params, body)
        values = w.variable("values", body.type)
        only = len(names) == 1
        slopes = w.variable("slopes", body.type if only else types.Record(tuple((name, body.type) for name in names)))
        derived = w.derivative("jacobian", function, slopes.type)
        lets: list[typed.Statement] = [
            w.let(values, w.call_value(function, given, body.type)),
            w.let(slopes, w.call_value(derived, given, slopes.type)),
        ]
        by = [w.use(slopes) if only else typed.GetField(w.span, body.type, w.use(slopes), name) for name in names]
        return (
            lets,
            [w.at(w.use(values), w.integer(k)) for k in range(len(parts))],
            [[w.at(each, w.integer(k)) for k in range(len(parts))] for each in by],
        )

    def _priors(
        self, given: Sequence[typed.Expr]
    ) -> tuple[
        list[typed.Statement],
        tuple[typed.Expr | None, list[typed.Expr], dict[tuple[int, int], typed.Expr]],
    ]:
        """What priors add to a score."""
        w, n = self.w, self.size
        if not any(each.prior for each in self.of.experiment.params):
            return [], (None, [], {})
        names = [each.name for each in self.of.params]
        function = w.lambda_(self.of.params, self.of.with_priors(w.zero, "log_kernel"))
        row = types.Record(tuple((name, SCALAR) for name in names)) if n > 1 else SCALAR
        square = types.Record(tuple((name, row) for name in names)) if n > 1 else SCALAR
        value, slope, second = (
            w.variable(f"prior.{name}", type_)
            for name, type_ in (("value", SCALAR), ("slope", row), ("second", square))
        )
        lets: list[typed.Statement] = [
            w.let(value, w.call_value(function, given, SCALAR)),
            w.let(slope, w.call_value(w.derivative("grad", function, row), given, row)),
            w.let(second, w.call_value(w.derivative("hessian", function, square), given, square)),
        ]
        if n == 1:
            return lets, (w.use(value), [w.use(slope)], {(0, 0): w.use(second)})
        by: list[typed.Expr] = [typed.GetField(w.span, SCALAR, w.use(slope), name) for name in names]
        pairs: dict[tuple[int, int], typed.Expr] = {
            (i, k): typed.GetField(w.span, SCALAR, typed.GetField(w.span, row, w.use(second), names[i]), names[k])
            for i in range(n)
            for k in range(i, n)
        }
        return lets, (w.use(value), by, pairs)


def _is_real(argument: typed.Expr) -> bool:
    return isinstance(types.pruned(argument.type), types.Real)
