"""A compiled module: machine code for some functions, linked when the first of them is wanted.

native = compile(core_module, ["decay"], cache)
entry = native.entry("decay")           addresses to call, as `native.abi` says
native.llvm, native.asm                 to read
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qdsl.lang.core.ir import Module
from qdsl.lang.native import interruption, jit, python_entry, target
from qdsl.lang.native.abi import RELEASE
from qdsl.lang.native.cache import ObjectCache, compiled, made_anew
from qdsl.lang.native.from_core import Signature, Translation, from_core
from qdsl.lang.native.sites import Site, Watched
from qdsl.lang.source import Span


@dataclass(frozen=True)
class Entry:
    """One function's machine code, in memory while `library` is. `loop` is its `loop` or `map` entry, 0 without,
    `release` unless the module uses the arena, `python` unless Python can call it directly. If it is `straight`, its
    loop is one that LLVM turns into vector instructions. `size` is how long the module's LLVM text is.
    """

    signature: Signature
    call: int
    loop: int
    release: int
    python: int
    straight: bool
    sites: Sequence[Site]
    calls: Sequence[Span]
    watches: Sequence[Watched]
    library: jit.Library
    size: int = 0


@dataclass
class NativeModule:
    """The translation of a module and its object code."""

    translation: Translation
    machine: target.Machine
    code: bytes = field(repr=False)
    cache: ObjectCache | None = None

    def __reduce__(self) -> tuple[type[NativeModule], tuple[Translation, target.Machine, bytes]]:
        """Pickled unlinked and without the cache: the addresses are this process's own."""
        return type(self), (self.translation, self.machine, self.code)

    @cached_property
    def signatures(self) -> Mapping[str, Signature]:
        """The functions that can be called, by name."""
        return {each.name: each for each in self.translation.signatures}

    def entry(self, name: str) -> Entry:
        """Where one of them is in memory."""
        signature, addresses = self.signatures[name], self._library.addresses
        loop = addresses.get(f"{'loop' if signature.elementwise else 'map'}.{name}", 0)
        python = addresses.get(f"python.{name}", 0)
        release = addresses.get(RELEASE, 0)
        made = self.translation
        return Entry(
            signature,
            addresses[f"call.{name}"],
            loop,
            release,
            python,
            name in made.straight,
            made.sites,
            made.calls,
            made.watches,
            self._library,
            len(made.text),
        )

    @cached_property
    def _library(self) -> jit.Library:
        exports = [RELEASE] if self.translation.uses_arena else []
        for each in self.signatures.values():
            exports.append(f"call.{each.name}")
            if each.elementwise:
                exports.append(f"loop.{each.name}")
            elif each.gives_numbers:
                exports.append(f"map.{each.name}")
            if each.for_python and python_entry.possible():
                exports.append(f"python.{each.name}")
        imports = dict(python_entry.imports())
        if self.translation.polls:
            imports |= interruption.imports(linker(self.machine, self.cache))
        try:
            return jit.link(self.code, exports, imports)
        except jit.LinkError:  # it came from a cache
            self.code = made_anew(self.translation.text, self.machine, self.cache)
            return jit.link(self.code, exports, imports)

    @property
    def llvm(self) -> str:
        """The LLVM text, as we wrote it."""
        return self.translation.text

    @property
    def asm(self) -> str:
        """The machine code as assembly, compiled anew."""
        return target.emit_assembly(self.translation.text, self.machine)


def linker(
    machine: target.Machine, cache: ObjectCache | None
) -> Callable[[str, Sequence[str], Mapping[str, int]], jit.Library]:
    """How to compile and link a text: `link(text, exports, imports)`."""

    def link(text: str, exports: Sequence[str], imports: Mapping[str, int]) -> jit.Library:
        try:
            return jit.link(compiled(text, machine, cache), exports, imports)
        except jit.LinkError:  # it came from a cache
            return jit.link(made_anew(text, machine, cache), exports, imports)

    return link


def translated(module: Module, roots: Sequence[str], machine: target.Machine) -> Translation:
    """The LLVM text of the roots and what they call for a machine. What Python calls is in it if that is this one."""
    for_python = machine == target.host() and python_entry.possible()
    return from_core(module, roots, machine.has_fma, for_python, machine.lanes)


def compile(
    module: Module, roots: Sequence[str], cache: ObjectCache | None = None, width: int | None = None
) -> NativeModule:
    """Machine code for the roots and what they call, from the cache if it is there. Loops go `width` rounds at a time,
    if it is not said as many as suit the machine."""
    machine = target.host()
    translation = from_core(module, roots, machine.has_fma, python_entry.possible(), width or machine.lanes)
    return NativeModule(translation, machine, compiled(translation.text, machine, cache), cache)
