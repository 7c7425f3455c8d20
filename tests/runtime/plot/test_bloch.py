"""The Bloch sphere: what is drawn where, and in which colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation

from qdsl.lang.typed.dimension import TIME
from qdsl.runtime.plot import Quantity
from qdsl.runtime.plot.bloch import Arrow, BlochPicture, Path, depth, projected
from qdsl.runtime.plot.style import BRANCHES, CURVE

UP, DOWN, ALONG_X, ALONG_Y = (np.array(each) for each in ([0, 0, 1.0], [0, 0, -1.0], [1.0, 0, 0], [0, 1.0, 0]))
TURN = np.linspace(0.0, 2.0 * np.pi, 41)
EQUATOR = np.stack([np.cos(TURN), np.sin(TURN), np.zeros_like(TURN)], axis=1)


def tips(axes: Any) -> list[tuple[float, float]]:
    """Where arrows end."""
    return [each.xy for each in axes.texts if isinstance(each, Annotation)]


def test_the_view_turns_the_ball_and_keeps_lengths() -> None:
    points = np.random.default_rng(1).normal(size=(20, 3))
    flat, front = projected(points), depth(points)
    assert np.sum(flat**2, axis=1) + front**2 == pytest.approx(np.sum(points**2, axis=1))


def test_zero_is_on_top_and_x_and_y_come_towards_the_viewer() -> None:
    across, up = projected(UP)
    assert across == pytest.approx(0.0)
    assert up > 0.9
    assert projected(DOWN)[1] == -up
    assert depth(ALONG_X) > 0.0
    assert depth(ALONG_Y) > 0.0
    assert projected(ALONG_X)[0] < 0.0 < projected(ALONG_Y)[0]


def test_the_poles_and_the_axes_have_their_names() -> None:
    (axes,) = BlochPicture((Arrow("psi", UP),)).figure().axes
    places = {each.get_text(): each.get_position() for each in axes.texts if not isinstance(each, Annotation)}
    assert places["|0⟩"][1] > 1.0
    assert places["|1⟩"][1] < -1.0
    for name, axis in (("x", ALONG_X), ("y", ALONG_Y)):
        beside = np.array(places[name])
        assert beside @ projected(axis) > np.sum(projected(axis) ** 2)
    assert axes.get_title() == "psi"


def test_an_arrow_ends_at_its_state_also_inside_the_ball() -> None:
    inside = np.array([0.1, -0.3, 0.2])
    (axes,) = BlochPicture((Arrow("a", UP), Arrow("b", inside))).figure().axes
    assert np.array(tips(axes)) == pytest.approx(np.stack([projected(UP), projected(inside)]))
    legend = axes.get_legend()
    assert legend is not None
    assert [each.get_text() for each in legend.get_texts()] == ["a", "b"]
    assert [each.get_color() for each in legend.get_lines()] == list(BRANCHES[:2])


def test_the_completely_mixed_state_is_a_dot_in_the_middle() -> None:
    (axes,) = BlochPicture((Arrow("rho", np.zeros(3)),)).figure().axes
    (dot,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert np.asarray(dot.get_xydata()).tolist() == [[0.0, 0.0]]


def segments(axes: Any) -> list[tuple[Any, Any]]:
    """The pieces of paths, with their colours."""
    found = [each for each in axes.collections if isinstance(each, LineCollection)]
    return [pair for each in found for pair in zip(each.get_segments(), each.get_colors(), strict=True)]


def test_a_path_is_coloured_along_its_length_and_paler_behind() -> None:
    (axes,) = BlochPicture((Path("states", EQUATOR),)).figure().axes
    pieces = segments(axes)
    assert len(pieces) == len(EQUATOR) - 1
    assert len({tuple(np.round(colour, 6)) for _, colour in pieces}) == len(pieces)
    starts = {tuple(np.round(piece[0], 9)) for piece, _ in pieces}
    assert starts == {tuple(np.round(each, 9)) for each in projected(EQUATOR[:-1])}
    behind, front = (np.concatenate([part.get_colors() for part in axes.collections if part.get_zorder() == order])
                     for order in (2.0, 3.0))  # fmt: skip
    assert behind[:, :3].min() > front[:, :3].min()


def test_a_path_says_what_it_goes_over() -> None:
    over = (Quantity("ts", TIME), 1e-6 * np.linspace(0.0, 3.0, len(EQUATOR)))
    _, bar = BlochPicture((Path("states", EQUATOR, over),)).figure().axes
    assert bar.get_ylabel() == "ts (µs)"
    assert bar.get_ylim() == pytest.approx((0.0, 3.0))


def test_two_paths_fade_in_to_their_own_colours() -> None:
    (axes,) = BlochPicture((Path("one", EQUATOR), Path("two", 0.5 * EQUATOR))).figure().axes
    ends = [line.get_color() for line in axes.lines if line.get_marker() == "o" and line.get_color() != "white"]
    assert ends == list(BRANCHES[:2])
    last = max(segments(axes), key=lambda each: np.ptp(each[1][:3]))[1]
    assert np.abs(np.array(last[:3]) - to_rgb(BRANCHES[1])).max() < 0.15


def test_one_arrow_is_red() -> None:
    (axes,) = BlochPicture((Arrow("psi", ALONG_X),)).figure().axes
    (arrow,) = [each for each in axes.texts if isinstance(each, Annotation)]
    assert arrow.arrow_patch is not None
    assert to_rgb(arrow.arrow_patch.get_edgecolor()) == to_rgb(CURVE)


def test_nothing_is_no_picture() -> None:
    assert BlochPicture(()).lacks()
    assert BlochPicture((Path("none", np.zeros((0, 3))),)).lacks()
    assert BlochPicture((Arrow("psi", np.array([np.nan, 0.0, 0.0])),)).lacks()
    assert not BlochPicture((Arrow("psi", UP),)).lacks()
