"""A function over many points: the answers of single calls to the bit, however lanes and threads share the points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.runtime import broadcast, points

PROGRAM = """
## Goes down in steps that depend on where it is.
fn fall(x: Scalar, limit: Scalar) -> Scalar {
    var y = x
    var total = 0.0
    while y > limit {
        if y > 3 {
            total = total + sin(y)
            y = y / 2
        } else {
            total = total - 1 / y
            y = y - 0.7
        }
    }
    total
}
## Fails where it comes to 0: at n = 0, 3, 6 ..; an odd n is looked at in no time, others in many rounds.
fn share(n: Int, rounds: Int) -> Int {
    var left = mod(n, 3)
    for k in range(if mod(n, 2) == 0 { rounds } else { 1 }) { left = left * 1 }
    div(12, left)
}
fn weigh(v: [Scalar; n], x: Scalar) -> Scalar {
    var sum = 0.0
    for each in v { if each > x { sum = sum + each } else { sum = sum - exp(each) } }
    sum
}
fn powers(x: Scalar, times: Int) -> [Scalar; 3] {
    var y = 1.0
    for k in range(times) { y = y * x }
    [y, y * x, -y]
}
fn running(v: [Scalar], x: Scalar) -> [Scalar] {
    var sums = v
    for i in range(1, len(v)) { if v[i] > x { sums[i] = sums[i - 1] + v[i] } }
    sums
}
fn first(v: [Scalar], n: Int) -> Scalar = sum(v[0:n])
fn factorial(n: Int) -> Int = if n < 2 { 1 } else { n * factorial(n - 1) }
fn both(x: Scalar) -> (down: Scalar, up: [Scalar; 3]) = (down = fall(x, 0.5), up = powers(x, 2))
"""

COUNT = 203
"""Points: more than are run at first to see how long one takes, and no multiple of any number of lanes."""


@pytest.fixture(params=[(lanes, threads) for lanes in (False, True) for threads in (1, 2, 5)], ids=str)
def m(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> qdsl.Module:
    """The program; with lanes from the first point on that could be worth it, or with none; on so many threads, each
    given its pieces of whatever work there is.
    """
    lanes, threads = request.param
    monkeypatch.setattr(broadcast, "WORTH_COMPILING", 0.0 if lanes else float("inf"))
    monkeypatch.setattr(points, "WORTH_THREADS", 0.0)
    monkeypatch.setenv("QDSL_THREADS", str(threads))
    return qdsl.compile(PROGRAM)


def same(found: Any, wanted: Any) -> bool:
    """Bit for bit, so that -0.0 is not 0.0."""
    return np.asarray(found).tobytes() == np.asarray(wanted, np.asarray(found).dtype).tobytes()


def test_lanes_are_compiled_where_the_points_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the tests below would hold of functions that never saw a lane."""
    tried: list[tuple[bool, ...]] = []
    widened = broadcast.Broadcast._widened

    def noted(self: broadcast.Broadcast, pattern: tuple[bool, ...]) -> Any:
        tried.append(pattern)
        return widened(self, pattern)

    monkeypatch.setattr(broadcast.Broadcast, "_widened", noted)
    for worth, wanted in ((float("inf"), []), (0.0, [(True, False)])):
        monkeypatch.setattr(broadcast, "WORTH_COMPILING", worth)
        qdsl.compile(PROGRAM).fall(np.linspace(0.0, 900.0, COUNT), 0.5)
        assert tried == wanted


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
@pytest.mark.parametrize("pieces", [1, 2, 3, 5, 8, 32])
def test_pieces_cover_all_points_and_become_smaller(pieces: int, workers: int) -> None:
    beginnings = points._beginnings(pieces, workers)
    sizes = np.diff([*beginnings, 1.0])
    assert beginnings[0] == 0.0
    assert len(sizes) <= pieces
    assert sizes[-1] > 0
    assert (np.diff(sizes) < 1e-12).all()


def test_points_that_leave_a_loop_at_different_times(m: qdsl.Module) -> None:
    x, limit = np.linspace(0.0, 900.0, COUNT), np.linspace(1.5, 0.5, COUNT)
    wanted = [m.fall(a, b) for a, b in zip(x.tolist(), limit.tolist(), strict=True)]
    for _ in range(3):  # later runs know how long a point takes
        assert same(m.fall(x, limit), wanted)


def test_arguments_that_all_points_share_and_axes_that_broadcast(m: qdsl.Module) -> None:
    x, limit = np.linspace(1.0, 90.0, 31), np.array([0.5, 0.9, 2.0, 4.0, 100.0])
    assert same(m.fall(x, 0.5), [m.fall(a, 0.5) for a in x.tolist()])
    found = m.fall(x[:, None], limit)
    assert found.shape == (31, 5)
    assert same(found, [[m.fall(a, b) for b in limit.tolist()] for a in x.tolist()])


def test_an_array_that_all_points_share(m: qdsl.Module) -> None:
    v, x = np.linspace(-2.0, 2.0, 7), np.linspace(-3.0, 3.0, COUNT)
    assert same(m.weigh(v, x), [m.weigh(v, each) for each in x.tolist()])


def test_arrays_that_differ_from_point_to_point(m: qdsl.Module) -> None:
    """The points' axes come before an array's own."""
    v, x = np.sin(np.arange(COUNT * 7.0)).reshape(COUNT, 7), np.linspace(-1.0, 1.0, COUNT)
    assert same(m.weigh(v, x), [m.weigh(row, each) for row, each in zip(v, x.tolist(), strict=True)])
    assert same(m.weigh(v, 0.25), [m.weigh(row, 0.25) for row in v])
    grid = v[: 14 * 14].reshape(14, 14, 7)
    assert same(m.weigh(grid, 0.25), [[m.weigh(row, 0.25) for row in rows] for rows in grid])


def test_array_results(m: qdsl.Module) -> None:
    x, times = np.linspace(-1.5, 1.5, COUNT), np.arange(COUNT) % 11
    found = m.powers(x, times)
    assert found.shape == (COUNT, 3)
    assert same(found, [m.powers(a, n) for a, n in zip(x.tolist(), times.tolist(), strict=True)])


def test_array_results_as_long_as_the_arguments(m: qdsl.Module) -> None:
    v, x = np.cos(np.arange(COUNT * 4.0)).reshape(COUNT, 4), np.linspace(-1.0, 1.0, COUNT)
    found = m.running(v, x)
    assert found.shape == (COUNT, 4)
    assert same(found, [m.running(row, each) for row, each in zip(v, x.tolist(), strict=True)])


def test_a_record_of_results(m: qdsl.Module) -> None:
    x = np.linspace(0.0, 60.0, COUNT)
    found, wanted = m.both(x), [m.both(each) for each in x.tolist()]
    assert same(found["down"], [each["down"] for each in wanted])
    assert same(found["up"], [each["up"] for each in wanted])


def test_functions_that_have_no_lanes(m: qdsl.Module) -> None:
    n = np.arange(COUNT) % 5
    assert same(m.factorial(n), np.array([1, 1, 2, 6, 24])[n])
    assert same(m.first([1.0, 2.0, 4.0, 8.0], n), np.array([0.0, 1.0, 3.0, 7.0, 15.0])[n])


def test_no_points(m: qdsl.Module) -> None:
    assert m.fall(np.empty((0, 3)), 1.0).shape == (0, 3)
    assert m.powers(np.empty(0), 2).shape == (0, 3)


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("at", [0, 3, 66, 101, 200, COUNT - 1])
def test_the_first_point_that_fails_is_the_one_reported(m: qdsl.Module, at: int) -> None:
    """Whichever thread or lane meets a failure first: later points fail too, some of them at once."""
    n = np.ones(COUNT, int)
    n[at] = 6  # fails after many rounds
    n[at + 1 :] = 3  # fails at once
    with pytest.raises(qdsl.KernelError) as stop:
        m.share(n, 5000)
    assert stop.value.index == (at,)
    assert same(m.share(np.where(n == 1, 1, 4), 5000), np.full(COUNT, 12))


def test_the_place_of_a_failure_in_a_grid(m: qdsl.Module) -> None:
    n = np.ones((9, 23), int)
    n[7, 5:] = 6
    n[8] = 3
    with pytest.raises(qdsl.KernelError) as stop:
        m.share(n, 100)
    assert stop.value.index == (7, 5)
    with pytest.raises(qdsl.KernelError) as alone:
        m.share(6, 100)
    assert (stop.value.code, stop.value.message) == (alone.value.code, alone.value.message)


def test_axes_that_do_not_go_together(m: qdsl.Module) -> None:
    with pytest.raises(ValueError, match=r"3.*4"):
        m.fall(np.ones(3), np.ones(4))


# ── saying how ───────────────────────────────────────────────────────────────────────────────────────────────────


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def test_explain_says_what_is_shared_and_where_points_part() -> None:
    head, shared, partings, lanes = lines_of(qdsl.compile(PROGRAM).fall.explain(np.linspace(0.0, 900.0, 64), 0.5))
    assert head.startswith("fall over 64 points: ")
    assert int(head.removeprefix("fall over 64 points: ").removesuffix(" at a time")) in (2, 4, 8)
    assert shared == "the same at all points: limit"
    assert partings == "points part at: while (<text>:6), if (<text>:7)"
    assert lanes.startswith("lanes in use: ")


def test_explain_counts_the_lanes_that_run() -> None:
    """All points alike keep all lanes at work; of eight of which one goes on for long, at most a half is."""
    fall = qdsl.compile(PROGRAM).fall
    assert lines_of(fall.explain(np.full(8, 50.0), 0.5))[-1] == "lanes in use: 100.0 %"
    lone = np.array([1.0] * 7 + [1e300])
    shown = lines_of(fall.explain(lone, 0.5))[-1]
    assert float(shown.removeprefix("lanes in use: ").removesuffix(" %")) <= 60.0


def test_explain_says_why_there_are_no_lanes() -> None:
    m = qdsl.compile(PROGRAM)
    assert m.factorial.explain(np.arange(5)) == "factorial over 5 points: one at a time, because factorial calls itself"
    assert m.first.explain([1.0, 2.0], np.arange(3)) == (
        "first over 3 points: one at a time, because the length of a slice differs from point to point"
    )


def test_explain_of_what_needs_no_lanes() -> None:
    line = qdsl.compile("fn line(x: Scalar) -> Scalar = 2 * x + 1").line
    assert line.explain(np.ones(1000)) == "line over 1000 points: one loop of vector instructions"


def test_explain_says_the_same_of_code_that_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDSL_CACHE", str(tmp_path))
    first, second = (qdsl.compile(PROGRAM).fall.explain(np.full(8, 50.0), 0.5) for _ in range(2))
    assert "while" in first
    assert second == first
