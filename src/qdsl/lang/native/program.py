"""What translating one function needs to know of the whole module.

In: the core module. Out: which functions are recursive, which take memory from the arena, which may run
speculatively, and what the translation collects: the sites where code may stop, what it watches, the constant arrays
and the mathematics it asked for, the functions that poll for interrupts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from math import prod

from qdsl.lang.core import calls
from qdsl.lang.core.ir import ArrayType, Block, Function, Module, Op, Type, Value, width_of
from qdsl.lang.core.table import Table
from qdsl.lang.lanes.strips import Strip
from qdsl.lang.native.abi import element_bytes
from qdsl.lang.native.sites import SiteTable


class Mode(Enum):
    """The ways to translate a function: see `native.body`."""

    CAREFUL = "careful"
    FAST = "fast"
    LANES = "lanes"


SMALL_BYTES = 512
"""An array no larger, its shape known, lives on the stack, where the optimiser can turn it into registers; so does one
of lanes that are each no larger."""

SPECULATIVE_TRIPS = 64
"""A loop that runs at most so often may run speculatively."""


def is_small(type_: Type) -> bool:
    """Whether values of that type live on the stack."""
    if not isinstance(type_, ArrayType) or None in type_.shape:
        return False
    return prod(n or 0 for n in type_.shape) * element_bytes(type_.element) <= SMALL_BYTES * max(1, width_of(type_))


def in_arena(type_: Type) -> bool:
    """Whether values of that type live in the arena."""
    return isinstance(type_, ArrayType) and not is_small(type_)


@dataclass
class Program:
    """The functions to compile, and what is collected on the way."""

    module: Module
    inline_math: bool
    interruptible: bool = False
    strips: Mapping[Op, Strip] = field(default_factory=dict)
    width: int = 1
    """How many rounds at a time the loops in `strips` go."""
    lanes_are_points: bool = False
    """Whether lanes are points, one after the other, and not rounds of a loop."""
    sites: SiteTable = field(default_factory=SiteTable)
    tables: dict[Table, str] = field(default_factory=dict)
    mathematics: dict[str, None] = field(default_factory=dict)
    wide_mathematics: dict[str, None] = field(default_factory=dict)
    expansions: dict[tuple[str, Mode], None] = field(default_factory=dict)
    polling: set[str] = field(default_factory=set)

    @property
    def functions(self) -> Mapping[str, Function]:
        return self.module.functions

    @cached_property
    def recursive(self) -> frozenset[str]:
        """Functions on a cycle of calls."""
        return calls.recursive(self.module)

    @cached_property
    def allocating(self) -> frozenset[str]:
        """Functions that may take memory from the arena."""
        return self._spread(lambda function: any(_allocates(op) for op in function.body.walk()))

    @cached_property
    def unspeculative(self) -> frozenset[str]:
        """Functions that must not run on arguments that will turn out to fail: they might not end, or touch memory."""
        by_itself = self._spread(lambda function: not _speculative(function.body))
        return by_itself | self._spread(lambda function: function.name in self.recursive)

    def table(self, numbers: Table) -> str:
        """The name of the constant with these numbers; equal tables are one."""
        return self.tables.setdefault(numbers, f"@qdsl.table.{len(self.tables)}")

    def polls(self, name: str) -> bool:
        """Whether a function, all of whose callees are translated, polls for interrupts or calls one that does."""
        return not self.polling.isdisjoint(calls.reachable(self.module, [name]))

    @cached_property
    def watching(self) -> frozenset[str]:
        """Functions that watch something."""
        return self._spread(lambda function: any(op.name == "watch" for op in function.body.walk()))

    def _spread(self, is_so: Callable[[Function], bool]) -> frozenset[str]:
        """The functions of which it is so, and their callers."""
        return calls.callers(self.module, (name for name, function in self.functions.items() if is_so(function)))


Constants = Mapping[Value, bool | int | float]


def constants(block: Block) -> Constants:
    """The values in a block that are known numbers."""
    return {op.result: op.attributes["value"] for op in block.walk() if op.name == "const"}


def is_short(op: Op, known: Constants) -> bool:
    """Whether a `for` is known to run few rounds."""
    low, high = (known.get(bound) for bound in op.operands[:2])
    return low is not None and high is not None and high - low <= SPECULATIVE_TRIPS


def takes_long(regions: Sequence[Block], known: Constants) -> bool:
    """Whether a round of a loop may take long: it has calls in it, or loops that are not short."""
    return any(
        op.name in ("while", "build", "call") or (op.name == "for" and not is_short(op, known))
        for region in regions
        for op in region.walk()
    )


def _allocates(op: Op) -> bool:
    return op.name != "table" and any(in_arena(value.type) for value in op.results)


def _speculative(block: Block) -> bool:
    """Only numbers, `if`, and loops that end soon whatever the numbers are."""
    known = constants(block)

    def fits(op: Op) -> bool:
        if any(isinstance(value.type, ArrayType) for value in (*op.operands, *op.results)):
            return False
        if op.name == "for":
            return is_short(op, known)
        return op.name not in ("while", "build")

    return not any(isinstance(value.type, ArrayType) for value in block.parameters) and all(map(fits, block.walk()))
