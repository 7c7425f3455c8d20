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

from qdsl.lang.core.ir import BOOL, INT, REAL, ArrayType, Block, Failure, Function, Module, Op, Scalar, Type, Value
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.report import InternalError


@dataclass(frozen=True, slots=True)
class Legal:
    """What an operation must look like: a pattern for its operands, its results, and each region's in and out.

    A pattern is a row of words: `bool int real` for themselves, `T` for any one type, `S` for a scalar, `[S]` for an
    array of it; a letter is the same wherever it stands. With dots a word stands for several: `C...` for a row of
    types, `S...` for any number of one, `number...` for Ints and reals, `int...` for one index along each axis of the
    array. `holds` is what a pattern cannot say.
    """

    operands: str
    results: str
    regions: tuple[tuple[str, str], ...] = ()
    attributes: tuple[str, ...] = ()
    holds: Callable[[Op], bool] = lambda op: True


def _constant_of_its_type(op: Op) -> bool:
    value: object = op.attributes["value"]
    return isinstance(op.result.type, Scalar) and type(value) is _PYTHON[op.result.type]


def _axis_of_the_array(op: Op) -> bool:
    axis: int = op.attributes["axis"]
    return 0 <= axis < len(_shape(op.operands[0].type))


_PYTHON: dict[Scalar, type] = {BOOL: bool, INT: int, REAL: float}

LEGAL: dict[str, Legal] = {
    "const": Legal("", "S", attributes=("value",), holds=_constant_of_its_type),
    "select": Legal("bool T T", "T"),
    "check": Legal(
        "bool number...", "", attributes=("failure",), holds=lambda op: isinstance(op.attributes["failure"], Failure)
    ),
    "array": Legal("S...", "[S]", holds=lambda op: _shape(op.result.type) in ((len(op.operands),), (None,))),
    "build": Legal("int...", "[S]", (("int...", "S"),)),
    "len": Legal("[S]", "int", attributes=("axis",), holds=_axis_of_the_array),
    "get": Legal("[S] int...", "S"),
    "set": Legal("[S] int... S", "[S]", holds=lambda op: fits(op.result.type, op.operands[0].type)),
    "slice": Legal("[S] int int", "[S]", holds=lambda op: len(_shape(op.result.type)) == 1),
    "if": Legal("bool", "C...", (("", "C..."), ("", "C..."))),
    "for": Legal("int int C...", "C...", (("int C...", "C..."),)),
    "while": Legal("C...", "C...", (("C...", "bool"), ("C...", "C..."))),
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
    if isinstance(left, Scalar) or isinstance(right, Scalar):
        return False
    return (
        left.element is right.element
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
            if _types(op.operands) != primitive.operands or _types(op.results) != (primitive.result,) or op.regions:
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
        rows = [(legal.operands, op.operands), (legal.results, op.results)]
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
        if word == "int...":
            self.axes = available if self.axes is None else self.axes
            return self.axes
        return available

    def row(self, word: str, types: tuple[Type, ...], count: int) -> bool:
        if len(types) != count:
            return False
        if word == "number...":
            return all(type_ in (INT, REAL) for type_ in types)
        if word == "C...":
            return _all_fit(types, self.rows.setdefault(word, types))
        return all(self.one(word[:-3], type_) for type_ in types)

    def one(self, word: str, type_: Type) -> bool:
        if word == "[S]":
            return isinstance(type_, ArrayType) and self.array(type_)
        if word == "S" and not isinstance(type_, Scalar):
            return False
        return fits(type_, _NAMED[word] if word in _NAMED else self.single.setdefault(word, type_))

    def array(self, type_: ArrayType) -> bool:
        if self.axes is None:
            self.axes = len(type_.shape)
        return len(type_.shape) == self.axes and self.one("S", type_.element)


_NAMED: dict[str, Type] = {"bool": BOOL, "int": INT, "real": REAL}


def _types(values: Sequence[Value]) -> tuple[Type, ...]:
    return tuple([value.type for value in values])


def _all_fit(left: Sequence[Type], right: Sequence[Type]) -> bool:
    return len(left) == len(right) and all(map(fits, left, right))


def _shape(type_: Type) -> tuple[int | None, ...]:
    return type_.shape if isinstance(type_, ArrayType) else ()
