"""Core functions as kernels, each once: what `lang.generate` makes of them, kept by its text and places in the source.

Modules of one text have one machine code, whoever they come from. What a stop is told by does not: a kernel has the
places of its own module, so that of two equal lines the one that stopped is shown.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from qdsl.lang.core import ir
from qdsl.lang.core.printer import module_text
from qdsl.lang.generate import Generator, Unit
from qdsl.lang.library import Library
from qdsl.lang.native.wide_module import Pattern, WideModule
from qdsl.lang.source import Span
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.kernel import Kernel


@dataclass
class Objects:
    """The machine code of a session in memory, before the cache on disk (`native.ObjectCache`)."""

    disk: DiskCache | None
    kept: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        found = self.kept.get(key)
        if found is None and self.disk is not None:
            found = self.disk.get(key)
        if found is not None:
            self.kept[key] = found
        return found

    def put(self, key: str, blob: bytes) -> None:
        self.kept[key] = blob
        if self.disk is not None:
            self.disk.put(key, blob)


@dataclass(eq=False)
class Compiler:
    """What a session compiles with. `nonfinite` is the file's option: "raise" or "keep"."""

    library: Library
    cache: DiskCache | None = None
    nonfinite: str = "raise"
    kernels: dict[Hashable, Kernel] = field(default_factory=dict)
    objects: Objects = field(init=False)
    generator: Generator = field(init=False)

    def __post_init__(self) -> None:
        self.objects = Objects(self.cache)
        self.generator = Generator(self.objects, self.library.member)

    def kernel(self, unit: Unit) -> Kernel:
        """The unit's function, compiled."""
        unit = self.generator.continued(unit, "differentiated")
        key = (module_text(unit.module), unit.name, _places(unit.module))
        if key not in self.kernels:
            done = self.generator.continued(unit)

            def widen(varying: Pattern, tally: bool) -> WideModule:
                return self.generator.wide(done, varying, tally=tally)

            self.kernels[key] = Kernel(done.native.entry(unit.name), widen)
        return self.kernels[key]


def _places(module: ir.Module) -> tuple[Span | None, ...]:
    """Where each function and operation comes from, in the order of the text."""
    places: list[Span | None] = []
    for function in module.functions.values():
        places.append(function.span)
        places += (op.span for op in function.body.walk())
    return tuple(places)
