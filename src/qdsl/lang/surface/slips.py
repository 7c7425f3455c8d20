"""What people write from other languages, and what to write instead.

Each function names one slip and gives its message; the lexer calls it and then reads the slip as what was meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.source import Span
from qdsl.lang.surface.tokens import SIGNS


@dataclass(frozen=True, slots=True)
class Slip:
    """A message, the kinds of token to read in its place, and a further sign that it has explained."""

    diagnostic: Diagnostic
    kinds: tuple[str, ...] = ()
    text: str = ""
    explained: int = -1


SUPERSCRIPT = re.compile("[⁰¹²³⁴-⁹]+")

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

_INSTEAD = {
    "**": ("^", "a power is written `^`"),
    "===": ("==", "equality is written `==`"),
    "!==": ("!=", "write `!=`"),
    "<>": ("!=", "write `!=`"),
    ":=": ("=", "write `=`, with `let` or `var` before the name where it is new"),
    "=>": ("->", "a lambda is written `x -> ..`"),
    "×": ("*", "multiplication is written `*`"),
    "·": ("*", "multiplication is written `*`"),
    "⋅": ("*", "multiplication is written `*`"),
    "÷": ("/", "division is written `/`"),
    "−": ("-", "this is a Unicode minus sign; write `-`"),
    "–": ("-", "this is a dash; write `-`"),
    "→": ("->", "write `->`"),
}
_WORDS = {"&&": "and", "||": "or", "&": "and", "|": "or", "!": "not"}
_BARS = re.compile(r"\|([^|\n]*[^|\s])\|")

ELSE_IF = ("elif", "elseif", "elsif")
FOREIGN = dict.fromkeys(("def", "func", "function"), ("FN",)) | dict.fromkeys(ELSE_IF, ("ELSE", "IF"))
"""Words of other languages, with the kinds of token to read in their place."""


def word(span: Span) -> Diagnostic:
    """`def f(x)`, `} elif c {`."""
    plain = "else if" if span.text in ELSE_IF else "fn"
    return error(
        "E0111", f"`{span.text}` is not in the language: write `{plain}`", Label(span), fixes=(_replace(span, plain),)
    )


def sign(text: str, span: Span, after_value: bool) -> Slip:
    """A sign that is not in the language. `after_value` tells whether a value stands before it."""
    joins = after_value and _goes_on(span)
    if text in _WORDS:
        return _word(text, span, joins if text != "!" else not after_value)
    if text in _INSTEAD:
        plain, advice = _INSTEAD[text]
        return Slip(_not_in_language(text, span, advice, _replace(span, plain)), (SIGNS[plain],), plain)
    if len(text) == 2 and text[1] == "=" and text[0] in "+-*/^":
        return Slip(_update(text, span), ("EQUAL",), "=")
    match text:
        case "%":
            return Slip(_not_in_language(text, span, "the remainder of Ints is mod(a, b)"), ("STAR",), "*")
        case "//":
            advice = "a comment starts with `#`, and integer division is div(a, b)"
            return Slip(_not_in_language(text, span, advice), ("SLASH",), "/")
        case "++" | "--":
            return Slip(_not_in_language(text, span, f"write x = x {text[0]} 1"))
        case "@":
            return Slip(_not_in_language(text, span, "the product of matrices is matmul(a, b)"), ("STAR",), "*")
        case "\\":
            advice = "a line goes on after an operator or a comma, or inside brackets; leave the `\\` out"
            return Slip(_not_in_language(text, span, advice, _replace(span, "")))
        case _:
            return Slip(_strange(text, span, joins))


def _word(text: str, span: Span, is_operator: bool) -> Slip:
    """`&&`, `|`, `!`: words here, where they stand as operators do."""
    word = _WORDS[text]
    if is_operator:
        advice = f"write `{word}`" + ("; an absolute value is abs(x)" if text == "|" else "")
        return Slip(_not_in_language(text, span, advice, _spaced(span, word)), (word.upper(),), word)
    if text == "|":
        return _bar(span)
    advice = "the opposite of a is `not a`, and a factorial is factorial(n)" if text == "!" else f"write `{word}`"
    return Slip(_not_in_language(text, span, advice))


def _bar(span: Span) -> Slip:
    """A `|` where no operator can stand: `|x|` is an absolute value."""
    pair = _BARS.match(span.chunk.text, span.start)
    if pair is None:
        return Slip(_not_in_language("|", span, "an absolute value is abs(x)"))
    close = pair.end() - 1
    edits = (Edit(span, "abs("), Edit(Span(span.chunk, close, close + 1), ")"))
    fix = Fix("write `abs(..)`", edits, sure=False)
    return Slip(_not_in_language("|", span, "an absolute value is abs(x)", fix), explained=close)


def _goes_on(span: Span) -> bool:
    """Whether something follows that a value can begin with."""
    following = span.chunk.text[span.end :].lstrip()
    return bool(following) and following[0] not in ")]},;:=*/^>"


def _spaced(span: Span, word: str) -> Fix:
    """A word in place of a sign, apart from the words beside it."""
    text = span.chunk.text
    before = text[max(span.start - 1, 0) : span.start]
    after = text[span.end : span.end + 1]
    left = " " if before and not before.isspace() and before not in "([{" else ""
    right = " " if after and not after.isspace() else ""
    return Fix(f"write `{word}`", (Edit(span, f"{left}{word}{right}"),))


def _not_in_language(text: str, span: Span, advice: str, *fixes: Fix) -> Diagnostic:
    return error("E0110", f"`{text}` is not in the language: {advice}", Label(span), fixes=fixes)


def _replace(span: Span, text: str) -> Fix:
    return Fix(f"write `{text}`" if text else "leave it out", (Edit(span, text),))


def _update(text: str, span: Span) -> Diagnostic:
    """`x += 1`: the fix needs the target, which is the word before the sign where there is one."""
    line = span.chunk.text[: span.start].rpartition("\n")[2]
    target = line.strip()
    advice = f"write x = x {text[0]} .."
    if not re.fullmatch(r"[^\W\d]\w*(\[\w+\])?", target):
        return _not_in_language(text, span, advice)
    plain = f"= {target} {text[0]}"
    return _not_in_language(
        text, span, f"write {target} {plain} ..", Fix(f"write `{plain}`", (Edit(span, plain),), sure=False)
    )


def _strange(text: str, span: Span, joins: bool) -> Diagnostic:
    """`3 $ 4`, a space without width. What stands between two values was meant as something: it cannot be left out."""
    visible = text.isprintable() and not text.isspace()
    shown = f"`{text}`" if visible else f"the character U+{ord(text):04X}"
    fixes = () if joins and visible else (Fix("leave it out", (Edit(span, ""),), sure=not visible),)
    return error("E0115", f"{shown} has no meaning in QDSL", Label(span), fixes=fixes)


def superscript(span: Span) -> Diagnostic:
    """`m²`."""
    plain = without_superscripts(span.text)
    powers = SUPERSCRIPT.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), span.text)
    message = f"a power is written with `^`: {powers}" if plain else "a power is written with `^`"
    return error("E0115", message, Label(span), fixes=(_replace(span, powers),))


def without_superscripts(text: str) -> str:
    return SUPERSCRIPT.sub("", text)


def not_a_name(span: Span) -> Diagnostic:
    return error("E0115", f"`{span.text}` cannot be a name: use letters, digits and `_`", Label(span))


def prime(span: Span) -> Diagnostic:
    """`x'`."""
    return error(
        "E0112", "`'` is not in the language: the adjoint of x is dag(x), a derivative is grad(f)", Label(span)
    )
