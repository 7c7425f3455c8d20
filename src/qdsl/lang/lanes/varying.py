"""What differs between the points of a sweep, and what all of them share.

    func @f(%x: real, %n: int)     x varies:     %0 varies, %i and %1 do not: time, counters, indices and what is
      for 0, %n, 0.0 { |%i, %acc|                computed of them alone stay scalar; %acc varies, for %0 is added
        %0 = mul %x, %x                          to it
        %1 = wadd %i, %i
        ...

In: a module, a function's name, which of its parameters vary. Out: the set of its values that vary, found as the least
one that is closed under the rules below. A value of a region that only some lanes run (an arm of an `if` whose
condition varies, the rounds of a loop that some have left) is uniform if it is the same in those that do; what such a
region hands on varies. Lengths of arrays are always uniform. A function where they would not be, and one that calls
itself, has no lanes: `NoLanes` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qdsl.lang.core import calls
from qdsl.lang.core.ir import Block, Function, Module, Op, Value
from qdsl.lang.source import Span


class NoLanes(Exception):  # noqa: N818 - the function runs one point at a time; nothing is wrong with it
    """Why a function cannot run over lanes, in words for `--explain`, and where in it."""

    def __init__(self, reason: str, span: Span | None) -> None:
        super().__init__(reason)
        self.reason, self.span = reason, span


Pattern = tuple[bool, ...]
"""Which parameters, or results, of a function vary."""


@dataclass
class Analysis:
    """The varying values of each function of a module, for each pattern of varying parameters that is asked for."""

    module: Module
    _known: dict[tuple[str, Pattern], frozenset[Value]] = field(default_factory=dict)

    def varying(self, name: str, parameters: Pattern) -> frozenset[Value]:
        """The values of the function that vary if these parameters do."""
        key = name, parameters
        if key not in self._known:
            function = self.module.functions[name]
            if name in calls.recursive(self.module):
                raise NoLanes(f"{name} calls itself", function.span)
            self._known[key] = frozenset(_Marking(self, function, parameters).values)
        return self._known[key]

    def results(self, name: str, parameters: Pattern) -> Pattern:
        """Which of its results vary then."""
        varying = self.varying(name, parameters)
        return tuple(value in varying for value in self.module.functions[name].body.yields)


class _Marking:
    """Marks the values of one function until no rule marks any more."""

    def __init__(self, analysis: Analysis, function: Function, parameters: Pattern) -> None:
        self.analysis = analysis
        self.values = {value for value, varies in zip(function.parameters, parameters, strict=True) if varies}
        before = -1
        while len(self.values) != before:
            before = len(self.values)
            self.block(function.body)

    def varies(self, values: Sequence[Value]) -> bool:
        return not self.values.isdisjoint(values)

    def mark(self, values: Sequence[Value], by: Sequence[Value]) -> None:
        """Each of the values varies if its counterpart does."""
        self.values.update(value for value, cause in zip(values, by, strict=True) if cause in self.values)

    def block(self, block: Block) -> None:
        for op in block.ops:
            match op.name:
                case "if":
                    self.if_(op)
                case "for":
                    self.for_(op)
                case "while":
                    self.while_(op)
                case "build":
                    self.build(op)
                case "call":
                    self.call(op)
                case "len":
                    pass
                case "slice" if self.varies(op.operands[1:]):
                    raise NoLanes("the length of a slice differs from point to point", op.span)
                case _ if self.varies(op.operands):
                    self.values.update(op.results)

    def if_(self, op: Op) -> None:
        then, otherwise = op.regions
        self.block(then)
        self.block(otherwise)
        self.mark(op.results, then.yields)
        self.mark(op.results, otherwise.yields)
        if self.varies(op.operands):
            pairs = zip(op.results, then.yields, otherwise.yields, strict=True)
            self.values.update(result for result, a, b in pairs if a is not b)

    def for_(self, op: Op) -> None:
        low, high, *start = op.operands
        (body,) = op.regions
        index, *carried = body.parameters
        self.mark([index], [low])
        self.carry(op, body, start, carried, divergent=self.varies([low, high]))

    def while_(self, op: Op) -> None:
        condition, body = op.regions
        self.block(condition)
        self.carry(op, body, op.operands, body.parameters, divergent=self.varies(condition.yields))
        self.mark(condition.parameters, body.parameters)

    def carry(self, op: Op, body: Block, start: Sequence[Value], carried: Sequence[Value], divergent: bool) -> None:
        """What a loop carries. Where lanes leave it one by one, only what no round changes is still uniform."""
        self.mark(carried, start)
        self.block(body)
        self.mark(carried, body.yields)
        self.mark(op.results, carried)
        if divergent:
            pairs = zip(op.results, carried, body.yields, strict=True)
            self.values.update(result for result, before, after in pairs if before is not after)

    def build(self, op: Op) -> None:
        if self.varies(op.operands):
            raise NoLanes("the length of an array differs from point to point", op.span)
        (element,) = op.regions
        self.block(element)
        self.mark(op.results, element.yields)

    def call(self, op: Op) -> None:
        pattern = tuple(operand in self.values for operand in op.operands)
        if any(pattern):
            results = self.analysis.results(op.attributes["function"], pattern)
            self.values.update(value for value, varies in zip(op.results, results, strict=True) if varies)
