"""A function over W points at a time, compiled.

    wide = compile_wide(module, "decay", (True, False), cache=cache)      points differ in the first argument
    wide.entry.lanes                                                      its address, as `native.wide_loops` says

In: a verified module, a function's name, which of its parameters vary. Out: a `WideModule`. The number of lanes is what
suits the machine (`target.Machine.lanes`), unless it is given; `NoLanes` says why a function cannot have any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qdsl.lang.core import calls
from qdsl.lang.core.ir import Module
from qdsl.lang.lanes.explain import Explanation, explained
from qdsl.lang.lanes.varying import NoLanes, Pattern
from qdsl.lang.lanes.widen import Wide, widen
from qdsl.lang.native import interruption, jit, lanes, tables, target, wide_loops
from qdsl.lang.native.abi import CONTEXT, RELEASE
from qdsl.lang.native.cache import ObjectCache, compiled, made_anew
from qdsl.lang.native.definition import defined
from qdsl.lang.native.from_core import Signature, signature_of
from qdsl.lang.native.math import functions
from qdsl.lang.native.module import linker
from qdsl.lang.native.program import Mode, Program
from qdsl.lang.native.sites import Site, Watched
from qdsl.lang.native.support import needed, uses_arena
from qdsl.lang.native.writer import METADATA
from qdsl.lang.source import Span

__all__ = ["Explanation", "NoLanes", "Pattern", "WideEntry", "WideModule", "compile_wide"]


@dataclass(frozen=True)
class WideEntry:
    """Where it is in memory while `library` is; `release` is 0 unless the code uses the arena. `tallies` are where it
    counts the lanes that ran, and those that could have, if it was asked to."""

    lanes: int
    release: int
    tallies: tuple[int, int] | None
    sites: Sequence[Site]
    calls: Sequence[Span]
    watches: Sequence[Watched]
    library: jit.Library


@dataclass
class WideModule:
    """The machine code of one function for one pattern of varying parameters; with an explanation, if it was asked to
    count its lanes.
    """

    signature: Signature
    varying: Pattern
    width: int
    sites: Sequence[Site]
    calls: Sequence[Span]
    watches: Sequence[Watched]
    text: str
    machine: target.Machine
    code: bytes = field(repr=False)
    cache: ObjectCache | None = None
    explanation: Explanation | None = None

    def __reduce__(self) -> tuple[type[WideModule], tuple[object, ...]]:
        """Pickled unlinked and without the cache: the addresses are this process's own."""
        sites = tuple(self.sites), tuple(self.calls), tuple(self.watches)
        machine = self.text, self.machine, self.code
        return type(self), (self.signature, self.varying, self.width, *sites, *machine, None, self.explanation)

    @cached_property
    def entry(self) -> WideEntry:
        """The code, linked."""
        name = f"lanes.{self.signature.name}"
        counts = [lanes.ON, lanes.OF] if lanes.TALLIES in self.text else []
        exports = [name, *([RELEASE] if uses_arena(self.text) else []), *counts]
        polls = f"@{interruption.COUNTER}" in self.text
        imports = interruption.imports(linker(self.machine, self.cache)) if polls else {}
        try:
            library = jit.link(self.code, exports, imports)
        except jit.LinkError:  # it came from a cache
            self.code = made_anew(self.text, self.machine, self.cache)
            library = jit.link(self.code, exports, imports)
        at = library.addresses
        tallies = (at[lanes.ON], at[lanes.OF]) if counts else None
        release = at.get(RELEASE, 0)
        return WideEntry(at[name], release, tallies, self.sites, self.calls, self.watches, library)


def compile_wide(
    module: Module,
    name: str,
    varying: Pattern,
    width: int | None = None,
    cache: ObjectCache | None = None,
    interruptible: bool = False,
    tally: bool = False,
) -> WideModule:
    """Machine code for the function over points that differ in these parameters. Raises `NoLanes`."""
    machine = target.host()
    wide = widen(module, name, varying, width or machine.lanes, tally)
    functions = Module(module.functions | wide.module.functions)
    program = Program(functions, machine.has_fma, interruptible, lanes_are_points=True)
    text = _translated(program, module, name, wide)
    signature = signature_of(module.functions[name])
    sites = tuple(program.sites.sites), tuple(program.sites.calls), tuple(program.sites.watches)
    code = compiled(text, machine, cache)
    explanation = explained(module, name, varying) if tally else None
    return WideModule(signature, varying, wide.width, *sites, text, machine, code, cache, explanation)


def _translated(program: Program, module: Module, name: str, wide: Wide) -> str:
    """The LLVM text: the wide functions, the careful ones to run points one by one, the entry."""
    parts = [defined(program, wide.module.functions[each], Mode.LANES) for each in wide.module.functions]
    parts += [defined(program, module.functions[each], Mode.CAREFUL) for each in calls.reachable(module, [name])]
    parts.append(wide_loops.written(program, module.functions[name], wide))
    for expansion, mode in list(program.expansions):
        parts.append(defined(program, functions.EXPANSIONS[expansion](), mode))
    inline = program.inline_math
    mathematics = functions.definitions(program.wide_mathematics, wide.width, inline)
    parts += dict.fromkeys([*mathematics, *functions.definitions(program.mathematics, inline=inline)])
    code = "\n".join([*tables.definitions(program.tables), *parts])
    tallies = [lanes.TALLIES] if f"@{lanes.ON}" in code else []
    declarations = [interruption.DECLARATIONS] if f"@{interruption.COUNTER}" in code else []
    return "\n".join([CONTEXT, needed(code), *declarations, *tallies, code, METADATA, ""])
