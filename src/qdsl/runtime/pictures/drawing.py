"""`plot_bloch(..)` and its like, carried out: the picture of each name, into its file."""

from __future__ import annotations

from collections.abc import Callable

from qdsl.lang.report import Diagnostics
from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.pictures import of_draws, of_fits, of_numbers, of_states
from qdsl.runtime.plot import Picture, save_plot
from qdsl.runtime.world import World

PICTURES: dict[str, Callable[[Environment, typed.HostCall], Picture]] = {
    "plot_bloch": of_states.bloch,
    "plot_populations": of_states.populations,
    "plot_wigner": of_states.wigner_map,
    "plot_matrix": of_states.matrix,
    "plot_map": of_numbers.map_,
    "plot_levels": of_numbers.levels,
    "plot_profile": of_fits.profile,
    "plot_contour": of_fits.contour,
    "plot_corner": of_fits.corner,
    "plot_trace": of_draws.trace,
}


def draw(env: Environment, call: typed.HostCall, world: World) -> None:
    """Draw what the call asks for; its last argument is the file."""
    path = call.arguments[-1]
    diagnostics = Diagnostics()
    save_plot(PICTURES[call.name](env, call), world.path(env.evaluate(path)), diagnostics, path.span)
    world.settle(diagnostics)
