"""A typed tree with some of its nodes replaced, or with each part changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from qdsl.lang.typed import tree as typed

N = TypeVar("N", bound=typed.Expr | typed.Statement)


def with_replaced(node: N, new: Mapping[typed.Expr, typed.Expr]) -> N:
    """The node with nodes below it replaced by others; what has none of them stays the same object."""
    return with_parts(node, lambda part: new.get(part) or with_replaced(part, new))


def with_parts(node: N, change: Callable[[Any], Any]) -> N:
    """The node with every expression or statement directly below it changed; itself if none was."""
    changed: dict[str, Any] = {}
    for each in fields(node):
        before = getattr(node, each.name)
        after = _part(before, change)
        if after is not before:
            changed[each.name] = after
    return replace(node, **changed) if changed else node


def _part(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, typed.Expr | typed.Statement):
        return change(value)
    if type(value) is not tuple:
        return value
    after = tuple(_part(each, change) for each in value)
    return value if all(new is old for new, old in zip(after, value, strict=True)) else after


def with_distribution(
    measure: typed.MeasureDeclaration, change: Callable[[typed.DistributionValue], typed.DistributionValue]
) -> typed.MeasureDeclaration:
    """The measurement with its distribution changed; that of all outcomes too, where there are several."""
    outcome = measure.outcome
    if outcome is not None:
        outcome = replace(outcome, distribution=change(outcome.distribution))
    return replace(measure, distribution=change(measure.distribution), outcome=outcome)
