"""How a kernel stops, as Python sees it: `KernelError`, and what a call's context says of one.

In: the status that machine code returned and the context of the call. Out: the exception to raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qdsl.lang.core.failure_words import at_element
from qdsl.lang.core.ir import Code
from qdsl.lang.native import Site
from qdsl.lang.native.abi import INTERRUPTED
from qdsl.lang.source import Span
from qdsl.runtime import context

Number = bool | int | float


class KernelError(Exception):
    """A kernel stopped: why, at which element of what it was called with, with which numbers, and where in the source.
    `code` is that of the message, as in `CompileError.diagnostics`: "E0701". `within` is the element of an array that
    it was building. `span` is where it stopped, and by which calls it came there; `place` is the first of these that is
    not in the standard library.
    """

    __module__ = "qdsl"  # where users find it, and what a traceback calls it

    def __init__(
        self,
        kind: Code,
        message: str,
        values: tuple[Number, ...],
        index: tuple[int, ...],
        span: Span | None,
        within: tuple[int, ...] = (),
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.values = values
        self.index = index
        self.span = span
        self.within = within

    @property
    def code(self) -> str:
        """The code of the message."""
        return self.kind.text

    @property
    def place(self) -> Span | None:
        """Where in the program itself."""
        from qdsl.lang.library import in_program  # whose modules take long to load

        return in_program(self.span)

    def __reduce__(self) -> tuple[type[KernelError], tuple[object, ...]]:
        """Pickled by what it is made of: a worker's error reaches the process that asked."""
        return type(self), (self.kind, self.message, self.values, self.index, self.span, self.within)

    def __str__(self) -> str:
        inner = at_element(self.within)
        return self.message + (f"{inner} of an array" if inner and self.index else inner) + at_element(self.index)


def error_of(
    status: int, memory: Any, sites: Sequence[Site], calls: Sequence[Span], index: tuple[int, ...]
) -> BaseException:
    """What the context says went wrong, at that element of the arguments."""
    if status == INTERRUPTED:
        return KeyboardInterrupt()
    stop = context.stopped(memory)
    site = sites[stop.site]
    values = site.decoded(stop.values)
    return KernelError(site.code, site.describe(values), values, index, stop.place(sites, calls), stop.within)
