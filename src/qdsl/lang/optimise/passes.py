"""The optimiser: passes from core to core, and the order they run in.

In: a legal module and its roots, the functions that somebody outside calls. Out: a module with the roots and what they
still call, whose functions give the same bits and fail in the same way at the same place, with less work.

The passes run in turn until each has nothing to do, `ROUNDS` times at most. What comes out is verified; where
`VERIFIED_BETWEEN` is set, as in all tests, after each pass that changed it.
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

VERIFIED_BETWEEN = False
"""Verifying costs as much as the passes: a pass that breaks a module is found by tests, at the pass."""


Left = set[tuple[str, int]]
"""Passes that have left a function as it is, by their names and the function's identity: they would again."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A step: the same module if there was nothing to do, else a new one. `change` is that of a pass that looks at one
    function at a time.
    """

    name: str
    change: Callable[[Function], Function] | None = None
    whole: Callable[[Module], Module] | None = None

    def run(self, module: Module, left: Left | None = None) -> Module:
        if self.whole is not None:
            return self.whole(module)
        left = set() if left is None else left
        changed = {name: self._changed(function, left) for name, function in module.functions.items()}
        return module if all(changed[each] is module.functions[each] for each in changed) else Module(changed)

    def _changed(self, function: Function, left: Left) -> Function:
        assert self.change is not None
        if (self.name, id(function)) in left:
            return function
        after = self.change(function)
        if after is function:
            left.add((self.name, id(function)))
        return after


PASSES = (
    Pass("inline", whole=inline),
    Pass("fold", fold),
    Pass("simplify", simplify),
    Pass("decide", decide),
    Pass("shapes", shapes),
    Pass("bounds", bounds),
    Pass("fuse", fuse),
    Pass("unroll", unroll),
    Pass("elements", elements),
    Pass("hoist", hoist),
    Pass("share", share),
    Pass("drop", drop),
)


def optimise(module: Module, roots: Iterable[str], passes: tuple[Pass, ...] = PASSES) -> Module:
    """The roots and what they need, optimised."""
    roots = tuple(roots)
    module = _only(module, roots)
    idle = 0
    left: Left = set()
    alive: list[Module] = []  # as long as it is here, nothing else has a function's identity
    for each in passes * ROUNDS:
        after = each.run(module, left)
        idle += 1
        if after is not module:
            if VERIFIED_BETWEEN:
                verify(after)
            alive.append(module)
            module = _only(after, roots)
            idle = 0
        if idle == len(passes):
            break
    verify(module)
    return module


def _only(module: Module, roots: Iterable[str]) -> Module:
    """Without the functions that the roots do not reach."""
    names = set(reachable(module, roots))
    if len(names) == len(module.functions):
        return module
    return Module({name: function for name, function in module.functions.items() if name in names})
