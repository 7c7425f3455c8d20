"""Figures: what is in them, that they are the same twice, and what is said where none can be drawn."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from scipy import stats
from tests.runtime.fit.decay import NS, measured

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.typed.dimension import FREQUENCY, ONE, TIME
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import TEXT
from qdsl.runtime.fit import fit
from qdsl.runtime.fit.report import notes
from qdsl.runtime.plot import FitPicture, Panel, Quantity, branches_of, picture_of_table, save_plot
from qdsl.runtime.plot.branches import HANDFUL
from qdsl.runtime.plot.error_bars import binomial, normal, poisson
from qdsl.runtime.plot.figure import draw_fit
from qdsl.runtime.plot.style import label
from qdsl.runtime.plot.table_figure import draw_table
from qdsl.runtime.value.table import Column, Table, int_column, real_column


def picture() -> FitPicture:
    objective = measured()
    result = fit(objective, Diagnostics())
    assert result is not None
    tau, amplitude, baseline = result.values
    fraction = objective.excited / objective.shots
    model = lambda t: baseline + amplitude * np.exp(-t / tau)  # noqa: E731
    panel = Panel(
        x=Quantity("delay", TIME, NS),
        y=Quantity("excited / shots"),
        points=(objective.delay, fraction),
        bars=binomial(objective.excited, objective.shots),
        means=model(objective.delay),
        branches=branches_of({}, objective.n_points),
        curves=(model,),
    )
    return FitPicture("t1", (panel,), notes(result))


def test_a_fit_shows_data_curve_residuals_and_estimates() -> None:
    above, below = draw_fit(picture()).axes
    assert above.get_ylabel() == "excited / shots"
    assert below.get_xlabel() == "delay (ns)"
    curve = next(line for line in above.lines if line.get_marker() == "None")
    assert np.asarray(curve.get_xdata())[[0, -1]] == pytest.approx([1.0, 37.0])  # nanoseconds, from first to last point
    (box,) = above.texts
    assert "tau       = 23.88(65) ns" in box.get_text()
    assert "converged" in box.get_text()


def test_residuals_are_in_standard_errors() -> None:
    _, below = draw_fit(picture()).axes
    points = next(line for line in below.lines if line.get_marker() == "o")
    residuals = np.asarray(points.get_ydata(), dtype=float)
    # Their squares add up to about the deviance, which is 8.942.
    assert float(np.sum(residuals**2)) == pytest.approx(8.94, rel=0.02)


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_the_same_picture_is_the_same_file(tmp_path: Path, ending: str) -> None:
    diagnostics = Diagnostics()
    assert save_plot(picture(), tmp_path / f"one.{ending}", diagnostics)
    assert save_plot(picture(), tmp_path / f"two.{ending}", diagnostics)
    assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2
    assert not diagnostics.found


def test_an_svg_is_well_formed_and_a_png_a_png(tmp_path: Path) -> None:
    save_plot(picture(), tmp_path / "t1.svg", Diagnostics())
    save_plot(picture(), tmp_path / "t1.png", Diagnostics())
    assert ElementTree.parse(tmp_path / "t1.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert (tmp_path / "t1.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_nobody_elses_style_is_touched(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    save_plot(picture(), tmp_path / "t1.svg", Diagnostics())
    assert dict(mpl.rcParams) == before


NOT_FINITE = Table({"x": real_column([np.nan, 1.0]), "y": real_column([1.0, np.inf])})
RUN = Table(
    {"tau": real_column([0.0, 1e-6, 2e-6], TIME), "p": real_column([1.0, 0.7, 0.5]), "n": int_column([9, 7, 5])}
)


def test_a_table_is_drawn_against_its_first_column() -> None:
    first, second = draw_table(picture_of_table(RUN)).axes
    assert (first.get_ylabel(), second.get_ylabel()) == ("p", "n")
    assert second.get_xlabel() == "tau (µs)"
    assert np.asarray(first.lines[0].get_xdata()) == pytest.approx([0.0, 1.0, 2.0])
    assert second.lines[0].get_linestyle() == "None"  # counts are dots


GRID = Table(
    {
        "f": real_column([1.0, 1.0, 2.0, 2.0, 3.0, 3.0], FREQUENCY),
        "wait": real_column([1e-6, 2e-6] * 3, TIME, DisplayUnit("us", 1e-6)),
        "v": real_column([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
    },
    axes=("f", "wait"),
)


def test_a_second_axis_makes_a_line_for_each_of_its_values() -> None:
    (only,) = draw_table(picture_of_table(GRID)).axes
    assert [np.asarray(line.get_ydata()).tolist() for line in only.lines] == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    legend = only.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "wait (µs)"
    assert [text.get_text() for text in legend.get_texts()] == ["1", "2"]


def test_more_values_than_colours_shade_the_points() -> None:
    count = HANDFUL + 1
    table = Table(
        {"x": real_column(np.arange(count)), "z": real_column(np.arange(count)), "y": real_column(np.ones(count))},
        axes=("x", "z"),
    )
    panel, bar = draw_table(picture_of_table(table)).axes
    assert not panel.lines
    assert bar.get_ylabel() == "z"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("values", "text"),
    [([1e300, 1e308], "y (1e308)"), ([1e-310, 2e-310], "y (1e-310)"), ([-1e308, 1e308], "y (1e308)")],
)
def test_numbers_at_the_ends_of_the_range_are_counted_in_a_power_of_ten(
    values: list[float], text: str, tmp_path: Path
) -> None:
    picture = picture_of_table(Table({"x": real_column([1.0, 2.0]), "y": real_column(values)}))
    assert draw_table(picture).axes[0].get_ylabel() == text
    assert save_plot(picture, tmp_path / "y.png", Diagnostics())


def test_many_points_lie_below_their_curve() -> None:
    x = np.linspace(0.0, 1.0, 10_000)
    panel = Panel(Quantity("x"), Quantity("y"), (x, x), normal(0.1, len(x)), x, branches_of({}, len(x)), (lambda x: x,))
    above, _ = draw_fit(FitPicture("dense", (panel,))).axes
    points, curve = (next(line for line in above.lines if line.get_marker() == each) for each in ("o", "None"))
    assert curve.get_zorder() > points.get_zorder()


def test_columns_can_be_chosen() -> None:
    (only,) = draw_table(picture_of_table(RUN, x="p", ys=["n"])).axes
    assert (only.get_xlabel(), only.get_ylabel()) == ("p", "n")


@pytest.mark.parametrize(
    ("unit", "text"),
    [("ns", "t (ns)"), ("us", "t (µs)"), ("ohm", "t (Ω)"), ("J*s", "t (J·s)"), ("", "t"), ("u", "t (u)")],
)
def test_labels(unit: str, text: str) -> None:
    assert label(Quantity("t"), DisplayUnit(unit, 1.0)) == text


def test_matplotlib_is_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    diagnostics = Diagnostics()
    place = Source("t1.qdsl", 'plot(best, "t1.svg")').span(0, 20)
    assert not save_plot(picture(), tmp_path / "t1.svg", diagnostics, place)
    (found,) = diagnostics.found
    assert (found.code, found.span) == ("E0830", place)
    assert 'pip install "qdsl[plot]"' in found.hint


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("t1.doc", "E0831"),
        ("t1", "E0831"),
        ("nowhere/t1.svg", "E0820"),
        ("nowhere/t1.png", "E0820"),
        (f"{'x' * 300}.svg", "E0820"),
    ],
)
def test_files_that_cannot_be_written(tmp_path: Path, name: str, code: str) -> None:
    diagnostics = Diagnostics()
    assert not save_plot(picture(), tmp_path / name, diagnostics)
    assert [each.code for each in diagnostics] == [code]
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    assert not save_plot(picture_of_table(RUN), tmp_path, diagnostics)
    assert [(each.code, each.message) for each in diagnostics] == [
        ("E0820", f"{str(tmp_path)!r} names no file to write")
    ]


@pytest.mark.parametrize("table", [RUN.rows(slice(0, 0)), Table({"tau": RUN.column("tau")}), Table({}), NOT_FINITE])
def test_nothing_to_plot(tmp_path: Path, table: Table) -> None:
    diagnostics = Diagnostics()
    assert not save_plot(picture_of_table(table), tmp_path / "x.svg", diagnostics)
    assert [each.code for each in diagnostics] == ["E0832"]


def test_binomial_bars_are_wilsons() -> None:
    hits, shots = np.array([0, 1, 5, 10, 482]), np.array([10, 10, 10, 10, 1000])
    low, high = binomial(hits, shots)
    confidence = float(stats.chi2.cdf(1.0, 1))  # one standard error
    for k, n, below, above in zip(hits, shots, low, high, strict=True):
        interval = stats.binomtest(int(k), int(n)).proportion_ci(confidence, method="wilson")
        assert k / n - below == pytest.approx(interval.low, abs=1e-12)
        assert k / n + above == pytest.approx(interval.high, abs=1e-12)


def test_poisson_bars_solve_the_score_equation() -> None:
    counts = np.array([0, 1, 4, 100])
    low, high = poisson(counts)
    for k, below, above in zip(counts, low, high, strict=True):
        for rate in (k - below, k + above):
            assert (k - rate) ** 2 == pytest.approx(rate, abs=1e-12)


def test_an_unknown_sigma_has_no_bar() -> None:
    assert normal(np.array([0.1, np.nan, np.inf]), 3)[0].tolist() == [0.1, 0.0, 0.0]
    assert normal(0.2, 2)[1].tolist() == [0.2, 0.2]


def test_a_quantity_without_a_display_unit_takes_the_best() -> None:
    assert Quantity("t", TIME).unit_for(np.array([0.0, 3e-6])).symbol == "us"
    assert Quantity("k", ONE).unit_for(np.array([3.0])).symbol == ""


def test_texts_tell_branches_apart_and_shade_nothing() -> None:
    """A table of many devices: the label is an axis that is no number."""
    few, many = np.repeat(["left", "right"], 3), np.array([f"chip {k}" for k in range(3 * HANDFUL)])
    branches = branches_of({"device": Column(few, TEXT)}, 6)
    assert branches.labels == ("left", "right")
    assert branches.title == "device"
    whole = branches_of({"device": Column(many, TEXT)}, len(many))
    assert (len(whole.rows), whole.shades) == (1, None)
