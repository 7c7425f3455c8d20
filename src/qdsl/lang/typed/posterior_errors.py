"""Why an experiment has no posterior that could be drawn from. One function per mistake."""

from __future__ import annotations

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed


def improper(at: Span, experiment: typed.Experiment) -> Diagnostic | None:
    """Params that are spread over an infinite range with nothing known of them; None where there are none."""
    open_ = [each.variable for each in experiment.params if not each.prior and (each.low is None or each.high is None)]
    if not open_:
        return None
    names = " and ".join(f"`{each.name}`" for each in open_)
    has = "has neither a prior nor two bounds" if len(open_) == 1 else "have neither priors nor two bounds"
    return error(
        "E0870",
        f"{names} {has}, so the posterior may be improper",
        Label(at),
        *(Label(each.span, "declared here") for each in open_ if each.span is not None),
        note="without them all values up to infinity are equally likely before the data, and may remain so after them",
        hint=f"say what is known of {names} before the data: `in low .. high`, or a prior `~ Normal(..)`",
    )


def taken(at: Span, variable: typed.Variable) -> Diagnostic:
    """`param draws: Scalar = 1`: `found.draws` are the Posterior's own."""
    labels = [] if variable.span is None else [Label(variable.span, "declared here")]
    name = variable.name
    return error(
        "E0528", f"a Posterior has a `{name}` of its own, so no param of it can be called that", Label(at), *labels
    )
