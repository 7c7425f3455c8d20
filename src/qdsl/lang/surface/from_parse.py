"""Parser's reductions to nodes: the table from a rule's name to the small function that builds it.

Each action is given the `Building` (what one chunk's actions share), the span of what was read, and one child for
every symbol of its rule: a Token, a node, a list, or None for what is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from qdsl.lang.surface import (
    actions_declarations,
    actions_expressions,
    actions_lists,
    actions_statements,
    actions_types,
)

Action = Callable[..., Any]


def _public(module: ModuleType) -> dict[str, Action]:
    return {
        name.rstrip("_"): each
        for name, each in vars(module).items()
        if getattr(each, "__module__", None) == module.__name__ and not name.startswith("_")
    }


ACTIONS: dict[str, Action] = (
    _public(actions_lists)
    | _public(actions_expressions)
    | _public(actions_types)
    | _public(actions_statements)
    | _public(actions_declarations)
)
