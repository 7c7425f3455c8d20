"""Arguments of calls that draw: what is drawn, then the file, then what has a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.types import BROKEN, INT, NOTHING, TEXT, Length, pruned
from qdsl.lang.typed.unification import element_of, joined_shape

Rule = Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]
Named = tuple[tuple[str, typed.Expr], ...]


def drawn(node: surface.Call, name: str, values: Sequence[typed.Expr], named: Named = ()) -> typed.Expr:
    """The call that the session carries out."""
    return typed.HostCall(node.span, NOTHING, name, tuple(values), named)


@dataclass(frozen=True, slots=True)
class Several:
    """Any number of values, then a path, then what has a name."""

    values: list[typed.Expr]
    path: typed.Expr
    named: dict[str, surface.Expr]


def several(
    c: Checker,
    node: surface.Call,
    arguments: Sequence[surface.Argument],
    name: str,
    known: Sequence[str],
    example: str,
) -> Several | None:
    """The arguments of a call that draws any number of values; None, with a message, where they are none."""
    named: dict[str, surface.Expr] = {}
    plain: list[typed.Expr] = []
    for each in arguments:
        if each.name is None:
            plain.append(c.expr(each.value))
        elif each.name.text not in known:
            c.report(c.errors.unknown_argument(each.name.span, name, each.name.text, known))
            return None
        elif each.name.text in named:
            c.report(c.errors.argument_twice(each.span, each.name.text))
            return None
        else:
            named[each.name.text] = each.value
    if any(element_of(each.type)[0] is BROKEN for each in plain):
        return None
    if len(plain) < 2 or pruned(plain[-1].type) is not TEXT:
        c.report(c.pictures.needs_file(node.span, name, example))
        return None
    return Several(plain[:-1], plain[-1], named)


def axis_of(c: Checker, value: typed.Expr, function: str, wanted: str) -> typed.Expr | None:
    """The value, where it is an array of real numbers; None, with a message, where it is not."""
    element, _ = element_of(value.type)
    shape = shape_of_reals(value)
    if shape is not None and len(shape) == 1:
        return value
    if element is not BROKEN:
        c.report(c.pictures.takes(value.span, function, wanted, types.resolved(value.type), hint_of_parts(value)))
    return None


def shape_of_reals(value: typed.Expr) -> tuple[Length, ...] | None:
    """The shape of an array of real numbers; None of anything else."""
    element, shape = element_of(value.type)
    return shape if element is INT or isinstance(element, types.Real | types.TypeVar) else None


def hint_of_parts(value: typed.Expr) -> str:
    element, shape = element_of(value.type)
    is_complex = isinstance(element, types.Complex) and shape is not None
    return "a complex number has real(..), imag(..), abs(..) and arg(..)" if is_complex else ""


def same_length(c: Checker, first: typed.Expr, *others: typed.Expr) -> bool:
    """Whether arrays may be of one length, as far as that is known."""
    _, shape = element_of(first.type)
    for other in others:
        _, own = element_of(other.type)
        if shape is not None and own is not None and joined_shape(shape[:1], own[:1]) is None:
            c.report(
                c.errors.lengths_differ(first.span, types.resolved(first.type), other.span, types.resolved(other.type))
            )
            return False
    return True
