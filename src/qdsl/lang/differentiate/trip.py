"""One trip through a function that writes its derivatives in several directions beside it.

A `Trip` writes a new block from an old one, op by op. For every old value it knows the new one and its tangent: for
each direction the value that holds the derivative, or None where it is zero. What to write for an operation is in
`straight` (one thing after the other) and `regions` (blocks inside blocks).

A loop's body is written again and again, with more tangents each time, until it is right. What an earlier writing left
in `new` and `tangents` needs no clearing: what was active stays so, and the last writing puts its own in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import REAL, ArrayType, Block, Op, Type, Value
from qdsl.lang.source import Span

Values = tuple[Value, ...]
Tangent = tuple[Value | None, ...]
Mask = tuple[bool, ...]
"""In which directions there is a derivative."""


class NotDifferentiable(Exception):  # noqa: N818 - a property of the user's program, for the caller to report
    """`op` has no derivative, and its operand at `span` depends on what is differentiated by."""

    def __init__(self, op: str, span: Span | None) -> None:
        super().__init__(op, span)
        self.op = op
        self.span = span


class Callees(Protocol):
    """Where the derivatives of called functions come from."""

    def derivative(self, function: str, masks: tuple[Mask, ...]) -> str:
        """The name of the function that also takes tangents, as the masks of its parameters say, and gives them."""

    def result_types(self, function: str) -> tuple[Type, ...]: ...

    def dependence(self, function: str) -> tuple[frozenset[int], ...]:
        """For each result the places of the parameters that it has a derivative by."""


@dataclass
class Trip:
    count: int
    handlers: Mapping[str, Callable[[Trip, Op], None]]
    callees: Callees
    builder: Builder = field(default_factory=Builder)
    new: dict[Value, Value] = field(default_factory=dict)
    tangents: dict[Value, Tangent] = field(default_factory=dict)
    ones: set[Value] = field(default_factory=set)
    """Tangents known to be 1, so that multiplying by them can be left out."""
    constants: dict[Value, float] = field(default_factory=dict)
    """Old values that are known numbers."""
    without_tangent: dict[Value, Op] = field(default_factory=dict)
    """Active values that have none, and what made them: an error as soon as one is asked for."""

    def run(self, ops: Iterable[Op]) -> None:
        for op in ops:
            self.builder.span = op.span
            self.handlers[op.name](self, op)

    # ── what is known of old values ──────────────────────────────────────────

    def tangent(self, value: Value) -> Tangent:
        if value in self.without_tangent:
            op = self.without_tangent[value]
            raise NotDifferentiable(op.name, op.span)
        return self.tangents.get(value, (None,) * self.count)

    def mask(self, value: Value) -> Mask:
        return tuple([each is not None for each in self.tangent(value)])

    def is_active(self, values: Iterable[Value]) -> bool:
        return any(value in self.tangents or value in self.without_tangent for value in values)

    def set_tangent(self, value: Value, tangent: Sequence[Value | None]) -> None:
        if any(each is not None for each in tangent):
            self.tangents[value] = tuple(tangent)

    # ── writing ──────────────────────────────────────────────────────────────

    def all_new(self, values: Iterable[Value]) -> Values:
        return tuple([self.new[value] for value in values])

    def write(self, op: Op, operands: Values, result_types: Sequence[Type], regions: tuple[Block, ...] = ()) -> Values:
        """An op like this one with these operands, results and regions."""
        results = tuple([Value(type_) for type_ in result_types])
        self.builder.ops.append(Op(op.name, operands, results, op.attributes, regions, op.span))
        return results

    def copy(self, op: Op, regions: tuple[Block, ...] = ()) -> None:
        """The op itself, its results now known, their tangents zero."""
        if op.name == "const":
            self.constants[op.result] = op.attributes["value"]
        results = self.write(op, self.all_new(op.operands), types(op.results), regions)
        for old, result in zip(op.results, results, strict=True):
            result.hint = old.hint
            self.new[old] = result

    def declare(self, parameter: Value) -> Value:
        """A parameter of the block at hand for an old one."""
        self.new[parameter] = self.builder.parameter(parameter.type, parameter.hint)
        return self.new[parameter]

    def declare_tangent(self, parameter: Value, mask: Mask) -> None:
        hint = f"d{parameter.hint}" if parameter.hint else ""
        self.set_tangent(parameter, [self.builder.parameter(parameter.type, hint) if here else None for here in mask])

    def filled(self, value: Value, mask: Mask) -> list[Value]:
        """The tangent of an old value in the directions of the mask, with zeros written where it is None."""
        tangent = self.tangent(value)
        return [
            each or zero_like(self.builder, self.new[value]) for each, here in zip(tangent, mask, strict=True) if here
        ]


def zero_like(builder: Builder, value: Value) -> Value:
    """Zero, or an array of zeros of the same lengths."""
    if not isinstance(value.type, ArrayType):
        return builder.const(0.0)
    return zeros(builder, lengths(builder, value), value.type.shape)


def zeros(builder: Builder, along: Sequence[Value], shape: tuple[int | None, ...]) -> Value:
    return builder.build(along, lambda inner, *indices: inner.const(0.0), shape)


def lengths(builder: Builder, array: Value) -> list[Value]:
    assert isinstance(array.type, ArrayType)
    return [builder.len(array, axis) for axis in range(len(array.type.shape))]


def is_real(type_: Type) -> bool:
    """Whether values of the type can have a derivative."""
    return (type_.element if isinstance(type_, ArrayType) else type_) is REAL


def types(values: Iterable[Value]) -> tuple[Type, ...]:
    return tuple([value.type for value in values])


def spread(tangents: Sequence[Value], masks: Sequence[Mask]) -> list[Tangent]:
    """Tangents in a row, one for each True of the masks in turn, as one `Tangent` for each mask."""
    row = iter(tangents)
    return [tuple([next(row) if here else None for here in mask]) for mask in masks]
