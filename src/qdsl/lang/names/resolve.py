"""surface.Module -> Resolved: every word gets the symbol it stands for.

Declarations of a file (functions, experiments, units, constants, lets) see one another wherever they stand; statements
run in order, so a statement may only use lets above it. `Resolved.groups` lists the declarations so that each comes
after what it depends on; those that depend on each other share a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from qdsl.lang.names import errors
from qdsl.lang.names.imports import Cycle, Imports, NoImports
from qdsl.lang.names.order import strongly_connected
from qdsl.lang.names.symbols import Kind, Scope, Symbol
from qdsl.lang.report import Diagnostics, InternalError
from qdsl.lang.source import Span
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
    resolver = _Resolver(module, Scope(outer), imports, diagnostics)
    resolver.declare_all()
    for item in module.items:
        resolver.top_level(item)
    resolver.report_unused_imports()
    groups = strongly_connected(resolver.dependencies)
    return Resolved(module, resolver.scope, resolver.symbols, groups)


def resolve_unit(node: tree.Expr, scope: Scope, diagnostics: Diagnostics) -> dict[tree.Node, Symbol]:
    """The units in a unit expression that stands alone, as in a data header."""
    module = tree.Module(node.span.source, (), ())
    resolver = _Resolver(module, Scope(scope), NoImports(), diagnostics)
    resolver.unit_expression(node)
    return resolver.symbols


BUILTIN_TYPES = frozenset(["Bool", "Int", "Text", "Complex", "Estimate", "Table", "Experiment", "Fit", "Distribution"])

_DECLARED: dict[type[tree.Item], Kind] = {
    tree.Function: Kind.FUNCTION,
    tree.Experiment: Kind.EXPERIMENT,
    tree.Const: Kind.CONSTANT,
    tree.Let: Kind.LET,
    tree.Var: Kind.VAR,
}


@dataclass(eq=False, slots=True)
class _Block:
    """The locals of one block; `depth` counts the functions around it."""

    depth: int
    names: dict[str, Symbol] = field(default_factory=dict)


class _Resolver:
    def __init__(self, module: tree.Module, scope: Scope, imports: Imports, diagnostics: Diagnostics) -> None:
        self.module = module
        self.scope = scope
        self.imports = imports
        self.report = diagnostics.add
        self.symbols: dict[tree.Node, Symbol] = {}
        self.dependencies: dict[Symbol, list[Symbol]] = {}
        self.needs: list[Symbol] = []
        self.blocks: list[_Block] = []
        self.depth = 0
        self.loops = 0
        self.bound: set[Symbol] = set()
        self.in_order = False
        self.unit_chains: set[tree.Expr] = set()
        self.outer_loops: list[int] = []
        self.imported: list[tuple[Symbol, Span]] = []

    # ── declarations of the file ─────────────────────────────────────────────

    def declare_all(self) -> None:
        for item in self.module.items:
            match item:
                case tree.Import() | tree.FromImport():
                    self._import(item)
                case tree.Dimension(name=name):
                    self._declare(self.scope.types, name, Kind.DIMENSION, item)
                case tree.Unit():
                    self._declare_unit(item)
                case tree.Function() | tree.Experiment() | tree.Const() | tree.Let() | tree.Var():
                    self._declare(self.scope.values, item.name, _DECLARED[type(item)], item)

    def _declare(self, names: dict[str, Symbol], name: tree.Name, kind: Kind, item: tree.Item) -> None:
        earlier = names.get(name.text)
        if earlier is not None:
            if _overloads(earlier, item):
                earlier.overloads.append(item)  # type: ignore[arg-type]  # _overloads has looked
                self.symbols[name] = earlier
                return
            self.report(errors.declared_twice(name.span, earlier))
        symbol = Symbol(name.text, kind, name.span, item, is_global=True)
        if isinstance(item, tree.Function):
            symbol.overloads.append(item)
        self.symbols[name] = symbol
        self.dependencies[symbol] = []
        if earlier is None:
            names[name.text] = symbol

    def _declare_unit(self, item: tree.Unit) -> None:
        """A unit's symbol and its long name are two names of one thing."""
        self._declare(self.scope.units, item.name, Kind.UNIT, item)
        if item.symbol is not None and item.symbol.text != item.name.text:
            earlier = self.scope.units.get(item.symbol.text)
            if earlier is not None and earlier.unprefixed is None:
                self.report(errors.declared_twice(item.symbol.span, earlier))
            else:
                self.scope.units[item.symbol.text] = self.symbols[item.name]

    def _import(self, item: tree.Import | tree.FromImport) -> None:
        found = self.imports.scope_of(item.path, item.is_file, self.module.source)
        if found is None:
            self.report(errors.module_not_found(item.span, item.path))
            self._import_nothing(item)
            return
        if isinstance(found, Cycle):
            self.report(errors.import_cycle(item.span, found.path))
            self._import_nothing(item)
            return
        if isinstance(item, tree.Import):
            name = _module_name(item)
            symbol = Symbol(name, Kind.MODULE, item.span, item, is_global=True, exports=found)
            self.scope.values[name] = symbol
            self.imported.append((symbol, item.span))
            self.scope.units = {**found.units, **self.scope.units}
            return
        for each in item.names:
            self._import_name(found, item.path, each)

    def _import_nothing(self, item: tree.Import | tree.FromImport) -> None:
        """The names that a failed import would have brought: their uses get no message of their own."""
        names = [_module_name(item)] if isinstance(item, tree.Import) else [each.text for each in item.names]
        for name in names:
            self.scope.values[name] = Symbol(name, Kind.MODULE, item.span, item, is_global=True)

    def _import_name(self, found: Scope, path: str, name: tree.Name) -> None:
        missing = True
        for theirs, ours in (
            (found.values, self.scope.values), (found.types, self.scope.types), (found.units, self.scope.units)
        ):  # fmt: skip
            symbol = theirs.get(name.text)
            if symbol is not None:
                ours[name.text] = symbol
                self.symbols[name] = symbol
                symbol.used = False
                missing = False
                self.imported.append((symbol, name.span))
        if missing:
            self.report(errors.not_exported(name.span, path, name.text, [*found.values, *found.types, *found.units]))

    def report_unused_imports(self) -> None:
        for symbol, span in self.imported:
            units = symbol.exports.units.values() if symbol.exports is not None else ()
            if not symbol.used and not any(unit.used for unit in units):
                self.report(errors.unused_import(span, symbol.name))

    # ── items ────────────────────────────────────────────────────────────────

    def top_level(self, item: tree.Item) -> None:
        """Resolve what an item of the file says; a declaration's needs go into `dependencies`."""
        name: tree.Name | None = getattr(item, "name", None) if not isinstance(item, tree.Test | tree.For) else None
        symbol = self.symbols.get(name) if name is not None else None
        self.needs = self.dependencies.get(symbol, []) if symbol is not None else []
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
        self.blocks.append(_Block(self.depth))
        self.below(node)
        self.blocks.pop()

    def function(self, node: tree.Function) -> None:
        self._open(function=True)
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
        self._close(function=True)

    def experiment(self, node: tree.Experiment) -> None:
        self._open(function=True)
        for member in node.members:
            self.visit(member)
        for member in node.members:
            if isinstance(member, tree.Param):
                symbol = self.symbols[member.name]
                if not symbol.used:
                    self.report(errors.unused_param(symbol))
        self._close(function=True)

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
        self._check_capture(symbol, target.span)
        if symbol.kind is not Kind.VAR:
            self.report(errors.not_assignable(target.span, symbol))

    def for_(self, node: tree.For) -> None:
        self.visit(node.iterable)
        self.loops += 1
        self._open()
        self._bind(node.name, Kind.LOOP, node)
        self.visit(node.body)
        self._close()
        self.loops -= 1

    def while_(self, node: tree.While) -> None:
        self.visit(node.condition)
        self.loops += 1
        self.visit(node.body)
        self.loops -= 1

    def break_(self, node: tree.Break) -> None:
        if not self.loops:
            self.report(errors.outside_loop(node.span))

    def return_(self, node: tree.Return) -> None:
        if not self.depth:
            self.report(errors.outside_function(node.span))
        self.visit(node.value)

    def block(self, node: tree.Block) -> None:
        self._open()
        self.visit_all(node.statements)
        self._close()

    # ── expressions ──────────────────────────────────────────────────────────

    def reference(self, node: tree.Reference) -> None:
        symbol = self._lookup(node.name)
        if symbol is None:
            symbol = self.scope.unit(node.name)
        if symbol is None:
            self.report(errors.unknown_name(node.span, node.name, self._value_names()))
            return
        if not _failed(symbol):
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
        if node.operator in "*/" and node.left in self.unit_chains and isinstance(base, tree.Reference):
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
        self._open(function=True)
        for name in node.parameters:
            self._bind(name, Kind.PARAMETER, name)
        self.visit(node.body)
        self._close(function=True)

    def comprehension(self, node: tree.Comprehension) -> None:
        self.visit(node.iterable)
        self._open()
        self._bind(node.name, Kind.LOOP, node)
        self.visit(node.element)
        self._close()

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
            if not isinstance(length, tree.Reference):  # a name is a length that the type leaves open
                self.visit(length)

    def below(self, node: tree.Node) -> None:
        self.visit_all(tree.children(node))

    def nothing(self, node: tree.Node) -> None:
        pass

    # ── names ────────────────────────────────────────────────────────────────

    def _open(self, function: bool = False) -> None:
        self.depth += function
        if function:
            self.outer_loops.append(self.loops)
            self.loops = 0
        self.blocks.append(_Block(self.depth))

    def _close(self, function: bool = False) -> None:
        block = self.blocks.pop()
        self.depth -= function
        if function:
            self.loops = self.outer_loops.pop()
        for symbol in block.names.values():
            if not symbol.used and symbol.kind in _WARN_UNUSED and not symbol.name.startswith("_"):
                self.report(errors.unused(symbol))

    def _bind(self, name: tree.Name, kind: Kind, node: tree.Node) -> None:
        block = self.blocks[-1]
        symbol = Symbol(name.text, kind, name.span, node)
        earlier = block.names.get(name.text)
        if earlier is not None:
            self.report(errors.declared_twice(name.span, earlier))
        elif kind in (*_WARN_UNUSED, Kind.LOOP):
            for outer in self.blocks[:-1]:
                hidden = outer.names.get(name.text)
                if hidden is not None and outer.depth == block.depth:
                    self.report(errors.shadowed(name.span, hidden))
        block.names[name.text] = symbol
        self.symbols[name] = symbol

    def _lookup(self, name: str) -> Symbol | None:
        for block in reversed(self.blocks):
            found = block.names.get(name)
            if found is not None:
                return found
        return self.scope.value(name)

    def _use(self, node: tree.Node, symbol: Symbol) -> None:
        symbol.used = True
        self.symbols[node] = symbol
        if symbol in self.dependencies:
            self.needs.append(symbol)
            if self.in_order and symbol.kind in (Kind.LET, Kind.VAR) and symbol not in self.bound:
                self.report(errors.used_before(node.span, symbol))
        elif symbol.unprefixed in self.dependencies:
            self.needs.append(symbol.unprefixed)
        self._check_capture(symbol, node.span)

    def _check_capture(self, symbol: Symbol, span: Span) -> None:
        if symbol.kind is Kind.VAR and not symbol.is_global:
            home = next(block for block in reversed(self.blocks) if block.names.get(symbol.name) is symbol)
            if home.depth != self.depth:
                self.report(errors.captured_variable(span, symbol))

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
        for block in self.blocks:
            yield from block.names
        for scope in self.scope.chain():
            yield from scope.values

    def _unit_names(self) -> Iterator[str]:
        for scope in self.scope.chain():
            yield from scope.units


_WARN_UNUSED = (Kind.LET, Kind.VAR)


def _overloads(earlier: Symbol, item: tree.Item) -> bool:
    """Several `extern fn` of one name are one overloaded primitive."""
    return (
        isinstance(item, tree.Function)
        and item.body is None
        and isinstance(earlier.node, tree.Function)
        and earlier.node.body is None
    )


def _power_base(node: tree.Expr) -> tree.Expr:
    return node.left if isinstance(node, tree.Binary) and node.operator == "^" else node


def _module_name(item: tree.Import) -> str:
    """What an imported module is called here."""
    if item.alias is not None:
        return item.alias.text
    return _stem(item.path) if item.is_file else item.path.rsplit(".", 1)[-1]


def _failed(symbol: Symbol) -> bool:
    """Whether an import that has got its message would have brought this."""
    return symbol.kind is Kind.MODULE and symbol.exports is None


def _stem(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".qdsl")


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
