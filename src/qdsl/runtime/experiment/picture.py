"""`plot(..)`: from a session's values to the picture that `runtime.plot` draws."""

from __future__ import annotations

import numpy as np

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.experiment.fit_picture import picture_of_fit
from qdsl.runtime.failures import unequal_lengths
from qdsl.runtime.plot import FitPicture, Quantity, Series, TablePicture, branches_of, picture_of_table, save_plot
from qdsl.runtime.world import World


def draw(env: Environment, call: typed.HostCall, world: World) -> None:
    """Carry out a `plot(..)` of the program."""
    *values, path = call.arguments
    type_ = types.pruned(values[0].type)
    picture: FitPicture | TablePicture
    if isinstance(type_, types.Fit):
        picture = picture_of_fit(env, type_.experiment, env.evaluate(values[0]))
    elif isinstance(type_, types.Table):
        picture = picture_of_table(env.evaluate(values[0]))
    else:
        picture = _of_arrays(env, values[0], values[1])
    diagnostics = Diagnostics()
    save_plot(picture, world.path(env.evaluate(path)), diagnostics, path.span)
    world.settle(diagnostics)


def _of_arrays(env: Environment, x: typed.Expr, y: typed.Expr) -> TablePicture:
    across, up = _series(env, x), _series(env, y)
    if len(across.values) != len(up.values):
        raise unequal_lengths(y.span, len(up.values), len(across.values))
    return TablePicture("", across, (up,), branches_of({}, len(across.values)))


def _series(env: Environment, expr: typed.Expr) -> Series:
    array = types.resolved(expr.type)
    assert isinstance(array, types.Array)
    dimension = array.element.dimension if isinstance(array.element, types.Real) else ONE
    values = np.asarray(env.evaluate(expr), dtype=float)
    return Series(Quantity(expr.span.text, dimension, expr.display), values)
