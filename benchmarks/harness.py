"""Times beside each other: each peer's answer is checked first, then all are run in turns, and the medians compared.

    row("check of 1,000 lines, cold", [Peer("qdsl check", run, check)], bar=0.6)

Runs are interleaved, so that a busy minute of the machine falls on all peers alike. A row prints one line for each peer
and whether the bar is reached; `finish` gives the exit code.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Peer:
    """Something to time: `run` does the work once, `check` looks at what it gave and raises if that is wrong.

    Where only a part of a run counts, its answer says how many seconds that took, and `told` takes them out of it.
    """

    name: str
    run: Callable[[], object]
    check: Callable[[object], None]
    told: Callable[[object], float] | None = None


@dataclass(frozen=True)
class Timing:
    name: str
    median: float
    least: float


@dataclass
class Report:
    """The rows of one benchmark, and whether all bars were reached."""

    missed: list[str] = field(default_factory=list)

    def row(
        self,
        title: str,
        peers: Sequence[Peer],
        *,
        bar: float | None = None,
        times_faster: float | None = None,
        than: Mapping[str, float] | None = None,
        runs: int = 9,
        calls: int = 1,
        turn: float = 0.0,
    ) -> list[Timing]:
        """Time the peers. The first has to stay under `bar` seconds, and be so many `times_faster` than the second, or
        so many times faster `than` each of these.
        What is called thousands of times on end is timed as so many `calls` on end, each turn; a time is that of one.
        A `turn` of so many seconds is filled: who is quick runs again until it has passed, as in work that goes on.
        """
        timings = compare(peers, runs, calls, turn)
        print(title)
        for timing in timings:
            print(f"  {timing.name:<32} median {seconds(timing.median):>10}   least {seconds(timing.least):>10}")
        self._held(title, timings, bar, times_faster, than or {})
        return timings

    def _held(
        self,
        title: str,
        timings: Sequence[Timing],
        bar: float | None,
        times_faster: float | None,
        than: Mapping[str, float],
    ) -> None:
        """Say how the first peer stands to the bars, and remember what it missed."""
        first = timings[0].median
        for other in timings[1:]:
            print(f"  {other.name} takes {other.median / first:.3g} times as long")
        bars: dict[str, bool] = {}
        if bar is not None:
            bars[seconds(bar)] = first <= bar
        if times_faster is not None:
            bars[f"{times_faster:g} times faster"] = timings[1].median >= times_faster * first
        for other in timings[1:]:
            if other.name in than:
                times = than[other.name]
                bars[f"{times:g} times faster than {other.name}"] = other.median >= times * first
        for words, reached in bars.items():
            print(f"  bar {words}: {'reached' if reached else 'MISSED'}")
        if not all(bars.values()):
            self.missed.append(title)

    def finish(self) -> int:
        """0 where every bar was reached."""
        for title in self.missed:
            print(f"missed: {title}")
        return 1 if self.missed else 0


def environment(**variables: str) -> dict[str, str]:
    """The environment of a new process as a user has it: Python keeps what it has compiled of its modules."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | variables


def compare(peers: Sequence[Peer], runs: int, calls: int = 1, turn: float = 0.0) -> list[Timing]:
    """The answer of each peer is checked once, which also warms what can be warm; then come the runs, in turns."""
    for peer in peers:
        peer.check(peer.run())
    taken: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for _ in range(runs):
        for peer in peers:
            began, turns = time.perf_counter(), 0
            while not turns or time.perf_counter() - began < turn:
                for _ in range(calls):
                    answer = peer.run()
                turns += 1
            elapsed = (time.perf_counter() - began) / (turns * calls)
            taken[peer.name].append(elapsed if peer.told is None else peer.told(answer))
    return [Timing(name, statistics.median(times), min(times)) for name, times in taken.items()]


def seconds(value: float) -> str:
    """A time as a person reads it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"
