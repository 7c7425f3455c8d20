"""Changing core IR: a `Rewriter` goes through a function once, top to bottom, and a pass says what to do with each op.

    class Fold(Rewriter):
        def rule(self, op):  # operands are already the new ones; regions are still the old ones
            return (self.builder.const(..),)  # these values stand in for op's results, or
            return None  # op stays, and its regions are gone through

Nothing is changed in place. What a pass leaves alone is the same object afterwards, so "nothing changed" is `is`; a
value keeps its identity when only the operands of its operation changed. `copy_block` is for code that is to stand
in a second place: all its values are new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import Block, Function, Op, Value
from qdsl.lang.source import Span

Values = tuple[Value, ...]


class Rewriter:
    """One trip through one function. `builder` writes into the block at hand; `origin` finds what makes a value."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.replaced: dict[Value, Value] = {}
        self.origin: dict[Value, Op] = {}

    def rule(self, op: Op) -> Sequence[Value] | None:
        """What stands in for the op's results, or None to keep the op. The pass's own."""
        return None

    def rewrite(self, function: Function) -> Function:
        body = self.block(function.body)
        return function if body is function.body else Function(function.name, body, function.span)

    def block(self, block: Block) -> Block:
        """The block rewritten; the same object if nothing changed."""
        outer, self.builder = self.builder, Builder()
        yields = self.splice(block)
        ops = self.builder.ops
        self.builder = outer
        if _same(ops, block.ops) and _same(yields, block.yields):
            return block
        return Block(block.parameters, tuple(ops), yields)

    def splice(self, block: Block, arguments: Sequence[Value] = ()) -> Values:
        """Rewrite a block's operations into the block at hand; returns what it would yield.

        The block must not stand anywhere else afterwards. Without arguments its parameters stay as they are.
        """
        if arguments:
            self.replaced.update(zip(block.parameters, arguments, strict=True))
        for op in block.ops:
            self.visit(op)
        return self.all_new(block.yields)

    def visit(self, op: Op) -> None:
        operands = self.all_new(op.operands)
        if operands is not op.operands:
            op = Op(op.name, operands, op.results, op.attributes, op.regions, op.span)
        written = len(self.builder.ops)
        self.builder.span = op.span
        values = self.rule(op)
        if values is None:
            self.keep(op)
        else:
            for result, value in zip(op.results, values, strict=True):
                if value is not result:
                    self.replaced[result] = value
            for new in self.builder.ops[written:]:
                self.note(new)

    def keep(self, op: Op) -> None:
        """Write the op as it is, its regions rewritten."""
        if op.regions:
            regions = tuple([self.block(region) for region in op.regions])
            if not _same(regions, op.regions):
                op = Op(op.name, op.operands, op.results, op.attributes, regions, op.span)
        self.builder.ops.append(op)
        self.note(op)

    def note(self, op: Op) -> None:
        """Remember what makes these values."""
        for result in op.results:
            self.origin[result] = op

    def all_new(self, values: Values) -> Values:
        """What the values have become; the same tuple if they stayed."""
        replaced = self.replaced
        if replaced and not replaced.keys().isdisjoint(values):
            return tuple([replaced.get(value, value) for value in values])
        return values

    def constant(self, value: Value) -> Any:
        """The number a value is known to be, or None."""
        op = self.origin.get(value)
        return op.attributes["value"] if op is not None and op.name == "const" else None

    def made_by(self, value: Value, name: str) -> Op | None:
        """The op that makes the value, if it is of this name."""
        op = self.origin.get(value)
        return op if op is not None and op.name == name else None


def copy_block(
    block: Block,
    arguments: Sequence[Value],
    into: Builder,
    outer: Mapping[Value, Value] | None = None,
    call: Span | None = None,
) -> Values:
    """Write a copy of the block's operations, its parameters replaced by arguments; returns what it yields.

    `outer` says what values from around the block are called where the copy stands, if not the same; `call` is the
    place of the call that the copy stands for.
    """
    new = {**(outer or {}), **dict(zip(block.parameters, arguments, strict=True))}
    _copy_ops(block.ops, new, into.ops, call)
    return tuple([new.get(value, value) for value in block.yields])


def copied(op: Op, new: dict[Value, Value], call: Span | None = None) -> Op:
    """A copy of one operation, with what its operands have become; `new` gets what its results are."""
    regions = tuple([_copy_region(region, new, call) for region in op.regions])
    results = _copy_values(op.results, new)
    operands = tuple([new.get(operand, operand) for operand in op.operands])
    span = op.span.called_from(call) if op.span is not None and call is not None else op.span
    return Op(op.name, operands, results, op.attributes, regions, span)


def _copy_ops(ops: Iterable[Op], new: dict[Value, Value], into: list[Op], call: Span | None) -> None:
    into.extend(copied(op, new, call) for op in ops)


def _copy_region(block: Block, new: dict[Value, Value], call: Span | None) -> Block:
    parameters = _copy_values(block.parameters, new)
    ops: list[Op] = []
    _copy_ops(block.ops, new, ops, call)
    return Block(parameters, tuple(ops), tuple([new.get(value, value) for value in block.yields]))


def _copy_values(values: Values, new: dict[Value, Value]) -> Values:
    copies = tuple([Value(value.type, value.hint) for value in values])
    new.update(zip(values, copies, strict=True))
    return copies


def _same(left: Sequence[object], right: Sequence[object]) -> bool:
    return len(left) == len(right) and all(map(_is, left, right))


def _is(left: object, right: object) -> bool:
    return left is right
