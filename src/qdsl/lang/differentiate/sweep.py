"""Going through code forwards, and then backwards with adjoints: what a reverse derivative is written by.

The adjoint of a value is the derivative of the function's result by it. Forwards, a `Sweep` copies operations; going
backwards it takes them last to first, and each adds to the adjoints of its operands what comes to them by it. Where a
value stands outside the block at hand its adjoint is handed in and out, as a loop hands on what it carries.

What goes backwards through a block needs the block's values, so they are computed there once more, from what was known
at its start; what of that nobody uses is left out in the end (`live`). It has succeeded before, so nothing is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import ArrayType, Block, Op, Value
from qdsl.lang.core.keeping import Keeping
from qdsl.lang.core.rewrite import copied
from qdsl.lang.differentiate.dependence import Places
from qdsl.lang.differentiate.trip import is_real, lengths, zeros

Values = tuple[Value, ...]

UNCHECKED = {"iadd": "wadd", "isub": "wsub", "imul": "wmul"}
"""What an Int operation is that is known not to overflow."""

ONCE = ("check", "watch")
"""Operations that have done all they do when they are come to again."""

INDEXING = ("get", "set", "slice")


class NoReverse(Exception):  # noqa: N818 - forward derivatives are always there
    """The function has no derivative in reverse, or has one only forwards."""


class Pullbacks(Protocol):
    """Where the reverse derivatives of called functions come from."""

    def pullback(self, function: str, by: Sequence[bool], seeded: Sequence[bool]) -> str:
        """The name of the function that takes what `function` takes and adjoints of the results marked, and gives
        those of the parameters marked."""

    def dependence(self, function: str) -> tuple[Places, ...]:
        """For each result the places of the parameters that it has a derivative by."""


@dataclass
class Sweep:
    """One function being written. `active` are its values that have adjoints, `new` what each value has become,
    `sizes` values of the same lengths as one that is better not asked for them."""

    active: frozenset[Value]
    keeping: Keeping
    callees: Pullbacks
    rules: Mapping[str, Callable[[Sweep, Op], None]]
    builder: Builder = field(default_factory=Builder)
    new: dict[Value, Value] = field(default_factory=dict)
    adjoints: dict[Value, Value] = field(default_factory=dict)
    sizes: dict[Value, Value] = field(default_factory=dict)
    gone: dict[Op, Op] = field(default_factory=dict)
    """What an operation became when it last went forwards, in the block at hand."""

    # ── forwards and backwards ───────────────────────────────────────────────

    def forwards(self, ops: Iterable[Op], careful: bool = False) -> None:
        """Copy the operations; with `careful`, what may fail still does, and what is watched is told."""
        for op in ops:
            if op.name in ONCE and not careful:
                continue
            new = copied(op, self.new)
            if not careful:
                new = self.unchecked(op, new)
            self.builder.ops.append(new)
            self.gone[op] = new

    def unchecked(self, op: Op, new: Op) -> Op:
        """The operation without its checks, as it has succeeded before."""
        if op.name in UNCHECKED:
            return Op(UNCHECKED[op.name], new.operands, new.results, span=op.span)
        if op.name in INDEXING:
            return Op(op.name, new.operands, new.results, {**op.attributes, "inside": True}, span=op.span)
        if op.name == "len" and op.operands[0] in self.sizes:
            return Op(op.name, (self.sizes[op.operands[0]],), new.results, op.attributes, span=op.span)
        return new

    def backwards(self, ops: Sequence[Op]) -> None:
        """Hand the adjoints of results on to operands."""
        for op in reversed(ops):
            if not self.adjoints.keys().isdisjoint(op.results):
                self.builder.span = op.span
                self.rules[op.name](self, op)

    # ── adjoints ─────────────────────────────────────────────────────────────

    def taken(self, value: Value) -> Value:
        """The adjoint of a result that is asked for this once."""
        return self.adjoints.pop(value)

    def add(self, value: Value, more: Value) -> None:
        """Something more comes to the adjoint of a value."""
        if value in self.active:
            before = self.adjoints.get(value)
            self.adjoints[value] = more if before is None else self.sum(before, more)

    def sum(self, first: Value, second: Value) -> Value:
        if not isinstance(first.type, ArrayType):
            return self.builder.op("add", first, second)
        return self.builder.build(
            lengths(self.builder, first),
            lambda inner, *at: inner.op("add", inner.get(first, *at, inside=True), inner.get(second, *at, inside=True)),
            first.type.shape,
        )

    def adjoint(self, value: Value) -> Value:
        """What has come to the adjoint of a value so far; zeros if nothing has."""
        found = self.adjoints.get(value)
        return self.zero(value) if found is None else found

    def zero(self, value: Value) -> Value:
        """Zero, or zeros of the lengths of an array."""
        if not isinstance(value.type, ArrayType):
            return self.builder.const(0.0)
        like = self.sizes.get(value) or self.new[value]
        return zeros(self.builder, lengths(self.builder, like), value.type.shape)

    # ── regions ──────────────────────────────────────────────────────────────

    def free(self, *regions: Block) -> Values:
        """The active values from around the regions that are used in them."""
        used: dict[Value, None] = {}
        inside: set[Value] = set()
        for region in regions:
            for block in _blocks(region):
                inside.update(block.parameters)
                used.update(dict.fromkeys(block.yields))
                for op in block.ops:
                    inside.update(op.results)
                    used.update(dict.fromkeys(op.operands))
        return tuple([value for value in used if value in self.active and value not in inside and is_real(value.type)])

    @contextmanager
    def writing(self, builder: Builder, adjoints: dict[Value, Value]) -> Iterator[None]:
        """What is written inside goes to that builder, with these adjoints so far."""
        before = self.builder, self.adjoints
        builder.span = self.builder.span
        self.builder, self.adjoints = builder, adjoints
        try:
            yield
        finally:
            self.builder, self.adjoints = before


def live(ops: Sequence[Op], yields: Iterable[Value]) -> tuple[list[Op], set[Value]]:
    """The operations that the yields need, and all values that are used. What has succeeded before has no effect."""
    used, kept = set(yields), []
    for op in reversed(ops):
        if not used.isdisjoint(op.results):
            kept.append(op)
            used.update(op.operands)
            for region in op.regions:
                for block in _blocks(region):
                    used.update(block.yields)
                    for inner in block.ops:
                        used.update(inner.operands)
    return kept[::-1], used


def _blocks(block: Block) -> Iterator[Block]:
    """The block and those inside it."""
    yield block
    for op in block.ops:
        for region in op.regions:
            yield from _blocks(region)
