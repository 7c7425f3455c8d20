"""Loops over elements, run W rounds at a time: which loops can be, and what W rounds are.

    %s = for %lo, %hi, %zero { |%i, %t|             loads    %x = get %a, %i
      %x = get %a, %i                               shared   %k
      %1 = mul %x, %k                        =>     rounds   @"f.rounds.0"(%x, %k) { %1 = mul ..; return (exp %1) }
      %2 = exp %1                                   ends     %t takes up the result, in order
      %u = add %t, %2
      yield %u
    }

In: a module and W. Out: for each such loop a `Strip`, whose rounds are a wide function over W of them (`lanes.widen`).
A `build` is such a loop. What is carried may be summed up, or be an array of which each round writes the element at its
own index: then no round needs what another one does. Sums are taken up lane by lane in the order of the rounds, so the
bits are those of one round after the other. Loops without a mathematical function are left as they are: there is
nothing in them that LLVM could not do as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qdsl.lang.core.ir import INT, ArrayType, Block, Function, Module, Op, Value
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.core.rewrite import copied
from qdsl.lang.lanes.varying import NoLanes
from qdsl.lang.lanes.widen import widen

ALLOWED = frozenset(PRIMITIVES) | {"const", "select", "check", "get", "len", "if", "call"}
"""What rounds may consist of."""


@dataclass(frozen=True, slots=True)
class Summed:
    """A number that each round adds a result to."""

    result: int


@dataclass(frozen=True, slots=True)
class Written:
    """An array of which each round writes an element: the last index is the round's, `before` are the others."""

    result: int
    before: tuple[Value, ...]


End = Summed | Written


@dataclass(frozen=True, eq=False)
class Strip:
    """A loop W rounds at a time. `function` is the wide function's name; it takes what is loaded, then the indices if
    `takes_index`, then what is shared. `ends` says of everything carried what becomes of the results; a `build` carries
    the array that it makes. `unchecked` are the arrays whose last index is yet to be found inside.
    """

    function: str
    loads: tuple[Op, ...]
    takes_index: bool
    shared: tuple[Value, ...]
    ends: tuple[End, ...]
    unchecked: tuple[Value, ...]


def strips(module: Module, names: Sequence[str], width: int) -> tuple[dict[Op, Strip], Module]:
    """The loops of these functions that can be run so, and the wide functions for it."""
    found: dict[Op, Strip] = {}
    wide: dict[str, Function] = {}
    for name in names:
        for op in _loops(module.functions[name].body):
            round_ = _round(op, f"{name}.rounds.{len(found)}")
            if round_ is None or not _is_worth_it(module, round_.function.body):
                continue
            try:
                widened = widen(_with(module, round_.function), round_.function.name, round_.varying, width)
            except NoLanes:
                continue
            wide |= widened.module.functions
            found[op] = round_.strip(widened.root)
    return found, Module(wide)


def _with(module: Module, function: Function) -> Module:
    return Module({**module.functions, function.name: function})


def _loops(block: Block) -> Iterator[Op]:
    return (op for op in block.walk() if op.name == "for" or (op.name == "build" and len(op.operands) == 1))


def _is_worth_it(module: Module, body: Block) -> bool:
    """Whether there is a mathematical function in it, whose last bits are ours."""
    return any(
        (op.name in PRIMITIVES and not PRIMITIVES[op.name].exact)
        or (op.name == "call" and _is_worth_it(module, module.functions[op.attributes["function"]].body))
        for op in body.walk()
    )


# ── one round ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Round:
    """A round as a function, and the rest of what a `Strip` says."""

    function: Function
    loads: tuple[Op, ...]
    takes_index: bool
    shared: tuple[Value, ...]
    ends: tuple[End, ...]
    unchecked: tuple[Value, ...]

    @property
    def varying(self) -> tuple[bool, ...]:
        return (True,) * (len(self.loads) + self.takes_index) + (False,) * len(self.shared)

    def strip(self, root: str) -> Strip:
        return Strip(root, self.loads, self.takes_index, self.shared, self.ends, self.unchecked)


def _round(op: Op, name: str) -> _Round | None:
    """What a round of the loop does by itself; None where rounds depend on each other, or do more than compute."""
    region = op.regions[0]
    index, *carried = region.parameters
    reading = _Reading(region)
    ends: list[End] = []
    results: list[Value] = []
    taken: set[Op] = set()
    if op.name == "build":
        ends, results = [Written(0, ())], list(region.yields)
    for value, following in zip(carried, region.yields, strict=op.name == "for"):
        end = reading.end(value, following, index, len(results))
        if end is None:
            return None
        last, result = end
        ends.append(last)
        results.append(result)
        taken.add(reading.origin[following])
    loads = [each for each in region.ops if each not in taken and reading.is_load(each, index)]
    own = [each for each in region.ops if each not in taken and each not in loads]
    if not all(_is_allowed(each) for each in own):
        return None
    used = dict.fromkeys(value for each in _walk(own) for value in (*each.operands, *_yields(each)))
    used.update(dict.fromkeys(results))
    loaded = {each.result for each in loads}
    inside = reading.defined - set(region.parameters)
    shared = [value for value in used if value not in inside and value not in loaded and value is not index]
    if not set(shared).isdisjoint(carried):
        return None
    unchecked = [each.operands[0] for each in loads if "inside" not in each.attributes]
    unchecked += [reading.origin[y].operands[0] for y in region.yields if _is_unchecked(reading.origin.get(y), taken)]
    parameters = [each.result for each in loads] + ([index] if index in used else []) + shared
    function = _function(name, parameters, own, results, op)
    return _Round(function, tuple(loads), index in used, tuple(shared), tuple(ends), tuple(unchecked))


def _function(
    name: str, parameters: Sequence[Value], ops: Sequence[Op], results: Sequence[Value], loop: Op
) -> Function:
    new = {value: Value(value.type, value.hint) for value in parameters}
    given = tuple(new.values())
    body = tuple([copied(each, new) for each in ops])
    return Function(name, Block(given, body, tuple([new[value] for value in results])), loop.span)


def _is_allowed(op: Op) -> bool:
    return op.name in ALLOWED and all(_is_allowed(inner) for region in op.regions for inner in region.ops)


def _is_unchecked(op: Op | None, taken: set[Op]) -> bool:
    return op is not None and op in taken and op.name == "set" and "inside" not in op.attributes


def _walk(ops: Sequence[Op]) -> Iterator[Op]:
    for op in ops:
        yield op
        for region in op.regions:
            yield from region.walk()


def _yields(op: Op) -> Iterator[Value]:
    for region in op.regions:
        yield from region.yields


class _Reading:
    """What is known of the values of a loop's region."""

    def __init__(self, region: Block) -> None:
        self.origin: dict[Value, Op] = {result: op for op in region.ops for result in op.results}
        self.defined: set[Value] = set(region.parameters)
        self.uses: Counter[Value] = Counter(region.yields)
        for op in region.walk():
            self.defined.update(op.results)
            self.uses.update(op.operands)
            for inner in op.regions:
                self.defined.update(inner.parameters)
                self.uses.update(inner.yields)

    def end(self, carried: Value, following: Value, index: Value, result: int) -> tuple[End, Value] | None:
        """What becomes of something carried, and the value of the round that it takes."""
        op = self.origin.get(following)
        if op is None or self.uses[following] != 1:
            return None
        if op.name == "add" and carried in op.operands and self.uses[carried] == 1:
            (added,) = (value for value in op.operands if value is not carried)
            return Summed(result), added
        if op.name == "set" and op.operands[0] is carried and self.is_at(op.operands[1:-1], index):
            places = op.operands[1:-1]
            reads = [each for each in self.origin.values() if carried in each.operands and each is not op]
            is_own = all(each.name == "get" and each.operands[1:] == places for each in reads)
            if is_own and self.uses[carried] == 1 + len(reads):
                return Written(result, places[:-1]), op.operands[-1]
        return None

    def is_load(self, op: Op, index: Value) -> bool:
        """Whether it is the element at the round's index of an array from outside."""
        return (
            op.name == "get"
            and isinstance(op.operands[0].type, ArrayType)
            and self.is_at(op.operands[1:], index)
            and op.operands[0] not in self.origin
        )

    def is_at(self, places: Sequence[Value], index: Value) -> bool:
        """Whether these indices are the round's after others from outside."""
        return places[-1] is index and all(value not in self.defined for value in places[:-1]) and index.type is INT
