"""surface.Module -> Resolved: every word gets the symbol it stands for.

Declarations of a file (functions, experiments, units, constants, lets) see one another wherever they stand; statements
run in order, so a statement may only use lets above it. `Resolved.groups` lists the declarations so that each comes
after what it depends on; those that depend on each other share a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from qdsl.lang.names import errors
from qdsl.lang.names.declare import Declarations
from qdsl.lang.names.expressions import Expressions
from qdsl.lang.names.imports import Imports, NoImports
from qdsl.lang.names.order import shortest_circle, strongly_connected
from qdsl.lang.names.symbols import Kind, Scope, Symbol, failed
from qdsl.lang.report import Diagnostics
from qdsl.lang.surface import tree


@dataclass(eq=False)
class Resolved:
    """A tree and what its names mean: keys are References, Fields, TypeNames and declaring Names."""

    module: tree.Module
    scope: Scope
    symbols: dict[tree.Node, Symbol]
    groups: list[list[Symbol]]

    def exports(self) -> Scope:
        """What the module shows to those that import it: its declarations and lets, not what it imported itself."""
        own = {id(symbol) for group in self.groups for symbol in group}

        def shown(names: dict[str, Symbol]) -> dict[str, Symbol]:
            return {
                name: symbol for name, symbol in names.items() if id(symbol) in own and symbol.kind is not Kind.MODULE
            }

        return Scope(None, shown(self.scope.values), shown(self.scope.types), shown(self.scope.units))


def from_surface(
    module: tree.Module, outer: Scope, imports: Imports, diagnostics: Diagnostics, more_follows: bool = False
) -> Resolved:
    """Resolve a module whose names not declared here are those of `outer`. Where `more_follows`, as at a prompt, what
    is not used may be yet.
    """
    scope = Scope(outer)
    declared = Declarations(module, scope, imports, diagnostics)
    declared.add_all()
    resolver = _Resolver(scope, declared, diagnostics)
    for item in module.items:
        resolver.top_level(item)
    if not more_follows:
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


class _Resolver(Expressions):
    """Items and statements; with the rules for expressions, all of a file."""

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
        for parameter in node.parameters:
            self._bind_length(parameter.type)
        self.visit(node.result)
        self.visit(node.body)
        self.scope = outer
        self.blocks.close_function()

    def _bind_length(self, type_: tree.TypeExpr | None) -> None:
        """`r: Qubit[n]`: inside the function, n is how many there are."""
        length = type_.length if isinstance(type_, tree.TypeName) else None
        if isinstance(length, tree.Reference) and length not in self.symbols:
            name = tree.Name(length.span, length.name)
            self._bind(name, Kind.PARAMETER, length)
            self.symbols[length] = self.symbols[name]

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

    def space(self, node: tree.Space) -> None:
        self.visit(node.type)

    def effects(self, node: tree.Effects) -> None:
        self.visit_all(node.spaces)
        self.visit(node.value)

    def show_as(self, node: tree.ShowAs) -> None:
        self.visit(node.value)

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
        if failed(symbol):
            return
        self.symbols[target] = symbol
        self.blocks.check_capture(symbol, target.span, "assign")
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


_OWN_RULES: dict[type[tree.Node], Callable[[Any, Any], None]] = {
    tree.Function: _Resolver.function,
    tree.Experiment: _Resolver.experiment,
    tree.Param: _Resolver.param,
    tree.Axis: _Resolver.axis,
    tree.Measure: _Resolver.measure,
    tree.Space: _Resolver.space,
    tree.Effects: _Resolver.effects,
    tree.ShowAs: _Resolver.show_as,
    tree.Ket: _Resolver.nothing,
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

_Resolver.rules = _OWN_RULES | dict.fromkeys(_LOOKED_THROUGH, _Resolver.below)
