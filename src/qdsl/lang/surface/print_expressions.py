"""Expressions as documents, with the brackets that the tree needs and no others.

Two habits that are not forced by the grammar: a number joins `pi` (`2pi`) and stands apart from anything else
(`9.8 m`), and what follows such a quantity as part of its unit is written close to it (`9.8 m/s^2`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Self

from qdsl.lang.report import InternalError
from qdsl.lang.surface.pages import SOFT, Doc, Group, HardLine, IfBroken, Indent, Line, laid_out
from qdsl.lang.surface.print_types import TypePrinter
from qdsl.lang.surface.remarks import Remarks
from qdsl.lang.surface.tree import (
    Argument,
    Array,
    Binary,
    Block,
    Boolean,
    BrokenExpr,
    Call,
    Compare,
    Comprehension,
    Convert,
    Expr,
    Field,
    If,
    Index,
    Juxtapose,
    Ket,
    Lambda,
    Node,
    Number,
    Range,
    Record,
    RecordField,
    Reference,
    Slice,
    String,
    Unary,
    Uncertain,
    method,
)

(
    _LAMBDA,
    _OR,
    _AND,
    _NOT,
    _COMPARE,
    _CONVERT,
    _TOLERANCE,
    _SUM,
    _PRODUCT,
    _SIGNED,
    _JUXTAPOSE,
    _POWER,
    _PRIMARY,
    _POSTFIX,
) = range(14)
_BINARY = {"or": _OR, "and": _AND, "+/-": _TOLERANCE, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}
_NO_LIMIT = 10**9


class ExpressionPrinter(TypePrinter):
    """Expressions. Blocks, which hold statements, are printed by the subclass; `one_line` is set inside a text."""

    def __init__(self, remarks: Remarks, one_line: bool = False) -> None:
        self.remarks = remarks
        self.one_line = one_line

    @abstractmethod
    def block(self, block: Block) -> Doc: ...

    def value(self, expr: Expr) -> str:
        return self.flat(self.inside_line().expr(expr))

    def inside_line(self) -> Self:
        """A printer for what may not go over lines."""
        return type(self)(Remarks("", ()), one_line=True)

    def flat(self, doc: Doc) -> str:
        return laid_out(doc, _NO_LIMIT)

    def expr(self, expr: Expr, level: int = _LAMBDA) -> Doc:
        """In brackets if it binds looser than `level`."""
        doc, own = self.leveled(expr)
        return doc if own >= level else ["(", doc, ")"]

    def leveled(self, expr: Expr) -> tuple[Doc, int]:
        """The document and how tightly it binds."""
        match expr:
            case Number(text=text) | Uncertain(text=text):
                return text, _PRIMARY
            case Ket(text=text):
                return text, _POSTFIX
            case Reference(name=name):
                return name, _POSTFIX
            case Boolean(value=value):
                return ("true" if value else "false"), _POSTFIX
            case String(parts=parts):
                return self.string(parts), _POSTFIX
            case Binary():
                return self.binary(expr), _BINARY[expr.operator]
            case Unary(operator="not", operand=operand):
                return ["not ", self.expr(operand, _CONVERT if isinstance(operand, Compare) else _NOT)], _NOT
            case Unary(operand=operand):
                return ["-", self.expr(operand, _SIGNED)], _SIGNED
            case Juxtapose():
                return self.juxtaposition(expr), _JUXTAPOSE
            case Compare(operators=operators, operands=operands):
                return self.comparison(operators, operands), _COMPARE
            case Convert(value=value, unit=unit):
                return [self.expr(value, _TOLERANCE), " to ", self.unit_text(unit)], _CONVERT
            case Lambda():
                return self.lambda_(expr), _LAMBDA
            case If():
                return self.conditional(expr), _PRIMARY
            case _:
                return self.compound(expr), _POSTFIX

    def compound(self, expr: Expr) -> Doc:
        """What stands in brackets, or is called, indexed or taken from."""
        match expr:
            case Call(function=function, arguments=arguments):
                elements = [(each, self.argument(each)) for each in arguments]
                called = self.expr(function, _POSTFIX)
                if isinstance(function, Field) and method(expr) is None:
                    called = ["(", called, ")"]
                return [called, self.bracketed("(", elements, ")", _region(function, expr))]
            case Index(value=value, indices=indices):
                places = [(each, self.index(each)) for each in indices]
                return [self.expr(value, _POSTFIX), self.bracketed("[", places, "]", _region(value, expr), comma="")]
            case Field(value=value, name=name):
                return [self.expr(value, _POSTFIX), ".", name.text]
            case Array(elements=elements_):
                return self.bracketed("[", [(each, self.expr(each)) for each in elements_], "]", expr.span.absolute)
            case Record(fields=fields):
                return self.bracketed("(", [(each, self.argument(each)) for each in fields], ")", expr.span.absolute)
            case Comprehension(element=element, name=name, iterable=iterable):
                inner = [self.expr(element), Line(), f"for {name.text} in ", self.expr(iterable)]
                return Group(["[", Indent([SOFT, *inner]), SOFT, "]"])
            case Range(low=low, high=high):
                return [self.expr(low), " .. ", self.expr(high)]
            case Block():
                return self.block(expr)
            case BrokenExpr(span=span):
                return span.text
            case _:
                raise InternalError(f"no way to print a {type(expr).__name__}")

    # ── operations ──────────────────────────────────────────────────────────────────────────────────────────────

    def binary(self, expr: Binary) -> Doc:
        operator, left, right = expr.operator, expr.left, expr.right
        level = _BINARY[operator]
        if operator == "^":
            return [self.expr(left, _PRIMARY), "^", self.exponent(right)]
        if operator == "+/-":
            return [self.expr(left, _SUM), " +/- ", self.expr(right, _SUM)]
        first = self.expr(left, level)
        if operator == "/" and isinstance(left, Binary) and left.operator == "/" and isinstance(left.right, Juxtapose):
            first = [self.expr(left.left, _PRODUCT), " / (", self.expr(left.right), ")"]
        sign = operator if level == _PRODUCT and _ends_in_unit(left) and _is_unit_power(right) else f" {operator} "
        return [first, sign, self.expr(right, level + 1)]

    def exponent(self, expr: Expr) -> Doc:
        """After `^`: a power, with or without a sign before it."""
        if isinstance(expr, Unary) and expr.operator == "-":
            return ["-", self.exponent(expr.operand)]
        match expr:
            case Binary(operator="/", left=Number(text=above), right=Number(text=below)):
                return f"({above}/{below})"
        return self.expr(expr, _POWER)

    def juxtaposition(self, expr: Juxtapose) -> Doc:
        factor = expr.factor
        base = factor.left if isinstance(factor, Binary) and factor.operator == "^" else factor
        doc = self.expr(factor) if _is_factor(base) else ["(", self.expr(factor), ")"]
        joins = isinstance(base, Reference) and base.name == "pi" and not getattr(expr.number, "imaginary", False)
        return [self.expr(expr.number), "" if joins else " ", doc]

    def comparison(self, operators: Sequence[str], operands: Sequence[Expr]) -> Doc:
        doc: list[Doc] = [self.expr(operands[0], _CONVERT)]
        for operator, operand in zip(operators, operands[1:], strict=True):
            doc += [f" {operator} ", self.expr(operand, _CONVERT)]
        return doc

    def unit_text(self, unit: Expr, level: int = _PRODUCT) -> str:
        """A unit after `to`, without blanks."""
        match unit:
            case Binary(operator="^", left=left, right=right):
                return f"{self.unit_text(left, _PRIMARY)}^{self.unit_exponent(right)}"
            case Binary(operator=operator, left=left, right=right):
                text = f"{self.unit_text(left, _PRODUCT)}{operator}{self.unit_text(right, _POWER)}"
                return text if level <= _PRODUCT else f"({text})"
            case _:
                return self.flat(self.expr(unit))

    def unit_exponent(self, exponent: Expr) -> str:
        if isinstance(exponent, Binary):
            return f"({self.flat(self.expr(exponent.left))}/{self.flat(self.expr(exponent.right))})"
        return self.flat(self.expr(exponent))

    def starts_with_minus(self, expr: Expr) -> bool:
        return self.value(expr).startswith("-")

    # ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────

    def string(self, parts: Sequence[str | Expr]) -> Doc:
        """A text and what stands in its braces, which may not go over lines."""
        pieces = [_escaped(each) if isinstance(each, str) else f"{{{self.value(each)}}}" for each in parts]
        return f'"{"".join(pieces)}"'

    def argument(self, argument: Argument | RecordField) -> Doc:
        if argument.name is None:
            return self.expr(argument.value)
        return [argument.name.text, " = ", self.expr(argument.value)]

    def index(self, index: Expr | Slice) -> Doc:
        if isinstance(index, Slice):
            ends = ["" if each is None else self.expr(each) for each in (index.start, index.stop)]
            return [ends[0], ":", ends[1]]
        return self.expr(index)

    def lambda_(self, expr: Lambda) -> Doc:
        names = [each.text for each in expr.parameters]
        head = names[0] if len(names) == 1 else f"({', '.join(names)})"
        body = self.block(expr.body) if isinstance(expr.body, Block) else self.expr(expr.body)
        return [head, " -> ", body]

    def conditional(self, expr: If) -> Doc:
        doc: list[Doc] = ["if ", self.expr(expr.condition), " ", self.block(expr.then)]
        match expr.otherwise:
            case None:
                return doc
            case Block() as block:
                return [*doc, " else ", self.block(block)]
            case otherwise:
                return [*doc, " else ", self.expr(otherwise)]

    # ── bracketed lists ─────────────────────────────────────────────────────────────────────────────────────────

    def bracketed(
        self,
        opener: str,
        elements: Sequence[tuple[Node, Doc]],
        closer: str,
        region: tuple[int, int],
        comma: str = ",",
    ) -> Doc:
        """Elements on one line if they fit, else each on its own, with the comments of the region around them."""
        if not elements:
            return opener + closer
        rows: list[Doc] = []
        last, end = region
        for left, (node, doc) in zip(range(len(elements) - 1, -1, -1), elements, strict=True):
            stop = node.span.absolute[1]
            for comment in self.remarks.take(last, stop):
                rows += [comment.text, HardLine()]
            rows += [doc, "," if left else IfBroken(comma)]
            last = stop
            if (beside := self.remarks.beside(stop)) is not None:
                rows.append(beside[0])
                last = beside[1]
            if left:
                rows.append(Line())
        for comment in self.remarks.take(last, end):
            rows += [HardLine(), comment.text]
        return Group([opener, Indent([SOFT, *rows]), SOFT, closer])


def _region(before: Node, whole: Node) -> tuple[int, int]:
    """From the end of what stands before a bracket to the end of the whole."""
    return before.span.absolute[1], whole.span.absolute[1]


def _is_factor(expr: Expr) -> bool:
    """Whether a number may stand directly before it."""
    while isinstance(expr, Call | Index | Field):
        expr = expr.function if isinstance(expr, Call) else expr.value
    return isinstance(expr, Reference | Ket)


def _is_unit_power(expr: Expr) -> bool:
    """`s`, `s^2`: what a unit is made of."""
    if isinstance(expr, Binary) and expr.operator == "^":
        expr = expr.left
    return isinstance(expr, Reference) and expr.name != "pi"


def _ends_in_unit(expr: Expr) -> bool:
    """`9.8 m`, `9.8 kg*m`: a number with the beginning of its unit."""
    while isinstance(expr, Binary) and expr.operator in "*/":
        if not _is_unit_power(expr.right):
            return False
        expr = expr.left
    return isinstance(expr, Juxtapose) and _is_unit_power(expr.factor)


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "{": "{{", "}": "}}"})


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
