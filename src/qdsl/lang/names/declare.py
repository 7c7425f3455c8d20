"""The names that a file brings: what it declares and what it imports, before any of it is looked into."""

from __future__ import annotations

from dataclasses import dataclass, field

from qdsl.lang.names import errors
from qdsl.lang.names.imports import Cycle, Imports, Unreadable
from qdsl.lang.names.symbols import Kind, Scope, Symbol, failed
from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.surface import tree

_DECLARED: dict[type[tree.Item], Kind] = {
    tree.Function: Kind.FUNCTION,
    tree.Experiment: Kind.EXPERIMENT,
    tree.Const: Kind.CONSTANT,
    tree.Space: Kind.SPACE,
    tree.Effects: Kind.EFFECTS,
    tree.Let: Kind.LET,
    tree.Var: Kind.VAR,
}


@dataclass(eq=False)
class Declarations:
    """Fills the scope of a file. `dependencies` gets an empty list for each declaration; resolving fills it. Where it
    `overloads`, several functions of one name are forms of one.
    """

    module: tree.Module
    scope: Scope
    imports: Imports
    diagnostics: Diagnostics
    overloads: bool = False
    symbols: dict[tree.Node, Symbol] = field(default_factory=dict)
    dependencies: dict[Symbol, list[Symbol]] = field(default_factory=dict)
    imported: list[tuple[Symbol, Span]] = field(default_factory=list)
    brought_by: dict[Symbol, Symbol] = field(default_factory=dict)

    def add_all(self) -> None:
        """Every item that gives a name to something."""
        for item in self.module.items:
            match item:
                case tree.Import():
                    self._import(item)
                case tree.FromImport():
                    self._import_from(item)
                case tree.Dimension(name=name):
                    around = self.scope.parent.type(name.text) if self.scope.parent is not None else None
                    if around is not None:
                        self.diagnostics.add(errors.declared_twice(name.span, around))
                    self._declare(self.scope.types, name, Kind.DIMENSION, item)
                case tree.Unit():
                    self._declare_unit(item)
                case (
                    tree.Function()
                    | tree.Experiment()
                    | tree.Const()
                    | tree.Space()
                    | tree.Effects()
                    | tree.Let()
                    | tree.Var()
                ):
                    self._declare(self.scope.values, item.name, _DECLARED[type(item)], item)
        for item in self.module.items:
            if isinstance(item, tree.BrokenItem):
                self._declare_failed(item)

    def use(self, symbol: Symbol) -> None:
        """Something needs this, and with it the module that brought it."""
        whole = symbol.unprefixed or symbol
        symbol.used = whole.used = True
        bringer = self.brought_by.get(whole)
        if bringer is not None:
            bringer.used = True

    def report_unused_imports(self) -> None:
        for symbol, span in self.imported:
            if not symbol.used:
                self.diagnostics.add(errors.unused_import(span, symbol.name))

    # ── declarations ─────────────────────────────────────────────────────────

    def _declare(self, names: dict[str, Symbol], name: tree.Name, kind: Kind, item: tree.Item) -> None:
        earlier = names.get(name.text)
        if earlier is not None:
            if isinstance(item, tree.Function) and (_overloads(earlier, item) or self._is_form(earlier)):
                earlier.overloads.append(item)
                self.symbols[name] = earlier
                return
            self.diagnostics.add(errors.declared_twice(name.span, earlier))
            earlier.used = True
        symbol = Symbol(name.text, kind, name.span, item, is_global=True)
        if isinstance(item, tree.Function):
            symbol.overloads.append(item)
        self.symbols[name] = symbol
        self.dependencies[symbol] = []
        if earlier is None or earlier.kind is Kind.MODULE:
            names[name.text] = symbol

    def _declare_unit(self, item: tree.Unit) -> None:
        """A unit's symbol and its long name are two names of one thing, and neither is a unit already."""
        for name in (item.name, item.symbol):
            around = self.scope.parent.unit(name.text) if name is not None and self.scope.parent is not None else None
            if name is not None and around is not None:
                self.diagnostics.add(errors.declared_twice(name.span, around, name.text))
        self._declare(self.scope.units, item.name, Kind.UNIT, item)
        if item.symbol is not None and item.symbol.text != item.name.text:
            earlier = self.scope.units.get(item.symbol.text)
            if earlier is not None and earlier.unprefixed is None:
                self.diagnostics.add(errors.declared_twice(item.symbol.span, earlier, item.symbol.text))
            else:
                self.scope.units[item.symbol.text] = self.symbols[item.name]

    def _declare_failed(self, item: tree.BrokenItem) -> None:
        """What a line that was given up would have declared, unless another does."""
        for name in item.names:
            symbol = Symbol(name.text, Kind.FAILED, name.span, item, is_global=True)
            for names in (self.scope.values, self.scope.types, self.scope.units):
                names.setdefault(name.text, symbol)

    def _is_form(self, earlier: Symbol) -> bool:
        return self.overloads and earlier.kind is Kind.FUNCTION

    # ── imports ──────────────────────────────────────────────────────────────

    def _import(self, item: tree.Import) -> None:
        """The module by its name, and its units, which no dot could reach."""
        name = _module_name(item)
        found = self._exports(item)
        symbol = Symbol(name, Kind.MODULE, item.span, item, is_global=True, exports=found)
        brought = self._bring(self.scope.values, name, symbol, item.span)
        if found is None or not brought:
            return
        self.imported.append((symbol, item.span))
        for name, unit in found.units.items():
            self.scope.units.setdefault(name, unit)
            self.brought_by[unit] = symbol

    def _import_from(self, item: tree.FromImport) -> None:
        found = self._exports(item)
        for name in item.names:
            if found is None:
                failed = Symbol(name.text, Kind.MODULE, item.span, item, is_global=True)
                self._bring(self.scope.values, name.text, failed, name.span)
            else:
                self._import_name(found, item.path, name)

    def _exports(self, item: tree.Import | tree.FromImport) -> Scope | None:
        """What the module shows; None, with a message, where it cannot be had."""
        found = self.imports.scope_of(item.path, item.is_file, self.module.source)
        if found is None:
            self.diagnostics.add(errors.module_not_found(item.span, item.path))
            return None
        if isinstance(found, Unreadable):
            self.diagnostics.add(errors.module_not_readable(item.span, found.why))
            return None
        if isinstance(found, Cycle):
            self.diagnostics.add(errors.import_cycle(item.span, found.path))
            return None
        return found

    def _import_name(self, found: Scope, path: str, name: tree.Name) -> None:
        """A name in every namespace that has it."""
        pairs = ((found.values, self.scope.values), (found.types, self.scope.types), (found.units, self.scope.units))
        brought = [(theirs[name.text], ours) for theirs, ours in pairs if name.text in theirs]
        for symbol, ours in brought:
            if not self._bring(ours, name.text, symbol, name.span):
                continue
            self.symbols[name] = symbol
            symbol.used = False
            self.imported.append((symbol, name.span))
        if not brought:
            known = [*found.values, *found.types, *found.units]
            self.diagnostics.add(errors.not_exported(name.span, path, name.text, known))

    def _bring(self, names: dict[str, Symbol], name: str, symbol: Symbol, span: Span) -> bool:
        """An imported name must not hide one that the file has already; False, with a message, where it would."""
        earlier = names.get(name)
        if earlier is not None and not failed(symbol) and not _is_same(earlier, symbol):
            self.diagnostics.add(errors.declared_twice(span, earlier))
            return False
        names[name] = symbol
        return True


def _is_same(earlier: Symbol, symbol: Symbol) -> bool:
    """Whether both are one thing: a module imported twice has two symbols."""
    return earlier is symbol or (symbol.exports is not None and earlier.exports is symbol.exports)


def _overloads(earlier: Symbol, item: tree.Function) -> bool:
    """Several `extern fn` of one name are one overloaded primitive."""
    return item.body is None and isinstance(earlier.node, tree.Function) and earlier.node.body is None


def _module_name(item: tree.Import) -> str:
    """What an imported module is called here."""
    if item.alias is not None:
        return item.alias.text
    return _stem(item.path) if item.is_file else item.path.rsplit(".", 1)[-1]


def _stem(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".qdsl")
