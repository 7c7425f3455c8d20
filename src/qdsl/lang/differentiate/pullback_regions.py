"""What operations with regions hand back: the arm that was taken, the rounds of a loop from the last to the first.

    %y = for 0, %n, %x { |%i, %a|           %dx = for 0, %n, %dy { |%k, %db|
      %b = B(%i, %a)                 =>       %i = n - 1 - %k, %a = get %tape, %i
      yield %b                                %b = B(%i, %a), as far as needed
    }                                         yield (what comes to %a from %db)
                                            }

The tape, of what each round began with, is written only for what the way back needs: a sum needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.core.builder import Builder, Region
from qdsl.lang.core.ir import INT, ArrayType, Block, Op, Value
from qdsl.lang.differentiate.recording import Tape, count_of_for, count_of_while, recorded
from qdsl.lang.differentiate.regions import fill
from qdsl.lang.differentiate.sweep import NoReverse, Sweep, Values, live


def if_(s: Sweep, op: Op) -> None:
    seeds = [(place, s.taken(result)) for place, result in enumerate(op.results) if result in s.adjoints]
    free = s.free(*op.regions)
    start = [s.adjoint(value) for value in free]

    def arm(region: Block) -> Region:
        def write(inner: Builder) -> list[Value]:
            with s.writing(inner, dict(zip(free, start, strict=True))):
                s.forwards(region.ops)
                for place, seed in seeds:
                    s.add(region.yields[place], seed)
                s.backwards(region.ops)
                ends = [s.adjoints[value] for value in free]
            inner.ops, _ = live(inner.ops, ends)
            return ends

        return write

    then, otherwise = op.regions
    condition = s.new[op.operands[0]]
    ends = s.builder.if_(condition, arm(then), arm(otherwise), [value.type for value in free])
    s.adjoints.update(zip(free, ends, strict=True))


def build(s: Sweep, op: Op) -> None:
    """Element by element, in order."""
    seed = s.taken(op.result)
    (region,) = op.regions
    free = s.free(region)

    def element(inner: Builder, indices: Values, gathered: Values) -> Values:
        with s.writing(inner, dict(zip(free, gathered, strict=True))):
            s.new.update(zip(region.parameters, indices, strict=True))
            s.forwards(region.ops)
            s.add(region.yields[0], s.builder.get(seed, *indices, inside=True))
            s.backwards(region.ops)
            ends = tuple([s.adjoints[value] for value in free])
        inner.ops, _ = live(inner.ops, ends)
        return ends

    along = [s.new[length] for length in op.operands]
    start = tuple([s.adjoint(value) for value in free])
    ends = fill(s.builder, along, start, element)
    s.adjoints.update(zip(free, ends, strict=True))


def for_(s: Sweep, op: Op) -> None:
    low, high = (s.new[bound] for bound in op.operands[:2])
    _rounds(s, op, lambda before: count_of_for(low, high, before), low)


def while_(s: Sweep, op: Op) -> None:
    loop = s.gone[op]
    _rounds(s, op, lambda before: count_of_while(loop, before), None)


def _rounds(s: Sweep, op: Op, count_of: Callable[[Builder], Value], low: Value | None) -> None:
    """A loop of either kind. `low` is the index of its first round, if it has one."""
    body = op.regions[-1]
    first = len(op.operands) - len(op.results)
    carried, initial = body.parameters[len(body.parameters) - len(op.results) :], op.operands[first:]
    _keep_sizes(s, body, carried, initial)
    before = Builder(span=op.span)
    count = count_of(before)
    places = [place for place, value in enumerate(carried) if value in s.active]
    free = s.free(body)
    seeds = [s.taken(result) if result in s.adjoints else s.zero(result) for result in (op.results[p] for p in places)]
    start = [*seeds, *(s.adjoint(value) for value in free)]

    head, rest = Builder(span=op.span), Builder(span=op.span)
    backwards = head.parameter(INT)
    parameters = [head.parameter(value.type) for value in (*(carried[place] for place in places), *free)]
    at = head.op("wsub", head.op("wsub", count, head.const(1)), backwards)
    held = [Value(value.type, value.hint) for value in carried]
    s.new.update(zip(carried, held, strict=True))
    if low is not None:
        s.new[body.parameters[0]] = head.op("wadd", low, at)
    with s.writing(rest, dict(zip(free, parameters[len(places) :], strict=True))):
        s.forwards(body.ops)
        for place, seed in zip(places, parameters, strict=False):
            s.add(body.yields[place], seed)
        s.backwards(body.ops)
        ends = [*(s.adjoint(carried[place]) for place in places), *(s.adjoints[value] for value in free)]

    ops, used = live(rest.ops, ends)
    needed = [place for place, value in enumerate(held) if value in used]
    for place, tape in zip(needed, _record(s, op, count, needed, before), strict=True):
        tape.load(head, at, held[place])
    results = tuple([Value(value.type) for value in parameters])
    block = Block(tuple(head.parameters), (*head.ops, *ops), tuple(ends))
    s.builder.ops.append(Op("for", (s.builder.const(0), count, *start), results, {}, (block,), op.span))
    s.adjoints.update(zip(free, results[len(places) :], strict=True))
    for place, result in zip(places, results, strict=False):
        s.add(initial[place], result)


def _keep_sizes(s: Sweep, body: Block, carried: Sequence[Value], initial: Sequence[Value]) -> None:
    """What is carried has at each round the lengths that it began with, or there is no tape of it."""
    for value, begun, handed_on in zip(carried, initial, body.yields, strict=True):
        if isinstance(value.type, ArrayType):
            if None in value.type.shape and not s.keeping.keeps(handed_on, value):
                raise NoReverse
            s.sizes[value] = s.sizes.get(begun) or s.new[begun]


def _record(s: Sweep, op: Op, count: Value, places: Sequence[int], before: Builder) -> list[Tape]:
    """Have the loop that went forwards write tapes. What it needs for that comes to stand before it."""
    gone = s.gone[op]
    loop, tapes = recorded(gone, count, places, before) if places else (gone, [])
    ops = s.builder.ops
    where = next(place for place, each in enumerate(ops) if each is gone)
    ops[where : where + 1] = [*before.ops, loop]
    return tapes


REGIONS: dict[str, Callable[[Sweep, Op], None]] = {"if": if_, "build": build, "for": for_, "while": while_}
