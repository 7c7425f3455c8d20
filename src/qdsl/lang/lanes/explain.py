"""What lanes make of a function, for people.

    explained(module, "rabi", (True, True, False))    ->    Explanation(("t_end", "k"), (("while", span),))

In: a module, a function's name, which parameters vary. Out: the names of what is the same at all points, and where
points may go different ways. Raises `NoLanes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qdsl.lang.core.ir import Block, Module, Op, Value
from qdsl.lang.lanes.varying import Analysis, Pattern
from qdsl.lang.source import Span


@dataclass(frozen=True, slots=True)
class Explanation:
    """`shared` are parameters and variables with one value for all points, `partings` the loops and branches at which
    points part, by kind and place.
    """

    shared: tuple[str, ...]
    partings: tuple[tuple[str, Span | None], ...]


def explained(module: Module, name: str, varying: Pattern) -> Explanation:
    """Of the function itself; what it calls is not gone through."""
    body = module.functions[name].body
    varies = Analysis(module).varying(name, varying)
    named = [value for value in _values(body) if value.hint]
    different = {value.hint for value in named if value in varies}
    shared = dict.fromkeys(value.hint for value in named if value.hint not in different)
    partings = dict.fromkeys((op.name, op.span) for op in body.walk() if _parts(op, varies))
    return Explanation(tuple(shared), tuple(partings))


def _parts(op: Op, varies: frozenset[Value]) -> bool:
    match op.name:
        case "if":
            return op.operands[0] in varies
        case "for":
            return not varies.isdisjoint(op.operands[:2])
        case "while":
            return op.regions[0].yields[0] in varies
        case _:
            return False


def _values(block: Block) -> Iterator[Value]:
    yield from block.parameters
    for op in block.walk():
        yield from op.results
        for region in op.regions:
            yield from region.parameters
