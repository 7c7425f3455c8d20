"""Machine code that runs a function over W points at a time.

    wide = compile_wide(module, "decay", (True, False), cache=cache)      points differ in the first argument
    wide.address                                                          of the entry, as `native.wide_loops` says

In: a verified module, a function's name, which of its parameters vary. Out: a `WideEntry`. The number of lanes is what
a vector register of the machine holds, unless it is given; `NoLanes` says why a function cannot have any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qdsl.lang.core import calls
from qdsl.lang.core.ir import Module
from qdsl.lang.lanes.varying import Pattern
from qdsl.lang.lanes.widen import widen
from qdsl.lang.native import interruption, jit, target, wide_loops
from qdsl.lang.native.abi import CONTEXT, RELEASE
from qdsl.lang.native.cache import ObjectCache, compiled
from qdsl.lang.native.definition import defined
from qdsl.lang.native.from_core import Signature, signature_of
from qdsl.lang.native.math import functions
from qdsl.lang.native.program import Mode, Program
from qdsl.lang.native.sites import Site
from qdsl.lang.native.support import needed, uses_arena
from qdsl.lang.native.writer import METADATA
from qdsl.lang.source import Span


@dataclass(frozen=True)
class WideEntry:
    """A function's entry over lanes, in memory while `library` is; `release` unless the code uses the arena."""

    signature: Signature
    varying: Pattern
    width: int
    address: int
    release: int
    sites: Sequence[Site]
    calls: Sequence[Span]
    text: str
    library: jit.Library


def compile_wide(
    module: Module,
    name: str,
    varying: Pattern,
    width: int | None = None,
    cache: ObjectCache | None = None,
    interruptible: bool = False,
) -> WideEntry:
    """Machine code for the function over points that differ in these parameters. Raises `NoLanes`."""
    machine = target.host()
    wide = widen(module, name, varying, width or machine.lanes)
    program = Program(Module(module.functions | wide.module.functions), machine.has_fma, interruptible)
    parts = [
        defined(program, program.functions[each], Mode.LANES) for each in calls.reachable(wide.module, [wide.root])
    ]
    parts += [defined(program, module.functions[each], Mode.CAREFUL) for each in calls.reachable(module, [name])]
    parts.append(wide_loops.written(program, module.functions[name], wide))
    for expansion, mode in list(program.expansions):
        parts.append(defined(program, functions.EXPANSIONS[expansion](), mode))
    parts += functions.definitions(list(program.mathematics))
    code = "\n".join(parts)
    polls = f"@{interruption.COUNTER}" in code
    declarations = [interruption.DECLARATIONS] if polls else []
    text = "\n".join([CONTEXT, needed(code), *declarations, code, METADATA, ""])

    def link(text: str, exports: Sequence[str], imports: Mapping[str, int]) -> jit.Library:
        return jit.link(compiled(text, machine, cache), exports, imports)

    arena = uses_arena(code)
    exports = [f"lanes.{name}", *([RELEASE] if arena else [])]
    library = jit.link(compiled(text, machine, cache), exports, interruption.imports(link) if polls else {})
    addresses = library.addresses
    signature = signature_of(module.functions[name])
    sites, called = tuple(program.sites.sites), tuple(program.sites.calls)
    release = addresses.get(RELEASE, 0)
    return WideEntry(signature, varying, wide.width, addresses[f"lanes.{name}"], release, sites, called, text, library)
