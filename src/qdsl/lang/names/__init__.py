"""Names: what every word of a program stands for."""

from qdsl.lang.names.expressions import BUILTIN_TYPES
from qdsl.lang.names.imports import Cycle, Found, Imports, NoImports, Unreadable
from qdsl.lang.names.resolve import Resolved, from_surface, resolve_unit
from qdsl.lang.names.symbols import Kind, Scope, Symbol

__all__ = [
    "BUILTIN_TYPES",
    "Cycle",
    "Found",
    "Imports",
    "Kind",
    "NoImports",
    "Resolved",
    "Scope",
    "Symbol",
    "Unreadable",
    "from_surface",
    "resolve_unit",
]
