"""Nodes of the typed tree as the compiler itself writes them, all at one place of the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.types import INT, SCALAR, Type


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes nodes at `span`."""

    span: Span

    # ── values ───────────────────────────────────────────────────────────────

    @property
    def zero(self) -> typed.Expr:
        return typed.Constant(self.span, SCALAR, 0.0)

    def integer(self, value: int) -> typed.Expr:
        return typed.Constant(self.span, INT, value)

    def variable(self, name: str, type_: Type, is_mutable: bool = False) -> typed.Variable:
        return typed.Variable(name, type_, self.span, is_mutable=is_mutable)

    def use(self, variable: typed.Variable) -> typed.Expr:
        return typed.Local(self.span, variable.type, variable)

    def operation(self, name: str, *operands: typed.Expr, type: Type = SCALAR) -> typed.Expr:
        return typed.Operation(self.span, type, name, operands)

    def call(self, function: typed.Function, *arguments: typed.Expr, type: Type) -> typed.Expr:
        return typed.Call(self.span, type, function, arguments, tuple(False for _ in arguments))

    def sum(self, left: typed.Expr, right: typed.Expr) -> typed.Expr:
        return self.operation("add", left, right)

    def product(self, left: typed.Expr, right: typed.Expr) -> typed.Expr:
        return self.operation("mul", left, right)

    # ── functions as values ──────────────────────────────────────────────────

    def lambda_(self, parameters: Sequence[typed.Variable], body: typed.Expr) -> typed.Expr:
        type_ = types.Function(tuple(each.type for each in parameters), body.type)
        return typed.Lambda(self.span, type_, tuple(parameters), body)

    def derivative(self, kind: str, function: typed.Expr, result: Type) -> typed.Expr:
        """`grad(function)` and its kin, which take what the function takes."""
        type_ = types.pruned(function.type)
        assert isinstance(type_, types.Function)
        return typed.Derivative(self.span, types.Function(type_.parameters, result), kind, function)

    def call_value(self, function: typed.Expr, arguments: Sequence[typed.Expr], type: Type) -> typed.Expr:
        return typed.CallValue(self.span, type, function, tuple(arguments), tuple(False for _ in arguments))

    # ── arrays and records ───────────────────────────────────────────────────

    def at(self, array: typed.Expr, *indices: typed.Expr) -> typed.Expr:
        """One element, or with fewer indices than axes a row."""
        type_ = types.pruned(array.type)
        assert isinstance(type_, types.Array)
        rest = type_.shape[len(indices) :]
        return typed.Index(self.span, types.Array(type_.element, rest) if rest else type_.element, array, indices)

    def length(self, array: typed.Variable) -> typed.Expr:
        return self.operation("len", self.use(array), self.integer(0), type=INT)

    def range(self, low: typed.Expr, high: typed.Expr) -> typed.Expr:
        return typed.IntRange(self.span, types.Array(INT), low, high)

    def array(self, elements: Sequence[typed.Expr], element: Type = SCALAR) -> typed.Expr:
        return typed.ArrayLiteral(self.span, types.Array(element, (len(elements),)), tuple(elements))

    def each(self, index: typed.Variable, iterable: typed.Expr, element: typed.Expr) -> typed.Expr:
        """`[element for index in iterable]`."""
        return typed.Comprehension(self.span, types.Array(element.type), index, iterable, element)

    def record(self, fields: Sequence[tuple[str, typed.Expr]]) -> typed.Expr:
        type_ = types.Record(tuple((name, value.type) for name, value in fields))
        return typed.RecordLiteral(self.span, type_, tuple(fields))

    # ── statements ───────────────────────────────────────────────────────────

    def let(self, variable: typed.Variable, value: typed.Expr) -> typed.Let:
        return typed.Let(self.span, variable, value)

    def assign(self, variable: typed.Variable, value: typed.Expr) -> typed.Statement:
        return typed.Assign(self.span, variable, value)

    def store(self, array: typed.Variable, index: typed.Expr, value: typed.Expr) -> typed.Statement:
        return typed.SetIndex(self.span, array, (index,), value)

    def loop(self, index: typed.Variable, iterable: typed.Expr, body: Sequence[typed.Statement]) -> typed.Statement:
        return typed.For(self.span, index, iterable, self.block(body, None))

    def block(self, statements: Sequence[typed.Statement], value: typed.Expr | None) -> typed.Block:
        return typed.Block(self.span, value.type if value else types.NOTHING, tuple(statements), value)

    def function(self, name: str, parameters: Sequence[typed.Variable], body: typed.Expr) -> typed.Function:
        type_ = types.Function(tuple(each.type for each in parameters), body.type)
        defaults = tuple(None for _ in parameters)
        return typed.Function(name, tuple(parameters), defaults, type_, body, self.span)
