"""Typing of `posterior(e, data, draws = 1000, chains = 4, warmup = 500, start = (tau = 2 us), seed = 1)`."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import posterior_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.fit_options import OPTIONS
from qdsl.lang.typed.posterior_fields import taken_names
from qdsl.lang.typed.requests import experiment_argument, is_data_of, values_of_params
from qdsl.lang.typed.types import INT


def posterior(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """A Posterior of an experiment of whose params something is known before the data."""
    slots = [Slot("experiment", False), Slot("data", False), *(Slot(each, True) for each in OPTIONS["posterior"])]
    nodes = matched(c, node.span, "posterior", slots, arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None:
        return c.broken(node.span)
    found = experiment_argument(c, nodes[0], "posterior")
    data = c.expr(nodes[1])
    if found is None:
        return c.broken(node.span)
    value, experiment = found
    if not is_data_of(c, data, experiment, "posterior") or not _is_proper(c, value, experiment):
        return c.broken(node.span)
    named: list[tuple[str, typed.Expr]] = []
    if nodes[2] is not None:
        named.append(("start", values_of_params(c, nodes[2], experiment, "start", "posterior")))
    for name, given in zip(OPTIONS["posterior"][1:], nodes[3:], strict=True):
        if given is not None:
            named.append((name, c.fit(c.expr(given, INT), INT)))
    return typed.HostCall(node.span, types.Posterior(experiment), "posterior", (value, data), tuple(named))


def _is_proper(c: Checker, value: typed.Expr, experiment: typed.Experiment) -> bool:
    """Whether the params have something known of them, and names that a Posterior has room for."""
    problems = [errors.taken(value.span, each) for each in taken_names(experiment)]
    if (improper := errors.improper(value.span, experiment)) is not None:
        problems.append(improper)
    for each in problems:
        c.report(each)
    return not problems


POSTERIORS = {"posterior": posterior}
