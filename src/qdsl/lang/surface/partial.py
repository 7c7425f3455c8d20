"""What is kept of a thing that was given up: the nodes that had been built, and the names it would have declared.

let c c c          declares c
fn f(x: ) = x      declares f
import lab oops    declares lab
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from qdsl.lang.surface.tokens import Token
from qdsl.lang.surface.tree import Node

_DECLARES = frozenset({"LET", "VAR", "FN", "CONST", "DIMENSION", "UNIT", "EXPERIMENT", "PARAM", "AXIS", "MEASURE"})
_DECLARES |= {"SPACE", "POVM", "PROJECTIVE"}


def declared(values: list[Any]) -> Iterator[Token]:
    """The names that a declaration which was given up would have given to something."""
    words = [each for each in values if isinstance(each, Token) and each.kind not in ("EXTERN", "LPAR")]
    if words and words[0].kind in ("IMPORT", "FROM"):
        yield from (each for each in _tokens(values) if each.kind == "NAME")
    elif words and words[0].kind in _DECLARES:
        yield from takewhile(lambda each: each.kind == "NAME", words[1 : 3 if words[0].kind == "UNIT" else 2])


def _tokens(values: list[Any]) -> Iterator[Token]:
    """The tokens among what was read, those in lists included."""
    for value in values:
        if isinstance(value, Token):
            yield value
        elif isinstance(value, list):
            yield from _tokens(value)


def nodes(values: list[Any]) -> Iterator[Node]:
    """The nodes among what was built, those in lists included."""
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list):
            yield from nodes(value)
