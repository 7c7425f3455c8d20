"""What can be wrong with an experiment or with what is asked of one. One method per mistake."""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.lang.report import Diagnostic, Label, error, warning
from qdsl.lang.report.near import nearest
from qdsl.lang.source import Span
from qdsl.lang.typed.show import Show
from qdsl.lang.typed.types import NOTHING, Type

SEED = "seed"
"""What `simulate` takes beside the params and axes of an experiment."""


class ExperimentErrors:
    """Mistakes about experiments. `show` names types."""

    def __init__(self, show: Show) -> None:
        self._show = show

    @property
    def show(self) -> Show:
        return self._show.fresh()

    def param_without_type(self, span: Span, name: str) -> Diagnostic:
        """`param T2` with neither type nor default."""
        return error("E0501", f"the param `{name}` needs a type or a default", Label(span))

    def param_not_real(self, span: Span, name: str, type_: Type) -> Diagnostic:
        """`param n: Int`: a fit varies params continuously."""
        return error(
            "E0502",
            f"the param `{name}` must be a real number, and this is {self.show.a(type_)}",
            Label(span),
        )

    def name_taken(self, span: Span, what: str, name: str) -> Diagnostic:
        """`param verdict: Scalar = 1`: `best.verdict` would be the Fit's own."""
        taken = f"`simulate` has a `{name}` of its own" if name == SEED else f"a Fit has a `{name}` of its own"
        return error("E0528", f"{taken}, so no {what} can be called that", Label(span))

    def not_constant(self, span: Span, what: str) -> Diagnostic:
        """A default or bound that depends on a param or an axis."""
        return error("E0503", f"{what} must be known before the run, so it cannot depend on the model", Label(span))

    def outside_bounds(self, span: Span, name: str, bounds: Span) -> Diagnostic:
        """`param p: Scalar = 2 in 0 .. 1`."""
        return error(
            "E0504", f"the default of `{name}` lies outside its bounds", Label(span), Label(bounds, "the bounds")
        )

    def bounds_reversed(self, span: Span, name: str) -> Diagnostic:
        """`in 1 .. 0`."""
        return error("E0505", f"the bounds of `{name}` leave nothing between them", Label(span))

    def not_a_distribution(self, span: Span, type_: Type) -> Diagnostic:
        """`measure y ~ 3`."""
        return error(
            "E0506",
            f"after `~` stands a distribution, and this is {self.show.a(type_)}",
            Label(span),
            hint="for example Normal(m, sigma), Binomial(n, p) or Poisson(mean)",
        )

    def distribution_as_value(self, span: Span, name: str) -> Diagnostic:
        """`let x = Normal(0, 1)`."""
        return error("E0507", f"`{name}` stands only after `~` in an experiment", Label(span))

    def axis_without_type(self, span: Span, name: str) -> Diagnostic:
        """`axis t` with neither type nor values."""
        return error("E0508", f"the axis `{name}` needs a type or values", Label(span))

    def axis_not_array(self, span: Span, name: str, type_: Type) -> Diagnostic:
        """`axis t: Time = 3 s`."""
        return error(
            "E0509",
            f"the values of the axis `{name}` are an array, and this is {self.show.a(type_)}",
            Label(span),
        )

    def axis_of_other_type(self, span: Span, name: str, type_: Type) -> Diagnostic:
        """`axis z: Complex`: an axis is a column of a data file."""
        return error(
            "E0529",
            f"the axis `{name}` must hold real numbers, Ints or Bools, and this is {self.show.a(type_)}",
            Label(span),
        )

    def path_needs_zip(self, span: Span, count: int) -> Diagnostic:
        """`axis a: T, b: U = xs`."""
        return error(
            "E0510", f"{count} axes that go together take their values from zip(.., ..) of {count} arrays", Label(span)
        )

    def no_measurement(self, span: Span, name: str) -> Diagnostic:
        """An experiment without `measure`."""
        return error(
            "E0511", f"the experiment `{name}` measures nothing", Label(span), hint="add a line `measure y ~ ..`"
        )

    def not_an_experiment(self, span: Span, function: str, type_: Type) -> Diagnostic:
        """`simulate(3)`."""
        return error(
            "E0513",
            f"`{function}` takes an experiment here, and this is {self.show.a(type_)}",
            Label(span),
        )

    def no_param(self, span: Span, experiment: str, name: str, known: Iterable[str]) -> Diagnostic:
        """`simulate(ramsey, T3 = 1 us)`."""
        names = list(known)
        near = nearest(name, names)
        hint = f"did you mean `{near}`?" if near else "it has " + ", ".join(f"`{each}`" for each in names)
        return error("E0514", f"`{experiment}` has no param `{name}`", Label(span), hint=hint)

    def not_data_of(self, span: Span, experiment: str, column: str, type_: Type) -> Diagnostic:
        """`fit(ramsey, table)` where a column is missing or of another type."""
        return error(
            "E0515",
            f"these data do not fit `{experiment}`: it needs a column `{column}` of {self.show.type(type_)}",
            Label(span),
        )

    def not_host_value(self, span: Span, function: str, what: str, type_: Type) -> Diagnostic:
        """`fit(ramsey, 3)`, `print` of a function."""
        return error("E0516", f"`{function}` takes {what} here, and this is {self.show.a(type_)}", Label(span))

    def plot_arguments(self, span: Span, found: Iterable[Type]) -> Diagnostic:
        """`plot("t1.svg")`, `plot(best)`."""
        show = self.show
        given = ", ".join(show.type(each) for each in found)
        return error(
            "E0516",
            f"`plot` takes a Fit, a Table or two arrays of real numbers and then a file name, not ({given})",
            Label(span),
            hint='plot(best, "figure.svg")',
        )

    def setting_without_name(self, span: Span, function: str) -> Diagnostic:
        """`simulate(ramsey, 3 us)`."""
        return error(
            "E0308",
            f"`{function}` takes one experiment; what else it is given has a name",
            Label(span),
            hint=f"{function}(experiment, param = value)",
        )

    def zip_alone(self, span: Span) -> Diagnostic:
        """`let x = zip(xs, ys)`."""
        return error("E0510", "`zip` stands only after the names of axes that go together", Label(span))

    def not_shown(self, span: Span, type_: Type) -> Diagnostic:
        """`print(sin)`, `"{sin}"`."""
        what = "gives none" if type_ is NOTHING else f"is {self.show.a(type_)}"
        return error("E0516", f"only values can be shown, and this {what}", Label(span))

    def word_expected(self, span: Span, argument: str, words: Iterable[str]) -> Diagnostic:
        """`fit(.., errors = "exact")`."""
        return error("E0517", f"`{argument}` is one of " + ", ".join(f'"{word}"' for word in words), Label(span))

    def axis_has_no_values(self, span: Span, experiment: str, name: str) -> Diagnostic:
        """`simulate(t1)` where the axis gets its values from data."""
        return error(
            "E0518",
            f"the axis `{name}` of `{experiment}` has no values of its own",
            Label(span),
            hint=f"give them here: {name} = linspace(..)",
        )

    def column_twice(self, span: Span, name: str) -> Diagnostic:
        """`measure n ~ Multinomial(..)` beside `measure n_0 ~ ..`: the outcomes of n are called n_0, n_1, .."""
        said = f"there are two columns `{name}`: the outcomes of a Multinomial are numbered"
        return error("E0204", said, Label(span))

    def measurement_used(self, span: Span, name: str) -> Diagnostic:
        """`measure b ~ Poisson(a)` where a is measured: a model says how data come about, not what they are."""
        return error(
            "E0526",
            f"`{name}` is measured, so the model cannot depend on it",
            Label(span),
            hint="use what it is drawn from, or make it an axis",
        )

    def outcomes_unknown(self, span: Span, count: object) -> Diagnostic:
        """`Multinomial(n, p)` where p has a length that is known only in a run, or one of 0 or 1."""
        said = "how many outcomes there are must be known before the run"
        if isinstance(count, int):
            said = "a Multinomial has at least two outcomes"
        return error("E0527", said, Label(span), hint="write a probability for each: [a, b, 1 - a - b]")

    def prior_of_counts(self, span: Span, name: str) -> Diagnostic:
        """`param p: Scalar ~ Poisson(3)`: a param is a real number."""
        return error("E0524", f"a param is a real number, and `{name}` is a distribution of counts", Label(span))

    def unused_measure_argument(self, span: Span) -> Diagnostic:
        """`Binomial(500, 0.5)` in an experiment with params: the model says nothing."""
        return warning("W0520", "this measurement depends on no param, so a fit learns nothing from it", Label(span))
