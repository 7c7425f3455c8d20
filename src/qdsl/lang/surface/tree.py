"""The tree of a program as it was written.

Nodes are frozen and are compared by identity, so that later stages can keep side tables keyed by node. `same`
compares two trees by what they say, places and comments aside. Nothing is resolved here: a `Reference` is a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from qdsl.lang.node import FrozenNodeType
from qdsl.lang.source import Source, Span


class Node(metaclass=FrozenNodeType):
    """Anything that has a place."""

    span: Span


class Name(Node):
    """An identifier where it is declared or used as a label."""

    text: str


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────


class Expr(Node):
    """Something with a value."""


class Number(Expr):
    """`1_000`, `2.5e-6`, `2i`. `text` is as written; an Int has neither point nor exponent."""

    text: str
    value: int | float
    imaginary: bool = False


class Uncertain(Expr):
    """`18.21(42)`: a value and its standard uncertainty."""

    text: str
    value: float
    error: float


class String(Expr):
    """`"T = {t}"`: literal text and expressions in turn."""

    parts: tuple[str | Expr, ...]


class Boolean(Expr):
    value: bool


class Reference(Expr):
    """A word used for its value: a variable, a function, a constant or, where no value has that name, a unit."""

    name: str


class Ket(Expr):
    """`|0>`, `|+i>`, `<0|`, `<0|1>`, `|0><1|`, in ASCII and without blanks; called with the spaces that it is of."""

    text: str


class Array(Expr):
    elements: tuple[Expr, ...]


class Comprehension(Expr):
    """`[e for i in range(n)]`."""

    element: Expr
    name: Name
    iterable: Expr


class RecordField(Node):
    name: Name
    value: Expr


class Record(Expr):
    """`(a = 1 s, b = 2)`."""

    fields: tuple[RecordField, ...]


class Unary(Expr):
    """`-x`, `not b`."""

    operator: str
    operand: Expr


class Binary(Expr):
    """`+ - * / ^ and or`, and `±` in its ASCII spelling `+/-`. `operator_span` is the place of the sign itself."""

    operator: str
    operator_span: Span
    left: Expr
    right: Expr


class Juxtapose(Expr):
    """`2pi`, `3 us`, `2 (x + y)`: a number directly before a factor; tighter than `*`, looser than `^`."""

    number: Expr
    factor: Expr


class Compare(Expr):
    """`a < b <= c`: chained; operators are `== != < <= > >= ~=`."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]


class Convert(Expr):
    """`x to us`: names in `unit` are looked up among units first."""

    value: Expr
    unit: Expr


class Argument(Node):
    """`x` or `name = x` in a call."""

    name: Name | None
    value: Expr


class Call(Expr):
    """`f(x, n = 3)`; `x.f(y)` is a Call of a Field, and its `method`."""

    function: Expr
    arguments: tuple[Argument, ...]


class Slice(Node):
    """`i:j`, either end open, in an index."""

    start: Expr | None
    stop: Expr | None


class Index(Expr):
    """`v[i]`, `v[i:j]`, `m[i, j]`."""

    value: Expr
    indices: tuple[Expr | Slice, ...]


class Field(Expr):
    """`x.name`."""

    value: Expr
    name: Name


class Lambda(Expr):
    """`t -> e`, `(x, y) -> { .. }`."""

    parameters: tuple[Name, ...]
    body: Expr


class If(Expr):
    """`if c { a } else { b }`; `otherwise` is a Block, another If, or absent."""

    condition: Expr
    then: Block
    otherwise: Expr | None


class Block(Expr):
    """`{ .. }`: its value is that of its last statement, where that is an expression."""

    statements: tuple[Item, ...]


class Range(Expr):
    """`lo .. hi`, both ends included; only after `in`, and after the name of an argument."""

    low: Expr
    high: Expr


class BrokenExpr(Expr):
    """Where text could not be understood; `partial` is what could. A message has been reported."""

    partial: tuple[Node, ...]


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────


class TypeExpr(Node):
    """A type as written."""


class TypeName(TypeExpr):
    """`Time`, `Complex<Voltage>`, `Table(tau: Time, counts: Int)` (fields), `Fock(20)` (values), `Qubit[n]` (the length
    of a register).
    """

    name: Name
    arguments: tuple[TypeExpr, ...] = ()
    fields: tuple[TypeField, ...] = ()
    values: tuple[Expr, ...] = ()
    length: Expr | None = None


class TypeOne(TypeExpr):
    """The `1` of `1/Time`."""


class TypeProduct(TypeExpr):
    """`Length * Mass`, `Length / Time`."""

    operator: str
    left: TypeExpr
    right: TypeExpr


class TypePower(TypeExpr):
    """`Time^2`, `Length^(1/2)`."""

    base: TypeExpr
    exponent: Fraction


class TypeArray(TypeExpr):
    """`[T]`, `[T; n]`, `[T; n, m]`."""

    element: TypeExpr
    shape: tuple[Expr, ...]


class TypeField(Node):
    name: Name
    type: TypeExpr


class TypeRecord(TypeExpr):
    """`(a: Time, b: Scalar)`."""

    fields: tuple[TypeField, ...]


class TypeFunction(TypeExpr):
    """`(Time, Scalar) -> Scalar`."""

    parameters: tuple[TypeExpr, ...]
    result: TypeExpr


class TypeHole(TypeExpr):
    """`?`: a question to the checker."""


# ── statements and declarations ──────────────────────────────────────────────────────────────────────────────────


class Item(Node):
    """A statement or a declaration. `doc` of a declaration is the text of the `##` lines above it."""


class Let(Item):
    name: Name
    type: TypeExpr | None
    value: Expr
    doc: str = ""


class Var(Item):
    name: Name
    type: TypeExpr | None
    value: Expr


class Assign(Item):
    """`x = e`, `v[i] = e`: the target is a Reference or an Index of one."""

    target: Expr
    value: Expr


class ExpressionStatement(Item):
    value: Expr


class For(Item):
    name: Name
    iterable: Expr
    body: Block


class While(Item):
    condition: Expr
    body: Block


class Break(Item):
    pass


class Return(Item):
    value: Expr | None


class Assert(Item):
    condition: Expr


class Parameter(Node):
    """One parameter of a function."""

    name: Name
    type: TypeExpr | None
    default: Expr | None


class Generic(Node):
    """`D: Dim` in `fn f<D: Dim>`."""

    name: Name
    kind: Name | None


class Function(Item):
    """`fn f(..) = e`, `fn f(..) { .. }`, or `extern fn f(..) -> T`, which has no body."""

    name: Name
    generics: tuple[Generic, ...]
    parameters: tuple[Parameter, ...]
    result: TypeExpr | None
    body: Expr | None
    doc: str = ""


class Param(Item):
    """`param p: T = default in lo .. hi ~ Prior(..)` of an experiment."""

    name: Name
    type: TypeExpr | None
    default: Expr | None
    bounds: Range | None
    prior: Expr | None
    doc: str = ""


class AxisName(Node):
    name: Name
    type: TypeExpr | None


class Axis(Item):
    """`axis tau: Time = ..`; `axis a: T, b: U = zip(xs, ys)` is a path. The values may be absent: data bring them."""

    names: tuple[AxisName, ...]
    value: Expr | None
    doc: str = ""


class Measure(Item):
    """`measure counts ~ Binomial(n, p)`."""

    name: Name
    distribution: Expr
    doc: str = ""


class Experiment(Item):
    """`experiment e { .. }`; members are Param, Axis, Let, Measure."""

    name: Name
    members: tuple[Item, ...]
    doc: str = ""


class Test(Item):
    name: str
    body: Block


class Import(Item):
    """`import a.b as c`, `import "file.qdsl" as c`: `path` is the dotted name, or the file's path with `is_file`."""

    path: str
    is_file: bool
    alias: Name | None


class FromImport(Item):
    """`from a.b import x, y`; `from "file.qdsl" import x`."""

    path: str
    is_file: bool
    names: tuple[Name, ...]


class Dimension(Item):
    """`dimension Time`, `dimension Frequency = Cycle / Time`."""

    name: Name
    definition: TypeExpr | None
    doc: str = ""


class Unit(Item):
    """`unit second(s): Time prefixes si`, `unit hertz(Hz) = cycle / second prefixes si`."""

    name: Name
    symbol: Name | None
    dimension: TypeExpr | None
    definition: Expr | None
    prefixes: Name | None
    doc: str = ""


class Const(Item):
    """`const G: Length^3 / (Mass * Time^2) = 6.67430(15)e-11 m^3/(kg s^2)`."""

    name: Name
    type: TypeExpr | None
    value: Expr
    doc: str = ""


class Space(Item):
    """`space q: Qubit`."""

    name: Name
    type: TypeExpr
    doc: str = ""


class Effects(Item):
    """`povm m(q) = [E0, E1]`, `projective z(q) = [P(q, 0), P(q, 1)]`; `spaces` are what it measures."""

    name: Name
    spaces: tuple[Reference, ...]
    value: Expr
    is_projective: bool
    doc: str = ""


class ShowAs(Item):
    """`show H as matrix`."""

    value: Expr
    form: Name


class Option(Item):
    """`option nonfinite = keep`."""

    name: Name
    value: Name


class BrokenItem(Item):
    """A line that could not be understood; `partial` is what could, `names` what it declares. A message was given."""

    partial: tuple[Node, ...]
    names: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Comment:
    """`# text`, with the sign. `own_line` tells whether nothing but space stands before it on its line."""

    span: Span
    text: str
    own_line: bool


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A whole file."""

    source: Source
    items: tuple[Item, ...]
    comments: tuple[Comment, ...]


def method(call: Call) -> Field | None:
    """The `x.f` of `x.f(y)`, which is f(x, y). `(x.f)(y)` has none: in brackets it is a field that is called."""
    field = call.function
    return field if isinstance(field, Field) and field.span.end == field.name.span.end else None


def children(tree: Node) -> list[Node]:
    """The nodes directly below, in the order of their fields."""
    below: list[Node] = []
    for name in tree.__match_args__:
        value = getattr(tree, name)
        if isinstance(value, Node):
            below.append(value)
        elif type(value) is tuple:
            below += [item for item in value if isinstance(item, Node)]
    return below


def walk(tree: Node) -> Iterator[Node]:
    """The node and all below it, each before those below it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(children(node))


def same(left: object, right: object) -> bool:
    """Whether two trees say the same, wherever they stand."""
    if isinstance(left, tuple) and isinstance(right, tuple) and not isinstance(left, Span):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, Module) and isinstance(right, Module):
        return same(left.items, right.items)
    if isinstance(left, Node):
        return type(left) is type(right) and all(
            same(getattr(left, name), getattr(right, name)) for name in left.__match_args__ if not name.endswith("span")
        )
    return left == right
