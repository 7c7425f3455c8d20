"""Kets and bras as written: `|0>(q)`, `|01>(r)`, `<+|(q)`, `<0|1>(q)`, `|0><1|(q)`.

A letter is a level, or `+ - +i -i` of a space of two levels. Several stand side by side, or with commas where levels
have several digits; of a single space the digits are one level: `|12>(c)`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qdsl.lang.names import Kind as Named
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker, rule
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import quantum
from qdsl.lang.typed.quantum_arguments import positional, spaces_of, together
from qdsl.lang.typed.spaces import AnySpace, Part, Several, Space, counted, one_by_one
from qdsl.lang.typed.types import Type

_LETTER = re.compile(r"\d|[+-]i?")
_STATES = re.compile(r"(?:\d|[+-]i?)+|(?:\d+|[+-]i?)(?:,(?:\d+|[+-]i?))+")


@rule(surface.Ket)
def ket_alone(c: Checker, node: surface.Ket, expected: Type | None) -> typed.Expr:
    """`|0>` without the spaces that it is of."""
    if _is_sound(c, node):
        spaces = [name for name, symbol in c.resolved.scope.values.items() if symbol.kind is Named.SPACE]
        c.report(c.quantum.needs_spaces(node.span, node.text, spaces))
    return c.broken(node.span)


def written_ket(c: Checker, node: surface.Call, ket: surface.Ket) -> typed.Expr:
    """`|01>(q, r)` and its kin."""
    is_sound = _is_sound(c, ket)
    values = positional(c, node, node.arguments, ket.text, "the spaces that it is of", 1, 99)
    spaces = spaces_of(c, values, ket.text) if values is not None else None
    if values is None or spaces is None or not is_sound:
        return c.broken(node.span)
    made = [_state(c, ket, what, text, values, spaces) for what, text in _parts(ket.text)]
    found = [each for each in made if each is not None]
    if len(found) < len(made):
        return c.broken(node.span)
    if len(found) == 1:
        found[0].span = node.span
        return found[0]
    left, right = found
    if isinstance(left.type, types.Bra):
        return quantum(c, node.span, types.Complex(ONE), "inner", (left, right))
    return quantum(c, node.span, types.Operator(ONE, together(spaces)), "outer", (left, right))


def _parts(text: str) -> list[tuple[str, str]]:
    """What a ket, bra, bracket or projector is made of: `<0|1>` is the bra 0 and the ket 1."""
    if text[0] == "<":
        bra, _, rest = text[1:].partition("|")
        return [("bra", bra), *([("ket", rest[:-1])] if rest else [])]
    ket, _, rest = text[1:].partition(">")
    return [("ket", ket), *([("bra", rest[1:-1])] if rest else [])]


def _is_sound(c: Checker, ket: surface.Ket) -> bool:
    """Whether its letters are those of states."""
    for _, text in _parts(ket.text):
        if not _STATES.fullmatch(text):
            c.report(c.quantum.no_state(ket.span, ket.text, text))
            return False
    return True


def _state(
    c: Checker, ket: surface.Ket, what: str, text: str, values: Sequence[typed.Expr], spaces: Sequence[AnySpace]
) -> typed.Expr | None:
    letters = letters_of(text)
    several = Several(tuple(spaces))
    if counted(several) is not None:
        single = one_by_one(several)
        if len(single) == 1 and text.isdigit() and (text[0] != "0" or len(text) == 1):
            letters = [text]
        if len(letters) != len(single):
            names = [each.name for each in single]
            place = values[0].span.to(values[-1].span)
            c.report(c.quantum.ket_length(ket.span, ket.text, len(letters), names, place))
            return None
        for letter, space in zip(letters, single, strict=True):
            if not _has_state(letter, space):
                c.report(c.quantum.no_level(ket.span, letter, space))
                return None
    type_ = types.Ket(together(spaces)) if what == "ket" else types.Bra(together(spaces))
    word = typed.Constant(ket.span, types.TEXT, ",".join(letters))
    return quantum(c, ket.span, type_, f"written_{what}", (word, *values))


def letters_of(text: str) -> list[str]:
    """`01` is 0, 1; `+i-` is +i, -; `3,12` is 3, 12."""
    return text.split(",") if "," in text else _LETTER.findall(text)


def _has_state(letter: str, space: Space | Part) -> bool:
    if letter.isdigit():
        return space.size is None or int(letter) < space.size
    return space.size in (2, None)
