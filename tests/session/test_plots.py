"""`plot`: what can be drawn is drawn, and what cannot is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.session.running import run

from qdsl.runtime.experiment.picture import picture_of_fit

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
    experiment = next(iter(ran.session.environment.models))
    (panel,) = picture_of_fit(ran.session.environment, experiment, best).panels
    assert panel.x.name == label
    xs, _ = panel.points
    measured = {"row": [0], "on": [1, 0, 1], "n": [1, 4, 9]}[label]
    assert xs.tolist() == measured
    a = best["a"].value
    means = {"row": [a], "on": [a, 1, a], "n": [a, 4 * a, 9 * a]}[label]
    assert panel.model(xs) == pytest.approx(means, rel=1e-15)
