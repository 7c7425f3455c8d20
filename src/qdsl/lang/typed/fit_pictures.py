"""Rules for pictures of how sure a fit is.

plot_profile(best, "tau", "p.svg", level = 0.95)      how much worse the fit is with one param held at each value
plot_contour(best, "tau", "a", "c.svg")               where two params are together
plot_corner(best, "c.svg")                            all params, by their covariance or by their draws
plot_trace(found, "t.svg")                            each param of a posterior: its density, and its chains
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.fit_questions import param_name
from qdsl.lang.typed.picture_arguments import Rule, drawn
from qdsl.lang.typed.types import BROKEN, SCALAR, TEXT, pruned

WITH_DRAWS = (types.Fit, types.Bootstrap, types.Posterior)
_NAMES: dict[tuple[type[types.Type], ...], str] = {
    (types.Fit,): "a Fit",
    (types.Posterior,): "a Posterior",
    WITH_DRAWS: "a Fit, a Bootstrap or a Posterior",
}


def profile(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_profile(best, "tau", "p.svg", level = 0.95)`."""
    slots = [*(Slot(each, False) for each in ("fit", "param", "path")), Slot("level", True)]
    found = _asked(c, node, arguments, "plot_profile", slots, params=1)
    if found is None:
        return c.broken(node.span)
    values, (level,) = found
    named = () if level is None else (("level", c.fit(c.expr(level, SCALAR), SCALAR)),)
    return drawn(node, "plot_profile", values, named)


def contour(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_contour(best, "tau", "a", "c.svg")`."""
    slots = [Slot(each, False) for each in ("fit", "x", "y", "path")]
    found = _asked(c, node, arguments, "plot_contour", slots, params=2)
    if found is None:
        return c.broken(node.span)
    values, _ = found
    first, second = (each.value for each in values[1:3] if isinstance(each, typed.Constant))
    if first == second:
        c.report(c.pictures.contour_of_one(values[2].span, str(second)))
        return c.broken(node.span)
    return drawn(node, "plot_contour", values)


def corner(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_corner(best, "c.svg")`, also of refits and of the draws of a posterior."""
    slots = [Slot("fit", False), Slot("path", False)]
    found = _asked(c, node, arguments, "plot_corner", slots, params=0, kinds=WITH_DRAWS)
    return c.broken(node.span) if found is None else drawn(node, "plot_corner", found[0])


def trace(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot_trace(found, "t.svg")`."""
    slots = [Slot("posterior", False), Slot("path", False)]
    found = _asked(c, node, arguments, "plot_trace", slots, params=0, kinds=(types.Posterior,))
    return c.broken(node.span) if found is None else drawn(node, "plot_trace", found[0])


def _asked(
    c: Checker,
    node: surface.Call,
    arguments: Sequence[surface.Argument],
    function: str,
    slots: Sequence[Slot],
    params: int,
    kinds: tuple[type[types.Type], ...] = (types.Fit,),
) -> tuple[list[typed.Expr], Sequence[surface.Expr | None]] | None:
    """The fit, the names of so many params and the path; then what was given for the rest. None, with a message, where
    something of it is wrong.
    """
    nodes = matched(c, node.span, function, slots, arguments)
    if nodes is None:
        return None
    needed = [each for each in nodes[: params + 2] if each is not None]
    if len(needed) < params + 2:
        return None
    fit = c.expr(needed[0])
    type_ = pruned(fit.type)
    if not isinstance(type_, kinds):
        if type_ is not BROKEN:
            c.report(c.models.not_host_value(fit.span, function, _NAMES[kinds], types.resolved(type_)))
        return None
    assert isinstance(type_, types.Fit | types.Bootstrap | types.Posterior)
    names = [param_name(c, each, type_.experiment) for each in needed[1:-1]]
    path = c.fit(c.expr(needed[-1], TEXT), TEXT)
    if not all(isinstance(each, typed.Constant) for each in names) or pruned(path.type) is BROKEN:
        return None
    return [fit, *names, path], nodes[params + 2 :]


FIT_PICTURES: dict[str, Rule] = {
    "plot_profile": profile,
    "plot_contour": contour,
    "plot_corner": corner,
    "plot_trace": trace,
}
