"""The standard library as every program sees it, checked once.

`Library.prelude` is the scope around every program; `scopes` are what `import` finds by name, and `Library` itself is
the `Imports` of a program without files. Where the texts come from and where the result is kept is the caller's
business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qdsl.lang import names
from qdsl.lang.names import Kind, Scope, Symbol
from qdsl.lang.report import Diagnostics, InternalError
from qdsl.lang.source import Source, Span
from qdsl.lang.surface import parse
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.from_names import from_names
from qdsl.lang.typed.primitives import CALLS, PRIMITIVES

PRELUDE = ("units", "constants", "lab_units", "math", "arrays", "functions", "counts", "random", "stats", "pulses")
"""The modules whose names every program sees, each seeing those before it."""

MODULES = (
    "roots",
    "linear_algebra",
    "eigen",
    "runge_kutta",
    "ode",
    "optimization",
    "scoring",
    "whiteness",
    "stiff",
    "runge_kutta_steps",
    "evolution",
    "matrix_exponential",
    "chebyshev",
    "krylov",
    "ranking",
    "response",
    "two_level",
    "watching",
    "jumps",
    "floquet",
    "matrices",
    "dissipators",
    "cumulative",
    "intervals",
    "quadrature",
    "interpolation",
    "fourier",
)
"""The modules whose names a program has to import; they see the prelude, and import those before them."""

QUANTUM = ("operators", "states", "measures", "phase_space", "level")
"""The modules of states and operators: their functions are known to every program, but only where they are called, so
that `cat` and `D` stay free. They see the prelude and each other's from the first on, and import any module above.
"""

EVERY = (*PRELUDE, *MODULES, *QUANTUM)
"""All modules, in the order in which they are checked."""


FILES = frozenset(f"stdlib/{name}.qdsl" for name in EVERY)
"""What the modules are called in messages."""


def in_program(span: Span | None) -> Span | None:
    """The place itself, or the call outside of the library that led to it; None where no such is known."""
    while span is not None and span.source.name in FILES:
        span = span.caller
    return span


@dataclass(eq=False, repr=False)
class Library:
    """The checked prelude: its names, the names of its dimensions, and what each of its modules shows."""

    prelude: Scope
    dimension_names: dict[Dimension, str]
    scopes: dict[str, Scope] = field(default_factory=dict)

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Scope | None:
        """What `import path` brings."""
        return None if is_file else self.scopes.get(path)

    def member(self, module: str, name: str) -> typed.Function:
        """A function of a module, for the compiler's own use."""
        symbol = self.scopes[module].value(name)
        if symbol is None or not isinstance(symbol.entity, list):
            raise InternalError(f"the module {module} of the standard library has no function {name}")
        function: typed.Function = symbol.entity[0]
        return function

    def function(self, name: str) -> typed.Function:
        """A function of the prelude, for the compiler's own use."""
        symbol = self.prelude.value(name)
        if symbol is None or not isinstance(symbol.entity, list):
            raise InternalError(f"the standard library has no function {name}")
        function: typed.Function = symbol.entity[0]
        return function


def builtins() -> Scope:
    """The scope outside everything: functions whose typing is built in; those of operators and states only as calls."""
    scope = Scope()
    for name in PRIMITIVES:
        scope.values[name] = Symbol(name, Kind.PRIMITIVE, is_global=True)
    for name in CALLS:
        scope.calls[name] = Symbol(name, Kind.PRIMITIVE, is_global=True)
    return scope


def build(sources: Mapping[str, str]) -> Library:
    """Check the standard library from its texts. A mistake in it is our bug."""
    library = Library(Scope(builtins()), {})
    for name in EVERY:
        source = Source(f"stdlib/{name}.qdsl", sources[name])
        diagnostics = Diagnostics()
        tree = parse(source, diagnostics)
        resolved = names.from_surface(tree, library.prelude, library, diagnostics, overloads=name in QUANTUM)
        from_names(resolved, library.dimension_names, diagnostics, library_name=name)
        if diagnostics.errors:
            first = diagnostics.in_order()[0]
            place = f"{source.name}:{first.span.begins.line}" if first.span else source.name
            raise InternalError(f"{place}: {first.code}: {first.message}")
        _forget_trees(resolved.scope)
        own = library.scopes[name] = resolved.exports()
        if name in PRELUDE:
            library.prelude.values.update(own.values)
            library.prelude.types.update(own.types)
            library.prelude.units.update(own.units)
        if name in QUANTUM:
            _add_calls(library.prelude, own)
    return library


def _add_calls(prelude: Scope, own: Scope) -> None:
    """Functions of states that are known where they are called; one of numbers with the same name knows of it."""
    prelude.calls.update(own.values)
    for name, symbol in own.values.items():
        if name in prelude.values:
            prelude.values[name].of_states = symbol


def _forget_trees(scope: Scope) -> None:
    """What was written is much, and of no use once it is checked; only units are asked for it, about prefixes."""
    for symbol in (*scope.values.values(), *scope.types.values()):
        symbol.node = None
        symbol.overloads.clear()
