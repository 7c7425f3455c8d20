"""What watches see, on its way to whoever is to hear of it.

    with gathered() as seen: ..        what kernels inside see is listed, and told nobody
    with as_one_call(): ..             each watch tells once, of the worst, and only if nothing fails

Without a list around it, a sighting is a Python warning, `SimulationWarning`, at the line that called.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from qdsl.lang.core.sightings import Sighting, worst
from qdsl.lang.source import Span

__all__ = ["SimulationWarning", "as_one_call", "gathered", "tell"]

PACKAGE = __name__.partition(".")[0]

_list: ContextVar[list[Sighting] | None] = ContextVar("sightings", default=None)


class SimulationWarning(UserWarning):
    """An answer is worth less than it looks: a space has too few levels, steps were too coarse. `code` is that of the
    message ("W0713"), `values` are its numbers, `index` is the element of what was called with, `span` the place.
    """

    __module__ = "qdsl"  # where users find it

    def __init__(
        self, code: str, message: str, values: tuple[int | float, ...], index: tuple[int, ...], span: Span | None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.values = values
        self.index = index
        self.span = span

    def __reduce__(self) -> tuple[type[SimulationWarning], tuple[object, ...]]:
        """Pickled by what it is made of."""
        return type(self), (self.code, self.message, self.values, self.index, self.span)


@contextmanager
def gathered() -> Iterator[list[Sighting]]:
    """The list of what is seen inside."""
    found: list[Sighting] = []
    token = _list.set(found)
    try:
        yield found
    finally:
        _list.reset(token)


@contextmanager
def as_one_call() -> Iterator[None]:
    """Of what is seen inside, the worst of each watch is told at the end; nothing, if it fails."""
    with gathered() as seen:
        yield
    tell(worst(seen))


def tell(sightings: Iterable[Sighting]) -> None:
    """Put sightings on the list around, or warn."""
    found = _list.get()
    if found is not None:
        found.extend(sightings)
        return
    for each in sightings:
        warnings.warn(_warning(each), stacklevel=_frames_of_ours())


def _warning(sighting: Sighting) -> SimulationWarning:
    place = "" if sighting.span is None else f" ({sighting.span.place})"
    code = sighting.watch.worry.text
    return SimulationWarning(code, f"{sighting}{place}", sighting.numbers, sighting.element, sighting.span)


def _frames_of_ours() -> int:
    """How far up the caller of this package is, for `warnings.warn` in the function that asks."""
    frame, count = sys._getframe(1), 1
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame, count = frame.f_back, count + 1
    return count


def _is_ours(module: str) -> bool:
    return module in (PACKAGE, "contextlib") or module.startswith(f"{PACKAGE}.")
