"""Who calls whom in a module.

`recursive` names the functions that can come to call themselves. Only their calls count towards the limit on nested
calls: the others nest no deeper than the program is long, and so inlining them changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.lang.core.ir import Module
from qdsl.lang.names.order import strongly_connected


def reachable(module: Module, roots: Iterable[str]) -> list[str]:
    """The roots and all they call, directly or not; a callee stands before its callers where no cycle forbids."""
    order: dict[str, None] = {}
    entered: set[str] = set()
    waiting = [(name, False) for name in reversed(list(roots))]
    while waiting:
        name, is_left = waiting.pop()
        if is_left:
            order[name] = None
        elif name not in entered:
            entered.add(name)
            waiting.append((name, True))
            waiting.extend((callee, False) for callee in reversed(module.functions[name].callees))
    return list(order)


def recursive(module: Module) -> frozenset[str]:
    """The functions on a cycle of calls."""
    below = {name: function.callees for name, function in module.functions.items()}
    groups = strongly_connected(below)
    return frozenset(name for group in groups for name in group if len(group) > 1 or name in below[name])


def callers(module: Module, sources: Iterable[str]) -> frozenset[str]:
    """These functions, and all that call one of them, directly or not."""
    above: dict[str, list[str]] = {name: [] for name in module.functions}
    for name, function in module.functions.items():
        for callee in function.callees:
            above[callee].append(name)
    found = set(sources)
    waiting = list(found)
    while waiting:
        further = [caller for caller in above[waiting.pop()] if caller not in found]
        found.update(further)
        waiting += further
    return frozenset(found)
