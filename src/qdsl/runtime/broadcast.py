"""A kernel over many points: which of its entries runs them, on how many threads.

    one point after the other    a few points, or a function whose loop LLVM makes vectors of by itself
    lanes                        W points at once (`lang.lanes`), compiled when the points to come are worth it
    threads                      pieces of either, where there is work for more than one

A function that has run keeps the time that a point took, so that the next run knows what is worth what. Whatever is
chosen, every point's results are the same to the bit, and the failure reported is that of the first that fails.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from qdsl.lang.core.ir import ArrayType, Code, Scalar
from qdsl.lang.core.sightings import Sighting
from qdsl.lang.native import Entry
from qdsl.lang.native.sites import Site, Watched
from qdsl.lang.native.wide_module import NoLanes, Pattern, WideModule
from qdsl.lang.source import Span
from qdsl.runtime import arguments
from qdsl.runtime.kernel_error import KernelError, error_of
from qdsl.runtime.points import Failure, Points, laid_out, pieces_for

if TYPE_CHECKING:
    import numpy as np

LOOP = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
)
RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

Widen = Callable[[Pattern, bool], WideModule]
"""Compiles a function over lanes, counting the lanes in use if so told. Raises `NoLanes` where it cannot have any."""

WORTH_COMPILING = 0.1
"""Seconds of work, done or to come, that are worth compiling a function over lanes: about what that takes for one whose
LLVM text is `SHORT`. A longer one takes as many times longer.
"""

SHORT = 50_000

STRAIGHT_PROBE, PROBE = 1 << 15, 64
"""Points that are run first to see how long one takes, of a straight function and of others."""

FURTHER, LONG_PROBE = 4, 5e-3
"""So many times as many tell it better, if they take fewer seconds on one thread."""


class _Runner(NamedTuple):
    """An entry that goes over points."""

    entry: Callable[..., int]
    release: Callable[[Any], None]
    sites: Sequence[Site]
    calls: Sequence[Span]
    watches: Sequence[Watched]
    library: object


Once = Callable[[Sequence[Any], bool, tuple[int, ...], list[Sighting]], list[Any]]
"""`once(arguments, keep, index, seen)` runs a single point; what watches see joins `seen`."""


class Broadcast:
    """How one kernel goes over points."""

    def __init__(
        self,
        entry: Entry,
        once: Once,
        release: Callable[[Any], None],
        widen: Widen | None,
    ) -> None:
        self.signature = entry.signature
        self.types = [type_ for _, type_ in entry.signature.parameters]
        self.straight, self.once, self.widen = entry.straight, once, widen
        self.one_by_one = (
            _Runner(LOOP(entry.loop), release, entry.sites, entry.calls, entry.watches, entry.library)
            if entry.loop
            else None
        )
        self.times_longer = max(1.0, entry.size / SHORT)
        self.wide: dict[Pattern, _Runner | None] = {}
        self.seconds: dict[Pattern, float] = {}
        self.spent: dict[Pattern, float] = {}

    def over(
        self, given: Sequence[np.ndarray], shape: tuple[int, ...], keep: bool, seen: list[Sighting]
    ) -> list[np.ndarray]:
        """The results over points of that shape, of which there is at least one; what watches see joins `seen`."""
        pattern = tuple(map(_varies, given, self.types))
        if self._columns_for(pattern) is None and self._in_lanes(pattern) is None:
            return self._each_by_itself(given, shape, keep, seen)
        lengths = self._lengths(given, shape, keep)
        points = laid_out(self._stretched(given, shape), self.types, self.signature.results, shape, lengths)
        runner, failure = self._run(points, pattern, keep)
        done = points.count if failure is None else failure.point
        if not keep and not (runner is self.one_by_one and self.signature.elementwise):
            wrong = arguments.first_without_excuse(points.results, given, self.types, shape, done)
            if wrong is not None:
                raise self._not_finite(points, wrong, shape)
        if failure is not None:
            index = unravelled(failure.point, shape)
            raise error_of(failure.status, failure.memory, runner.sites, runner.calls, index)
        seen += [replace(each, element=unravelled(each.element[0], shape)) for each in points.seen]
        return points.results

    # ── which entry ──────────────────────────────────────────────────────────

    def _columns_for(self, pattern: Pattern) -> _Runner | None:
        """The entry that takes columns of numbers, if only numbers vary and all results are numbers."""
        arrays_vary = any(varies and isinstance(t, ArrayType) for varies, t in zip(pattern, self.types, strict=True))
        return None if arrays_vary else self.one_by_one

    def _in_lanes(self, pattern: Pattern) -> _Runner | None:
        """The entry over lanes, compiled now if it was not before; None if the function has none."""
        if pattern not in self.wide:
            self.wide[pattern] = self._widened(pattern)
        return self.wide[pattern]

    def _widened(self, pattern: Pattern) -> _Runner | None:
        if self.widen is None:
            return None
        try:
            found = self.widen(pattern, False).entry
        except NoLanes:
            return None
        release = RELEASE(found.release) if found.release else _nothing
        return _Runner(LOOP(found.lanes), release, found.sites, found.calls, found.watches, found.library)

    def _run(self, points: Points, pattern: Pattern, keep: bool) -> tuple[_Runner, Failure | None]:
        """Run the points by the entry that is best for them."""
        columns = self._columns_for(pattern)
        first = 0
        runner = self.wide.get(pattern) if columns is None or not self.straight else None
        runner = runner or columns
        assert runner is not None
        is_new = pattern not in self.seconds
        if is_new:
            first = min(points.count, STRAIGHT_PROBE if self.straight else PROBE)
            failure = self._timed(runner, points, pattern, keep, 0, first)
            if failure is not None or first == points.count:
                return runner, failure
        if runner is columns and not self.straight and self.widen is not None and pattern not in self.wide:
            to_come = (points.count - first) * self.seconds[pattern]
            if self.spent[pattern] + to_come > WORTH_COMPILING * self.times_longer:
                wide = self._in_lanes(pattern)
                if wide is not None:
                    del self.seconds[pattern]
                    return self._run_rest(wide, points, pattern, keep, first)
        run = self._behind if is_new else self._timed
        return runner, run(runner, points, pattern, keep, first, points.count)

    def _run_rest(
        self, runner: _Runner, points: Points, pattern: Pattern, keep: bool, first: int
    ) -> tuple[_Runner, Failure | None]:
        """The points from `first` by an entry that has not run before."""
        probe = min(points.count, first + PROBE)
        failure = self._timed(runner, points, pattern, keep, first, probe)
        if failure is None and probe < points.count:
            failure = self._behind(runner, points, pattern, keep, probe, points.count)
        return runner, failure

    def _behind(
        self, runner: _Runner, points: Points, pattern: Pattern, keep: bool, first: int, end: int
    ) -> Failure | None:
        """The points behind the very first, which found everything cold: some of them tell how long one takes, on one
        thread if that is not long.
        """
        told = min(end, first + FURTHER * (STRAIGHT_PROBE if self.straight else PROBE))
        alone = (told - first) * self.seconds.get(pattern, 0.0) < LONG_PROBE
        failure = self._timed(runner, points, pattern, keep, first, told, alone)
        if failure is None and told < end:
            failure = self._timed(runner, points, pattern, keep, told, end)
        return failure

    def _timed(
        self, runner: _Runner, points: Points, pattern: Pattern, keep: bool, first: int, end: int, alone: bool = False
    ) -> Failure | None:
        """Some of the points; how long one takes on one thread is kept, where there was one."""
        pieces = 1 if alone else pieces_for((end - first) * self.seconds.get(pattern, 0.0))
        before = time.perf_counter()
        failure = points.run(runner.entry, runner.release, keep, first, end, pieces, runner.watches)
        seconds = time.perf_counter() - before
        self.spent[pattern] = self.spent.get(pattern, 0.0) + seconds
        if pieces == 1 and failure is None:
            self.seconds[pattern] = seconds / (end - first)
        return failure

    # ── saying so ────────────────────────────────────────────────────────────

    def explain(self, given: Sequence[np.ndarray], shape: tuple[int, ...]) -> str:
        """How these points would be run, once all is compiled; with what lanes do, found by running them."""
        pattern = tuple(map(_varies, given, self.types))
        count = prod(shape)
        head = f"{self.signature.name} over {count} point{'' if count == 1 else 's'}: "
        if self.straight:
            return head + "one loop of vector instructions"
        try:
            wide = None if self.widen is None else self.widen(pattern, True)
        except NoLanes as refused:
            return head + f"one at a time, because {refused.reason}"
        if wide is None or wide.explanation is None:
            return head + "one at a time"
        entry, lines = wide.entry, [head + f"{wide.width} at a time"]
        lines += [f"  the same at all points: {', '.join(wide.explanation.shared)}"] if wide.explanation.shared else []
        if entry.tallies is None:
            return "\n".join([*lines, "  points never part"])
        lengths = self._lengths(given, shape, True)
        points = laid_out(self._stretched(given, shape), self.types, self.signature.results, shape, lengths)
        release = RELEASE(entry.release) if entry.release else _nothing
        points.run(LOOP(entry.lanes), release, True, 0, points.count, 1)
        on, of = (ctypes.c_int64.from_address(at).value for at in entry.tallies)
        partings = dict.fromkeys(
            kind if span is None else f"{kind} ({span.place})" for kind, span in wide.explanation.partings
        )
        lines += [f"  points part at: {', '.join(partings)}"] if partings else []
        return "\n".join([*lines, *([f"  lanes in use: {100 * on / of:.1f} %"] if of else [])])

    # ── arguments and results ────────────────────────────────────────────────

    def _stretched(self, given: Sequence[np.ndarray], shape: tuple[int, ...]) -> list[np.ndarray]:
        """Arrays that vary, over all the points."""
        import numpy as np

        return [
            np.broadcast_to(array, shape + array.shape[array.ndim - len(type_.shape) :])
            if isinstance(type_, ArrayType) and array.ndim > len(type_.shape)
            else array
            for array, type_ in zip(given, self.types, strict=True)
        ]

    def _lengths(self, given: Sequence[np.ndarray], shape: tuple[int, ...], keep: bool) -> list[tuple[int, ...]]:
        """The shape of each result at a point; where the type does not say, that at the first."""
        import numpy as np

        results = self.signature.results
        if all(isinstance(type_, Scalar) for type_ in results):
            return [() for _ in results]
        if all(not isinstance(type_, ArrayType) or None not in type_.shape for type_ in results):
            return [tuple(n or 0 for n in t.shape) if isinstance(t, ArrayType) else () for t in results]
        return [np.shape(value) for value in self.once(self._point(given, shape, 0), keep, unravelled(0, shape), [])]

    def _point(self, given: Sequence[np.ndarray], shape: tuple[int, ...], point: int) -> list[Any]:
        """The arguments of one point."""
        import numpy as np

        index = unravelled(point, shape)
        return [np.broadcast_to(a, shape + _own_shape(a, t))[index] for a, t in zip(given, self.types, strict=True)]

    def _each_by_itself(
        self, given: Sequence[np.ndarray], shape: tuple[int, ...], keep: bool, seen: list[Sighting]
    ) -> list[np.ndarray]:
        """One call after the other, for functions of arrays that have no lanes."""
        rows = [
            self.once(self._point(given, shape, at), keep, unravelled(at, shape), seen) for at in range(prod(shape))
        ]
        return [arguments.stacked(values, shape, self.signature.name) for values in zip(*rows, strict=True)]

    def _not_finite(self, points: Points, wrong: int, shape: tuple[int, ...]) -> BaseException:
        """A result that is not finite; a function of numbers says it with its arguments."""
        index = unravelled(wrong, shape)
        runner = self.one_by_one
        if runner is not None and self.signature.elementwise:
            failure = points.run(runner.entry, runner.release, False, wrong, wrong + 1, 1)
            if failure is not None:
                return error_of(failure.status, failure.memory, runner.sites, runner.calls, index)
        message = f"the result of {self.signature.name} is not finite"
        return KernelError(Code.NONFINITE, message, (), index, self.signature.span)


def unravelled(point: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of a point by its number."""
    index = []
    for length in reversed(shape):
        point, at = divmod(point, length)
        index.append(at)
    return tuple(reversed(index))


def _varies(array: np.ndarray, type_: object) -> bool:
    """Whether an argument differs from point to point."""
    return array.ndim > len(type_.shape) if isinstance(type_, ArrayType) else array.size > 1


def _own_shape(array: np.ndarray, type_: object) -> tuple[int, ...]:
    """The axes of an argument that are not of points."""
    return array.shape[array.ndim - len(type_.shape) :] if isinstance(type_, ArrayType) else ()


def _nothing(memory: Any) -> None:
    """For code that does not use the arena."""
