"""`simulate` and `expected`: draws and their seeds, axes, measurements, where a table comes from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from tests.session.running import lines, run

from qdsl import __version__
from qdsl.lang.typed import tree as typed
from qdsl.runtime.value.provenance import content_hash

TWO = """
experiment two {
    param a: Voltage = 2 V in 0 V .. 10 V
    param p: Scalar = 0.3 in 0 .. 1
    axis x: Time = [1 s, 2 s, 3 s]
    axis shots: Int = [100, 200]
    measure v ~ Normal(a * x / (1 s), 0.1 V)
    measure k ~ Binomial(shots, p)
}
"""


def test_axes_make_a_grid_whose_last_axis_changes_fastest() -> None:
    data = run(TWO + "let t = expected(two)").value("t")
    assert data.columns["x"].values.tolist() == [1, 1, 2, 2, 3, 3]
    assert data.columns["shots"].values.tolist() == [100, 200, 100, 200, 100, 200]
    assert data.columns["v"].values.tolist() == [2, 2, 4, 4, 6, 6]
    assert data.columns["k"].values == pytest.approx([30, 60, 30, 60, 30, 60])


def test_a_path_goes_along_its_axes_together() -> None:
    program = """
    experiment path {
        param a: Scalar = 1
        axis t: Time, f: Frequency = zip([1 s, 2 s], [3 Hz, 4 Hz])
        axis n: Int = [10, 20]
        measure y ~ Normal(a * t / (1 s), 1)
    }
    let t = expected(path)
    print(t.t, t.f, t.n)
    print(expected(path, t = [5 s, 6 s]).t)
    """
    assert lines(program) == ["[1, 1, 2, 2] s [3, 3, 4, 4] Hz [10, 20, 10, 20]", "[5, 5, 6, 6] s"]
    assert run(program + "print(expected(path, t = [5 s, 6 s, 7 s]).t)").codes == ["E0522"]


def test_a_column_has_the_length_of_its_table() -> None:
    assert lines(TWO + "print(len(expected(two).with(z = zeros(6)).z))") == ["6"]
    ran = run(TWO + "print(expected(two).with(z = zeros(5)))")
    assert ran.codes == ["E0705"]
    assert ran.messages[0].span is not None
    assert ran.messages[0].span.text == "zeros(5)"
    assert run(TWO + "print(expected(two).with(z = [(a = 1, b = 2)]))").codes == ["E0516"]


@pytest.mark.parametrize("path", ["", ".", "folder"])
def test_a_file_needs_a_name(path: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert run(TWO + f'export(expected(two), "{path}")', tmp_path).codes == ["E0820"]


def test_given_values_take_the_place_of_defaults_and_axes() -> None:
    assert lines(TWO + "print(expected(two, a = 1 V, x = [7 s], shots = [1]).v)") == ["[7] V"]


def test_the_same_seed_gives_the_same_draws_and_another_others() -> None:
    ran = run(TWO + "let a = simulate(two, seed = 7)\nlet b = simulate(two, seed = 7)\nlet c = simulate(two, seed = 8)")
    a, b, c = (ran.value(name).columns["v"].values for name in "abc")
    assert (a == b).all()
    assert (a != c).all()


def test_measurements_and_points_are_independent() -> None:
    program = """
    experiment many {
        param s: Scalar = 1
        axis k: Int = range(20000)
        measure u ~ Normal(0, s)
        measure w ~ Normal(0, s)
    }
    let t = simulate(many, seed = 3)
    """
    columns = run(program).value("t").columns
    u, w = columns["u"].values, columns["w"].values
    # 20,000 draws: a correlation beyond 5 / sqrt(20000) is no chance
    for one, other in ((u, w), (u[1:], u[:-1]), (u[1:], w[:-1])):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(20000)
    assert abs(u.mean()) < 5 / np.sqrt(20000)
    assert abs(u.std() - 1) < 5 / np.sqrt(40000)


def test_the_root_seed_gives_seeds_by_position() -> None:
    program = TWO + "let a = simulate(two)\nlet b = simulate(two)"
    one, same, other = (run(program, seed=seed) for seed in (1, 1, 2))
    assert (one.value("a").columns["v"].values == same.value("a").columns["v"].values).all()
    assert (one.value("b").columns["v"].values == same.value("b").columns["v"].values).all()
    assert (one.value("a").columns["v"].values != one.value("b").columns["v"].values).all()
    assert (one.value("a").columns["v"].values != other.value("a").columns["v"].values).all()


@pytest.mark.parametrize(
    "taken",
    [
        "let v = simulate(two).v",
        "print(simulate(two).v)",
        "simulate(two).v[1:3]",
        "sweep(two, a = simulate(two).v[0:1])",
    ],
)
def test_what_a_column_is_taken_from_runs_once(taken: str) -> None:
    ran = run(f"{TWO}{taken}\n")
    calls = 2 if "sweep" in taken else 1
    assert ran.messages == []
    assert ran.session.world.draws == calls


def test_a_fresh_seed_is_recorded_and_repeats_the_run() -> None:
    fresh = run(TWO + "let a = simulate(two)", seed=None).value("a")
    again = run(TWO + f"let a = simulate(two, seed = {fresh.provenance.seed})").value("a")
    assert (fresh.columns["v"].values == again.columns["v"].values).all()
    assert fresh.provenance.seed != run(TWO + "let a = simulate(two)", seed=None).value("a").provenance.seed


def test_where_a_run_comes_from() -> None:
    program = TWO + "let a = simulate(two, a = 3 V, seed = 7)\nlet e = expected(two)"
    ran = run(program)
    found = ran.value("a").provenance
    assert (found.action, found.seed, found.parameters) == ("simulate", 7, {"a": 3.0, "p": 0.3})
    assert found.source_hash == f"sha256:{hashlib.sha256(program.encode()).hexdigest()}"
    assert found.versions["qdsl"] == __version__
    assert ran.value("e").provenance.seed is None


@pytest.mark.parametrize(
    ("param", "axis", "measured", "asked", "code"),
    [
        ("a: Scalar", "x: Scalar = [1]", "Normal(a * x, 1)", "expected(e)", "E0519"),
        ("a: Scalar = 1", "x: Scalar = [1]", "Normal(a * x)", "simulate(e)", "E0521"),
        ("a: Scalar = 1", "x: Scalar", "Normal(a * x)", "expected(e)", "E0518"),
        ("a: Scalar = 1", "x: Scalar = [-1]", "Poisson(sqrt(a * x))", "simulate(e)", "E0701"),
        ("a: Scalar = 1", "x: Scalar = [1]", "Normal(a * x, 1)", "simulate(e, b = 2)", "E0514"),
    ],
)
def test_runs_that_cannot_be(param: str, axis: str, measured: str, asked: str, code: str) -> None:
    program = f"experiment e {{\n param {param}\n axis {axis}\n measure y ~ {measured}\n}}\n{asked}"
    assert run(program).codes == [code]


def test_set_replaces_defaults() -> None:
    program = TWO + "print(expected(two, x = [1 s], shots = [10]).v)"
    assert lines(program, overrides={"a": "30 mV"}) == ["[0.03] V"]
    ran = run(program, overrides={"a": "30 mV"})
    (experiment,) = ran.session.environment.models
    assert isinstance(experiment.params[0].default, typed.Constant)  # the program stays as it was written
    assert experiment.params[0].default.value == 2


@pytest.mark.parametrize(
    ("name", "text", "code"), [("b", "1", "E0905"), ("a", "1 s", "E0906"), ("a", "", "E0101"), ("p", "1 +", "E0101")]
)
def test_set_of_what_does_not_fit(name: str, text: str, code: str) -> None:
    assert code in run(TWO + "print(1)", overrides={name: text}).codes


def test_exported_data_come_back_as_they_were(tmp_path: Path) -> None:
    program = (
        TWO
        + """
    let run = simulate(two, seed = 1)
    export(run, "run.csv")
    let back = load("run.csv", two)
    assert run.v == back.v
    assert run.k == back.k
    assert run.x == back.x
    print(back.x[0])
    """
    )
    assert lines(program, folder=tmp_path) == ["1 s"]


def test_a_column_more() -> None:
    program = (
        TWO
        + """
    let t = expected(two).with(twice = 2 * expected(two).v)
    print(t.twice[0:2])
    """
    )
    assert lines(program) == ["[4, 4] V"]


@pytest.mark.parametrize("call", ["simulate(e, seed = 1)", "expected(e)"])
def test_a_model_that_stops_says_at_which_point(call: str) -> None:
    experiment = """
    experiment e {
        param a: Voltage = 1 V
        axis t: Time = [1 us, 3 us]
        axis x: Scalar = [4, -9]
        measure y ~ Normal(a * sqrt(x), 1 V)
    }
    """
    ran = run(f"{experiment}let d = {call}")
    (message,) = ran.messages
    assert (message.code, message.message) == ("E0701", "sqrt of -9, which is negative, at element 1")
    assert message.note == "element 1 is t = 1 us, x = -9"


def test_the_seed_of_a_run_that_was_given_none_is_found_beside_its_export(tmp_path: Path) -> None:
    first = run(TWO + 'export(simulate(two), "run.csv")', tmp_path, seed=None)
    assert first.messages == []
    record = json.loads((tmp_path / "run.csv.provenance.json").read_text(encoding="utf-8"))
    content = (tmp_path / "run.csv").read_bytes()
    assert record["action"] == "simulate"
    assert record["content_hash"] == content_hash(content)
    run(TWO + f'export(simulate(two, seed = {record["seed"]}), "again.csv")', tmp_path, seed=None)
    assert (tmp_path / "again.csv").read_bytes() == content


def test_the_record_of_a_fit_tells_of_its_data(tmp_path: Path) -> None:
    program = TWO + 'export(fit(two, simulate(two, seed = 5)), "best.csv")'
    assert run(program, tmp_path).messages == []
    record = json.loads((tmp_path / "best.csv.provenance.json").read_text(encoding="utf-8"))
    assert record["action"] == "fit"
    assert record["data"]["action"] == "simulate"
    assert record["data"]["seed"] == 5
