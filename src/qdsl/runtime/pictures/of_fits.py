"""Pictures of how sure a fit is of its params: `plot_profile`, `plot_contour`, `plot_corner`."""

from __future__ import annotations

import numpy as np

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.failures import Stopped
from qdsl.runtime.fit import Fit, LeastSquares, errors
from qdsl.runtime.fit.held import Better
from qdsl.runtime.fit.profile import profile_curve
from qdsl.runtime.fit.regions import LEVELS, allowed_for_two, ellipse, regions
from qdsl.runtime.pictures.of_draws import corner_of_draws
from qdsl.runtime.plot import Quantity
from qdsl.runtime.plot.profile import ProfilePicture
from qdsl.runtime.plot.regions import CornerPicture, RegionsPicture

LEVEL = 0.95


def profile(env: Environment, call: typed.HostCall) -> ProfilePicture:
    """`plot_profile(best, "tau", path, level = 0.95)`."""
    fit: Fit = env.evaluate(call.arguments[0])
    name: str = env.evaluate(call.arguments[1])
    named = dict(call.named)
    level = float(env.evaluate(named["level"])) if "level" in named else LEVEL
    if not 0.0 < level < 1.0:
        raise Stopped(errors.not_a_level(named["level"].span, level))
    place = list(fit.estimates).index(name)
    if fit.parameters[place].low == fit.parameters[place].high:
        raise Stopped(errors.was_held(call.arguments[1].span, name))
    objective = fit.objective
    assert objective is not None
    values = np.array(fit.values)
    found = profile_curve(objective, fit.parameters, values, place, fit[name].error, level)
    if isinstance(found, Better):
        raise Stopped(_elsewhere(call.span, fit, found))
    worse = "growth of the sum of squares / s²" if isinstance(objective, LeastSquares) else "fall of 2 log L"
    return ProfilePicture(
        _quantity(fit, place), found.values, found.squared, float(values[place]), fit[name].error,
        (found.interval.low, found.interval.high), level, found.allowed, worse,
    )  # fmt: skip


def contour(env: Environment, call: typed.HostCall) -> RegionsPicture:
    """`plot_contour(best, "tau", "a", path)`."""
    fit: Fit = env.evaluate(call.arguments[0])
    names: list[str] = [env.evaluate(each) for each in call.arguments[1:3]]
    places = [list(fit.estimates).index(each) for each in names]
    for node, place in zip(call.arguments[1:3], places, strict=True):
        if not _is_known(fit, place):
            raise Stopped(errors.no_error(node.span, list(fit.estimates)[place]))
    objective = fit.objective
    assert objective is not None
    block = fit.covariance[np.ix_(places, places)]
    first, second = places
    if not np.linalg.eigvalsh(_correlation(block))[0] > 0.0:
        raise Stopped(errors.no_region(call.span, *names))
    best = np.array(fit.values)
    found = regions(objective, fit.parameters, best, (first, second), block)
    if isinstance(found, Better):
        raise Stopped(_elsewhere(call.span, fit, found))
    radii = [allowed_for_two(objective, fit.parameters, level) for level in LEVELS]
    middle = best[places]
    return RegionsPicture(
        _quantity(fit, first),
        _quantity(fit, second),
        (float(middle[0]), float(middle[1])),
        LEVELS,
        tuple(found),
        tuple(ellipse(middle, block, radius) for radius in radii),
    )


def corner(env: Environment, call: typed.HostCall) -> CornerPicture:
    """`plot_corner(best, path)`, also of refits and of the draws of a posterior."""
    shown = env.evaluate(call.arguments[0])
    if not isinstance(shown, Fit):
        return corner_of_draws(shown)
    found = corner_of(shown)
    if found is None:
        raise Stopped(errors.no_errors(call.arguments[0].span))
    return found


def corner_of(fit: Fit) -> CornerPicture | None:
    """The corner of all params whose errors are known; None where there are none."""
    places = [place for place in range(len(fit.parameters)) if _is_known(fit, place)]
    if not places or fit.objective is None:
        return None
    objective, parameters = fit.objective, fit.parameters
    estimates = [fit[parameters[place].name] for place in places]
    return CornerPicture(
        "",
        tuple(_quantity(fit, place) for place in places),
        tuple(str(each) for each in estimates),
        np.array([each.value for each in estimates]),
        fit.covariance[np.ix_(places, places)],
        LEVELS,
        tuple(allowed_for_two(objective, parameters, level) for level in LEVELS),
    )


def _is_known(fit: Fit, place: int) -> bool:
    return 0.0 < float(fit.covariance[place, place]) < np.inf


def _correlation(covariance: np.ndarray) -> np.ndarray:
    sizes = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(sizes, sizes))


def _quantity(fit: Fit, place: int) -> Quantity:
    parameter = fit.parameters[place]
    return Quantity(parameter.name, parameter.dimension, parameter.display)


def _elsewhere(at: Span, fit: Fit, found: Better) -> Diagnostic:
    return errors.better_elsewhere(at, fit.parameters, found.x, found.deviations)
