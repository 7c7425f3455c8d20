"""Pictures of draws of params, those of a posterior or refits: `plot_trace`, and `plot_corner` of them."""

from __future__ import annotations

import numpy as np

from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.fit.bootstrap import Bootstrap
from qdsl.runtime.fit.regions import LEVELS
from qdsl.runtime.plot import Quantity
from qdsl.runtime.plot.draws import DrawsPicture
from qdsl.runtime.plot.trace import Traced, TracePicture
from qdsl.runtime.posterior.result import Posterior
from qdsl.runtime.value.quantity import number


def trace(env: Environment, call: typed.HostCall) -> TracePicture:
    """`plot_trace(found, path)`."""
    return trace_of(env.evaluate(call.arguments[0]))


def trace_of(found: Posterior) -> TracePicture:
    """The params that were not held."""
    ends = np.cumsum(found.lengths)[:-1]
    chains = np.split(found.samples, ends)
    rows = []
    for place, each in enumerate(found.parameters):
        if each.low < each.high:
            estimate = found[each.name]
            rows.append(
                Traced(
                    Quantity(each.name, each.dimension, each.display),
                    estimate.value,
                    tuple(chain[:, place] for chain in chains),
                    (each.low, each.high),
                    f"{each.name} = {estimate}",
                    _worth(found, place),
                )
            )
    return TracePicture(tuple(rows))


def _worth(found: Posterior, place: int) -> str:
    """How much chains differ, and what the draws are worth: the least of bulk and tails."""
    r_hat = float(found.diagnosis.r_hat[place])
    least = float(np.min([found.diagnosis.ess_bulk[place], found.diagnosis.ess_tail[place]]))
    words = [] if np.isnan(r_hat) else [f"R-hat {r_hat:.3f}"]
    words += [] if np.isnan(least) else [f"worth {float(number(least, 2)):,.0f} draws"]
    return ", ".join(words)


def corner_of_draws(found: Bootstrap | Posterior) -> DrawsPicture:
    """The params that were not held."""
    samples = found.values if isinstance(found, Bootstrap) else found.samples
    places = [place for place, each in enumerate(found.parameters) if each.low < each.high]
    estimates = [found[found.parameters[place].name] for place in places]
    chosen = [found.parameters[place] for place in places]
    return DrawsPicture(
        "",
        tuple(Quantity(each.name, each.dimension, each.display) for each in chosen),
        tuple(str(each) for each in estimates),
        np.array([each.value for each in estimates]),
        found.covariance[np.ix_(places, places)],
        LEVELS,
        (),
        samples[:, places],
    )
