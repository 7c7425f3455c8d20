"""Names in expressions and types: values, units, functions, what modules show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from qdsl.lang.names import errors
from qdsl.lang.names.blocks import Blocks
from qdsl.lang.names.declare import Declarations
from qdsl.lang.names.other_packages import INSTEAD, OPERATORS
from qdsl.lang.names.symbols import Kind, Scope, Symbol, failed
from qdsl.lang.report import Diagnostics, InternalError
from qdsl.lang.source import Span
from qdsl.lang.surface import tree

SPACE_TYPES = frozenset(["Qubit", "Fock", "Spin", "Level", "Space"])

BUILTIN_TYPES = SPACE_TYPES | {"Bool", "Int", "Text", "Complex", "Estimate", "Table", "Experiment", "Fit", "Bootstrap"}
BUILTIN_TYPES |= {"Distribution", "Operator", "Ket", "Bra", "Density", "Channel", "Povm"}

_OWN_VALUES = (Kind.PARAMETER, Kind.PARAM, Kind.AXIS, Kind.LOOP, Kind.LET, Kind.VAR)
"""What a program calls by short names of its own: no functions, nor the constants of the library."""


class Expressions:
    """Walks over expressions and types. `bound` are the top-level lets above, `early` those that were used too soon.

    `needs` gets what the declaration at hand uses, `declaring` is its symbol, `unit_chains` are the quantities that a
    further unit may follow.
    """

    rules: ClassVar[dict[type[tree.Node], Callable[[Any, Any], None]]]

    def __init__(self, scope: Scope, declared: Declarations, diagnostics: Diagnostics) -> None:
        self.scope = scope
        self.declared = declared
        self.report = diagnostics.add
        self.symbols = declared.symbols
        self.blocks = Blocks(diagnostics)
        self.needs: list[Symbol] = []
        self.declaring: Symbol | None = None
        self.bound: set[Symbol] = set()
        self.early: set[Symbol] = set()
        self.in_order = False
        self.unit_chains: set[tree.Expr] = set()

    def visit(self, node: tree.Node | None) -> None:
        if node is not None:
            rule = self.rules.get(type(node))
            if rule is None:
                raise InternalError(f"no scoping rule for {type(node).__name__}")
            rule(self, node)

    def visit_all(self, nodes: Iterable[tree.Node]) -> None:
        for node in nodes:
            self.visit(node)

    def broken(self, node: tree.BrokenItem | tree.BrokenExpr) -> None:
        """What is left of a thing given up uses names. Those unknown may be bound by what was not understood."""
        report, self.report = self.report, Diagnostics().add
        self.blocks.open()
        self.visit_all(node.partial)
        self.blocks.drop()
        self.report = report
        if isinstance(node, tree.BrokenItem) and self.blocks:
            for name in node.names:
                self._bind(name, Kind.FAILED, node)

    # ── expressions ──────────────────────────────────────────────────────────

    def reference(self, node: tree.Reference) -> None:
        symbol = self._lookup(node.name)
        if symbol is None:
            symbol = self.scope.unit(node.name)
        if symbol is None:
            self._unknown(node)
            return
        self._use(node, symbol)

    def _unknown(self, node: tree.Reference) -> None:
        """A value that nothing is called; or a function of operators and states, or one of other packages."""
        spaces = self._spaces()
        if self.scope.call(node.name) is None:
            instead = INSTEAD.get(node.name) if spaces else None
            hint = "" if instead is None else instead.hint
            self.report(errors.unknown_name(node.span, node.name, self._value_names(), hint))
        elif node.name not in OPERATORS:
            self.report(errors.function_alone(node.span, node.name))
        elif spaces:
            self.report(errors.operator_alone(node.span, node.name, spaces))
        else:
            self.report(errors.unknown_name(node.span, node.name, self._value_names()))

    def _unknown_call(self, span: Span, name: str) -> None:
        instead = INSTEAD.get(name)
        hint = "" if instead is None else instead.hint
        self.report(errors.unknown_name(span, name, self._callable_names(), hint))

    def unit_reference(self, node: tree.Reference) -> None:
        """A word after a number or after `to`: a unit first."""
        symbol = self.scope.unit(node.name) or self._lookup(node.name)
        if symbol is None:
            known = (*self._unit_names(), *self.scope.units_spelled_like(node.name))
            self.report(errors.unknown_unit(node.span, node.name, known))
            return
        self._use(node, symbol)

    def juxtapose(self, node: tree.Juxtapose) -> None:
        self.visit(node.number)
        base = _power_base(node.factor)
        if isinstance(base, tree.Reference) and base.name == "j" and not self._means_something("j"):
            self.report(errors.imaginary_unit(node.number.span, base.span))
        elif isinstance(base, tree.Reference):
            self.unit_reference(base)
            self._visit_exponent(node.factor)
            if self._is_unit(base):
                self.unit_chains.add(node)
                self._warn_of_a_glued_unit(node, base)
        else:
            self.visit(node.factor)

    def _warn_of_a_glued_unit(self, node: tree.Juxtapose, unit: tree.Reference) -> None:
        """`2m` where a value is called m: it is two metres, though the eye may see a product."""
        value = self._lookup(unit.name)
        if value is not None and value.kind in _OWN_VALUES and node.number.span.end == unit.span.start:
            value.used = True
            self.report(errors.glued_unit(node, unit, value))

    def binary(self, node: tree.Binary) -> None:
        self.visit(node.left)
        base = _power_base(node.right)
        if node.operator in "*/" and self._goes_on(node.left) and isinstance(base, tree.Reference):
            self._continue_unit(node, base)
            self._visit_exponent(node.right)
            return
        self.visit(node.right)
        if node.operator in "*/" and self._goes_on(node.right):
            self.unit_chains.add(node)

    def _goes_on(self, node: tree.Expr) -> bool:
        """Whether a unit may follow this quantity: `9.8 m`, `x * 9.8 m`."""
        return node in self.unit_chains and not _in_brackets(node)

    def _continue_unit(self, node: tree.Binary, base: tree.Reference) -> None:
        """The `s` of `9.8 m/s`: a unit unless a value has the name; a value and a unit of one name are an error."""
        unit, value = self.scope.unit(base.name), self._lookup(base.name)
        if unit is not None and (value is None or value.kind in (Kind.FUNCTION, Kind.PRIMITIVE)):
            self._use(base, unit)
            self.unit_chains.add(node)
        elif unit is not None and value is not None:
            value.used = True
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
        method = tree.method(node)
        if method is not None and not self._is_module(method.value):
            self._method(method)
        elif isinstance(node.function, tree.Reference):
            self._called(node.function, node.arguments)
        else:
            self.visit(node.function)
        for argument in node.arguments:
            self.visit(argument.value)

    def _called(self, node: tree.Reference, arguments: Sequence[tree.Argument]) -> None:
        """What is called is never a unit. `n(c)` of a space is an operator, whatever else is called n, unless that is a
        function of spaces; and `let purity = purity(psi)` means the library's.
        """
        operator, symbol = self.scope.call(node.name), self._lookup(node.name)
        if operator is not None and not _takes_space(symbol):
            of_space = bool(arguments) and self._is_space(arguments[0].value)
            symbol = operator if symbol is None or of_space or symbol is self.declaring else symbol
        if symbol is None:
            self._unknown_call(node.span, node.name)
        else:
            self._use(node, symbol)

    def _is_space(self, node: tree.Expr) -> bool:
        """Whether it is a space by its declaration, or one of a register."""
        base = node.value if isinstance(node, tree.Index) else node
        symbol = self._lookup(base.name) if isinstance(base, tree.Reference) else None
        return symbol is not None and _declares_space(symbol)

    def _spaces(self) -> list[str]:
        """What is a space here, the nearest first."""
        around = [block.names for block in reversed(self.blocks.open_)]
        around += [scope.values for scope in self.scope.chain()]
        return [name for names in around for name, symbol in names.items() if _declares_space(symbol)]

    def _method(self, node: tree.Field) -> None:
        """`x.f(y)` is f(x, y). An unknown x may be a module, and f what it has."""
        self.visit(node.value)
        if isinstance(node.value, tree.Reference) and node.value not in self.symbols:
            return
        symbol = self._lookup(node.name.text) or self.scope.call(node.name.text)
        if symbol is None:
            self._unknown_call(node.name.span, node.name.text)
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
        if isinstance(node.length, tree.Reference) and self._lookup(node.length.name) is None:
            return  # a length that a parameter leaves open
        self.visit(node.length)

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
        if failed(symbol):
            symbol.used = True
            return
        self.symbols[node] = symbol
        self.declared.use(symbol)
        declaration = symbol.unprefixed or symbol
        if declaration in self.declared.dependencies:
            self.needs.append(declaration)
            if self.in_order and symbol.kind in (Kind.LET, Kind.VAR) and symbol not in self.bound:
                self.early.add(symbol)
                self.report(errors.used_before(node.span, symbol))
        self.blocks.check_capture(symbol, node.span)

    def _means_something(self, word: str) -> bool:
        return self.scope.unit(word) is not None or self._lookup(word) is not None

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

    def _callable_names(self) -> Iterator[str]:
        yield from self.blocks.names()
        for scope in self.scope.chain():
            yield from scope.calls
            yield from (
                name for name, symbol in scope.values.items() if symbol.kind not in (Kind.CONSTANT, Kind.MODULE)
            )

    def _unit_names(self) -> Iterator[str]:
        for scope in self.scope.chain():
            yield from scope.units


def _takes_space(symbol: Symbol | None) -> bool:
    """Whether it is a function whose first parameter is a space."""
    if symbol is None or not isinstance(symbol.node, tree.Function) or not symbol.node.parameters:
        return False
    type_ = symbol.node.parameters[0].type
    return isinstance(type_, tree.TypeName) and type_.name.text in SPACE_TYPES


def _in_brackets(node: tree.Node) -> bool:
    """Whether brackets set it apart, as in `(9.8 m)/s`."""
    text = node.span.text
    return text.startswith("(") and text.endswith(")")


def _power_base(node: tree.Expr) -> tree.Expr:
    return node.left if isinstance(node, tree.Binary) and node.operator == "^" else node


def _declares_space(symbol: Symbol) -> bool:
    type_ = symbol.node.type if isinstance(symbol.node, tree.Parameter) else None
    return symbol.kind is Kind.SPACE or (isinstance(type_, tree.TypeName) and type_.name.text in SPACE_TYPES)
