"""What an expression uses, and what of an experiment depends on its params.

param a: Scalar
let m = 2 * a            m depends on a
let w = 3
measure y ~ Normal(m, w) mean depends on a param, sigma does not
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.distributions import DISTRIBUTIONS


def uses(value: object) -> Iterator[typed.Local]:
    """Every use of a variable in an expression."""
    if isinstance(value, typed.Local):
        yield value
    elif isinstance(value, (typed.Expr, typed.Statement)):
        for name in value.__match_args__:
            if name not in ("span", "type"):
                yield from uses(getattr(value, name))
    elif type(value) is tuple:
        for each in value:
            yield from uses(each)


def variables_in(value: object) -> frozenset[typed.Variable]:
    """The variables that an expression uses."""
    return frozenset(each.variable for each in uses(value))


def fitted_variables(experiment: typed.Experiment) -> frozenset[typed.Variable]:
    """The params, and the lets that depend on one, directly or through lets before them."""
    return reached_from(experiment, (param.variable for param in experiment.params))


def reached_from(experiment: typed.Experiment, variables: Iterable[typed.Variable]) -> frozenset[typed.Variable]:
    """These variables, and the lets that depend on one, directly or through lets before them."""
    reached = set(variables)
    for let in experiment.lets:
        if not reached.isdisjoint(variables_in(let.value)):
            reached.add(let.variable)
    return frozenset(reached)


def measures_goodness(experiment: typed.Experiment) -> bool:
    """Whether the deviance of a fit measures how good it is. A Normal's tells only where sigma is given and not itself
    fitted.
    """
    fitted = fitted_variables(experiment)
    for measure in experiment.measures:
        row = DISTRIBUTIONS[measure.distribution.name]
        scales = [measure.distribution.arguments[row.place(name)] for name in row.optional]
        if not row.goodness or not all(each is not None and fitted.isdisjoint(variables_in(each)) for each in scales):
            return False
    return True
