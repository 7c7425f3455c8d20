"""A measurement of several outcomes as one measurement for each.

    measure counts ~ Multinomial(n, [a, b, 1 - a - b])      =>      let counts.p = [a, b, 1 - a - b]
                                                                    measure counts_0, counts_1, counts_2

In: a checked distribution that counts outcomes. Out: a let that holds their probabilities, and the measurements, each a
column of its own in data; `outcome` says that they are drawn, and weighed, together.
"""

from __future__ import annotations

from dataclasses import replace

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.types import BROKEN, INT, SCALAR
from qdsl.lang.typed.unification import element_of


def outcomes(
    c: Checker, node: surface.Measure, whole: typed.DistributionValue
) -> tuple[typed.Let, list[typed.MeasureDeclaration]] | None:
    """The let and the measurements; None, with a message, where it is not known how many there are."""
    place = _place(whole.name)
    shares = whole.arguments[place]
    assert shares is not None
    element, shape = element_of(shares.type)
    count = shape[0] if shape is not None else None
    if not isinstance(count, int) or count < 2:
        if element is not BROKEN:
            c.report(c.models.outcomes_unknown(shares.span, count))
        return None
    name = node.name.text
    held = typed.Variable(f"{name}.p", shares.type, shares.span)
    use = typed.Local(shares.span, shares.type, held)
    together = _with_argument(whole, place, use)
    counts = tuple(typed.Variable(f"{name}_{each}", INT, node.name.span) for each in range(count))
    measures = [
        typed.MeasureDeclaration(
            variable,
            _with_argument(whole, place, _share(shares.span, use, each)),
            node.doc,
            typed.Outcome(each, counts, together),
        )
        for each, variable in enumerate(counts)
    ]
    return typed.Let(shares.span, held, shares), measures


def _place(distribution: str) -> int:
    """Which argument has a probability for each outcome."""
    row = DISTRIBUTIONS[distribution]
    assert row.outcomes is not None
    return row.place(row.outcomes)


def _with_argument(whole: typed.DistributionValue, place: int, value: typed.Expr) -> typed.DistributionValue:
    arguments = (*whole.arguments[:place], value, *whole.arguments[place + 1 :])
    return replace(whole, type=types.Distribution(INT), arguments=arguments)


def _share(span: Span, use: typed.Local, place: int) -> typed.Expr:
    return typed.Index(span, SCALAR, use, (typed.Constant(span, INT, place),))
