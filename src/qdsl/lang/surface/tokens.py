"""Tokens: what the lexer makes and the parser eats, with the tables of words and signs.

Every Unicode spelling has an ASCII one and becomes the same kind of token: `≤` and `<=` are both COMPARE.
"""

from __future__ import annotations

from typing import NamedTuple


class Token(NamedTuple):
    """A word, number, sign or piece of a string, with its place in the chunk. `first` means first on its line."""

    kind: str
    text: str
    start: int
    end: int
    first: bool


END = "$END"


def _kinds(words: str) -> dict[str, str]:
    """The kind of token of each word."""
    return {word: word.upper() for word in words.split()}


RESERVED = _kinds(
    "let var fn if else for in while break return to as and or not true false assert prove disprove show forall given"
    " import from select"
)

SOFT = _kinds(
    "experiment param axis measure test dimension unit const option extern circuit space povm projective store"
)
"""Keywords at the start of a statement before a name or a string on the same line; ordinary names elsewhere."""

LATER = frozenset({"PROVE", "DISPROVE", "SELECT", "CIRCUIT", "STORE"})
"""Words that start a statement of a later version."""

PATH_WORDS = frozenset({"import", "from", "test", "store"})
"""A string after one of these is a plain text: a brace in it is a brace."""

SIGNS = {
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "{": "LBRACE",
    "}": "RBRACE",
    ",": "COMMA",
    ";": "SEMI",
    ":": "COLON",
    ".": "DOT",
    "..": "DOTDOT",
    "->": "ARROW",
    "~": "TILDE",
    "?": "QMARK",
    "=": "EQUAL",
    "==": "COMPARE",
    "!=": "COMPARE",
    "<=": "COMPARE",
    ">=": "COMPARE",
    "~=": "COMPARE",
    "<": "LT",
    ">": "GT",
    "+/-": "PLUS_MINUS",
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    "^": "CARET",
    "†": "DAGGER",
}

ASCII_SPELLING = {"≈": "~=", "≤": "<=", "≥": ">=", "≠": "!=", "±": "+/-", "π": "pi"}
SIGNS |= {sign: SIGNS[plain] for sign, plain in ASCII_SPELLING.items() if plain in SIGNS}

CLOSER = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
SPELLING = {kind: sign for sign, kind in reversed(SIGNS.items()) if sign.isascii()}
"""One way to write each kind of sign."""

_INFIX = {"PLUS", "MINUS", "STAR", "SLASH", "CARET", "PLUS_MINUS", "COMPARE", "LT", "GT", "AND", "OR", "TO", "IN"}
_INFIX |= {"EQUAL", "TILDE", "ARROW", "DOT", "DOTDOT", "AS", "FORALL", "GIVEN"}

UNFINISHED = frozenset(_INFIX | {"NOT", "COMMA", "COLON"})
"""After one of these a statement goes on in the next line."""

CONTINUES = frozenset(_INFIX | {"ELSE"})
"""A line that starts with one of these goes on with the statement above it (but `-` after `}` does not)."""
