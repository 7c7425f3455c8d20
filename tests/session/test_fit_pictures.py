"""Pictures of how sure a fit is, from the text of a program to the data in the figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.contour import ContourSet
from scipy.stats import chi2
from tests.session.running import Ran, run

from qdsl.lang.report import Diagnostics
from qdsl.runtime.experiment.fit_picture import picture_of_fit
from qdsl.runtime.pictures import drawing
from qdsl.runtime.plot.figure import draw_fit
from qdsl.runtime.plot.style import STYLE

Drawn = Callable[[str], tuple[Any, Any]]

LINE = """
experiment line {
    param a: Voltage = 1 V
    param b: Voltage/Time = 1 V/s
    axis t: Time = linspace(0 s, 4 s, 5)
    measure y ~ Normal(a + b * t, 0.3 V)
}
let best = fit(line, simulate(line, seed = 1))
"""
TIMES = np.linspace(0.0, 4.0, 5)
DESIGN = np.stack([np.ones(5), TIMES], axis=1)
COVARIANCE = 0.09 * np.linalg.inv(DESIGN.T @ DESIGN)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Drawn:
    """Runs a program, and gives the fit and the one picture that it draws."""
    found: list[Any] = []

    def keep(picture: Any, path: Path, diagnostics: Diagnostics, at: object) -> bool:
        assert not picture.lacks()
        found.append(picture)
        return True

    monkeypatch.setattr(drawing, "save_plot", keep)

    def draw(program: str) -> tuple[Any, Any]:
        ran = run(program, tmp_path)
        assert ran.messages == [], [each.message for each in ran.messages]
        (picture,) = found
        return ran.value("best"), picture

    return draw


@pytest.mark.filterwarnings("error")
def test_the_profile_of_a_line_is_the_parabola_of_its_error(drawn: Drawn) -> None:
    best, picture = drawn(LINE + 'plot_profile(best, "b", "p.svg")')
    assert best.b.error == pytest.approx(np.sqrt(COVARIANCE[1, 1]))
    assert picture.squared == pytest.approx(((picture.values - best.b.value) / best.b.error) ** 2, abs=1e-8)
    assert picture.allowed == pytest.approx(chi2(1).ppf(0.95))
    assert picture.ends == pytest.approx(best.b.value + np.array([-1.0, 1.0]) * 1.959964 * best.b.error)
    (axes,) = picture.figure().axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("b (V/s)", "fall of 2 log L")
    texts = [each.get_text() for each in axes.get_legend().get_texts()]
    assert texts == ["by the error alone", "profile", "95 %"]


@pytest.mark.filterwarnings("error")
def test_the_contours_of_a_line_are_the_ellipses_of_its_covariance(drawn: Drawn) -> None:
    best, picture = drawn(LINE + 'plot_contour(best, "b", "a", "c.svg")')
    turned = COVARIANCE[::-1, ::-1]
    for lines in (picture.lines, picture.ellipses):
        for line, level in zip(lines, picture.levels, strict=True):
            away = line - [best.b.value, best.a.value]
            squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(turned), away)
            assert squares == pytest.approx(np.full(len(line), chi2(2).ppf(level)), rel=1e-5)
    assert picture.levels == (0.683, 0.954)
    (axes,) = picture.figure().axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("b (V/s)", "a (V)")
    texts = [each.get_text() for each in axes.get_legend().get_texts()]
    assert texts == ["by the covariance", "95.4 % for both", "68.3 % for both"]


@pytest.mark.filterwarnings("error")
def test_a_corner_has_a_panel_for_each_pair(drawn: Drawn) -> None:
    best, picture = drawn(LINE + 'plot_corner(best, "c.svg")')
    assert picture.covariance == pytest.approx(COVARIANCE)
    panels = picture.figure().axes
    shown = [each for each in panels if each.axison]
    assert len(shown) == 3
    assert [each.get_title() for each in shown] == [f"a = {best.a}", "", f"b = {best.b}"]
    assert (shown[1].get_xlabel(), shown[1].get_ylabel()) == ("a (V)", "b (V/s)")
    outer = np.stack([np.asarray(part, dtype=float) for part in shown[1].lines[0].get_data()], axis=1)
    away = outer - [best.a.value, best.b.value]
    squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(COVARIANCE), away)
    assert squares == pytest.approx(np.full(len(outer), chi2(2).ppf(0.954)))


@pytest.mark.filterwarnings("error")
def test_the_corner_of_draws_has_regions_that_hold_their_share(drawn: Drawn) -> None:
    best, picture = drawn(LINE + 'plot_corner(bootstrap(best, n = 20_000, seed = 3), "c.svg")')
    assert picture.values == pytest.approx(best.values)
    assert picture.covariance == pytest.approx(COVARIANCE, rel=0.05)
    shown = [each for each in picture.figure().axes if each.axison]
    assert len(shown) == 3
    (lines,) = (each for each in shown[1].collections if isinstance(each, ContourSet))
    draws = np.stack([picture.draws[:, 0], picture.draws[:, 1]], axis=1)
    for path, level in zip(reversed(lines.get_paths()), picture.levels, strict=True):
        assert path.contains_points(draws).mean() == pytest.approx(level, abs=0.03)


def test_a_param_at_its_bound_has_no_panel(drawn: Drawn) -> None:
    program = LINE.replace("= 1 V\n", "= 2 V in 2 V .. 3 V\n").replace("simulate(line, ", "simulate(line, a = 0 V, ")
    best, picture = drawn(program + 'plot_corner(best, "c.svg")')
    assert best.verdict.word == "at_bound"
    assert [each.name for each in picture.quantities] == ["b"]
    assert len(picture.figure().axes) == 1


def test_pictures_are_written_and_are_the_same_twice(tmp_path: Path) -> None:
    calls = ['plot_profile(best, "a", "NAME.svg")', 'plot_contour(best, "a", "b", "NAME.svg")']
    for call in [*calls, 'plot_corner(best, "NAME.svg")']:
        for name in ("one", "two"):
            assert run(LINE + call.replace("NAME", name), tmp_path).messages == []
        assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


# ── the band ─────────────────────────────────────────────────────────────────────────────────────────────────────


def picture_of(ran: Ran) -> Any:
    experiment = next(iter(ran.session.environment.models))
    return picture_of_fit(ran.session.environment, experiment, ran.value("best"))


@pytest.mark.filterwarnings("error")
def test_the_band_of_a_line_is_that_of_its_covariance(tmp_path: Path) -> None:
    import matplotlib as mpl

    picture = picture_of(run(LINE, tmp_path))
    (panel,) = picture.panels
    ts = np.array([0.0, 1.0, 2.5, 4.0])
    design = np.stack([np.ones(4), ts], axis=1)
    assert panel.spreads[0](ts) == pytest.approx(np.sqrt(np.einsum("ni,ij,nj->n", design, COVARIANCE, design)))
    with mpl.rc_context(STYLE):
        above = draw_fit(picture).axes[0]
    wide, narrow = (each.get_paths()[0].vertices for each in above.collections[-2:])
    middle = panel.curves[0](np.array([0.0]))[0]
    error = np.sqrt(COVARIANCE[0, 0])
    for band, reach in ((wide, 2.0), (narrow, 1.0)):
        at_start = band[np.isclose(band[:, 0], 0.0), 1]
        assert [at_start.min(), at_start.max()] == pytest.approx([middle - reach * error, middle + reach * error])


def test_the_band_of_counts_is_of_the_fraction(tmp_path: Path) -> None:
    program = """
    experiment coin {
        param p: Scalar = 0.3 in 0 .. 1
        axis shots: Int = [50, 150]
        measure heads ~ Binomial(shots, p)
    }
    let best = fit(coin, simulate(coin, seed = 1))
    """
    ran = run(program, tmp_path)
    (panel,) = picture_of(ran).panels
    assert panel.spreads[0](np.array([50.0, 150.0])) == pytest.approx([ran.value("best").p.error] * 2)


def test_a_fit_without_errors_has_no_band(tmp_path: Path) -> None:
    program = LINE.replace("= 1 V\n", "= 2 V in 2 V .. 3 V\n").replace("simulate(line, ", "simulate(line, a = 0 V, ")
    (panel,) = picture_of(run(program, tmp_path)).panels
    assert np.isnan(panel.spreads[0](TIMES)).all()
