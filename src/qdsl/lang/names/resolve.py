"""surface.Module -> Resolved: every word gets the symbol it stands for.

Declarations of a file (functions, experiments, units, constants, lets) see one another wherever they stand; statements
run in order, so a statement may only use lets above it. `Resolved.groups` lists the declarations so that each comes
after what it depends on; those that depend on each other share a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from qdsl.lang.names import errors
from qdsl.lang.names.blocks import Blocks
from qdsl.lang.names.declare import Declarations, failed
from qdsl.lang.names.imports import Imports, NoImports
from qdsl.lang.names.order import shortest_circle, strongly_connected
from qdsl.lang.names.symbols import Kind, Scope, Symbol
from qdsl.lang.report import Diagnostics, InternalError
from qdsl.lang.surface import tree


@dataclass(eq=False)
class Resolved:
    """A tree and what its names mean: keys are References, Fields, TypeNames and declaring Names."""

    module: tree.Module
    scope: Scope
    symbols: dict[tree.Node, Symbol]
    groups: list[list[Symbol]]


def from_surface(module: tree.Module, outer: Scope, imports: Imports, diagnostics: Diagnostics) -> Resolved:
    """Resolve a module whose names not declared here are those of `outer`."""
    scope = Scope(outer)
    declared = Declarations(module, scope, imports, diagnostics)
    declared.add_all()
    resolver = _Resolver(scope, declared, diagnostics)
    for item in module.items:
        resolver.top_level(item)
    declared.report_unused_imports()
    groups = strongly_connected(declared.dependencies)
    _report_circles(groups, resolver)
    return Resolved(module, scope, declared.symbols, groups)


def _report_circles(groups: Iterable[list[Symbol]], resolver: _Resolver) -> None:
    """Functions may need each other; a value, unit or dimension that needs itself has no meaning."""
    for group in groups:
        needs = resolver.declared.dependencies
        first = next((symbol for symbol in group if symbol.kind is not Kind.FUNCTION), None)
        goes_round = len(group) > 1 or group[0] in needs[group[0]]
        if first is not None and goes_round and not resolver.early.intersection(group):
            resolver.report(errors.needs_itself(first, shortest_circle(first, needs)))


def resolve_unit(node: tree.Expr, scope: Scope, diagnostics: Diagnostics) -> dict[tree.Node, Symbol]:
    """The units in a unit expression that stands alone, as in a data header."""
    inner = Scope(scope)
    declared = Declarations(tree.Module(node.span.source, (), ()), inner, NoImports(), diagnostics)
    _Resolver(inner, declared, diagnostics).unit_expression(node)
    return declared.symbols


BUILTIN_TYPES = frozenset(["Bool", "Int", "Text", "Complex", "Estimate", "Table", "Experiment", "Fit", "Distribution"])


class _Resolver:
    """Walks over a file. `bound` are the top-level lets above, `early` those that were used before they were bound."""

    def __init__(self, scope: Scope, declared: Declarations, diagnostics: Diagnostics) -> None:
        self.scope = scope
        self.declared = declared
        self.report = diagnostics.add
        self.symbols = declared.symbols
        self.blocks = Blocks(diagnostics)
        self.needs: list[Symbol] = []
        self.bound: set[Symbol] = set()
        self.early: set[Symbol] = set()
        self.in_order = False
        self.unit_chains: set[tree.Expr] = set()

    # ── items ────────────────────────────────────────────────────────────────

    def top_level(self, item: tree.Item) -> None:
        """Resolve what an item of the file says; a declaration's needs go into `dependencies`."""
        name: tree.Name | None = getattr(item, "name", None) if not isinstance(item, tree.Test | tree.For) else None
        symbol = self.symbols.get(name) if name is not None else None
        self.needs = self.declared.dependencies.get(symbol, []) if symbol is not None else []
        self.in_order = not isinstance(item, tree.Function | tree.Experiment | tree.Test | tree.Const | tree.Unit)
        self.visit(item)
        if symbol is not None:
            self.bound.add(symbol)

    def visit(self, node: tree.Node | None) -> None:
        if node is not None:
            rule = _RULES.get(type(node))
            if rule is None:
                raise InternalError(f"no scoping rule for {type(node).__name__}")
            rule(self, node)

    def visit_all(self, nodes: Iterable[tree.Node]) -> None:
        for node in nodes:
            self.visit(node)

    def broken(self, node: tree.BrokenItem | tree.BrokenExpr) -> None:
        """What is left of a thing given up. The names it binds are nobody's."""
        self.blocks.open()
        self.below(node)
        self.blocks.drop()

    def function(self, node: tree.Function) -> None:
        self.blocks.open_function()
        generics = Scope(self.scope)
        outer, self.scope = self.scope, generics
        for generic in node.generics:
            symbol = Symbol(generic.name.text, Kind.GENERIC, generic.name.span, generic)
            generics.types[generic.name.text] = symbol
            self.symbols[generic.name] = symbol
        for parameter in node.parameters:
            self.visit(parameter.type)
            self.visit(parameter.default)
        for parameter in node.parameters:
            self._bind(parameter.name, Kind.PARAMETER, parameter)
        self.visit(node.result)
        self.visit(node.body)
        self.scope = outer
        self.blocks.close_function()

    def experiment(self, node: tree.Experiment) -> None:
        self.blocks.open_function()
        for member in node.members:
            self.visit(member)
        for member in node.members:
            if isinstance(member, tree.Param):
                symbol = self.symbols[member.name]
                if not symbol.used:
                    self.report(errors.unused_param(symbol))
        self.blocks.close_function()

    def param(self, node: tree.Param) -> None:
        self.visit(node.type)
        self.visit(node.default)
        self.visit(node.bounds)
        self.visit(node.prior)
        self._bind(node.name, Kind.PARAM, node)

    def axis(self, node: tree.Axis) -> None:
        self.visit(node.value)
        for each in node.names:
            self.visit(each.type)
            self._bind(each.name, Kind.AXIS, each)

    def measure(self, node: tree.Measure) -> None:
        self.visit(node.distribution)
        self._bind(node.name, Kind.MEASURE, node)

    def test(self, node: tree.Test) -> None:
        self.visit(node.body)

    def let(self, node: tree.Let | tree.Var) -> None:
        self.visit(node.type)
        self.visit(node.value)
        if self.blocks:
            self._bind(node.name, Kind.LET if isinstance(node, tree.Let) else Kind.VAR, node)

    def assign(self, node: tree.Assign) -> None:
        self.visit(node.value)
        target = node.target
        while isinstance(target, tree.Index):
            self.visit_all(target.indices)
            target = target.value
        if not isinstance(target, tree.Reference):
            self.visit(target)
            return
        symbol = self._lookup(target.name)
        if symbol is None:
            self.report(errors.assigned_undeclared(target.span, target.name))
            return
        self.symbols[target] = symbol
        self.blocks.check_capture(symbol, target.span)
        if symbol.kind is not Kind.VAR:
            self.report(errors.not_assignable(target.span, symbol))

    def for_(self, node: tree.For) -> None:
        self.visit(node.iterable)
        self.blocks.loops += 1
        self.blocks.open()
        self._bind(node.name, Kind.LOOP, node)
        self.visit(node.body)
        self.blocks.close()
        self.blocks.loops -= 1

    def while_(self, node: tree.While) -> None:
        self.visit(node.condition)
        self.blocks.loops += 1
        self.visit(node.body)
        self.blocks.loops -= 1

    def break_(self, node: tree.Break) -> None:
        if not self.blocks.loops:
            self.report(errors.outside_loop(node.span))

    def return_(self, node: tree.Return) -> None:
        if not self.blocks.depth:
            self.report(errors.outside_function(node.span))
        self.visit(node.value)

    def block(self, node: tree.Block) -> None:
        self.blocks.open()
        self.visit_all(node.statements)
        self.blocks.close()

    # ── expressions ──────────────────────────────────────────────────────────

    def reference(self, node: tree.Reference) -> None:
        symbol = self._lookup(node.name)
        if symbol is None:
            symbol = self.scope.unit(node.name)
        if symbol is None:
            self.report(errors.unknown_name(node.span, node.name, self._value_names()))
            return
        if not failed(symbol):
            self._use(node, symbol)

    def unit_reference(self, node: tree.Reference) -> None:
        """A word after a number or after `to`: a unit first."""
        symbol = self.scope.unit(node.name) or self._lookup(node.name)
        if symbol is None:
            self.report(errors.unknown_unit(node.span, node.name, self._unit_names()))
            return
        self._use(node, symbol)

    def juxtapose(self, node: tree.Juxtapose) -> None:
        self.visit(node.number)
        base = _power_base(node.factor)
        if isinstance(base, tree.Reference):
            self.unit_reference(base)
            self._visit_exponent(node.factor)
            if self._is_unit(base):
                self.unit_chains.add(node)
        else:
            self.visit(node.factor)

    def binary(self, node: tree.Binary) -> None:
        self.visit(node.left)
        base = _power_base(node.right)
        chain = node.left in self.unit_chains and not _in_brackets(node.left)
        if node.operator in "*/" and chain and isinstance(base, tree.Reference):
            self._continue_unit(node, base)
            self._visit_exponent(node.right)
            return
        self.visit(node.right)

    def _continue_unit(self, node: tree.Binary, base: tree.Reference) -> None:
        """The `s` of `9.8 m/s`: a unit unless a value has the name; a value and a unit of one name are an error."""
        unit, value = self.scope.unit(base.name), self._lookup(base.name)
        if unit is not None and (value is None or value.kind in (Kind.FUNCTION, Kind.PRIMITIVE)):
            self._use(base, unit)
            self.unit_chains.add(node)
        elif unit is not None and value is not None:
            self.report(errors.unit_or_value(base.span, base.name, value))
            self._use(base, unit)
        else:
            self.reference(base)

    def convert(self, node: tree.Convert) -> None:
        self.visit(node.value)
        self.unit_expression(node.unit)

    def unit_expression(self, node: tree.Expr) -> None:
        match node:
            case tree.Reference():
                self.unit_reference(node)
            case tree.Binary(left=left, right=right):
                self.unit_expression(left)
                self.unit_expression(right)
            case tree.Juxtapose(factor=factor):
                self.unit_expression(factor)
            case tree.Unary(operand=operand):
                self.unit_expression(operand)
            case _:
                self.visit(node)

    def lambda_(self, node: tree.Lambda) -> None:
        self.blocks.open_function()
        for name in node.parameters:
            self._bind(name, Kind.PARAMETER, name)
        self.visit(node.body)
        self.blocks.close_function()

    def comprehension(self, node: tree.Comprehension) -> None:
        self.visit(node.iterable)
        self.blocks.open()
        self._bind(node.name, Kind.LOOP, node)
        self.visit(node.element)
        self.blocks.close()

    def call(self, node: tree.Call) -> None:
        if isinstance(node.function, tree.Field) and not self._is_module(node.function.value):
            self._method(node.function)
        else:
            self.visit(node.function)
        for argument in node.arguments:
            self.visit(argument.value)

    def _method(self, node: tree.Field) -> None:
        """`x.f(y)` is f(x, y)."""
        self.visit(node.value)
        symbol = self._lookup(node.name.text)
        if symbol is None:
            self.report(errors.unknown_name(node.name.span, node.name.text, self._value_names()))
        else:
            self._use(node, symbol)

    def field_(self, node: tree.Field) -> None:
        if not self._is_module(node.value):
            self.visit(node.value)
            return
        assert isinstance(node.value, tree.Reference)
        module = self._lookup(node.value.name)
        assert module is not None
        if module.exports is None:
            return
        self._use(node.value, module)
        symbol = module.exports.values.get(node.name.text)
        if symbol is None:
            self.report(errors.not_exported(node.name.span, module.name, node.name.text, module.exports.values))
        else:
            self._use(node, symbol)

    def type_name(self, node: tree.TypeName) -> None:
        if node.name.text not in BUILTIN_TYPES:
            symbol = self.scope.type(node.name.text)
            if symbol is None:
                known = [*BUILTIN_TYPES, *(name for scope in self.scope.chain() for name in scope.types)]
                self.report(errors.unknown_type(node.name.span, node.name.text, known))
            else:
                self._use(node, symbol)
        self.visit_all(node.arguments)
        self.visit_all(each.type for each in node.fields)
        self.visit_all(node.values)

    def type_array(self, node: tree.TypeArray) -> None:
        self.visit(node.element)
        for length in node.shape:
            constant = self.scope.value(length.name) if isinstance(length, tree.Reference) else None
            if constant is not None and constant.kind is Kind.CONSTANT:
                self._use(length, constant)
            elif not isinstance(length, tree.Reference):  # any other name is a length that the type leaves open
                self.visit(length)

    def below(self, node: tree.Node) -> None:
        self.visit_all(tree.children(node))

    def nothing(self, node: tree.Node) -> None:
        pass

    # ── names ────────────────────────────────────────────────────────────────

    def _bind(self, name: tree.Name, kind: Kind, node: tree.Node) -> None:
        self.symbols[name] = self.blocks.bind(name, kind, node)

    def _lookup(self, name: str) -> Symbol | None:
        return self.blocks.lookup(name) or self.scope.value(name)

    def _use(self, node: tree.Node, symbol: Symbol) -> None:
        self.symbols[node] = symbol
        self.declared.use(symbol)
        declaration = symbol.unprefixed or symbol
        if declaration in self.declared.dependencies:
            self.needs.append(declaration)
            if self.in_order and symbol.kind in (Kind.LET, Kind.VAR) and symbol not in self.bound:
                self.early.add(symbol)
                self.report(errors.used_before(node.span, symbol))
        self.blocks.check_capture(symbol, node.span)

    def _is_module(self, node: tree.Expr) -> bool:
        if not isinstance(node, tree.Reference):
            return False
        symbol = self._lookup(node.name)
        return symbol is not None and symbol.kind is Kind.MODULE

    def _is_unit(self, node: tree.Node) -> bool:
        symbol = self.symbols.get(node)
        return symbol is not None and symbol.kind is Kind.UNIT

    def _visit_exponent(self, factor: tree.Expr) -> None:
        if isinstance(factor, tree.Binary):
            self.visit(factor.right)

    def _value_names(self) -> Iterator[str]:
        yield from self.blocks.names()
        for scope in self.scope.chain():
            yield from scope.values

    def _unit_names(self) -> Iterator[str]:
        for scope in self.scope.chain():
            yield from scope.units


def _in_brackets(node: tree.Node) -> bool:
    """Whether brackets set it apart, as in `(9.8 m)/s`."""
    text = node.span.text
    return text.startswith("(") and text.endswith(")")


def _power_base(node: tree.Expr) -> tree.Expr:
    return node.left if isinstance(node, tree.Binary) and node.operator == "^" else node


_OWN_RULES: dict[type[tree.Node], Callable[[_Resolver, Any], None]] = {
    tree.Function: _Resolver.function,
    tree.Experiment: _Resolver.experiment,
    tree.Param: _Resolver.param,
    tree.Axis: _Resolver.axis,
    tree.Measure: _Resolver.measure,
    tree.Test: _Resolver.test,
    tree.Let: _Resolver.let,
    tree.Var: _Resolver.let,
    tree.Assign: _Resolver.assign,
    tree.For: _Resolver.for_,
    tree.While: _Resolver.while_,
    tree.Break: _Resolver.break_,
    tree.Return: _Resolver.return_,
    tree.Block: _Resolver.block,
    tree.Reference: _Resolver.reference,
    tree.Juxtapose: _Resolver.juxtapose,
    tree.Binary: _Resolver.binary,
    tree.Convert: _Resolver.convert,
    tree.Lambda: _Resolver.lambda_,
    tree.Comprehension: _Resolver.comprehension,
    tree.Call: _Resolver.call,
    tree.Field: _Resolver.field_,
    tree.TypeName: _Resolver.type_name,
    tree.TypeArray: _Resolver.type_array,
    tree.BrokenItem: _Resolver.broken,
    tree.BrokenExpr: _Resolver.broken,
    tree.Parameter: _Resolver.nothing,  # these three: left of a header that was given up
    tree.Generic: _Resolver.nothing,
    tree.AxisName: _Resolver.nothing,
    tree.Import: _Resolver.nothing,
    tree.FromImport: _Resolver.nothing,
    tree.Option: _Resolver.nothing,
    tree.Number: _Resolver.nothing,
    tree.Uncertain: _Resolver.nothing,
    tree.Boolean: _Resolver.nothing,
    tree.Name: _Resolver.nothing,
    tree.TypeHole: _Resolver.nothing,
    tree.TypeOne: _Resolver.nothing,
}

_LOOKED_THROUGH: tuple[type[tree.Node], ...] = (
    tree.Assert, tree.ExpressionStatement, tree.Const, tree.Unit, tree.Dimension, tree.String,
    tree.Array, tree.Record, tree.RecordField, tree.Unary, tree.Compare, tree.Index, tree.Slice, tree.If, tree.Range,
    tree.TypeProduct, tree.TypePower, tree.TypeField, tree.TypeRecord, tree.TypeFunction,
    tree.Argument,
)  # fmt: skip

_RULES = _OWN_RULES | dict.fromkeys(_LOOKED_THROUGH, _Resolver.below)
