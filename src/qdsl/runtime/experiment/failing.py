"""A model that failed, or of which a watch has something to tell, with the point where that was; where a distribution
refused its arguments, with these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from qdsl.lang.core.sightings import worst
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.runtime.experiment.model import Model
from qdsl.runtime.failures import Stopped, impossible_draw, stopped
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.show import text_of
from qdsl.runtime.watching import gathered, tell


@dataclass(frozen=True)
class Point:
    """The values of the params and axes at one point, in SI, in order. `named` are those that tell it from others."""

    params: Mapping[str, float]
    axes: Mapping[str, Any]
    named: Sequence[typed.Variable]
    displays: Mapping[str, typed.DisplayUnit | None]

    def __str__(self) -> str:
        values = {**self.params, **self.axes}
        return ", ".join(
            f"{each.name} = {text_of(values[each.name], each.type, self.displays.get(each.name) or each.display)}"
            for each in self.named
        )


@contextmanager
def watched(point_of: Callable[[int | None], Point]) -> Iterator[None]:
    """What watches see inside is told with the point of its row; the number of a row is None where it is not known."""
    with gathered() as seen:
        yield
    tell(replace(each, where=str(point_of(each.row))) for each in worst(seen))


def failed_at(model: Model, point: Point, failure: KernelError, at: Span) -> Stopped:
    """The message; `at` is the call that ran the model."""
    where = str(point)
    called = list(failure.span.chain()) if failure.span is not None else []
    for measure in model.experiment.measures:
        if measure.distribution.span in (each._replace(caller=None) for each in called):
            shown = _with_values(model, point.params.values(), point.axes.values(), measure)
            what = f"`{measure.variable.name} ~ {shown}`"
            return impossible_draw(at, measure.distribution.span, what, where, failure.message)
    return stopped(failure, at, f"element {failure.index[0]} is {where}" if where else "")


def _with_values(model: Model, params: Iterable[float], axes: Iterable[Any], measure: typed.MeasureDeclaration) -> str:
    """`Binomial(n = 500, p = 1.2)`: a distribution as it is at one point; as written where that cannot be computed."""
    try:
        results = iter(model.kernel("point")(*params, *axes))
    except KernelError:
        return measure.distribution.span.text
    for each in model.experiment.measures:
        given = [argument for argument in each.distribution.arguments if argument is not None]
        values = [text_of(next(results), argument.type, argument.display) for argument in given]
        if each is measure:
            break
    pairs = zip(DISTRIBUTIONS[measure.distribution.name].arguments, values, strict=False)
    return f"{measure.distribution.name}({', '.join(f'{name} = {value}' for (name, _), value in pairs)})"
