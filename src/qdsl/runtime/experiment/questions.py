"""What a program asks of a Fit: `profile(best, "tau")`."""

from __future__ import annotations

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.fit import Fit, errors
from qdsl.runtime.fit.profile import Better, Interval
from qdsl.runtime.world import World

LEVEL = 0.95


def profiled(env: Environment, call: typed.HostCall, world: World) -> dict[str, float]:
    """The ends of the interval, in SI."""
    fit: Fit = env.evaluate(call.arguments[0])
    name: str = env.evaluate(call.arguments[1])
    named = dict(call.named)
    level = float(env.evaluate(named["level"])) if "level" in named else LEVEL
    problems = Diagnostics()
    found = None
    if not 0.0 < level < 1.0:
        problems.add(errors.not_a_level(named["level"].span, level))
    else:
        found = fit.profiled(name, level)
        if isinstance(found, Better):
            problems.add(errors.better_elsewhere(call.span, fit.parameters, found.x, found.deviations))
    world.settle(problems)
    assert isinstance(found, Interval)
    return {"low": found.low, "high": found.high}
