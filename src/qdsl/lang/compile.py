"""Source text to a checked program: every stage in order, each on its own line.

    Source --surface--> surface.Module --names--> Resolved --typed--> typed.Module

A checked program is lowered on demand (`core.from_typed`), kernel by kernel, because a file uses little of what it
can see. A stage never raises for a user's mistake: it reports into `Diagnostics` and hands on what it could
understand.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qdsl.lang import names
from qdsl.lang.collection import no_collection
from qdsl.lang.depth import deep_recursion
from qdsl.lang.library import Library
from qdsl.lang.names import Imports, Scope
from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.surface import ChunkCache, parse, parse_unit
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.from_names import from_names, unit_alone
from qdsl.lang.typed.show import Show


@dataclass(eq=False)
class Checked:
    """What each stage made of a file."""

    tree: surface.Module
    resolved: names.Resolved
    module: typed.Module
    diagnostics: Diagnostics
    show: Show
    """Names types and dimensions as messages about the file do, by the dimensions that it declares too."""

    @property
    def ok(self) -> bool:
        """Whether it may run."""
        return not self.diagnostics.errors


@dataclass(eq=False)
class Context:
    """What surrounds a program: the library, how imports are found; at a prompt the names of earlier lines, and that
    more will follow.
    """

    library: Library
    imports: Imports = field(default_factory=names.NoImports)
    scope: Scope | None = None
    cache: ChunkCache | None = None
    more_follows: bool = False


def check(source: Source, context: Context, diagnostics: Diagnostics | None = None) -> Checked:
    """Parse, resolve and type a file."""
    diagnostics = Diagnostics() if diagnostics is None else diagnostics
    with deep_recursion(), no_collection():
        tree = parse(source, diagnostics, context.cache)
        outer = context.scope or context.library.prelude
        resolved = names.from_surface(tree, outer, context.imports, diagnostics, context.more_follows)
        dimensions = dict(context.library.dimension_names)
        module = from_names(resolved, dimensions, diagnostics)
        _check_measurements(tree, resolved, diagnostics)
    return Checked(tree, resolved, module, diagnostics, Show(dimensions))


def _check_measurements(tree: surface.Module, resolved: names.Resolved, diagnostics: Diagnostics) -> None:
    """What is wrong with the effects of measurements shows only in their matrices."""
    if diagnostics.errors or not any(isinstance(item, surface.Effects) for item in tree.items):
        return
    from qdsl.lang import differentiate
    from qdsl.lang.core.declared_measurements import check_measurements

    declared = [each.entity for each in resolved.scope.values.values() if each.kind is names.Kind.EFFECTS]
    check_measurements(declared, differentiate, diagnostics)


def unit(text: str, library: Library, diagnostics: Diagnostics) -> tuple[Dimension, typed.DisplayUnit] | None:
    """A unit on its own, as in the header of a data file; None, with a message, where it is none."""
    node = parse_unit(text, diagnostics)
    return None if diagnostics.errors else unit_alone(node, library.prelude, diagnostics)
