"""Who calls whom in a module.

`recursive` names the functions that can come to call themselves. Only their calls count towards the limit on nested
calls: the others nest no deeper than the program is long, and so inlining them changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.lang.core.ir import Block, Module


def callees(block: Block) -> list[str]:
    """The functions called in it, each once, in order of their first call."""
    return list(dict.fromkeys(op.attributes["function"] for op in block.walk() if op.name == "call"))


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
            waiting.extend((callee, False) for callee in reversed(callees(module.functions[name].body)))
    return list(order)


def recursive(module: Module) -> frozenset[str]:
    """The functions on a cycle of calls."""
    below = {name: set(callees(function.body)) for name, function in module.functions.items()}
    grows = True
    while grows:
        grows = False
        for called in below.values():
            further = set().union(*(below[name] for name in called)) - called
            called |= further
            grows = grows or bool(further)
    return frozenset(name for name, called in below.items() if name in called)
