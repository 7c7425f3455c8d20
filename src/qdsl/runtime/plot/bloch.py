"""The Bloch sphere: states of a qubit as points of the unit ball, |0⟩ on top.

    BlochPicture (vectors) → arrows and paths, seen along parallel lines from a place a little above the equator

A state alone is an arrow. States one after the other are a path, coloured from its first to its last; what is behind
the middle of the ball is paler.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.runtime.plot.picture import Array, Quantity, counted
from qdsl.runtime.plot.style import BRANCHES, CURVE, INK, SHADES, colour_map, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AROUND, ABOVE = np.radians(32.0), np.radians(16.0)
"""Where the viewer is: turned from the x axis towards y, and above the equator."""

_BALL = "#f4f6f8"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A state alone: its name and its vector (x, y, z), at most of length 1."""

    label: str
    vector: Array


@dataclass(frozen=True, slots=True)
class Path:
    """States one after the other: the rows of `vectors`. `along` says what they go over, where that is known."""

    label: str
    vectors: Array
    along: tuple[Quantity, Array] | None = None


@dataclass(frozen=True, slots=True)
class BlochPicture:
    """Arrows and paths, in the order in which the program names them."""

    states: tuple[Arrow | Path, ...]

    def lacks(self) -> str:
        vectors = [np.atleast_2d(each.vector if isinstance(each, Arrow) else each.vectors) for each in self.states]
        if not vectors or not any(map(len, vectors)):
            return "a Bloch sphere needs a state"
        return "" if all(np.all(np.isfinite(each)) for each in vectors) else "a state is not finite"

    def figure(self) -> Figure:
        """The ball, what is in it, and what is what."""
        from matplotlib.figure import Figure

        is_bare = len(self.states) == 1 and (isinstance(self.states[0], Arrow) or self.states[0].along is None)
        figure = Figure(figsize=(4.4 if is_bare else 5.4, 4.4), layout="constrained")
        axes = figure.subplots()
        _draw_ball(axes)
        for each, colour in zip(self.states, _colours(len(self.states)), strict=True):
            if isinstance(each, Arrow):
                _draw_arrow(axes, each, colour)
            else:
                _draw_path(figure, axes, each, None if len(self.states) == 1 else colour)
        axes.set(xlim=(-1.3, 1.3), ylim=(-1.25, 1.25), aspect="equal")
        axes.set_axis_off()
        _show_states(axes, self.states)
        return figure


def _colours(count: int) -> list[Any]:
    """One alone is red; others have the colours of branches, again from the first where there are many."""
    return [CURVE] if count == 1 else [BRANCHES[k % len(BRANCHES)] for k in range(count)]


# ── the view ─────────────────────────────────────────────────────────────────────────────────────────────────────


def projected(points: Array) -> Array:
    """Where points (.., 3) of the ball are seen, (.., 2)."""
    return np.asarray(points @ np.stack([_ACROSS, _UP], axis=1))


def depth(points: Array) -> Array:
    """How far points are in front of the middle of the ball."""
    return np.asarray(points @ _TOWARDS)


_ACROSS = np.array([-np.sin(AROUND), np.cos(AROUND), 0.0])
_UP = np.array([-np.sin(ABOVE) * np.cos(AROUND), -np.sin(ABOVE) * np.sin(AROUND), np.cos(ABOVE)])
_TOWARDS = np.array([np.cos(ABOVE) * np.cos(AROUND), np.cos(ABOVE) * np.sin(AROUND), np.sin(ABOVE)])


# ── the ball ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _draw_ball(axes: Axes) -> None:
    """The outline, three great circles, the axes and what is at their ends."""
    from matplotlib.patches import Circle

    axes.add_patch(Circle((0.0, 0.0), 1.0, facecolor=_BALL, edgecolor="#b4bac0", linewidth=1.0, zorder=0))
    round_ = np.linspace(0.0, 2.0 * np.pi, 361)
    flat = np.zeros_like(round_)
    _draw_circle(axes, np.stack([np.cos(round_), np.sin(round_), flat], axis=1), 0.9)
    _draw_circle(axes, np.stack([np.cos(round_), flat, np.sin(round_)], axis=1), 0.5)
    _draw_circle(axes, np.stack([flat, np.cos(round_), np.sin(round_)], axis=1), 0.5)
    for axis, name in zip(np.eye(3), ("x", "y", ""), strict=True):
        ends = projected(np.stack([-axis, axis]))
        axes.plot(ends[:, 0], ends[:, 1], color="#b4bac0", linewidth=0.8, zorder=1)
        across, up = ends[1] * (1.0 + 0.09 / float(np.hypot(*ends[1])))
        axes.text(
            across, up, name, ha="center", va="center", color=INK, style="italic", zorder=6,
            bbox={"facecolor": _BALL, "edgecolor": "none", "pad": 0.5, "alpha": 0.7},
        )  # fmt: skip
    for sign, name in ((1.0, "|0⟩"), (-1.0, "|1⟩")):
        across, up = projected(np.array([0.0, 0.0, 1.13 * sign]))
        axes.text(across, up, name, ha="center", va="center", color=INK, fontsize=11.0)


def _draw_circle(axes: Axes, points: Array, width: float) -> None:
    """A great circle: what is behind is dotted."""
    seen = projected(points)
    is_front = depth(points) >= -1e-9
    for chosen, style in ((is_front, "-"), (~is_front, ":")):
        line = np.where(chosen[:, None], seen, np.nan)
        axes.plot(line[:, 0], line[:, 1], color="#b4bac0", linewidth=width, linestyle=style, zorder=1)


# ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _draw_arrow(axes: Axes, arrow: Arrow, colour: Any) -> None:
    """From the middle to the state, and a thin line down to the equator's plane, which says where it points."""
    tip = projected(arrow.vector)
    foot = projected(arrow.vector * [1.0, 1.0, 0.0])
    is_front = float(depth(arrow.vector)) >= 0.0
    shade, order = colour if is_front else _faded(colour), 4.0 if is_front else 2.0
    if abs(arrow.vector[2]) > 0.05 and np.hypot(*arrow.vector[:2]) > 0.05:
        corners = np.stack([np.zeros(2), foot, tip])
        axes.plot(*corners.T, color=_faded(colour), linewidth=0.8, linestyle=(0, (4, 3)), zorder=order)
    if np.hypot(*tip) < 0.12:  # towards the viewer or away, or hardly any: a head would have no shaft
        axes.plot(*tip, marker="o", markersize=5.0, color=shade, linestyle="none", zorder=order)
    axes.annotate(
        "", (tip[0], tip[1]), (0.0, 0.0), zorder=order,
        arrowprops={"arrowstyle": "-|>" if np.hypot(*tip) >= 0.12 else "-", "color": shade, "linewidth": 1.9,
                    "mutation_scale": 14.0, "shrinkA": 0.0, "shrinkB": 0.0},
    )  # fmt: skip


def _draw_path(figure: Figure, axes: Axes, path: Path, colour: Any) -> None:
    """A line from state to state; a ring at the first and a dot at the last."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import LineCollection
    from matplotlib.colors import Normalize, to_rgb

    unit = None if path.along is None else path.along[0].unit_for(path.along[1])
    over = np.arange(len(path.vectors)) if path.along is None or unit is None else counted(path.along[1], unit)
    shades = SHADES if colour is None else colour_map("path", (_tint(colour), colour))
    scale = ScalarMappable(Normalize(float(over.min()), float(over.max())), shades)
    colours = np.asarray(scale.to_rgba(0.5 * (over[1:] + over[:-1])))[:, :3]
    seen, front = projected(path.vectors), depth(path.vectors)
    is_front = front[1:] + front[:-1] >= 0.0
    colours[~is_front] = 0.5 * (colours[~is_front] + to_rgb(_BALL))
    segments = np.stack([seen[:-1], seen[1:]], axis=1)
    for chosen, order in ((~is_front, 2.0), (is_front, 3.0)):
        lines = LineCollection(
            list(segments[chosen]), colors=colours[chosen], linewidths=1.9, capstyle="round", zorder=order
        )
        axes.add_collection(lines, autolim=False)
    first, last = scale.to_rgba(over[[0, -1]])
    axes.plot(*seen[0], marker="o", markersize=6.0, color="white", markeredgecolor=colour or first, zorder=5)
    axes.plot(*seen[-1], marker="o", markersize=6.0, color=colour or last, zorder=5)
    if path.along is not None and unit is not None and colour is None:
        bar = figure.colorbar(scale, ax=axes, aspect=28.0, pad=0.02, shrink=0.8)
        bar.set_label(label(path.along[0], unit))
        bar.outline.set(linewidth=0.8, edgecolor=INK)


def _faded(colour: Any) -> Any:
    """What lies behind: half way to the colour of the ball."""
    from matplotlib.colors import to_rgb

    return tuple(0.5 * (part + ball) for part, ball in zip(to_rgb(colour), to_rgb(_BALL), strict=True))


def _tint(colour: Any) -> Any:
    """Where a path of that colour begins: mixed with more than half of white."""
    from matplotlib.colors import to_rgb

    return tuple(0.4 * part + 0.6 for part in to_rgb(colour))


def _show_states(axes: Axes, states: tuple[Arrow | Path, ...]) -> None:
    """The name of one state as the title, the names of several in a legend."""
    from matplotlib.lines import Line2D

    if len(states) == 1:
        axes.set_title(states[0].label)
        return
    handles = [
        Line2D([], [], color=colour, linewidth=1.9, label=each.label)
        for each, colour in zip(states, _colours(len(states)), strict=True)
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 0.95), borderaxespad=0.0)
