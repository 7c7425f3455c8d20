"""`plot`: what can be drawn is drawn, and what cannot is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.session.running import Ran, run

from qdsl.runtime.experiment.fit_picture import picture_of_fit
from qdsl.runtime.plot import Panel

FIGURE = "figure.svg"


@pytest.mark.parametrize(
    ("xs", "ys"),
    [
        ("[1, 2]", "[1i, 2i]"),
        ("[true, false]", "[1, 2]"),
        ("[1, 2]", "[(a = 1, b = 2), (a = 3, b = 4)]"),
        ("[[1, 2], [3, 4]]", "[1, 2]"),
    ],
)
def test_only_rows_of_real_numbers_are_drawn(xs: str, ys: str, tmp_path: Path) -> None:
    assert run(f'plot({xs}, {ys}, "{FIGURE}")', tmp_path).codes == ["E0516"]
    assert not (tmp_path / FIGURE).exists()


def test_arrays_of_one_length_are_drawn_and_others_are_told(tmp_path: Path) -> None:
    assert run(f'plot([1 s, 2 s], [3, 4], "{FIGURE}")', tmp_path).codes == []
    assert (tmp_path / FIGURE).exists()
    ran = run(f'plot([1, 2, 3], [4.0, 5.0], "{FIGURE}")', tmp_path)
    assert ran.codes == ["E0705"]
    assert ran.messages[0].span is not None
    assert ran.messages[0].span.text == "[4.0, 5.0]"


def panel_of(ran: Ran) -> Panel:
    """The first panel of the figure of `best`."""
    experiment = next(iter(ran.session.environment.models))
    return picture_of_fit(ran.session.environment, experiment, ran.value("best")).panels[0]


@pytest.mark.parametrize(
    ("axis", "model", "label"),
    [
        ("", "a", "row"),
        ("axis on: Bool = [true, false, true]", "if on { a } else { 1 }", "on"),
        ("axis n: Int = [1, 4, 9]", "a * n", "n"),
    ],
)
def test_a_fit_is_drawn_whatever_its_axis_is(axis: str, model: str, label: str, tmp_path: Path) -> None:
    program = f"""
    experiment e {{
        param a: Scalar = 2
        {axis}
        measure y ~ Normal({model}, 0.1)
    }}
    let best = fit(e, simulate(e, seed = 1))
    """
    ran = run(program + f'plot(best, "{FIGURE}")', tmp_path)
    assert ran.codes == []
    best = ran.value("best")
    panel = panel_of(ran)
    assert panel.x.name == label
    xs, _ = panel.points
    measured = {"row": [0], "on": [1, 0, 1], "n": [1, 4, 9]}[label]
    assert xs.tolist() == measured
    a = best["a"].value
    means = {"row": [a], "on": [a, 1, a], "n": [a, 4 * a, 9 * a]}[label]
    assert panel.means == pytest.approx(means, rel=1e-15)
    assert panel.curves[0](xs) == pytest.approx(means, rel=1e-15)


EXPOSED = """
experiment exposed {
    param rate: Rate = 10 cps in 0 cps .. 1000 cps
    param tau: Time = 20 s in 1 s .. 1000 s
    axis t: Time, exposure: Time = zip(linspace(0 s, 90 s, 10), VALUES)
    measure n ~ Poisson(rate * exposure * exp(-t / tau))
}
let best = fit(exposed, simulate(exposed, seed = 1))
"""


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("values", "curves"), [("1 s * [1, 5, 1, 5, 1, 5, 1, 5, 1, 5]", 2), ("1 s * range(1, 11)", 0)])
def test_residuals_are_against_the_model_at_each_point(values: str, curves: int, tmp_path: Path) -> None:
    ran = run(EXPOSED.replace("VALUES", values) + f'plot(best, "{FIGURE}")', tmp_path)
    assert ran.messages == []
    panel, best = panel_of(ran), ran.value("best")
    t, exposure = (best.data.columns[name].values for name in ("t", "exposure"))
    assert panel.means == pytest.approx(best.rate.value * exposure * np.exp(-t / best.tau.value))
    assert len(panel.curves) == curves
    for rows, curve in zip(panel.branches.rows, panel.curves, strict=False):
        assert curve(t[rows]) == pytest.approx(panel.means[rows])


@pytest.mark.filterwarnings("error")
def test_an_axis_that_the_mean_does_not_depend_on_makes_no_branches(tmp_path: Path) -> None:
    program = """
    experiment e {
        param p: Scalar = 0.5 in 0 .. 1
        axis x: Scalar, shots: Int = zip([1, 2, 3, 4], [10, 0, 20, 5])
        measure n ~ Binomial(shots, p)
    }
    let best = fit(e, simulate(e, seed = 1))
    """
    ran = run(program + f'plot(best, "{FIGURE}")', tmp_path)
    assert ran.messages == []
    panel = panel_of(ran)
    assert len(panel.curves) == 1
    assert panel.points[0].tolist() == [1, 3, 4]  # without shots there is nothing to draw
