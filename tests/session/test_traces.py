"""The picture of a posterior's chains, from the text of a program to the data in the figure; and its page."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.session.running import run
from tests.session.test_fit_page import Reader

from qdsl.lang.report import Diagnostics
from qdsl.runtime.pictures import drawing
from qdsl.runtime.plot.trace import MANY

PROGRAM = """
## Light & less.
experiment decay {
    ## How long it <lives>.
    param tau: Time = 2 us in 0.1 us .. 100 us
    param level: Scalar = 100 in 0 .. 1000
    param floor: Scalar = 1 in 0 .. 2
    axis t: Time = linspace(0 us, 5 us, 11)
    measure n ~ Poisson(level * exp(-t / tau) + floor)
}
let found = posterior(decay, simulate(decay, seed = 4), draws = DRAWS, chains = 3, warmup = 200, seed = 1)
"""


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs the program, and gives the posterior and the picture of its chains."""
    kept: list[Any] = []

    def keep(picture: Any, path: Path, diagnostics: Diagnostics, at: object) -> bool:
        assert not picture.lacks()
        kept.append(picture)
        return True

    monkeypatch.setattr(drawing, "save_plot", keep)

    def draw(draws: int) -> tuple[Any, Any]:
        ran = run(PROGRAM.replace("DRAWS", str(draws)) + 'plot_trace(found, "t.svg")', tmp_path)
        assert ran.messages == [], [each.message for each in ran.messages]
        return ran.value("found"), kept[0]

    return draw


@pytest.mark.filterwarnings("error")
def test_each_row_has_the_draws_of_each_chain(drawn: Any) -> None:
    found, picture = drawn(60)
    assert [row.quantity.name for row in picture.rows] == ["tau", "level", "floor"]
    panels = picture.figure().axes
    assert len(panels) == 6
    draws = found.draws
    for row, name in enumerate(("tau", "level")):
        scale = 1e-6 if name == "tau" else 1.0
        left, right = panels[2 * row], panels[2 * row + 1]
        assert left.get_title() == f"{name} = {found[name]}"
        assert left.get_xlabel() == right.get_ylabel() == ("tau (µs)" if name == "tau" else "level")
        assert right.get_title().startswith(f"R-hat {found.diagnosis.r_hat[row]:.3f}, worth ")
        assert len(right.lines) == 3
        for chain, line in enumerate(right.lines):
            own = draws[name][draws["chain"] == chain]
            assert line.get_xdata() == pytest.approx(np.arange(60))
            assert line.get_ydata() == pytest.approx(own / scale)
        *densities, middle = left.lines
        assert len(densities) == 3
        assert middle.get_xdata() == pytest.approx([found[name].value / scale] * 2)
        assert [each.get_color() for each in densities] == [each.get_color() for each in right.lines]
    assert panels[-1].get_xlabel() == "draw"


def test_many_draws_are_one_image_for_each_param(tmp_path: Path) -> None:
    for draws, images in ((30, 0), (MANY, 3)):
        ran = run(PROGRAM.replace("DRAWS", str(draws)) + 'plot_trace(found, "t.svg")', tmp_path)
        assert ran.messages == []
        assert (tmp_path / "t.svg").read_text(encoding="utf-8").count("<image") == images


def test_it_is_written_and_the_same_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        program = PROGRAM.replace("DRAWS", "30") + f'plot_trace(found, "{name}.svg")'
        assert run(program, tmp_path).messages == []
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_says_what_the_posterior_says(tmp_path: Path) -> None:
    ran = run(PROGRAM.replace("DRAWS", "600") + 'export(found, "found.html")', tmp_path)
    assert ran.messages == [], [each.message for each in ran.messages]
    found = ran.value("found")
    reader = Reader()
    reader.feed((tmp_path / "found.html").read_text(encoding="utf-8"))
    reader.close()
    assert (reader.open, reader.wrong) == ([], [])
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(set(ids)) == len(ids) > 0
    assert reader.of("title") == ["The posterior of decay"]
    assert reader.of("caption") == ["Params", "Chains", "Correlations"]
    assert str(found.verdict) in reader.of("p")
    assert "Light & less." in reader.of("p")
    cells = reader.of("td")
    chains = "3 of 600 draws, after 200 each to find their way"
    quantiles = [str(each) for name in ("q5", "median", "q95") for each in found.summary[name]]
    for text in (str(found.tau), str(found.level), "How long it <lives>.", chains, *quantiles):
        assert text in cells
    pictures = [attrs for tag, attrs in reader.tags if tag == "svg"]
    assert [(each["aria-label"] or "")[:42] for each in pictures] == [
        "For each param the density of each chain, ",
        "How densely draws lie for each pair of par",
    ]
    origin = dict(zip(reader.of("dt"), reader.of("dd"), strict=True))
    assert origin["seed"] == "1"
    assert origin["data"].endswith(", seed 4")
    assert reader.of("pre")[0].endswith("}")


def test_the_draws_are_a_table_in_a_file(tmp_path: Path) -> None:
    ran = run(PROGRAM.replace("DRAWS", "20") + 'export(found, "found.csv")', tmp_path)
    assert ran.messages == []
    with (tmp_path / "found.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["chain", "draw", "tau [us]", "level", "floor"]
    assert len(rows) == 60
    assert [float(row[2]) * 1e-6 for row in rows] == pytest.approx(ran.value("found").draws["tau"])


@pytest.mark.parametrize(
    ("name", "code"), [("a.xml", "E0823"), ("no/a.html", "E0820"), (".", "E0820"), (f"{'x' * 300}.html", "E0820")]
)
def test_a_page_is_there_whole_or_not_at_all(name: str, code: str, tmp_path: Path) -> None:
    assert run(PROGRAM.replace("DRAWS", "10") + f'export(found, "{name}")', tmp_path).codes == [code]
    assert list(tmp_path.iterdir()) == []
