"""Elements: what is read from an array that was just made or written to is what was put there.

    %b = set %a, 2, %x                       %b = set %a, 2, %x
    %y = get %b, 2                  =>       %z = get %a, 1
    %z = get %b, 1                           and %x for %y

Also the element of a `build` at a known place, if making it takes few operations that cannot fail. What is then never
read is dropped. So is what is put where something else comes to be put before anybody looks:

    %b = set %a, 2, %x
    %c = set %b, 3, %y              =>       %c = set %a, 3, %y
    %d = set %c, 2, %z                       %d = set %c, 2, %z
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

from qdsl.lang.core.ir import ArrayType, Function, Op, Value
from qdsl.lang.core.rewrite import Rewriter, copy_block
from qdsl.lang.optimise.effects import Constant, has_effect

FEW_OPS = 16


def elements(function: Function) -> Function:
    return _Elements(_overwritten(function)).rewrite(function)


def _overwritten(function: Function) -> set[Op]:
    """The `set`s at known places whose array has one use: another `set`, from where only more of them lead to one at
    the same place.
    """
    every = list(function.body.walk())
    sets = [op for op in every if op.name == "set"]
    if len(sets) < 2:
        return set()
    constants = {op.result: op.attributes["value"] for op in every if op.name == "const"}
    uses = Counter(value for op in every for value in op.operands)
    uses.update(value for op in every for region in op.regions for value in region.yields)
    uses.update(function.body.yields)
    # of an array that one `set` uses and nothing else: where something comes to be put before anybody looks
    later: dict[Value, set[tuple[int | None, ...]]] = {}
    found: set[Op] = set()
    for op in reversed(sets):  # what uses an array stands after what makes it
        source, *indices, _ = op.operands
        at = tuple([constants.get(index) for index in indices])
        places = later.get(op.result, set()) if uses[op.result] == 1 else set()
        if None in at or not _is_inside(at, source):
            continue
        if at in places:
            found.add(op)
        places.add(at)
        if uses[source] == 1:
            later[source] = places
    return found


class _Elements(Rewriter):
    def __init__(self, overwritten: Set[Op]) -> None:
        super().__init__()
        self.overwritten = overwritten

    def visit(self, op: Op) -> None:
        """A `set` that nobody sees leaves its array as it was."""
        if op in self.overwritten:
            self.replaced[op.result] = self.all_new(op.operands[:1])[0]
        else:
            super().visit(op)

    def rule(self, op: Op) -> Sequence[Value] | None:
        if op.name != "get":
            return None
        array, *indices = op.operands
        places = [self.constant(index) for index in indices]
        if None in places or not _is_inside(places, array):
            return None
        source = self.behind(array, places)
        made = self.origin.get(source)
        if made is not None and made.name == "set" and self.places(made) == places:
            return (made.operands[-1],)
        if made is not None and made.name == "build":
            found = self.built(made, indices)
            if found is not None:
                return found
        return None if source is array else (self.builder.get(source, *indices),)

    def behind(self, array: Value, places: list[int]) -> Value:
        """The array without changes at other known places."""
        while True:
            made = self.origin.get(array)
            if made is None or made.name != "set":
                return array
            written = self.places(made)
            if None in written or written == places:
                return array
            array = made.operands[0]

    def places(self, op: Op) -> list[int]:
        return [self.constant(index) for index in op.operands[1:-1]]

    def built(self, made: Op, indices: Sequence[Value]) -> Sequence[Value] | None:
        """The element, made anew: what it reads can be read, for the `build` did so before."""
        (body,) = made.regions
        if len(body.ops) > FEW_OPS or any(op.regions or _may_fail(op, self.constant) for op in body.ops):
            return None
        return copy_block(body, indices, self.builder)


def _may_fail(op: Op, constant: Constant) -> bool:
    return op.name != "get" and has_effect(op, constant)


def _is_inside(places: Sequence[int | None], array: Value) -> bool:
    assert isinstance(array.type, ArrayType)
    return all(at is not None and n is not None and 0 <= at < n for at, n in zip(places, array.type.shape, strict=True))
