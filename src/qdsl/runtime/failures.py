"""A stopped program as a message: what a kernel or the interpreter raised -> Diagnostic. And what a watch saw.

One code for each `core.ir.Code`: E0701 for a number outside a function's domain, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qdsl.lang.core.failure_words import at_element
from qdsl.lang.core.ir import Code
from qdsl.lang.core.sightings import Sighting
from qdsl.lang.library import FILES
from qdsl.lang.report import Diagnostic, Label, error, warning
from qdsl.lang.source import Span
from qdsl.lang.typed.tree import Expr, Variable

if TYPE_CHECKING:
    from qdsl.lang.core.interpret import KernelFailure
    from qdsl.runtime.kernel import KernelError

_HINTS = {
    Code.NONFINITE: "`option nonfinite = keep` at the top of the file lets such results pass",
    Code.RECURSION: "is there a case in which it stops calling itself?",
}


_OF_THE_COMPILER = "stdlib/matrices.qdsl"
"""What its functions do is called by operations on states and operators, and not by their names."""


class Stopped(Exception):  # noqa: N818 - the user's program stopped, not we
    """A statement could not be carried out; `diagnostic` says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, in a call that has something to show for the time it took. Who binds or shows the value of `call` takes
    `value` for it, reports the `warning`, and lets this go on its way; for everybody else it is Ctrl-C.
    """

    def __init__(self, call: Expr, value: Any, warning: Diagnostic) -> None:
        super().__init__()
        self.call = call
        self.value = value
        self.warning = warning


def stopped(failure: KernelFailure | KernelError, at: Span | None = None, note: str = "") -> Stopped:
    """The message for a stopped kernel; `at` is the statement that ran it."""
    labels = _labels(failure.span, at, "here")
    hint = _HINTS.get(failure.kind, "")
    return Stopped(error(failure.kind.text, str(failure), *labels, note=note, hint=hint))


def seen(sighting: Sighting, at: Span | None = None) -> Diagnostic:
    """The message for what a watch saw; `at` is the statement that ran it."""
    labels = _labels(sighting.span, at, "")
    return warning(sighting.watch.worry.text, str(sighting), *labels)


def _labels(origin: Span | None, at: Span | None, words: str) -> list[Label]:
    """Where it happened, and the statement `at` that led there. What the library does is told of its caller."""
    inside = None
    while origin is not None and origin.source.name in FILES:
        inside, origin = origin, origin.caller
    origin = origin or at
    if origin is None:
        return []
    if inside is not None and inside.source.name != _OF_THE_COMPILER:
        words = f"in `{_declared_around(inside)}`, called here"
    labels = [Label(origin, words)]
    if at is not None and at.chunk is not origin.chunk:
        labels.append(Label(at, "reached from here"))
    return labels


def _declared_around(span: Span) -> str:
    """The name of the function whose text has the span in it."""
    found = re.search(r"^(?:extern )?fn ([^<(\s]+)", span.chunk.text, re.MULTILINE)
    return found[1] if found else span.chunk.source.name


def not_finite(at: Span, origin: Span | None, element: Sequence[int] = ()) -> Stopped:
    """An expression whose result is not finite; `origin` is the operation that it comes from, if it was found.

    Of an array, `element` is the first that is not.
    """
    labels = _labels(origin, at, "this is not finite")
    code = Code.NONFINITE
    return Stopped(error(code.text, f"a result that is not finite{at_element(element)}", *labels, hint=_HINTS[code]))


def not_differentiable(at: Span, found: Exception) -> Stopped:
    """Arithmetic with estimates that passes through a rounding: its uncertainty would be a lie."""
    operation, place = found.args
    labels = [Label(place or at, "here")]
    if place is not None:
        labels.append(Label(at, "the uncertainty of this was asked for"))
    return Stopped(
        error("E0603", f"an uncertainty cannot pass through `{operation}`, which has no derivative", *labels)
    )


def no_value_yet(variable: Variable, at: Span) -> Stopped:
    """What uses a top-level `let` was called before the `let` ran."""
    labels = [Label(at, "reached from here")]
    if variable.span is not None:
        labels.append(Label(variable.span, "bound only here"))
    return Stopped(error("E0205", f"`{variable.name}` has no value yet: statements run in order", *labels))


def no_model_derivative(at: Span, found: Exception) -> Stopped:
    """A model that rounds what a fit varies."""
    operation, place = found.args
    labels = [Label(place or at, "this depends on a param")]
    if place is not None:
        labels.append(Label(at, "a fit of this experiment was asked for"))
    return Stopped(error("E0604", f"this model cannot be fitted: `{operation}` has no derivative", *labels))


def no_slope(at: Span, found: Exception) -> Stopped:
    """`minimize(x -> round(x), x = 0 .. 9)`."""
    operation, place = found.args
    labels = [Label(place or at, "this depends on what is searched over")]
    if place is not None:
        labels.append(Label(at, "the search was asked for"))
    return Stopped(error("E0604", f"this function cannot be searched: `{operation}` has no derivative", *labels))


def no_value_for(at: Span, names: Sequence[str]) -> Stopped:
    """`simulate(e)` where a param has no default."""
    words = " and ".join(f"`{name}`" for name in names)
    have = "has" if len(names) == 1 else "have"
    return Stopped(error("E0519", f"{words} {have} no default, so a value is needed here", Label(at)))


def no_sigma(at: Span, name: str) -> Stopped:
    """`simulate` of `Normal(m)` without sigma."""
    return Stopped(error("E0521", f"`{name}` cannot be drawn: its distribution has no sigma", Label(at)))


def impossible_draw(at: Span, origin: Span, what: str, where: str, why: str) -> Stopped:
    """`simulate` with a probability above 1; `what` is the measurement and its distribution with their values."""
    labels = [Label(origin), *([] if at.chunk is origin.chunk else [Label(at, "reached from here")])]
    return Stopped(error("E0525", f"{what} cannot be drawn{where and f', at {where}'}", *labels, note=why))


def unequal_path(at: Span, lengths: Sequence[tuple[str, int]]) -> Stopped:
    """The axes of a path have different lengths."""
    words = ", ".join(f"`{name}` has {count}" for name, count in lengths)
    return Stopped(error("E0522", f"axes that go together have one length: {words}", Label(at)))


def negative_uncertainty(at: Span, shown: str) -> Stopped:
    """`3 m +/- -0.1 m`."""
    return Stopped(error(Code.DOMAIN.text, f"an uncertainty is 0 or more, and this is {shown}", Label(at)))


def unequal_lengths(at: Span, length: int, wanted: int) -> Stopped:
    """An array beside others of another length: two columns of a plot, a column and its table."""
    message = f"arrays of different lengths: this has {length}, where {wanted} are needed"
    return Stopped(error(Code.SHAPE.text, message, Label(at)))


def other_grid(at: Span, shape: Sequence[int], axes: Sequence[int]) -> Stopped:
    """`plot_map(xs, ys, zs, ..)` where zs has another row for each x, or column for each y."""
    message = f"the values are {shape[0]} by {shape[1]}, and the axes have {axes[0]} and {axes[1]} places"
    return Stopped(error(Code.SHAPE.text, message, Label(at)))


def no_grid(at: Span, why: str) -> Stopped:
    """`plot_map` of what does not lie over two axes."""
    return Stopped(error("E0834", "these values make no map over two axes", Label(at), note=why))


def not_normalised(at: Span, norm: float, is_ket: bool, place: int | None) -> Stopped:
    """A picture of `|0>(q) + |1>(q)`; `place` is that of the state in an array."""
    what = "the square of the ket's norm" if is_ket else "the trace of the density"
    where = "" if place is None else f" of state {place}"
    hint = "divide it by its norm: (|0>(q) + |1>(q)) / sqrt(2)" if is_ket else ""
    return Stopped(error(Code.STATE.text, f"{what}{where} is {norm:.6g}, not 1", Label(at), hint=hint))


def impossible_datum(code: str, at: Span, column: str, rows: Sequence[int], words: str) -> Stopped:
    """A fit of data with a value that the experiment could never measure."""
    note = f"rows are counted from 0, as in `data.{column}[{rows[0]}]`"
    if len(rows) > 1:
        note += f"; the data have {len(rows)} rows like it"
    return Stopped(error(code, f"row {rows[0]} of the data, column {column}: {words}", Label(at), note=note))


def impossible_datum_of_set(code: str, at: Span, column: str, places: Sequence[tuple[int, int]], words: str) -> Stopped:
    """The same of arrays with a set of data in each row: `places` are sets, and rows of these."""
    own, row = places[0]
    note = f'sets and rows are counted from 0, as in `data["{column}"][{own}, {row}]`'
    if len(places) > 1:
        note += f"; the data have {len(places)} rows like it"
    return Stopped(error(code, f"row {row} of set {own}, column {column}: {words}", Label(at), note=note))


def not_one_of(at: Span, argument: str, words: Sequence[str]) -> Stopped:
    """`fit(.., errors = w)` where `w` turns out to be another word."""
    listed = ", ".join(f'"{word}"' for word in words)
    return Stopped(error("E0517", f"`{argument}` is one of {listed}", Label(at)))


def mixed_measurements(at: Span) -> Stopped:
    """`Normal(m)` without sigma beside another measurement or a prior: how to weigh them is not said."""
    return Stopped(
        error(
            "E0523",
            "a measurement without sigma cannot be fitted together with other measurements or priors",
            Label(at),
            hint="give it a sigma, which may be a param",
        )
    )


def other_length(variable: Variable, found: int, promised: int) -> Stopped:
    """`let q: [Scalar; 4] = zeros(n)` where n is not 4."""
    labels = () if variable.span is None else (Label(variable.span, "declared here"),)
    message = f"the length of `{variable.name}` is {found}, and its type says {promised}"
    return Stopped(error(Code.SHAPE.text, message, *labels))
