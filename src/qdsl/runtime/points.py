"""A function run over many points: arguments in memory as machine code reads them, in pieces, over threads.

    points = laid_out(given, parameters, results, shape, lengths)
    points.run(entry, release, keep, 0, points.count, pieces)       None, or how the first point that failed did
    points.results

In: arrays for a function's parameters, the shape of the points, an entry (`loop`, `map` or `lanes` of `native.abi`).
Out: arrays of results. A large run is cut into pieces for the threads; every point is computed as it would be alone, so
the pieces do not show. The first failure is that of the first point that fails; what watches saw is gathered, each at
the first of the points where it was worst.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate, pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from qdsl.lang.core.ir import ArrayType, Type, scalar_of
from qdsl.lang.core.sightings import Sighting, worst
from qdsl.lang.native import abi, interruption
from qdsl.lang.native.sites import Watched
from qdsl.runtime import arguments, context, threads

if TYPE_CHECKING:
    import numpy as np

FULL = 8
"""Pieces begin where they would if all before them filled their vectors."""

PIECES = 4
"""Pieces for each thread where there is enough to do, so that one that is done early finds more."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How the first point that failed did: the status, the context, and its number."""

    status: int
    memory: Any
    point: int


@dataclass
class Points:
    """The arguments and results of `count` points, laid out. `held` are arrays that must outlive the run. `seen` is
    what watches saw, the elements of sightings being numbers of points.
    """

    words: list[int]
    strides: list[int]
    outputs: list[int]
    steps: list[int]
    count: int
    results: list[np.ndarray]
    held: list[np.ndarray]
    seen: list[Sighting] = field(default_factory=list)

    def run(
        self,
        entry: Callable[..., int],
        release: Callable[[Any], None],
        keep: bool,
        first: int,
        end: int,
        pieces: int,
        watches: Sequence[Watched] = (),
    ) -> Failure | None:
        """Points `first` up to `end`, in so many pieces at once."""
        beginnings = (int((end - first) * share) for share in _beginnings(pieces, threads.count()))
        cuts = [*(first + at // FULL * FULL for at in beginnings), end]

        def task(low: int, high: int) -> Callable[[], Failure | list[Sighting]]:
            return lambda: self._piece(entry, release, keep, low, high, watches)

        tasks = [task(low, high) for low, high in pairwise(cuts) if low < high]
        ends = threads.spread(tasks, interruption.interrupt) if tasks else []
        for end_ in ends:
            if isinstance(end_, Failure):
                return end_
            self.seen = worst([*self.seen, *end_])
        return None

    def _piece(
        self,
        entry: Callable[..., int],
        release: Callable[[Any], None],
        keep: bool,
        first: int,
        end: int,
        watches: Sequence[Watched],
    ) -> Failure | list[Sighting]:
        """How it failed, or what was seen."""
        size = len(self.words)
        words = _words(size)(*(word + stride * first for word, stride in zip(self.words, self.strides, strict=True)))
        strides = _words(size)(*self.strides)
        outputs = _words(len(self.outputs))(
            *(word + step * first for word, step in zip(self.outputs, self.steps, strict=True))
        )
        memory = context.fresh(keep, len(watches))
        try:
            status = entry(words, end - first, strides, outputs, memory)
        finally:
            release(memory)
        if status:
            return Failure(status, memory, first + context.stopped(memory).element)
        return [replace(each, element=(first + at,)) for each, at in context.sightings(memory, watches)]


@cache
def _beginnings(pieces: int, workers: int) -> list[float]:
    """Where each of at most so many pieces begins, as a part of all points. They come in rounds of one for each thread;
    a round has half of what is left, the last has all. So there is little to wait for in the end, whoever is slow.
    """
    if pieces < workers:
        return [piece / pieces for piece in range(pieces)]
    rounds = pieces // workers
    of_rounds = [0.5 ** min(at, rounds - 1) for at in range(1, rounds + 1)]
    sizes = [size / workers for size in of_rounds for _ in range(workers)]
    return [0.0, *accumulate(sizes[:-1])]


@cache
def _words(count: int) -> type[ctypes.Array[ctypes.c_int64]]:
    """The type of so many words, kept: who lets go of one makes work for the garbage collector."""
    return ctypes.c_int64 * count


def laid_out(
    given: Sequence[np.ndarray],
    parameters: Sequence[Type],
    results: Sequence[Type],
    shape: tuple[int, ...],
    lengths: Sequence[tuple[int, ...]],
) -> Points:
    """Points of that shape. Scalar arguments broadcast over it; an array is the same for all points unless it has the
    points' axes before its own. `lengths` are the shapes of the results at one point.
    """
    import numpy as np

    points, address = Points([], [], [], [], prod(shape), [], []), arguments.addressing()
    for array, type_ in zip(given, parameters, strict=True):
        if isinstance(type_, ArrayType):
            kept = np.ascontiguousarray(array)
            own = kept.shape[kept.ndim - len(type_.shape) :]
            stride = 0 if kept.ndim == len(type_.shape) else kept.itemsize * prod(own)
            points.words += [address(kept), *own]
            points.strides += [stride, *(0 for _ in own)]
        else:
            kept, stride = arguments.column(array, shape)
            points.words.append(address(kept))
            points.strides.append(stride)
        points.held.append(kept)
    for type_, length in zip(results, lengths, strict=True):
        result = np.empty(shape + length, arguments.DTYPES[scalar_of(type_)])
        points.results.append(result)
        points.outputs += [address(result), *length]
        points.steps += [result.itemsize * prod(length), *(0 for _ in length)]
    assert len(points.words) == sum(map(abi.words, parameters))
    return points


def pieces_for(seconds: float) -> int:
    """How many pieces a run that takes so long on one thread is cut into."""
    workers = threads.count()
    if workers == 1 or seconds <= WORTH_THREADS:
        return 1
    return min(workers * PIECES, max(workers, int(seconds / WORTH_A_PIECE)))


WORTH_THREADS = 0.3e-3
"""Seconds of work that are worth being spread, which takes some seventy microseconds."""

WORTH_A_PIECE = 0.5e-3
"""Seconds of work that are worth a piece more: beginning one takes Python some twenty microseconds."""
