"""Programs as the checker sees them."""

from __future__ import annotations

from qdsl.lang.compile import Checked, Context, check
from qdsl.lang.source import Source
from qdsl.lang.typed.show import Show
from qdsl.runtime.library import standard_library


def checked(text: str) -> Checked:
    return check(Source("typed.qdsl", text), Context(standard_library()))


def codes(text: str) -> list[str]:
    """Of every message, in order."""
    return [each.code for each in checked(text).diagnostics.in_order()]


def type_of(text: str, name: str) -> str:
    """The type of a function of a program without mistakes."""
    result = checked(text)
    assert result.ok
    return Show(standard_library().dimension_names).type(result.module.functions[name].type)
