"""Heat maps and lines over an axis: their data, labels and limits as the figure has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import QuadMesh

from qdsl.lang.typed.dimension import FREQUENCY, RATE, TIME
from qdsl.runtime.plot import Quantity
from qdsl.runtime.plot.branches import HANDFUL
from qdsl.runtime.plot.lines import Line, LinesPicture
from qdsl.runtime.plot.map import Layer, MapPicture, edges, is_geometric
from qdsl.runtime.plot.style import BRANCHES, FAINT

DETUNING, TIMES = 1e6 * np.array([-1.0, 0.0, 1.0]), 1e-6 * np.array([0.0, 0.5, 1.0, 1.5])
VALUES = np.arange(12.0).reshape(3, 4)


def picture(values: Any = VALUES, **more: Any) -> MapPicture:
    layer = Layer(Quantity("excited"), values)
    return MapPicture(Quantity("detuning", FREQUENCY), DETUNING, Quantity("t", TIME), TIMES, (layer,), **more)


def mesh_of(axes: Any) -> QuadMesh:
    (mesh,) = [each for each in axes.collections if isinstance(each, QuadMesh)]
    return mesh


def test_a_cell_lies_around_its_places_and_has_its_value() -> None:
    axes, bar = picture().figure().axes
    mesh = mesh_of(axes)
    assert np.asarray(mesh.get_array()).tolist() == VALUES.T.tolist()  # a row of the mesh is one y
    corners = np.asarray(mesh.get_coordinates())
    assert corners[0, :, 0] == pytest.approx([-1.5, -0.5, 0.5, 1.5])
    assert corners[:, 0, 1] == pytest.approx([-0.25, 0.25, 0.75, 1.25, 1.75])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("detuning (MHz)", "t (µs)")
    assert bar.get_ylabel() == "excited"
    assert mesh.get_clim() == (0.0, 11.0)


def test_values_on_both_sides_of_zero_have_it_in_the_middle() -> None:
    assert mesh_of(picture(VALUES - 4.0).figure().axes[0]).get_clim() == (-7.0, 7.0)
    assert mesh_of(picture(VALUES - 0.5).figure().axes[0]).get_clim() == (-0.5, 10.5)  # noise below zero
    assert mesh_of(picture(VALUES, signed=True).figure().axes[0]).get_clim() == (-11.0, 11.0)
    assert mesh_of(picture(0.0 * VALUES, signed=True).figure().axes[0]).get_clim() == (-1.0, 1.0)


def test_what_is_not_known_has_no_colour() -> None:
    holed = VALUES.copy()
    holed[1, 2] = np.nan
    mesh = mesh_of(picture(holed).figure().axes[0])
    assert np.argwhere(np.ma.getmaskarray(mesh.get_array())).tolist() == [[2, 1]]
    assert not picture(holed).lacks()
    assert picture(np.full((3, 4), np.nan)).lacks()


def test_several_measurements_have_a_panel_each() -> None:
    two = picture()
    layers = (*two.layers, Layer(Quantity("rate", RATE), 1e6 * VALUES))
    left, right, _, bar = MapPicture(two.x, two.xs, two.y, two.ys, layers).figure().axes
    assert left.get_ylabel() == "t (µs)"
    assert right.get_xlabel() == "detuning (MHz)"
    assert bar.get_ylabel() == "rate (1/µs)"


def test_equal_factors_make_a_logarithmic_axis() -> None:
    rates = np.geomspace(1e3, 1e6, 7)
    layer = Layer(Quantity("p"), np.ones((7, 4)))
    axes = MapPicture(Quantity("rate", RATE), rates, Quantity("t", TIME), TIMES, (layer,)).figure().axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert edges(rates)[1:-1] == pytest.approx(np.sqrt(rates[1:] * rates[:-1]))
    assert not is_geometric(np.array([1.0, 2.0, 3.0]))
    assert not is_geometric(np.array([-1.0, 10.0, 100.0]))


@pytest.mark.parametrize("places", [[0.0], [3.0], [-2.0, 5.0]])
def test_few_places_still_have_a_width(places: list[float]) -> None:
    found = edges(np.array(places))
    assert len(found) == len(places) + 1
    assert np.all(np.diff(found) > 0.0)
    assert np.all((found[:-1] < places) & (found[1:] > places))


def test_a_plane_has_one_scale() -> None:
    axes = picture(is_plane=True).figure().axes[0]
    assert axes.get_aspect() == 1.0


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────


def lines(count: int, rest: bool = False) -> LinesPicture:
    made = [Line(f"|{k}⟩", np.full(4, 0.1 * k)) for k in range(count)]
    made += [Line("others", np.ones(4), is_rest=True)] if rest else []
    return LinesPicture(Quantity("t", TIME), TIMES, Quantity("population"), tuple(made), "q", (0.0, 1.0))


def test_lines_have_their_data_colours_and_names() -> None:
    (axes,) = lines(2, rest=True).figure().axes
    assert [line.get_color() for line in axes.lines] == [*BRANCHES[:2], FAINT]
    assert np.asarray(axes.lines[1].get_xdata()) == pytest.approx([0.0, 0.5, 1.0, 1.5])
    assert np.asarray(axes.lines[1].get_ydata()) == pytest.approx([0.1] * 4)
    assert axes.lines[2].get_linestyle() == "--"
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "q"
    assert [each.get_text() for each in legend.get_texts()] == ["|0⟩", "|1⟩", "others"]
    assert axes.get_xlim() == pytest.approx((0.0, 1.5))
    assert axes.get_ylim() == pytest.approx((-0.03, 1.03))


def test_one_line_needs_no_legend() -> None:
    (axes,) = lines(1).figure().axes
    assert axes.get_legend() is None


def test_many_lines_are_shaded_and_counted() -> None:
    count = HANDFUL + 4
    axes, bar = lines(count).figure().axes
    assert axes.get_legend() is None
    assert len({tuple(line.get_color()) for line in axes.lines}) == count
    assert bar.get_ylabel() == "q"
    assert next(text.get_text() for text in bar.get_yticklabels()) == "|0⟩"


def test_no_line_or_nothing_finite_is_no_picture() -> None:
    assert lines(0).lacks()
    assert not lines(1).lacks()
    nothing = LinesPicture(Quantity("t"), TIMES, Quantity("y"), (Line("y", np.full(4, np.nan)),))
    assert nothing.lacks()
