"""Shapes: what is known of an array's lengths is written into its type.

    %n = const 3                                   %n = const 3
    %a = build %n -> [real] { .. }         =>      %a = build %n -> [real; 3] { .. }
    %m = len %a axis 0                             %m = const 3
    %b = build %n { |%i| get %a, %i .. }           %b = build %n { |%i| get %a, %i inside .. }

Lengths follow from constants, from the array that `set` changes, from what both arms of an `if` yield, and from what a
loop starts with, if each round hands on an array of the same length. A small array of known lengths lives in registers
(`native.program.is_small`), and loops over it have bounds that `unroll` can write out. An index that counts through a
known range is inside every array that is as long.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import ArrayType, Block, Function, Op, Type, Value
from qdsl.lang.core.rewrite import Rewriter

Shape = tuple[int | None, ...]


def shapes(function: Function) -> Function:
    found = _Lengths(function)
    known = all(found.shape[value] == value.type.shape for value in found.shape if isinstance(value.type, ArrayType))
    if known and not found.inside:
        return function
    return _Retyped(found).rewrite(function)


class _Lengths:
    """The shape of every array of a function, the Ints that are lengths or constants, those that are not negative and
    below a known one, and the `get` and `set` whose indices are inside.
    """

    def __init__(self, function: Function) -> None:
        self.shape: dict[Value, Shape] = {}
        self.number: dict[Value, int] = {}
        self.below: dict[Value, int] = {}
        self.inside: set[Op] = set()
        for value in function.parameters:
            self.set(value, _declared(value))
        self.block(function.body)

    def set(self, value: Value, shape: Shape) -> None:
        """What its type says, and where that says nothing, what was found."""
        if isinstance(value.type, ArrayType):
            self.shape[value] = tuple(n if n is not None else m for n, m in zip(value.type.shape, shape, strict=True))

    def of(self, value: Value) -> Shape:
        return self.shape.get(value, ())

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.op(op)

    def op(self, op: Op) -> None:
        match op.name:
            case "const" if type(op.attributes["value"]) is int:
                self.number[op.result] = op.attributes["value"]
            case "len":
                _keep(self.number, op.result, self.of(op.operands[0])[op.attributes["axis"]])
            case "array":
                self.set(op.result, (len(op.operands),))
            case "build":
                lengths = [self.number.get(each) for each in op.operands]
                self.count(op.regions[0].parameters, lengths)
                self.block(op.regions[0])
                self.set(op.result, tuple(None if n is None else max(n, 0) for n in lengths))
            case "set":
                self.set(op.result, self.of(op.operands[0]))
                self.find(op, op.operands[1:-1])
            case "get":
                self.find(op, op.operands[1:])
            case "select" if isinstance(op.result.type, ArrayType):
                self.set(op.result, _agreed(self.of(op.operands[1]), self.of(op.operands[2])))
            case "slice":
                low, high = (self.number.get(each) for each in op.operands[1:])
                self.set(op.result, (None if low is None or high is None or high < low else high - low,))
            case "if":
                for region in op.regions:
                    self.block(region)
                for result, *yields in zip(op.results, *(region.yields for region in op.regions), strict=True):
                    self.set(result, _agreed(*map(self.of, yields)))
            case "for":
                low, high = (self.number.get(each) for each in op.operands[:2])
                self.count(op.regions[0].parameters[:1], [high if low is not None and low >= 0 else None])
                self.loop(op, op.operands[2:], [op.regions[0].parameters[1:]])
            case "while":
                self.loop(op, op.operands, [region.parameters for region in op.regions])
            case _:
                for result in op.results:
                    self.set(result, _declared(result))

    def count(self, indices: Sequence[Value], lengths: Sequence[int | None]) -> None:
        """Indices that go up to these lengths."""
        for index, length in zip(indices, lengths, strict=True):
            _keep(self.below, index, length)

    def find(self, op: Op, indices: Sequence[Value]) -> None:
        """Whether the op's indices are inside, which it may not say yet."""
        pairs = zip(indices, self.of(op.operands[0]), strict=True)
        if not op.attributes.get("inside") and all(self.is_below(index, length) for index, length in pairs):
            self.inside.add(op)
        else:
            self.inside.discard(op)

    def is_below(self, index: Value, length: int | None) -> bool:
        if length is None:
            return False
        number = self.number.get(index)
        return self.below.get(index, length + 1) <= length if number is None else 0 <= number < length

    def loop(self, op: Op, start: Sequence[Value], parameters: Sequence[Sequence[Value]]) -> None:
        """Suppose that rounds keep the lengths there are at the start; forget those that they do not."""
        body = op.regions[-1]
        carried = [self.of(value) for value in start]
        while True:
            for row in parameters:
                for parameter, shape in zip(row, carried, strict=True):
                    self.set(parameter, shape)
            for region in op.regions:
                self.block(region)
            kept = [
                _agreed(shape, self.of(value)) if isinstance(value.type, ArrayType) else ()
                for shape, value in zip(carried, body.yields, strict=True)
            ]
            if kept == carried:
                break
            carried = kept
        for result, shape in zip(op.results, carried, strict=True):
            self.set(result, shape)


def _keep(table: dict[Value, int], value: Value, number: int | None) -> None:
    """What is known of the value now: of a loop's first trip through here it may have been more."""
    if number is None:
        table.pop(value, None)
    else:
        table[value] = number


def _declared(value: Value) -> Shape:
    return value.type.shape if isinstance(value.type, ArrayType) else ()


def _agreed(left: Shape, right: Shape) -> Shape:
    return tuple(m if m == n else None for m, n in zip(left, right, strict=True))


class _Retyped(Rewriter):
    """The same function with better types."""

    def __init__(self, found: _Lengths) -> None:
        super().__init__()
        self.found = found
        self.inside = {op.result for op in found.inside}

    def rule(self, op: Op) -> Sequence[Value] | None:
        if op.name == "len" and op.result in self.found.number:
            return (self.builder.const(self.found.number[op.result]),)
        regions = tuple(self.region(region) for region in op.regions)
        results = tuple(map(self.better, op.results))
        attributes = {"inside": True} if results[:1] and op.results[0] in self.inside else op.attributes
        self.builder.ops.append(Op(op.name, op.operands, results, attributes, regions, op.span))
        return results

    def region(self, region: Block) -> Block:
        parameters = tuple(map(self.better, region.parameters))
        self.replaced.update(
            (old, new) for old, new in zip(region.parameters, parameters, strict=True) if old is not new
        )
        return self.block(Block(parameters, region.ops, region.yields))

    def better(self, value: Value) -> Value:
        shape = self.found.shape.get(value)
        if shape is None or not isinstance(value.type, ArrayType) or shape == value.type.shape:
            return value
        type_: Type = ArrayType(value.type.element, shape)
        return Value(type_, value.hint)
