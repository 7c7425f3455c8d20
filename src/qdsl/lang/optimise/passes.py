"""The optimiser: passes from core to core, and the order they run in.

In: a legal module and its roots, the functions that somebody outside calls. Out: a module with the roots and what they
still call, whose functions give the same bits and fail in the same way at the same place, with less work.

The passes run in turn until each has nothing to do, `ROUNDS` times at most; the module is verified after each pass that
changed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qdsl.lang.core.calls import reachable
from qdsl.lang.core.ir import Function, Module
from qdsl.lang.core.verify import verify
from qdsl.lang.optimise.bounds import bounds
from qdsl.lang.optimise.decide import decide
from qdsl.lang.optimise.drop import drop
from qdsl.lang.optimise.elements import elements
from qdsl.lang.optimise.fold import fold
from qdsl.lang.optimise.fuse import fuse
from qdsl.lang.optimise.hoist import hoist
from qdsl.lang.optimise.inline import inline
from qdsl.lang.optimise.shapes import shapes
from qdsl.lang.optimise.share import share
from qdsl.lang.optimise.simplify import simplify
from qdsl.lang.optimise.unroll import unroll

ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Pass:
    """A step: the same module if there was nothing to do, else a new one."""

    name: str
    run: Callable[[Module], Module]


def _each(name: str, change: Callable[[Function], Function]) -> Pass:
    """A pass that looks at one function at a time."""

    def run(module: Module) -> Module:
        changed = {each: change(function) for each, function in module.functions.items()}
        return module if all(changed[each] is module.functions[each] for each in changed) else Module(changed)

    return Pass(name, run)


PASSES = (
    Pass("inline", inline),
    _each("fold", fold),
    _each("simplify", simplify),
    _each("decide", decide),
    _each("shapes", shapes),
    _each("bounds", bounds),
    _each("fuse", fuse),
    _each("unroll", unroll),
    _each("elements", elements),
    _each("hoist", hoist),
    _each("share", share),
    _each("drop", drop),
)


def optimise(module: Module, roots: Iterable[str], passes: tuple[Pass, ...] = PASSES) -> Module:
    """The roots and what they need, optimised."""
    roots = tuple(roots)
    module = _only(module, roots)
    idle = 0
    for each in passes * ROUNDS:
        after = each.run(module)
        idle += 1
        if after is not module:
            verify(after)
            module = _only(after, roots)
            idle = 0
        if idle == len(passes):
            break
    return module


def _only(module: Module, roots: Iterable[str]) -> Module:
    """Without the functions that the roots do not reach."""
    names = set(reachable(module, roots))
    if len(names) == len(module.functions):
        return module
    return Module({name: function for name, function in module.functions.items() if name in names})
