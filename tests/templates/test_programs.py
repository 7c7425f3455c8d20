"""Every template is a sound program, formatted, whose tests pass; within its bounds it gives probabilities."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from tests.templates.declared import NAMES, SHOTS

import qdsl
from qdsl.cli.exits import Exit
from qdsl.cli.main import main
from qdsl.runtime.templates.catalogue import headers, path_of, text
from qdsl.runtime.value.table import Table

ROUNDING = 1e-6
"""What a solver may miss a probability by."""


@pytest.mark.parametrize("name", NAMES)
def test_it_is_sound_and_formatted(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(path_of(name))]) == Exit.OK
    assert capsys.readouterr().out == ""
    assert main(["fmt", "--check", str(path_of(name))]) == Exit.OK


@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(path_of(name))]) == Exit.OK
    told = capsys.readouterr().err
    assert "0 passed" not in told
    assert "failed" not in told


@pytest.mark.parametrize("name", NAMES)
def test_its_params_are_told(name: str) -> None:
    """Each with a default, bounds and what it is."""
    for param in qdsl.template(name).params.values():
        assert param.default is not None
        assert -math.inf < param.low <= param.default <= param.high < math.inf
        assert param.doc.endswith(".")
        assert f"param {param.written}" in text(name)


@pytest.mark.parametrize("name", NAMES)
def test_at_every_bound_of_every_param_it_gives_probabilities(name: str) -> None:
    template = qdsl.template(name)
    assert_physical(name, template.expected())
    for param in template.params.values():
        for bound in (param.low, param.high):
            assert_physical(name, template.bind(**{param.name: bound}).expected())


def assert_physical(name: str, means: Table) -> None:
    """Between none and all of the shots, and all of them together where each has an outcome."""
    measured = [means[column] for column in means if column not in means.axes]
    shares = np.array(measured) / SHOTS[name]
    assert np.isfinite(shares).all()
    assert shares.min() > -ROUNDING
    assert shares.max() < 1 + ROUNDING
    if len(measured) > 1:
        assert shares.sum(axis=0) == pytest.approx(np.ones(len(means)), abs=ROUNDING)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_project_of_it_runs_and_prints_the_same_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine", "--template", name]) == Exit.OK
    assert capsys.readouterr().out == f"made mine; now: qdsl run {Path('mine') / 'mine.qdsl'}\n"
    assert Path("mine/mine.qdsl").read_text(encoding="utf-8") == text(name)
    assert all(cited in Path("mine/README.md").read_text(encoding="utf-8") for cited in headers()[name].cites)
    printed = [_printed("mine/mine.qdsl", capsys) for _ in range(2)]
    assert printed[0] == printed[1]
    assert "converged\n" in printed[0]
    assert Path(f"mine/{name}.svg").stat().st_size > 1000


def _printed(path: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["run", path]) == Exit.OK
    done = capsys.readouterr()
    assert done.err == ""
    return done.out


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_fits_find_what_was_simulated(name: str) -> None:
    """Within five standard deviations, each of three runs, and the deviance is that of a true model."""
    template = qdsl.template(name)
    for seed in range(100, 103):
        best = template.fit(template.simulate(seed=seed))
        assert best.verdict.word == "converged", seed
        for param in template.params.values():
            found = best[param.name]
            assert abs(found.value - (param.default or 0.0)) < 5 * found.error, (seed, param.name)
        assert best.p_value is not None
        assert best.p_value > 1e-4, seed
