"""names.Resolved -> typed.Module: declarations in dependency order, then the statements as they stand.

The checker never stops at a mistake: it reports, puts `Broken` in its place and goes on. A module with errors is
handed on for editors; it must not be run.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.names import Kind, Resolved, Scope, Symbol, resolve_unit
from qdsl.lang.report import Diagnostics
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import arithmetic, arrays, calls, comparison, control, literals, loops, types
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.checker import RULES, Body, Checker
from qdsl.lang.typed.control import bind, block_of, statement
from qdsl.lang.typed.declarations import check_constant, check_dimension, check_unit
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.experiments import check_experiment
from qdsl.lang.typed.functions import check_functions
from qdsl.lang.typed.measurements import check_effects
from qdsl.lang.typed.quantum_calls import show_as
from qdsl.lang.typed.space_declarations import check_space
from qdsl.lang.typed.types import ExperimentType, Type, pruned

# Importing these modules registers their rules.
_RULE_MODULES = (arithmetic, arrays, calls, comparison, control, literals, loops)
assert RULES, _RULE_MODULES


def from_names(
    resolved: Resolved, dimension_names: dict[Dimension, str], diagnostics: Diagnostics, library_name: str = ""
) -> typed.Module:
    """Check a module. `dimension_names` gains the dimensions it declares; `library_name` is set for the standard
    library.
    """
    checker = Checker(resolved, dimension_names, diagnostics)
    checker.module_name = library_name
    checker.is_library = bool(library_name)
    lets: dict[surface.Item, typed.Let] = {}
    for group in resolved.groups:
        _check_group(checker, group, lets)
    statements: list[typed.Statement] = []
    tests: list[typed.TestDeclaration] = []
    for item in resolved.module.items:
        _statement(checker, item, lets, statements, tests)
    return _module(resolved, statements, tests)


def _check_group(c: Checker, group: Sequence[Symbol], lets: dict[surface.Item, typed.Let]) -> None:
    functions = [symbol for symbol in group if symbol.kind is Kind.FUNCTION]
    for symbol in group:
        match symbol.node:
            case surface.Dimension() as node:
                check_dimension(c, symbol, node)
            case surface.Unit() as node:
                check_unit(c, symbol, node)
            case surface.Const() as node:
                check_constant(c, symbol, node)
            case surface.Let() | surface.Var() as node:
                lets[node] = bind(c, node, is_global=True)
                c.settle_declaration(kept=_generic_type(lets[node]))
            case surface.Experiment() as node:
                check_experiment(c, symbol, node)
            case surface.Space() as node:
                check_space(c, symbol, node)
            case surface.Effects() as node:
                check_effects(c, symbol, node)
    if functions:
        check_functions(c, functions)


def _generic_type(let: typed.Let) -> list[Type]:
    """`let f = x -> x^2` is as generic as a declared function; any other let has one type."""
    is_function = isinstance(pruned(let.value.type), types.Function)
    return [let.variable.type] if is_function and not let.variable.is_mutable else []


def _asked_type(statement: typed.Statement) -> list[Type]:
    """A function's name on a line of its own asks for its type, which stays generic."""
    match statement:
        case typed.Evaluate(value=value) if isinstance(pruned(value.type), types.Function):
            return [value.type]
        case _:
            return []


def _statement(
    c: Checker,
    item: surface.Item,
    lets: dict[surface.Item, typed.Let],
    statements: list[typed.Statement],
    tests: list[typed.TestDeclaration],
) -> None:
    match item:
        case surface.Let() | surface.Var():
            statements.append(lets[item])
        case surface.Option(name=name, value=value):
            if (name.text, value.text) != ("nonfinite", "keep"):
                c.report(c.errors.unknown_option(item.span, name.text, value.text))
        case surface.Test(name=name, body=body):
            c.bodies.append(Body(is_function=False))
            tests.append(typed.TestDeclaration(name, block_of(c, body), item.span))
            c.bodies.pop()
            c.settle_declaration()
        case surface.Effects():
            statements += _looked_at(c, item)
        case surface.ShowAs():
            statements.append(typed.Evaluate(item.span, show_as(c, item)))
            c.settle_declaration()
        case surface.ExpressionStatement() | surface.Assert() | surface.For() | surface.While() | surface.Assign():
            made = statement(c, item)
            statements.extend(made)
            c.settle_declaration(kept=[type_ for each in made for type_ in _asked_type(each)])


def _looked_at(c: Checker, item: surface.Effects) -> list[typed.Statement]:
    """A measurement is looked at where it stands: numbers in it may be known only when the program runs."""
    symbol = c.symbol(item.name) or c.resolved.scope.value(item.name.text)
    variable = symbol.entity if symbol is not None else None
    if not isinstance(variable, typed.Variable) or variable.value is None:
        return []
    use = typed.Local(item.span, variable.type, variable)
    return [typed.Evaluate(item.span, typed.HostCall(item.span, types.NOTHING, "check_measurement", (use,), ()))]


def _module(resolved: Resolved, statements: list[typed.Statement], tests: list[typed.TestDeclaration]) -> typed.Module:
    functions: dict[str, typed.Function] = {}
    experiments: dict[str, typed.Experiment] = {}
    constants: dict[str, typed.Variable] = {}
    for name, symbol in resolved.scope.values.items():
        match symbol.entity:
            case [typed.Function() as function, *_]:
                functions[name] = function
            case typed.Variable(type=ExperimentType(experiment)):
                experiments[name] = experiment
            case typed.Variable(value=typed.Constant()) as variable:
                constants[name] = variable
    options = {item.name.text: item.value.text for item in resolved.module.items if isinstance(item, surface.Option)}
    return typed.Module(
        resolved.module.source, functions, experiments, constants, tuple(tests), tuple(statements), options
    )


def unit_alone(
    node: surface.Expr, scope: Scope, diagnostics: Diagnostics
) -> tuple[Dimension, typed.DisplayUnit] | None:
    """What a unit expression that stands outside any program measures, and how it shows."""
    module = surface.Module(node.span.source, (), ())
    symbols = resolve_unit(node, scope, diagnostics)
    if diagnostics.errors:
        return None
    checker = Checker(Resolved(module, scope, symbols, []), {}, diagnostics)
    return literals.unit_expression(checker, node)
