"""Whether core IR is legal: the rules are `LEGAL` and the primitives' rows; the rest of the file applies them.

In: a module. Out: nothing, or an `InternalError` that names the function and the operation: a pass was wrong. Held:

- every value is defined once in the whole module, before its uses and in a block around them;
- operands, results, regions and attributes are those of the operation's row;
- a call's arguments and results are those of the function called.

An array whose length is known may stand where an array of any length may, and the other way round: a length in a type
is a promise of whoever wrote it there. What must agree is the element, the number of axes, and the lengths that both
sides know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf, prod

from qdsl.lang.core.builder import widened
from qdsl.lang.core.ir import (
    BOOL,
    INT,
    REAL,
    ArrayType,
    Block,
    Failure,
    Function,
    Lanes,
    Module,
    Op,
    Scalar,
    Type,
    Value,
    Watch,
    scalar_of,
    width_of,
)
from qdsl.lang.core.primitives import PRIMITIVES, Primitive
from qdsl.lang.core.table import Table
from qdsl.lang.report import InternalError


@dataclass(frozen=True, slots=True)
class Legal:
    """What an operation must look like: a pattern for its operands, its results, and each region's in and out.

    A pattern is a row of words: `bool int real` for themselves, `T` for any one type, `S` and `N` for a number, `[S]`
    for an array of it, `<bool>` for lanes of them, `(bool)` for either; a letter is the same wherever it stands. With
    dots a word stands for several: `C...` for a row of types, `S...` for any number of one, `number...` for Ints and
    reals, `(number)...` for such and lanes of them, `int...` for one index along each axis of the array. `holds` is
    what a pattern cannot say.
    """

    operands: str
    results: str
    regions: tuple[tuple[str, str], ...] = ()
    attributes: tuple[str, ...] = ()
    holds: Callable[[Op], bool] = lambda op: True


def _constant_of_its_type(op: Op) -> bool:
    value: object = op.attributes["value"]
    return isinstance(op.result.type, Scalar) and type(value) is _PYTHON[op.result.type]


def _numbers_of_its_type(op: Op) -> bool:
    """A table has as many numbers as the lengths of its type say, and these are all known."""
    numbers: object = op.attributes["numbers"]
    shape = [length for length in _shape(op.result.type) if length is not None and length >= 0]
    return (
        isinstance(numbers, Table)
        and isinstance(op.result.type, ArrayType)
        and op.result.type.element is numbers.element
        and len(shape) == len(op.result.type.shape)
        and prod(shape) == len(numbers.values)
    )


def _axis_of_the_array(op: Op) -> bool:
    axis: int = op.attributes["axis"]
    return 0 <= axis < len(_shape(op.operands[0].type))


def _one_in_every_lane(op: Op) -> bool:
    """The widths of a select agree: a condition in lanes chooses between lanes."""
    condition, chosen = op.operands[0].type, op.result.type
    return not isinstance(condition, Lanes) or (width_of(chosen) == condition.width and isinstance(chosen, Lanes))


def _element_of_the_array(op: Op) -> bool:
    """An index in lanes finds an element for each."""
    array, *indices = (operand.type for operand in op.operands)
    widths = {width for width in (width_of(array), *map(width_of, indices)) if width}
    return widths <= {width_of(op.result.type)} and scalar_of(op.result.type) is scalar_of(array)


def _of_one_width(op: Op) -> bool:
    """What is watched has a threshold that zero is not above, and all numbers or none are in lanes; a row is an Int."""
    watch: object = op.attributes["watch"]
    if not isinstance(watch, Watch) or not 0 <= watch.threshold < inf:
        return False
    if watch.tells_row and scalar_of(op.operands[-1].type) is not INT:
        return False
    return len({width_of(operand.type) for operand in op.operands}) == 1


def _lanes_have_their_own(op: Op) -> bool:
    """Lanes that write at places of their own do so in arrays of their own."""
    array, *indices = (operand.type for operand in op.operands[:-1])
    return {width for width in map(width_of, indices) if width} <= {width_of(array)} and fits(op.result.type, array)


def _the_same_in_lanes(op: Op) -> bool:
    (given,) = op.operands
    width = width_of(op.result.type)
    return width > 0 and not width_of(given.type) and fits(op.result.type, widened(given.type, width))


_PYTHON: dict[Scalar, type] = {BOOL: bool, INT: int, REAL: float}

LEGAL: dict[str, Legal] = {
    "const": Legal("", "S", attributes=("value",), holds=_constant_of_its_type),
    "select": Legal("(bool) T T", "T", holds=_one_in_every_lane),
    "check": Legal(
        "bool number...", "", attributes=("failure",), holds=lambda op: isinstance(op.attributes["failure"], Failure)
    ),
    "watch": Legal("(real) (number)...", "", attributes=("watch",), holds=_of_one_width),
    "array": Legal("S...", "[S]", holds=lambda op: _shape(op.result.type) in ((len(op.operands),), (None,))),
    "table": Legal("", "[S]", attributes=("numbers",), holds=_numbers_of_its_type),
    "build": Legal("int...", "[S]", (("int...", "S"),)),
    "len": Legal("[S]", "int", attributes=("axis",), holds=_axis_of_the_array),
    "get": Legal("[S] (int)...", "N", holds=_element_of_the_array),
    "set": Legal("[S] (int)... S", "[S]", holds=_lanes_have_their_own),
    "slice": Legal("[S] int int", "[S]", holds=lambda op: len(_shape(op.result.type)) == 1),
    "if": Legal("bool", "C...", (("", "C..."), ("", "C..."))),
    "for": Legal("int int C...", "C...", (("int C...", "C..."),)),
    "while": Legal("C...", "C...", (("C...", "bool"), ("C...", "C..."))),
    "splat": Legal("T", "U", holds=_the_same_in_lanes),
    "tally": Legal("<bool>", ""),
    "any": Legal("<bool>", "bool"),
    "highest": Legal("<int>", "int"),
    "blend": Legal("<bool> [S] [S]", "[S]"),
}


def verify(module: Module) -> None:
    """Raise unless the module is legal."""
    defined: set[Value] = set()
    for name, function in module.functions.items():
        if function.name != name:
            raise InternalError(f"the function @{function.name} is kept as @{name}")
        _Verifier(module, function, defined).block(function.body)


def fits(left: Type, right: Type) -> bool:
    """Whether a value of one type may stand for the other: equal but for lengths that one of them does not know."""
    if left is right or left == right:
        return True
    if not isinstance(left, ArrayType) or not isinstance(right, ArrayType):
        return False
    return (
        left.element == right.element
        and len(left.shape) == len(right.shape)
        and all(m is None or n is None or m == n for m, n in zip(left.shape, right.shape, strict=True))
    )


@dataclass
class _Verifier:
    """Walks one function. `defined` has all values of the module seen so far, `known` those that may be used here."""

    module: Module
    function: Function
    defined: set[Value]
    known: set[Value] = field(default_factory=set)

    def block(self, block: Block) -> None:
        """A block in the scope of what is known; its own values are forgotten after it."""
        self.define(block.parameters, "a parameter")
        for op in block.ops:
            self.op(op)
            self.define(op.results, op.name)
        if not self.known.issuperset(block.yields):
            raise self.error("a block yields a value that is not known there")
        self.known.difference_update(block.parameters, *(op.results for op in block.ops))

    def define(self, values: Sequence[Value], where: str) -> None:
        if not self.defined.isdisjoint(values) or len(set(values)) < len(values):
            raise self.error(f"{where} defines a value a second time")
        self.defined.update(values)
        self.known.update(values)

    def op(self, op: Op) -> None:
        if not self.known.issuperset(op.operands):
            raise self.error(f"{op.name} uses a value that is not known there")
        primitive = PRIMITIVES.get(op.name)
        if primitive is not None:
            if not _is_row(primitive, _types(op.operands), _types(op.results)) or op.regions:
                raise self.error(f"{op.name} has operands or results that are not its own")
        elif op.name == "call":
            self.call(op)
        elif op.name in LEGAL:
            self.structured(op, LEGAL[op.name])
        else:
            raise self.error(f"no operation is called {op.name}")
        for region in op.regions:
            self.block(region)

    def call(self, op: Op) -> None:
        callee = self.module.functions.get(op.attributes.get("function", ""))
        if callee is None:
            raise self.error(f"a call of {op.attributes.get('function')}, which is not in the module")
        if not _all_fit(_types(op.operands), _types(callee.parameters)):
            raise self.error(f"a call of @{callee.name} with other arguments than it takes")
        if not _all_fit(_types(op.results), callee.result_types):
            raise self.error(f"a call of @{callee.name} with other results than it has")

    def structured(self, op: Op, legal: Legal) -> None:
        bound = _Bound()
        rows = [(legal.results, op.results), (legal.operands, op.operands)]  # what is carried fits the results
        for (taken, given), region in zip(legal.regions, op.regions, strict=False):
            rows += [(taken, region.parameters), (given, region.yields)]
        if len(op.regions) != len(legal.regions):
            raise self.error(f"{op.name} has {len(op.regions)} regions")
        if not all(bound.matches(pattern, _types(values)) for pattern, values in rows):
            raise self.error(f"{op.name} has operands, results or regions that do not agree")
        if not all(name in op.attributes for name in legal.attributes) or not legal.holds(op):
            raise self.error(f"{op.name} has attributes that are not its own")

    def error(self, message: str) -> InternalError:
        return InternalError(f"illegal core IR in @{self.function.name}: {message}")


class _Bound:
    """What the letters of a `Legal` stand for in one operation."""

    def __init__(self) -> None:
        self.single: dict[str, Type] = {}
        self.rows: dict[str, tuple[Type, ...]] = {}
        self.axes: int | None = None

    def matches(self, pattern: str, types: tuple[Type, ...]) -> bool:
        """Whether the types are what the pattern says, given what is bound; binds the rest."""
        words = pattern.split()
        at = 0
        for place, word in enumerate(words):
            if word.endswith("..."):
                count = self.count(word, len(types) - at - (len(words) - place - 1))
                if not self.row(word, types[at : at + count], count):
                    return False
                at += count
            elif at < len(types) and self.one(word, types[at]):
                at += 1
            else:
                return False
        return at == len(types)

    def count(self, word: str, available: int) -> int:
        """How many types a word with dots takes."""
        if word in ("int...", "(int)..."):
            self.axes = available if self.axes is None else self.axes
            return self.axes
        return available

    def row(self, word: str, types: tuple[Type, ...], count: int) -> bool:
        if len(types) != count:
            return False
        if word == "number...":
            return all(type_ in (INT, REAL) for type_ in types)
        if word == "(number)...":
            return all(not isinstance(type_, ArrayType) and scalar_of(type_) is not BOOL for type_ in types)
        if word == "C...":
            return _all_fit(types, self.rows.setdefault(word, types))
        return all(self.one(word[:-3], type_) for type_ in types)

    def one(self, word: str, type_: Type) -> bool:
        if word == "[S]":
            return isinstance(type_, ArrayType) and self.array(type_)
        if word in ("S", "N") and isinstance(type_, ArrayType):
            return False
        if word.startswith(("(", "<")):
            in_lanes = isinstance(type_, Lanes)
            return scalar_of(type_) is _NAMED[word[1:-1]] and (in_lanes or (word[0] == "(" and type_ in _SCALARS))
        return fits(type_, _NAMED[word] if word in _NAMED else self.single.setdefault(word, type_))

    def array(self, type_: ArrayType) -> bool:
        if self.axes is None:
            self.axes = len(type_.shape)
        return len(type_.shape) == self.axes and self.one("S", type_.element)


_NAMED: dict[str, Type] = {"bool": BOOL, "int": INT, "real": REAL}
_SCALARS: frozenset[Type] = frozenset(Scalar)


def _is_row(primitive: Primitive, operands: tuple[Type, ...], results: tuple[Type, ...]) -> bool:
    """Whether these are the primitive's operands and result, all of them numbers or all in lanes of one width."""
    if operands == primitive.operands and results == (primitive.result,):
        return True
    widths = {type_.width if isinstance(type_, Lanes) else 0 for type_ in (*operands, *results)}
    (width,) = widths if len(widths) == 1 else (0,)
    return width > 0 and (*operands, *results) == tuple(
        Lanes(each, width) for each in (*primitive.operands, primitive.result)
    )


def _types(values: Sequence[Value]) -> tuple[Type, ...]:
    return tuple([value.type for value in values])


def _all_fit(left: Sequence[Type], right: Sequence[Type]) -> bool:
    return len(left) == len(right) and all(map(fits, left, right))


def _shape(type_: Type) -> tuple[int | None, ...]:
    return type_.shape if isinstance(type_, ArrayType) else ()
