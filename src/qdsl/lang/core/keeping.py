"""Which arrays are other arrays with some elements written: they have the other's lengths, and mostly its elements.

    while .. { |%y|
      %next = set %y, %i, %v      %next keeps %y
      yield %next
    }

In lanes, each `set` writes under the mask, so that what %next has for a lane that does not run is what %y has: no blend
of the two arrays is needed. In a derivative, every round of the loop has an array of the same length.

In: a function. Out: answers about its values.
"""

from __future__ import annotations

from qdsl.lang.core.ir import ArrayType, Function, Op, Value


class Keeping:
    """Where the values of one function come from, and which of them are used."""

    def __init__(self, function: Function) -> None:
        self.origin: dict[Value, Op] = {}
        self.used: set[Value] = set(function.body.yields)
        self._known: dict[tuple[Value, Value], bool] = {}
        for op in function.body.walk():
            self.origin.update((result, op) for result in op.results)
            self.used.update(op.operands)
            for region in op.regions:
                self.used.update(region.yields)

    def keeps(self, value: Value, base: Value) -> bool:
        """Whether `value` is `base` but for elements that `set` wrote."""
        if value is base:
            return True
        key = value, base
        if key not in self._known:
            self._known[key] = isinstance(value.type, ArrayType) and self._traced(value, base)
        return self._known[key]

    def _traced(self, value: Value, base: Value) -> bool:
        op = self.origin.get(value)
        match op:
            case Op("set"):
                return self.keeps(op.operands[0], base)
            case Op("if"):
                at = op.results.index(value)
                return all(self.keeps(region.yields[at], base) for region in op.regions)
            case Op("for" | "while"):
                carried = len(op.results)
                at = op.results.index(value) - carried
                body = op.regions[-1]
                return self.keeps(op.operands[at], base) and self.keeps(body.yields[at], body.parameters[at])
            case _:
                return False
