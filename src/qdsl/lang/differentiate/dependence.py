"""Which results of a function have a derivative by which of its parameters, as far as its form tells.

    func @f(%x: real, %a: real) -> (real, real) {
      %0 = grafted %x, %a                                 result 0 depends on a,
      %1 = mul %x, %a                           =>        result 1 on x and a
      return %0, %1
    }

A call whose result depends on nothing active has a derivative that is zero, and none is written: a solver that takes no
derivatives of its steps stays as it is, also where the function that it is given has parameters of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.calls import reachable, recursive
from qdsl.lang.core.ir import Block, Function, Module, Op, Value
from qdsl.lang.differentiate.rules import PARTIALS, is_zero
from qdsl.lang.differentiate.trip import is_real

Places = frozenset[int]
"""Of parameters of the function looked at."""

NOWHERE: Places = frozenset()


def dependence(module: Module, root: str) -> dict[str, tuple[Places, ...]]:
    """For the root and all that it calls: of each result the places of the parameters."""
    names = reachable(module, [root])
    again = recursive(Module({name: module.functions[name] for name in names}))
    found: dict[str, tuple[Places, ...]] = {}
    for name in names:
        function = module.functions[name]
        everything = frozenset(range(len(function.parameters)))
        if name in again:  # each of a cycle would wait for the others
            found[name] = tuple([everything if is_real(type_) else NOWHERE for type_ in function.result_types])
        else:
            found[name] = _Flow(found).of(function)
    return found


def sources(function: Function, known: dict[str, tuple[Places, ...]]) -> dict[Value, Places]:
    """For each value of a function that has a derivative by some of its parameters, by which. `known` has what
    `dependence` finds for the functions that it calls."""
    flow = _Flow(known)
    flow.of(function)
    return flow.sources


class _Flow:
    """Goes through a function in order; `sources` has the parameters that a real value comes from."""

    def __init__(self, known: dict[str, tuple[Places, ...]]) -> None:
        self.known = known
        self.sources: dict[Value, Places] = {}

    def of(self, function: Function) -> tuple[Places, ...]:
        for place, parameter in enumerate(function.parameters):
            if is_real(parameter.type):
                self.sources[parameter] = frozenset((place,))
        self.block(function.body)
        return self.all_from(function.body.yields)

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.op(op)

    def from_(self, value: Value) -> Places:
        return self.sources.get(value, NOWHERE)

    def all_from(self, values: Sequence[Value]) -> tuple[Places, ...]:
        return tuple([self.from_(value) for value in values])

    def add(self, value: Value, places: Places) -> bool:
        """Whether that is new."""
        before = self.from_(value)
        if not is_real(value.type) or places <= before:
            return False
        self.sources[value] = before | places
        return True

    def op(self, op: Op) -> None:
        match op.name:
            case "if":
                for region in op.regions:
                    self.block(region)
                    self.hand(region.yields, op.results)
            case "for" | "while":
                self.loop(op)
            case "call":
                for result, places in zip(op.results, self.known[op.attributes["function"]], strict=True):
                    self.add(result, NOWHERE.union(*(self.from_(op.operands[place]) for place in places)))
            case _:
                for region in op.regions:  # of a `build`
                    self.block(region)
                    self.hand(region.yields, op.results)
                partials = PARTIALS.get(op.name)
                for place, operand in enumerate(op.operands):
                    if partials is None or not is_zero(partials[place]):
                        for result in op.results:
                            self.add(result, self.from_(operand))

    def loop(self, op: Op) -> None:
        """Around until nothing new comes round: what is carried only gains sources."""
        *conditions, body = op.regions
        carried = body.parameters[len(body.parameters) - len(op.results) :]
        self.hand(op.operands[len(op.operands) - len(op.results) :], carried)
        while True:
            self.block(body)
            if not self.hand(body.yields, carried):
                break
        for condition in conditions:
            self.block(condition)
        self.hand(carried, op.results)

    def hand(self, values: Sequence[Value], to: Sequence[Value]) -> bool:
        """Whether one of them gained a source."""
        gained = [self.add(other, self.from_(value)) for value, other in zip(values, to, strict=True)]
        return True in gained
