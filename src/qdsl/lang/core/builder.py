"""Writing core IR: a `Builder` appends operations to a block and hands back their results.

    b = Builder()
    x = b.parameter(REAL, "x")
    y = b.op("mul", x, x)
    function = b.function("square", (y,))

A region is written by a builder of its own:

    with_zero, = b.if_(condition, then=lambda inner: (inner.const(0.0),), otherwise=lambda inner: (x,))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from qdsl.lang.core.ir import (
    BOOL,
    INT,
    REAL,
    ArrayType,
    Block,
    Failure,
    Function,
    Lanes,
    Number,
    Op,
    Scalar,
    Type,
    Value,
    Watch,
    scalar_of,
    width_of,
)
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.core.table import Table
from qdsl.lang.report import InternalError
from qdsl.lang.source import Span

Values = tuple[Value, ...]
Region = Callable[..., Sequence[Value]]


@dataclass(eq=False)
class Builder:
    """Collects the operations of one block. `span` is put on each operation as it is added."""

    parameters: list[Value] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    span: Span | None = None

    # ── values ───────────────────────────────────────────────────────────────

    def parameter(self, type_: Type, hint: str = "") -> Value:
        value = Value(type_, hint)
        self.parameters.append(value)
        return value

    def const(self, value: bool | int | float) -> Value:
        """A constant; its Python type says which scalar."""
        type_ = BOOL if isinstance(value, bool) else INT if isinstance(value, int) else REAL
        return self._add("const", (), (type_,), {"value": value})[0]

    def op(self, name: str, *operands: Value) -> Value:
        """A primitive; of lanes, if its operands are."""
        result: Number = PRIMITIVES[name].result
        if isinstance(operands[0].type, Lanes):
            result = Lanes(PRIMITIVES[name].result, operands[0].type.width)
        return self._add(name, operands, (result,))[0]

    def select(self, condition: Value, then: Value, otherwise: Value) -> Value:
        return self._add("select", (condition, then, otherwise), (looser(then.type, otherwise.type),))[0]

    def check(self, condition: Value, failure: Failure, *numbers: Value) -> None:
        """Stop with `failure` unless `condition`."""
        self._add("check", (condition, *numbers), (), {"failure": failure})

    def watch(self, watch: Watch, worst: Value, *numbers: Value) -> None:
        """Tell whoever calls if `worst` is above the threshold."""
        self._add("watch", (worst, *numbers), (), {"watch": watch})

    def call(self, function: str, arguments: Sequence[Value], result_types: Sequence[Type]) -> Values:
        return self._add("call", tuple(arguments), tuple(result_types), {"function": function})

    # ── arrays ───────────────────────────────────────────────────────────────

    def array(self, elements: Sequence[Value], element: Number = REAL) -> Value:
        kind = _scalar(elements[0].type) if elements else element
        return self._add("array", tuple(elements), (ArrayType(kind, (len(elements),)),))[0]

    def table(
        self, values: Sequence[int | float], shape: tuple[int, ...] | None = None, element: Scalar | None = None
    ) -> Value:
        """A constant array of these numbers, the last axis of `shape` running fastest; without a shape it has one axis.
        They are Ints if all are, else reals, unless `element` says which."""
        numbers = Table.of(values, element)
        return self._add("table", (), (ArrayType(numbers.element, shape or (len(values),)),), {"numbers": numbers})[0]

    def build(
        self, lengths: Sequence[Value], element: Callable[..., Value], shape: tuple[int | None, ...] = ()
    ) -> Value:
        """The array of those lengths whose element at (i, ...) is what `element(builder, i, ...)` writes."""
        body = Builder(span=self.span)
        indices = [body.parameter(INT, "i") for _ in lengths]
        block = body.block((element(body, *indices),))
        kind = _scalar(block.yields[0].type)
        type_ = ArrayType(kind, shape or tuple(None for _ in lengths))
        return self._add("build", tuple(lengths), (type_,), regions=(block,))[0]

    def len(self, array: Value, axis: int = 0) -> Value:
        return self._add("len", (array,), (INT,), {"axis": axis})[0]

    def get(self, array: Value, *indices: Value, inside: bool = False) -> Value:
        element = _array(array.type).element
        width = max(map(width_of, (array.type, *(index.type for index in indices))), default=0)
        result = Lanes(scalar_of(element), width) if width else element
        return self._add("get", (array, *indices), (result,), _inside(inside))[0]

    def set(self, array: Value, indices: Sequence[Value], element: Value, inside: bool = False) -> Value:
        return self._add("set", (array, *indices, element), (array.type,), _inside(inside))[0]

    def slice(self, array: Value, low: Value, high: Value, inside: bool = False) -> Value:
        type_ = ArrayType(_array(array.type).element)
        return self._add("slice", (array, low, high), (type_,), _inside(inside))[0]

    # ── lanes ────────────────────────────────────────────────────────────────

    def splat(self, value: Value, width: int) -> Value:
        """The same number, or array of numbers, in every lane."""
        return self._add("splat", (value,), (widened(value.type, width),))[0]

    def tally(self, lanes: Value) -> None:
        self._add("tally", (lanes,), ())

    def any(self, lanes: Value) -> Value:
        return self._add("any", (lanes,), (BOOL,))[0]

    def highest(self, lanes: Value) -> Value:
        return self._add("highest", (lanes,), (INT,))[0]

    def blend(self, condition: Value, then: Value, otherwise: Value, type_: Type | None = None) -> Value:
        """Lane by lane one of two arrays. `type_` is the type of the result where it knows less of their lengths."""
        return self._add("blend", (condition, then, otherwise), (type_ or then.type,))[0]

    # ── control ──────────────────────────────────────────────────────────────

    # `types` are the types of the results where these know less of an array's length than the values at hand.

    def if_(self, condition: Value, then: Region, otherwise: Region, types: Sequence[Type] | None = None) -> Values:
        """Both regions are `region(builder) -> values`, of the same types."""
        blocks = tuple(self._region((), region) for region in (then, otherwise))
        return self._add("if", (condition,), _types(blocks[0].yields) if types is None else types, regions=blocks)

    def for_(
        self, low: Value, high: Value, carried: Sequence[Value], body: Region, types: Sequence[Type] | None = None
    ) -> Values:
        """`body(builder, i, *carried) -> next carried`, for i from low up to, not including, high."""
        types = _types(carried) if types is None else types
        block = self._region((INT, *types), body)
        return self._add("for", (low, high, *carried), types, regions=(block,))

    def while_(
        self, carried: Sequence[Value], condition: Region, body: Region, types: Sequence[Type] | None = None
    ) -> Values:
        """While `condition(builder, *carried) -> (bool,)`, `body(builder, *carried) -> next carried`."""
        types = _types(carried) if types is None else types
        blocks = tuple(self._region(types, region) for region in (condition, body))
        return self._add("while", tuple(carried), types, regions=blocks)

    # ── ends ─────────────────────────────────────────────────────────────────

    def block(self, yields: Sequence[Value]) -> Block:
        return Block(tuple(self.parameters), tuple(self.ops), tuple(yields))

    def function(self, name: str, results: Sequence[Value], span: Span | None = None) -> Function:
        return Function(name, self.block(results), span)

    @contextmanager
    def at(self, span: Span | None) -> Iterator[None]:
        """Operations added inside carry `span`."""
        before, self.span = self.span, span
        yield
        self.span = before

    def _region(self, parameter_types: Sequence[Type], region: Region) -> Block:
        inner = Builder(span=self.span)
        parameters = [inner.parameter(type_) for type_ in parameter_types]
        return inner.block(tuple(region(inner, *parameters)))

    def _add(
        self,
        name: str,
        operands: Values,
        result_types: Sequence[Type],
        attributes: dict[str, Any] | None = None,
        regions: tuple[Block, ...] = (),
    ) -> Values:
        results = tuple(Value(type_) for type_ in result_types)
        op = Op(name, operands, results, attributes or {}, regions, self.span)
        self.ops.append(op)
        return results


def _inside(known: bool) -> dict[str, Any]:
    return {"inside": True} if known else {}


def _types(values: Sequence[Value]) -> tuple[Type, ...]:
    return tuple(value.type for value in values)


def widened(type_: Type, width: int) -> Type:
    """The type of as many such values, one in each lane."""
    match type_:
        case Scalar():
            return Lanes(type_, width)
        case ArrayType(Scalar() as element, shape):
            return ArrayType(Lanes(element, width), shape)
        case _:
            raise InternalError(f"{type_} is in lanes already")


def looser(left: Type, right: Type) -> Type:
    """The type of what is one or the other: lengths are known where both know the same."""
    if not isinstance(left, ArrayType) or not isinstance(right, ArrayType):
        return left
    shape = tuple([m if m == n else None for m, n in zip(left.shape, right.shape, strict=True)])
    return ArrayType(left.element, shape)


def _scalar(type_: Type) -> Number:
    if isinstance(type_, ArrayType):
        raise InternalError(f"{type_} is not a scalar")
    return type_


def _array(type_: Type) -> ArrayType:
    if isinstance(type_, ArrayType):
        return type_
    raise InternalError(f"{type_} is not an array")
