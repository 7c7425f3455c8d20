"""Core functions as kernels, each once: what `lang.generate` makes of them, known by their text and places.

    compiler.kernel(unit)       the unit's function, compiled, in this session or an earlier one
    compiler.known(unit)        the same, if that is so already

Modules of one text have one machine code, whoever they come from. What a stop is told by does not: a kernel has the
places of its own module, so that of two equal lines the one that stopped is shown.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from qdsl.lang.generate import Generator, Unit
from qdsl.lang.library import Library
from qdsl.lang.native.jit import LinkError
from qdsl.lang.native.module import NativeModule
from qdsl.lang.native.wide_module import Pattern, WideModule
from qdsl.runtime.broadcast import Widen
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.kept import Kept, Places
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
    kept: Kept = field(init=False)

    def __post_init__(self) -> None:
        self.objects = Objects(self.cache)
        self.generator = Generator(self.objects, self.library.member)
        self.kept = Kept(self.cache)

    def kernel(self, unit: Unit) -> Kernel:
        """The function of a unit after the stage `core`, with the derivatives that it asks for, compiled. Raises
        `NotDifferentiable`.
        """
        places = Places.of(unit)
        return self._known(unit, places) or self._made(unit, places)

    def known(self, unit: Unit) -> Kernel | None:
        """The same where it has been compiled before: in this session, or in one that had the same cache."""
        return self._known(unit, Places.of(unit))

    def _known(self, unit: Unit, places: Places) -> Kernel | None:
        key = _key(places)
        if key not in self.kernels:
            match self.kept.get(places, ""):
                case (str() as name, NativeModule() as native):
                    try:
                        entry = native.entry(name)
                    except LinkError:
                        return None
                    self.kernels[key] = Kernel(entry, self._widening(unit, places))
        return self.kernels.get(key)

    def _made(self, unit: Unit, places: Places) -> Kernel:
        done = self.generator.continued(unit)
        self.kept.put(places, "", (done.name, done.native))
        made = Kernel(done.native.entry(done.name), self._widening(done, places))
        self.kernels[_key(places)] = made
        return made

    def _widening(self, unit: Unit, places: Places) -> Widen:
        """How to compile the function over lanes, or to find that in the cache."""

        def widen(varying: Pattern, tally: bool) -> WideModule:
            further = f"wide {varying} {tally}"
            found = self.kept.get(places, further)
            if not isinstance(found, WideModule):
                found = self.generator.wide(unit, varying, tally=tally)
                self.kept.put(places, further, found)
            return found

        return widen


def _key(places: Places) -> Hashable:
    return places.text, places.chunks
