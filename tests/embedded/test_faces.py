"""Pictures and pages of results, from Python: the files that a program writes."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qdsl

PROGRAM = """
experiment line {
    param a: Voltage = 1 V in -9 V .. 9 V
    param b: Voltage/Time = 1 V/s in -9 V/s .. 9 V/s
    axis t: Time = linspace(0 s, 4 s, 5)
    measure y ~ Normal(a + b * t, 0.3 V)
}
"""


@pytest.fixture(scope="module")
def m() -> Any:
    return qdsl.compile(PROGRAM)


@pytest.fixture(scope="module")
def best(m: Any) -> Any:
    return m.line.fit(m.line.simulate(seed=1))


@pytest.fixture(scope="module")
def found(m: Any) -> Any:
    return m.line.posterior(m.line.simulate(seed=1), draws=20, chains=2, warmup=20, seed=1)


def test_the_page_is_that_of_a_program(best: Any, tmp_path: Path) -> None:
    written = PROGRAM + 'let best = fit(line, simulate(line, seed = 1))\nexport(best, "of_program.html")\n'
    (tmp_path / "p.qdsl").write_text(written, encoding="utf-8")
    from tests.session.running import run

    assert run(written, tmp_path).messages == []
    best.export(tmp_path / "of_python.html")
    pages = [(tmp_path / f"of_{name}.html").read_text(encoding="utf-8") for name in ("program", "python")]
    # but for when, and from which file
    bare = [re.sub(r"(?s)<h2>Where it comes from</h2>.*", "", page) for page in pages]
    assert bare[0] == bare[1]
    assert str(best.a) in bare[0]


DRAWN: list[Callable[[Any, Any, Any, Path], None]] = [
    lambda best, found, again, path: best.plot(path),
    lambda best, found, again, path: best.plot_profile("a", path, level=0.9),
    lambda best, found, again, path: best.plot_contour("b", "a", path),
    lambda best, found, again, path: best.plot_corner(path),
    lambda best, found, again, path: found.plot_trace(path),
    lambda best, found, again, path: found.plot_corner(path),
    lambda best, found, again, path: again.plot_corner(path),
]


@pytest.mark.parametrize("draw", DRAWN)
def test_every_picture_is_an_svg(draw: Callable[..., None], m: Any, best: Any, found: Any, tmp_path: Path) -> None:
    draw(best, found, m.line.bootstrap(best, n=20, seed=1), tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_a_path_begins_where_python_runs(best: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    best.export("there/fit.csv")
    assert (tmp_path / "there" / "fit.csv").read_text(encoding="utf-8").startswith("a")


def test_a_result_of_the_program_itself_is_shown_too(tmp_path: Path) -> None:
    own = qdsl.compile(PROGRAM + "let best = fit(line, simulate(line, seed = 1))")
    own.best.export(tmp_path / "fit.html")
    assert (tmp_path / "fit.html").exists()


def test_the_page_of_a_posterior(found: Any, tmp_path: Path) -> None:
    found.export(tmp_path / "found.html")
    assert "The posterior of line" in (tmp_path / "found.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("draw", "code"),
    [
        (lambda best: best.export("x.xml"), "E0823"),
        (lambda best: best.export(""), "E0820"),
        (lambda best: best.plot("x.txt"), "E0831"),
        (lambda best: best.plot_profile("a", "x.svg", level=2.0), "E0858"),
    ],
)
def test_what_a_program_would_be_told_is_an_error(
    draw: Callable[[Any], None], code: str, best: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(qdsl.CompileError) as caught:
        draw(best)
    assert [each.code for each in caught.value.diagnostics] == [code]
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_no_params(best: Any) -> None:
    with pytest.raises(KeyError, match="'c' is no parameter; there are a, b"):
        best.plot_profile("c", "x.svg")
    with pytest.raises(ValueError, match="a contour is of two parameters"):
        best.plot_contour("a", "a", "x.svg")


def test_a_copy_from_elsewhere_cannot_be_drawn(m: Any, best: Any, found: Any) -> None:
    again = m.line.bootstrap(best, n=20, seed=1)
    for each in (best, found, again):
        elsewhere = pickle.loads(pickle.dumps(each))
        assert elsewhere.a.value == each.a.value
        with pytest.raises(ValueError, match="made elsewhere"):
            elsewhere.plot_corner("x.svg")


def test_a_copy_of_here_is_drawn(m: Any, best: Any, tmp_path: Path) -> None:
    for each in (best, m.line.bootstrap(best, n=20, seed=1)):
        path = tmp_path / f"{type(each).__name__}.svg"
        copy.copy(each).plot_corner(path)
        assert path.read_text("utf-8").startswith("<?xml")


def test_a_fit_from_bound_values_takes_what_a_fit_takes(m: Any) -> None:
    data = m.line.simulate(seed=1)
    bound = m.line.bind(a=2.0, b=0.5)
    held = bound.fit(data, fixed={"a": 1.0}, weights=[1.0, 1.0, 1.0, 1.0, 2.0], starts=3)
    same = m.line.fit(data, start={"b": 0.5}, fixed={"a": 1.0}, weights=[1.0, 1.0, 1.0, 1.0, 2.0], starts=3)
    assert held.a.value == 1.0
    assert held.values == same.values
