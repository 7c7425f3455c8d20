"""`sweep`: the points of a grid and of ranges, their draws, what Ctrl-C leaves, where a table comes from."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.session.running import lines, run

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Source
from qdsl.runtime.experiment import sweep_plan, sweeping
from qdsl.runtime.session import Session, Settings
from qdsl.runtime.value.table import Table

TWO = """
experiment two {
    param a: Voltage = 2 V in 0 V .. 10 V
    param p: Scalar = 0.3 in 0 .. 1
    param rate: Rate = 1 Bq in 0.1 Bq .. 100 Bq
    axis x: Time = [1 s, 2 s, 3 s]
    axis shots: Int = [100, 200]
    measure v ~ Normal(a * exp(-rate * x), 0.1 V)
    measure k ~ Binomial(shots, p)
}
"""
MEASURED = ("v", "k")


def swept(arguments: str, name: str = "grid") -> Table:
    ran = run(f"{TWO}let {name} = sweep(two, {arguments})\n")
    assert ran.messages == [], [each.message for each in ran.messages]
    table = ran.value(name)
    assert isinstance(table, Table)
    return table


def equal(one: Table, other: Table, rows: slice = slice(None)) -> bool:
    """Whether the rows of one table are those of the other, to the bit."""
    return all((one[name][rows] == other[name]).all() for name in other)


# ── a grid is a loop ─────────────────────────────────────────────────────────────────────────────────────────────

numbers = st.lists(st.floats(0.1, 9.9), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def prompt() -> Session:
    """A session in which the experiment is declared."""
    session = Session(Settings(seed=1))
    session.line(Source("line 1", TWO))
    return session


@given(a=numbers, rate=numbers, seed=st.integers(0, 2**40))
@settings(max_examples=25, deadline=None)
def test_a_grid_is_a_loop_of_runs_with_counters_of_their_own(
    prompt: Session, a: list[float], rate: list[float], seed: int
) -> None:
    of_a, of_rate = (f"[{', '.join(f'{each!r} {unit}' for each in v)}]" for v, unit in ((a, "V"), (rate, "Bq")))
    assert prompt.line(
        Source("line 2", f"let grid = sweep(two, a = {of_a}, p = 0.5, rate = {of_rate}, seed = {seed})\n")
    )
    table = newest(prompt, "grid")
    assert list(table) == ["a", "rate", "x", "shots", "v", "k"]
    (model,) = prompt.environment.models.values()
    x, shots = np.repeat([1.0, 2.0, 3.0], 2), np.tile([100, 200], 3)
    for point, (each, other) in enumerate(itertools.product(a, rate)):
        rows = slice(6 * point, 6 * point + 6)
        draws = model.kernel("draw")(each, 0.5, other, x, shots, seed, (point << 32) + np.arange(6))
        assert (table.a[rows] == each).all()
        assert (table.rate[rows] == other).all()
        assert (table.x[rows] == x).all()
        assert (table.shots[rows] == shots).all()
        for name, values in zip(MEASURED, draws, strict=True):
            assert (table[name][rows] == values).all()


def newest(session: Session, name: str) -> Any:
    """The newest value of a name."""
    found = [value for variable, value in session.environment.values.items() if variable.name == name]
    return found[-1]


def test_without_draws_it_is_a_loop_of_expected_values_to_the_bit() -> None:
    program = TWO + "let grid = sweep(two, a = [1 V, 3 V], rate = [1 Bq, 2 Bq], draws = false)\n"
    for k, (a, rate) in enumerate(itertools.product((1, 3), (1, 2))):
        program += f"let e{k} = expected(two, a = {a} V, rate = {rate} Bq)\n"
    ran = run(program)
    grid = ran.value("grid")
    for k in range(4):
        one = ran.value(f"e{k}")
        assert equal(grid, one, slice(6 * k, 6 * k + 6))
        assert grid.columns["k"].type == one.columns["k"].type
    assert ran.value("grid").provenance.seed is None


def test_the_first_point_is_the_run_that_simulate_gives() -> None:
    ran = run(TWO + "let grid = sweep(two, a = [1 V, 3 V], seed = 7)\nlet one = simulate(two, a = 1 V, seed = 7)\n")
    assert equal(ran.value("grid"), ran.value("one"), slice(0, 6))


def test_a_point_does_not_depend_on_how_many_there_are() -> None:
    few = swept("a = [1 V, 2 V], rate = [1 Bq, 3 Bq], seed = 7")
    many = swept("a = [1 V, 2 V, 5 V, 7 V], rate = [1 Bq, 3 Bq], seed = 7")
    longer = swept("a = [1 V, 2 V], rate = [1 Bq, 3 Bq], x = [1 s, 2 s, 3 s, 4 s], seed = 7")
    assert equal(many, few, slice(0, len(few)))
    assert all((longer[name].reshape(4, 8)[:, :6] == few[name].reshape(4, 6)).all() for name in few)


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize("rows", [1, 50])
def test_neither_chunks_nor_threads_show(threads: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = swept("a = linspace(1 V, 2 V, 40), p = (0.1 + 0.2 * [0, 1, 2]), seed = 7")
    monkeypatch.setenv("QDSL_THREADS", threads)
    monkeypatch.setattr(sweeping, "FIRST_ROWS", rows)
    monkeypatch.setattr(sweeping, "MOST_ROWS", 2 * rows)
    monkeypatch.setattr("qdsl.runtime.points.WORTH_THREADS", 0.0)
    assert equal(swept("a = linspace(1 V, 2 V, 40), p = (0.1 + 0.2 * [0, 1, 2]), seed = 7"), wanted)


def test_points_are_independent_of_each_other() -> None:
    """20,000 points of equal values: a correlation beyond 5 / sqrt(20000) is no chance."""
    program = """
    experiment noise {
        param s: Scalar = 1
        measure u ~ Normal(0, s)
        measure w ~ Normal(0, s)
    }
    let grid = sweep(noise, s = [1 for _i in range(20000)], seed = 3)
    """
    table = run(program).value("grid")
    for one, other in ((table.u, table.w), (table.u[1:], table.u[:-1]), (table.u[1:], table.w[:-1])):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(20000)
    assert abs(table.u.std() - 1) < 5 / np.sqrt(40000)


def test_a_seed_makes_it_again_and_without_one_it_is_recorded() -> None:
    fresh = run(TWO + "let grid = sweep(two, a = [1 V, 2 V])", seed=None).value("grid")
    again = swept(f"a = [1 V, 2 V], seed = {fresh.provenance.seed}")
    other = swept(f"a = [1 V, 2 V], seed = {fresh.provenance.seed + 1}")
    assert equal(fresh, again)
    assert not equal(fresh, other)


def test_values_are_shown_in_the_unit_they_are_written_in() -> None:
    program = (
        TWO
        + "let mv = [500 mV, 2 V]\nprint(sweep(two, a = mv, rate = [1 kBq], x = [1 ms], shots = [1], draws = false))"
    )
    assert lines(program)[0].split() == ["a", "[mV]", "rate", "[kBq]", "x", "[ms]", "shots", "v", "[V]", "k"]
    drawn = 'print(sweep(two, a = (low = 10 mV), x = [1 s], shots = [1], method = "random", n = 1, draws = false))'
    assert lines(TWO + drawn)[0].split()[:2] == ["a", "[mV]"]
    bounds = (
        'print(sweep(two, a = (scale = "linear"), x = [1 s], shots = [1], method = "random", n = 1, draws = false))'
    )
    assert lines(TWO + bounds)[0].split()[:2] == ["a", "[V]"]


def test_another_default_from_outside_holds_for_what_is_not_swept() -> None:
    ran = run(TWO + "let grid = sweep(two, rate = [0 Bq, 1 Bq], draws = false)", overrides={"a": "30 mV"})
    assert ran.value("grid").v[0] == 0.03
    assert ran.value("grid").provenance.parameters == {"a": 0.03, "p": 0.3}


# ── ranges ───────────────────────────────────────────────────────────────────────────────────────────────────────

DRAWN = 'a = (low = 1 V, high = 3 V), rate = (low = 0.5 Bq, high = 50 Bq, scale = "log"), shots = [1], x = [1 s]'


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_values_are_spread_over_their_ranges(method: str) -> None:
    """Kolmogorov's distance of 1,024 values from uniform ones: beyond 0.051 is a chance of 1 in 100."""
    table = swept(f'{DRAWN}, method = "{method}", n = 1024, seed = 5')
    shares = [(table.a - 1) / 2, np.log(table.rate / 0.5) / np.log(100)]
    steps = np.arange(1024) / 1024
    for each in shares:
        assert 0 <= each.min() < 0.02
        assert 0.98 < each.max() <= 1 + 1e-12
        distance = np.abs(np.sort(each) - steps).max()
        assert distance < (0.0016 if method == "sobol" else 0.051)
    assert abs(np.corrcoef(*shares)[0, 1]) < 0.15


@pytest.mark.parametrize("power", [0, 1, 5, 8])
def test_so_many_sobol_points_as_a_power_of_two_are_a_net(power: int) -> None:
    """In two dimensions each box of 2^-j by 2^-(power - j) has one point, whatever the scrambling: a (0, m, 2)-net."""
    count = 2**power
    table = swept(f'{DRAWN}, method = "sobol", n = {count}, seed = {power + 3}, draws = false')
    x, y = (table.a - 1) / 2, np.log(table.rate / 0.5) / np.log(100)
    for j in range(power + 1):
        wide, high = 2**j, 2 ** (power - j)
        boxes = np.floor(x * wide) * high + np.floor(np.clip(y, 0, 1 - 1e-12) * high)
        assert sorted(boxes) == list(range(count))


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_the_first_points_are_the_same_however_many_follow(method: str) -> None:
    few, many = (swept(f'{DRAWN}, method = "{method}", n = {n}, seed = 5') for n in (10, 33))
    assert equal(many, few, slice(0, len(few)))
    other = swept(f'{DRAWN}, method = "{method}", n = 10, seed = 6')
    assert not any((few[name] == other[name]).any() for name in ("a", "rate"))


def test_random_values_do_not_depend_on_what_else_is_swept() -> None:
    both = swept(f'{DRAWN}, method = "random", n = 10, seed = 5')
    turned = swept(
        'x = [1 s], shots = [1], rate = (low = 0.5 Bq, high = 50 Bq, scale = "log"), a = (low = 1 V, high = 3 V), '
        'method = "random", n = 10, seed = 5'
    )
    one = swept('a = (low = 1 V, high = 3 V), x = [1 s], shots = [1], method = "random", n = 10, seed = 5')
    assert equal(both, turned)
    assert (both.a == one.a).all()


@pytest.mark.parametrize("seed", [-1, 0, 2**63 - 1])
@pytest.mark.parametrize("method", ["random", "sobol"])
def test_any_int_is_a_seed(seed: int, method: str) -> None:
    table = swept(f'{DRAWN}, method = "{method}", n = 4, seed = {seed}')
    assert len(set(table.a.tolist())) == 4


def test_a_range_of_the_largest_and_the_least() -> None:
    """Nothing overflows on the way from one end to the other."""
    program = """
    experiment e {
        param a: Scalar = 1 in -1.5e308 .. 1.5e308
        param b: Scalar = 1 in 1e-300 .. 1e300
        measure y ~ Normal(0 * (a / 1e300) + 0 * b, 1)
    }
    let drawn = sweep(e, a = (scale = "linear"), b = (scale = "log"), method = "random", n = 1000, seed = 1)
    """
    table = run(program).value("drawn")
    assert np.isfinite(table.a).all()
    assert abs(np.mean(table.a > 0) - 0.5) < 0.1
    assert abs(np.mean(table.b > 1) - 0.5) < 0.1


# ── where it comes from, where it goes ───────────────────────────────────────────────────────────────────────────


def test_where_a_sweep_comes_from(tmp_path: Path) -> None:
    ran = run(TWO + 'let grid = sweep(two, a = [1 V, 3 V], p = 0.5, seed = 7)\nexport(grid, "grid.csv")', tmp_path)
    record = json.loads((tmp_path / "grid.csv.provenance.json").read_text(encoding="utf-8"))
    assert (record["action"], record["seed"], record["parameters"]) == ("sweep", 7, {"p": 0.5, "rate": 1.0})
    assert record["sweep"] == {"method": "grid", "points": 2, "swept": {"a": {"values": 2}}, "done": 2}
    assert ran.value("grid").provenance.sweep == record["sweep"]
    drawn = swept(f'{DRAWN}, method = "sobol", n = 4, seed = 7').provenance
    assert drawn is not None
    assert drawn.sweep is not None
    assert drawn.sweep["swept"] == {
        "a": {"low": 1.0, "high": 3.0, "scale": "linear"},
        "rate": {"low": 0.5, "high": 50.0, "scale": "log"},
    }


def test_a_sweep_can_be_drawn_fitted_and_read_again(tmp_path: Path) -> None:
    program = (
        TWO
        + """
    let grid = sweep(two, a = [1 V, 1 V, 1 V], seed = 7)
    plot(grid, "grid.svg")
    export(grid, "grid.csv")
    let back = load("grid.csv", two)
    assert back.v == grid.v
    let best = fit(two, grid)
    print(best.dof)
    """
    )
    ran = run(program, tmp_path)
    assert [each.code for each in ran.messages] == ["W0801"]  # the column a is none of the experiment's
    assert ran.lines == ["33"]
    assert (tmp_path / "grid.svg").stat().st_size > 1000


def test_a_machine_without_room_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_plan, "memory_limit", lambda: 10_000)
    ran = run(TWO + "let grid = sweep(two, a = linspace(1 V, 2 V, 100), seed = 1)")
    assert ran.codes == ["E0536"]
    assert ran.messages[0].message == ("this sweep has 600 rows of 5 columns, and there is memory for at most 250")
    assert run(TWO + "let grid = sweep(two, a = linspace(1 V, 2 V, 30), seed = 1)").codes == []


@pytest.mark.parametrize("where", ["sweep_plan._points", "sweeping._Run._chunk", "sweeping._table"])
def test_an_allocation_that_fails_says_so(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(f"qdsl.runtime.experiment.{where}", refuse)
    assert run(TWO + "let grid = sweep(two, a = [1 V, 2 V], seed = 1)").codes == ["E0536"]


# ── Ctrl-C ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def stopping(told: list[str], monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session in which somebody presses Ctrl-C when the second point of a sweep is done."""

    def progress(text: str) -> None:
        told.append(text)
        if ": 2 of" in text:
            raise KeyboardInterrupt

    monkeypatch.setattr(sweeping, "FIRST_ROWS", 1)
    monkeypatch.setattr(sweeping, "MOST_ROWS", 1)

    def report(diagnostic: Diagnostic) -> None:
        told.append(f"{diagnostic.code}: {diagnostic.message}")

    session = Session(Settings(told.append, report, seed=1, progress=progress))
    session.line(Source("line 1", TWO))
    return session


SWEEP = "sweep(two, a = [1 V, 2 V, 3 V, 4 V], seed = 7)"


def test_what_is_done_stays_bound_at_a_prompt(stopping: Session, told: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopping.line(Source("line 2", f"let grid = {SWEEP}\nlet after = 1\n"))
    table = newest(stopping, "grid")
    assert equal(swept("a = [1 V, 2 V, 3 V, 4 V], seed = 7"), table, slice(0, 12))
    assert len(table) == 12
    assert table.provenance.sweep["done"] == 2
    assert told[-1] == "W0537: stopped after 2 of 4 points: the table has these"
    assert not any(each.name == "after" for each in stopping.environment.values)
    assert stopping.line(Source("line 3", "len(grid)\n"))


def test_a_var_takes_what_is_done(stopping: Session, told: list[str]) -> None:
    stopping.line(Source("line 2", "var grid = sweep(two, a = [1 V], seed = 7)\n"))
    with pytest.raises(KeyboardInterrupt):
        stopping.line(Source("line 3", f"grid = {SWEEP}\n"))
    stopping.line(Source("line 4", "len(grid)\n"))
    assert told[-1] == "12"


def test_what_is_done_is_shown_where_it_is_not_bound(stopping: Session, told: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopping.line(Source("line 2", f"{SWEEP}\n"))
    assert told[-2].endswith("... 2 more rows")


@pytest.mark.parametrize(
    "statement",
    [
        f"let m = mean({SWEEP}.v)",
        f"let m = fit(two, {SWEEP})",
    ],
)
def test_nothing_is_computed_from_a_part(statement: str, stopping: Session, told: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopping.line(Source("line 2", statement + "\n"))
    assert not any(each.name == "m" for each in stopping.environment.values)
    assert told[-1] == ""  # no table, no warning: only that nothing is being done any more


def test_a_sweep_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(sweeping, "FIRST_ROWS", 1)
    monkeypatch.setattr(sweeping, "MOST_ROWS", 6)
    session = Session(Settings(seed=1, progress=told.append))
    session.run(Source("program", TWO + "let grid = sweep(two, a = [1 V, 2 V, 3 V], seed = 7)\n"))
    assert told == [f"sweep of two: {k} of 3 points" for k in (1, 2, 3)] + [""]


def test_ctrl_c_before_anything_is_done_binds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: object, first: int, end: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeping._Run, "_chunk", interrupt)
    session = Session(Settings(seed=1))
    with pytest.raises(KeyboardInterrupt):
        session.line(Source("line 1", TWO + "let grid = sweep(two, a = [1 V, 2 V, 3 V], seed = 7)\n"))
    assert not any(each.name == "grid" for each in session.environment.values)
