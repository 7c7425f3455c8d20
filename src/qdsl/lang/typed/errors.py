"""What the checker can say is wrong with a type. One method per mistake; the words live here and nowhere else.

A call site names the mistake and passes what it knows (spans, types, names); it never writes a sentence. Mistakes about
dimensions and 2π are in `dimension_errors`, about experiments in `experiment_errors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.report.near import nearest
from qdsl.lang.source import Span
from qdsl.lang.typed import types
from qdsl.lang.typed.fit_options import meant
from qdsl.lang.typed.show import Show
from qdsl.lang.typed.tomography_errors import state_in
from qdsl.lang.typed.types import Type, pruned
from qdsl.lang.typed.words import counted, with_article

_OF_AN_ARRAY = {"min": "minimum", "max": "maximum"}


class TypeErrors:
    """Mistakes about types. `show` names dimensions."""

    def __init__(self, show: Show) -> None:
        self._show = show

    @property
    def show(self) -> Show:
        return self._show.fresh()

    # ── numbers and operators ────────────────────────────────────────────────

    def not_a_number(self, span: Span, operator: str, type_: Type) -> Diagnostic:
        """`"a" + 1`."""
        return error("E0301", f"`{operator}` works on numbers, and this is {self.show.a(type_)}", Label(span))

    def mismatch(self, span: Span, found: Type, expected: Type, why: Span | None, reason: str) -> Diagnostic:
        """A value of one type where another is needed; `why` is where the need comes from."""
        show = self.show
        labels = [Label(span, f"this is {show.a(found)}")]
        if why is not None:
            labels.append(Label(why, reason))
        estimate = isinstance(found, types.Estimate) and isinstance(expected, types.Real)
        return error(
            "E0302",
            f"this should be {show.a(expected)}, but is {show.a(found)}",
            *labels,
            hint="its value without the uncertainty is `.value` of it" if estimate else "",
        )

    def needs_rounding(self, span: Span, why: Span | None, reason: str) -> Diagnostic:
        """A Scalar where an Int is needed."""
        labels = [Label(span, "this is a Scalar")]
        if why is not None:
            labels.append(Label(why, reason))
        fix = Fix("round it", (Edit(span.before(), "round("), Edit(span.after(), ")")), sure=False)
        return error(
            "E0322",
            "a Scalar does not become an Int by itself",
            *labels,
            hint="say how: round(x), floor(x) or ceil(x)",
            fixes=(fix,),
        )

    def variable_is_int(
        self, span: Span, found: Type, name: str, declared: Span | None, literal: Span | None
    ) -> Diagnostic:
        """`var y = 1` and later `y = y / 2`; `var s = 0` in a file and later `s = s + t`."""
        type_ = self.show.type(found)
        labels = [Label(span, f"this is {with_article(type_)}")]
        fixes: tuple[Fix, ...] = ()
        if declared is not None:
            labels.append(Label(declared, f"`{name}` began as an Int"))
        if literal is not None and is_scalar_number(found):
            fixes = (Fix("begin with a Scalar", (Edit(literal.after(), ".0"),)),)
        elif declared is not None and literal is not None and literal.text == "0":
            fixes = (Fix(f"begin with a {type_}", (Edit(declared.after(), f": {type_}"),), sure=False),)
        return error("E0323", f"`{name}` is an Int and cannot take {with_article(type_)}", *labels, fixes=fixes)

    def condition(self, span: Span, type_: Type, word: str) -> Diagnostic:
        """`if 3 { .. }`."""
        hint = "say how many have to be true: all(..) or any(..)" if isinstance(type_, types.Array) else ""
        return error("E0303", f"`{word}` needs a Bool, and this is {self.show.a(type_)}", Label(span), hint=hint)

    def not_comparable(self, span: Span, operator: str, type_: Type) -> Diagnostic:
        """`1i < 2i`, `f == g`."""
        return error(
            "E0328", f"values of type {self.show.type(type_)} cannot be compared with `{operator}`", Label(span)
        )

    def branches_differ(self, then: Span, then_type: Type, other: Span, other_type: Type) -> Diagnostic:
        """`if c { 1 } else { "a" }`."""
        show = self.show
        return error(
            "E0304",
            "the two branches of this `if` have different types",
            Label(other, f"this is {show.a(other_type)}"),
            Label(then, f"this is {show.a(then_type)}"),
        )

    def no_else(self, span: Span) -> Diagnostic:
        """An `if` used for its value without `else`."""
        return error("E0305", "this `if` is used for its value, so it needs an `else`", Label(span))

    def no_value(self, span: Span, what: str, hint: str) -> Diagnostic:
        """A block without a value where one is needed."""
        return error("E0324", f"{what} has no value", Label(span), hint=hint)

    def estimate_inside(self, span: Span) -> Diagnostic:
        """`fn f(x) = x * 2.0(1)`: in a function there are plain numbers."""
        return error(
            "E0343",
            "an Estimate cannot be made inside a function or an experiment",
            Label(span),
            hint="bind it outside with let, or give it to the function as an argument",
        )

    def unknown_option(self, span: Span, name: str, value: str) -> Diagnostic:
        """`option nonfinite = kep`."""
        return error("E0344", f"there is no `option {name} = {value}`", Label(span), hint="option nonfinite = keep")

    def plus_minus(self, span: Span) -> Diagnostic:
        """`"a" +/- 1`."""
        return error("E0335", "`+/-` stands between a value and its uncertainty, both real numbers", Label(span))

    def int_too_large(self, span: Span) -> Diagnostic:
        """`99999999999999999999`."""
        fix = Fix("make it a Scalar", (Edit(span.after(), ".0"),), sure=False)
        return error("E0345", "an Int has 64 bits, and this is larger", Label(span), fixes=(fix,))

    # ── calls ────────────────────────────────────────────────────────────────

    def not_a_function(self, span: Span, type_: Type) -> Diagnostic:
        """`3(4)` by way of a name: `x(4)` where x is a number."""
        return error(
            "E0306",
            f"this is {self.show.a(type_)}, not a function, so it cannot be called",
            Label(span),
        )

    def missing_argument(self, span: Span, function: str, missing: Sequence[str], declared: Span | None) -> Diagnostic:
        """`rabi(t)` where rabi takes three, `max(xs)`."""
        names = " and ".join(f"`{name}`" for name in missing)
        labels = [Label(span)]
        if declared is not None:
            labels.append(Label(declared, "declared here"))
        hint = f"of the elements of one array it is {_OF_AN_ARRAY[function]}(xs)" if function in _OF_AN_ARRAY else ""
        return error("E0307", f"`{function}` also needs {names}", *labels, hint=hint)

    def too_many_arguments(self, span: Span, function: str, most: int, declared: Span | None) -> Diagnostic:
        """`sin(1, 2)`."""
        labels = [Label(span, "one too many")]
        if declared is not None:
            labels.append(Label(declared, "declared here"))
        return error("E0308", f"`{function}` takes {counted(most, 'argument')}", *labels)

    def unknown_argument(self, span: Span, function: str, name: str, known: Iterable[str]) -> Diagnostic:
        """`linspace(0, 1, num = 3)`."""
        names = list(known)
        near, hint = meant(function, name, names)
        fixes = (Fix(f"write `{near}`", (Edit(span, near),)),) if near else ()
        return error("E0309", f"`{function}` has no argument `{name}`", Label(span), hint=hint, fixes=fixes)

    def argument_twice(self, span: Span, name: str) -> Diagnostic:
        """`f(1, x = 2)` where x is the first."""
        return error("E0310", f"the argument `{name}` is given twice", Label(span))

    def wrong_argument(self, span: Span, function: str, parameter: str, found: Type, expected: Type) -> Diagnostic:
        """`sin("a")`."""
        show = self.show
        wanted, hint = show.a(expected), ""
        match pruned(expected):
            case types.Real(dimension) if not dimension.resolved().ground:
                wanted = "a real number"
                if isinstance(found, types.QUANTUM):
                    hint = f"a parameter without a type is a number: write {parameter}: {show.type(found)}"
            case types.Density() if isinstance(found, types.Operator):
                hint = "states for sure are mixtures, A * rho * dag(A), and Density(q, matrix), which is checked"
        return error(
            "E0311",
            f"`{parameter}` of `{function}` is {wanted}, and this is {show.a(found)}",
            Label(span, f"this is {show.a(found)}"),
            hint=hint or state_in([found]),
        )

    def no_overload(self, span: Span, function: str, found: Sequence[Type], known: Sequence[Type]) -> Diagnostic:
        """`bit_and(0.5, 1)`."""
        given = ", ".join(self.show.type(each) for each in found)
        forms = "\n".join(f"  {function}: {self.show.type(each)}" for each in known)
        return error(
            "E0312",
            f"`{function}` does not take ({given})",
            Label(span),
            note=f"it has these forms:\n{forms}",
            hint=state_in(found),
        )

    def impure(self, span: Span, function: str) -> Diagnostic:
        """`fn f(x) { print(x) }`."""
        return error("E0336", f"functions are pure, so `{function}` cannot be called inside one", Label(span))

    def not_a_value(self, span: Span, name: str, what: str) -> Diagnostic:
        """A module or an experiment where a number is needed."""
        return error("E0329", f"`{name}` is {with_article(what)}, not a value", Label(span))

    def function_in_var(self, span: Span, name: str) -> Diagnostic:
        """`var g = sin`: what g is after `g = cos` would be known only when the program runs."""
        said = f"`{name}` is a var, and which function it is must be known before the program runs"
        return error(
            "E0350", said, Label(span), hint="bind it with let, or choose between the results of the functions"
        )

    def host_needs_call(self, span: Span, name: str) -> Diagnostic:
        """`let f = print`."""
        return error("E0337", f"`{name}` can only be called", Label(span))

    def not_differentiable(self, span: Span, type_: Type, kind: str) -> Diagnostic:
        """`grad("a")`, `grad` of a function that returns a Text, an array or a Complex."""
        gives_array = isinstance(type_, types.Function) and isinstance(pruned(type_.result), types.Array)
        wanted = "a real number" if kind == "grad" else "real numbers"
        return error(
            "E0338",
            f"`{kind}` needs a function from real numbers to {wanted}, and this is {self.show.a(type_)}",
            Label(span),
            hint="jacobian(f) is for a function that gives an array" if kind == "grad" and gives_array else "",
        )

    def recursive_without_type(self, span: Span, name: str) -> Diagnostic:
        """A function without a result type that calls itself before its result can be inferred."""
        return error(
            "E0339",
            f"`{name}` calls itself, so its result type must be written",
            Label(span),
            hint=f"write `fn {name}(..) -> Type`",
        )

    # ── arrays, records, fields ──────────────────────────────────────────────

    def no_field(self, span: Span, type_: Type, name: str, known: Iterable[str]) -> Diagnostic:
        """`r.c` of (a: .., b: ..)."""
        names = list(known)
        near = nearest(name, names)
        fixes = (Fix(f"write `{near}`", (Edit(span, near),)),) if near else ()
        hint = (
            f"did you mean `{near}`?"
            if near
            else ("it has " + ", ".join(f"`{each}`" for each in names) if names else "")
        )
        return error("E0313", f"{self.show.a(type_)} has no `{name}`", Label(span), hint=hint, fixes=fixes)

    def not_indexable(self, span: Span, type_: Type) -> Diagnostic:
        """`x[0]` of a number."""
        hint = {types.Operator: "matrix(A)[0, 1]", types.Ket: "amplitudes(psi)[0]"}.get(type(pruned(type_)), "")
        hint = f"its numbers are those of an array: {hint}" if hint else ""
        return error("E0314", f"this is {self.show.a(type_)}, so it has no elements", Label(span), hint=hint)

    def too_many_indices(self, span: Span, axes: int) -> Diagnostic:
        """`v[0, 1]` of a vector."""
        return error("E0315", f"this array has {counted(axes, 'axis', 'axes')}", Label(span))

    def index_type(self, span: Span, type_: Type) -> Diagnostic:
        """`v[0.5]`, `v[1 s]`."""
        return error("E0316", f"an index is an Int, and this is {self.show.a(type_)}", Label(span))

    def index_outside(self, span: Span, index: int, length: int) -> Diagnostic:
        """`[1, 2][5]`, where both are known; indices count from 0 and never from the end."""
        said = f"index {index} is outside an array of {counted(length, 'element')}"
        return error("E0317", said, Label(span), hint=f"from the end: v[len(v) - {-index}]" if index < 0 else "")

    def slice_outside(self, span: Span, low: int | None, high: int | None, length: int | None) -> Diagnostic:
        """`[1, 2][0:5]`, `v[2:1]`, `v[-1:]`; what is not known is None."""
        ends = [each for each in (low, high) if each is not None]
        if min(ends) < 0:
            said = f"indices count from 0 and never from the end, so a slice has no {min(ends)}"
        elif length is not None and max(ends) > length:
            said = f"this slice reaches to {max(ends)}, outside an array of {counted(length, 'element')}"
        else:
            said = f"this slice begins at {low} and ends before that, at {high}"
        return error("E0317", said, Label(span), hint="a slice i:j has 0 <= i <= j <= length")

    def slice_assigned(self, span: Span) -> Diagnostic:
        """`v[0:2] = x`."""
        return error("E0326", "one element is assigned at a time", Label(span), hint="for i in range(..) { v[i] = .. }")

    def index_count(self, span: Span, axes: int) -> Diagnostic:
        """`m[0] = x` of a matrix."""
        return error("E0315", f"an element of this array has {counted(axes, 'index', 'indices')}", Label(span))

    def not_iterable(self, span: Span, type_: Type) -> Diagnostic:
        """`for k in 3`."""
        return error(
            "E0318",
            f"`for` goes over an array or a range, and this is {self.show.a(type_)}",
            Label(span),
            hint="for k in range(n)" if types.pruned(type_) is types.INT else "",
        )

    def elements_differ(self, first: Span, first_type: Type, other: Span, other_type: Type) -> Diagnostic:
        """`[1, "a"]`."""
        show = self.show
        return error(
            "E0319",
            "the elements of an array have one type",
            Label(other, f"this is {show.a(other_type)}"),
            Label(first, f"the first is {show.a(first_type)}"),
        )

    def results_differ(self, last: Span, last_type: Type, other: Span, other_type: Type) -> Diagnostic:
        """`fn f(c: Bool) { if c { return 1 } true }`."""
        show = self.show
        return error(
            "E0321",
            "the results of a function have one type",
            Label(other, f"this is {show.a(other_type)}"),
            Label(last, f"this is {show.a(last_type)}"),
        )

    def lengths_differ(self, left: Span, left_type: Type, right: Span, right_type: Type) -> Diagnostic:
        """`[1, 2] + [1, 2, 3]`."""
        show = self.show
        return error(
            "E0320",
            "these arrays have different shapes",
            Label(left, f"this is {show.a(left_type)}"),
            Label(right, f"this is {show.a(right_type)}"),
        )

    def ragged(self, span: Span, found: Type, first: Type) -> Diagnostic:
        """`[[1, 2], [3]]`."""
        match found, first:
            case types.Array(shape=(int(length),)), types.Array(shape=(int(expected),)):
                said = f"this row has {counted(length, 'element')}, the first has {expected}"
            case _:
                show = self.show
                said = f"this row is {show.a(found)}, but the first is {show.a(first)}"
        return error("E0325", said, Label(span))

    def slice_of_matrix(self, span: Span) -> Diagnostic:
        """`m[0:2]` of a matrix."""
        return error("E0326", "a slice takes a range of an array with one axis", Label(span))

    def mapped_array_result(self, span: Span, function: str, result: Type) -> Diagnostic:
        """A call over an array of a function whose result is an array or a function."""
        what = {types.Function: "a function", types.Record: "a record with arrays"}.get(type(result), "an array")
        return error(
            "E0327",
            f"`{function}` gives {what}, so it cannot go over an array by itself",
            Label(span),
            hint="write a comprehension, as in [f(x)[0] for x in xs]" if what == "an array" else "",
        )

    def uncertainty_lost(self, span: Span, result: Type) -> Diagnostic:
        """`[e, 1.0]`, `f(e)` where the result is an array: only a real number carries an uncertainty."""
        return error(
            "E0341",
            f"the uncertainty of this Estimate would be lost: the result is {self.show.a(result)}",
            Label(span, "this is an Estimate"),
            hint="its value alone is `.value`",
        )

    def not_an_element(self, span: Span, type_: Type) -> Diagnostic:
        """`["a", "b"]`, `[sin, cos]`."""
        return error(
            "E0342",
            f"an array holds numbers, truth values or records of them, and this is {self.show.a(type_)}",
            Label(span),
        )

    def field_twice(self, span: Span, name: str) -> Diagnostic:
        """`(a = 1, a = 2)`."""
        return error("E0340", f"the field `{name}` is given twice", Label(span))

    # ── types as written ─────────────────────────────────────────────────────

    def hole(self, span: Span, type_: Type, fitting: Sequence[str]) -> Diagnostic:
        """`let x: ? = ..`: the answer to a question."""
        note = "constants of this type: " + ", ".join(fitting) if fitting else ""
        return error("E0330", f"this is {self.show.a(type_)}", Label(span, "asked here"), note=note)

    def array_as_in_c(self, span: Span, name: str, length: str) -> Diagnostic:
        """`Time[3]`."""
        fix = Fix(f"write `[{name}; {length}]`", (Edit(span, f"[{name}; {length}]"),))
        said = f"an array type is written [{name}; {length}]; only spaces have a length behind them, as in Qubit[3]"
        return error("E0331", said, Label(span), fixes=(fix,))

    def type_arguments(self, span: Span, name: str, takes: str) -> Diagnostic:
        """`Int<Time>`, `Complex<Int>`."""
        return error("E0331", f"`{name}` takes {takes}", Label(span))

    def unknown_primitive(self, span: Span, name: str) -> Diagnostic:
        """`extern fn` in a user's file."""
        return error(
            "E0332",
            f"`{name}` has no body: only the standard library declares what the compiler does itself",
            Label(span),
        )

    def array_of_arrays(self, span: Span) -> Diagnostic:
        """`[[Scalar]]`."""
        return error("E0333", "an array of arrays is a matrix: write [T; n, m]", Label(span))

    def unknown_length(self, span: Span, name: str) -> Diagnostic:
        """A length that is no constant."""
        return error("E0334", f"the length `{name}` must be a whole number or a name", Label(span))


def is_scalar_number(type_: Type) -> bool:
    """Whether it is a real number without a dimension."""
    type_ = pruned(type_)
    return isinstance(type_, types.Real) and type_.dimension.resolved().is_one
