"""What people write from other languages, and what to write instead.

Each function names one slip and gives its message; the lexer calls it and then reads the slip as what was meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.source import Span
from qdsl.lang.surface.tokens import SIGNS


@dataclass(frozen=True, slots=True)
class Slip:
    """A message, and the kinds of token to read in its place."""

    diagnostic: Diagnostic
    kinds: tuple[str, ...]
    text: str = ""


SUPERSCRIPT = re.compile("[⁰¹²³⁴-⁹]+")
WRONG_ESCAPE = re.compile(r'\\(?:["\\nt]|(.|$))')

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

_INSTEAD = {
    "**": ("^", "a power is written `^`"),
    "&&": ("and", "write `and`"),
    "||": ("or", "write `or`"),
    "!": ("not ", "write `not`"),
    "&": ("and", "write `and`"),
    "|": ("or", "write `or`; an absolute value is abs(x)"),
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
    "“": ('"', 'text stands in straight quotes `"`'),
    "”": ('"', 'text stands in straight quotes `"`'),
}
_KINDS = {"and": "AND", "or": "OR", "not ": "NOT", '"': ""}


ELSE_IF = ("elif", "elseif", "elsif")
FOREIGN = dict.fromkeys(("def", "func", "function"), ("FN",)) | dict.fromkeys(ELSE_IF, ("ELSE", "IF"))
"""Words of other languages, with the kinds of token to read in their place."""


def word(span: Span) -> Diagnostic:
    """`def f(x)`, `} elif c {`."""
    plain = "else if" if span.text in ELSE_IF else "fn"
    return error(
        "E0111", f"`{span.text}` is not in the language: write `{plain}`", Label(span), fixes=(_replace(span, plain),)
    )


def sign(text: str, span: Span) -> Slip:
    """A sign that is not in the language."""
    if text in _INSTEAD:
        plain, advice = _INSTEAD[text]
        kind = _KINDS.get(plain) if plain in _KINDS else SIGNS[plain]
        return Slip(_not_in_language(text, span, advice, _replace(span, plain)), (kind,) if kind else (), plain)
    if len(text) == 2 and text[1] == "=" and text[0] in "+-*/^":
        return Slip(_update(text, span), ("EQUAL",), "=")
    if text.startswith("."):
        return Slip(_leading_point(text, span), ("NUMBER",), f"0{text}")
    match text:
        case "%":
            return Slip(_not_in_language(text, span, "the remainder of Ints is mod(a, b)"), ("STAR",), "*")
        case "//":
            advice = "a comment starts with `#`, and integer division is div(a, b)"
            return Slip(_not_in_language(text, span, advice), ("SLASH",), "/")
        case "++" | "--":
            return Slip(_not_in_language(text, span, f"write x = x {text[0]} 1"), ())
        case "@":
            return Slip(_not_in_language(text, span, "the product of matrices is matmul(a, b)"), ("STAR",), "*")
        case "\\":
            advice = "a line goes on after an operator or a comma, or inside brackets; leave the `\\` out"
            return Slip(_not_in_language(text, span, advice, _replace(span, "")), ())
        case _:
            return Slip(_strange(text, span), ())


def _not_in_language(text: str, span: Span, advice: str, *fixes: Fix) -> Diagnostic:
    return error("E0110", f"`{text}` is not in the language: {advice}", Label(span), fixes=fixes)


def _replace(span: Span, text: str) -> Fix:
    return Fix(f"write `{text.strip()}`" if text else "leave it out", (Edit(span, text),))


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


def _strange(text: str, span: Span) -> Diagnostic:
    shown = f"`{text}`" if text.isprintable() and not text.isspace() else f"the character U+{ord(text):04X}"
    return error("E0115", f"{shown} has no meaning in QDSL", Label(span), fixes=(_replace(span, ""),))


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


def single_quotes(span: Span) -> Diagnostic:
    """`'text'`."""
    body = span.text.strip("'").replace('"', '\\"')
    fix = Fix("use double quotes", (Edit(span, f'"{body}"'),))
    return error("E0113", 'text stands in double quotes: "..."', Label(span), fixes=(fix,))


def string_not_closed(span: Span) -> Diagnostic:
    fix = Fix('close it with `"`', (Edit(span.after(), '"' if span.text else '}"'),), sure=False)
    return error("E0113", "this text is not closed before the end of the line", Label(span), fixes=(fix,))


def escape(span: Span) -> Diagnostic:
    """`"C:\\data"`."""
    return error(
        "E0113",
        f'`{span.text}` means nothing in a text: only \\n, \\t, \\" and \\\\ do',
        Label(span),
        fixes=(Fix("write the backslash twice", (Edit(span.before(), "\\"),), sure=False),),
    )


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────

LONGEST_NUMBER = 1000
"""Characters of a number. A double is decided by the first 770 digits; Python reads 4300."""


def too_long(span: Span) -> Diagnostic:
    """Pages of digits."""
    length, limit = f"{len(span.text):,}", f"{LONGEST_NUMBER:,}"
    return error("E0114", f"this number has {length} characters; the limit is {limit}", Label(span))


def too_large(span: Span) -> Diagnostic:
    """`1e400`; a whole number is left to the checker, since it is no 64-bit real but an Int."""
    return error("E0114", f"{_brief(span.text)} is too large for a 64-bit number, which ends at 1.8e308", Label(span))


def number_or_product(span: Span, head: str, tail: str) -> Diagnostic:
    """`2(3)`: a value with its uncertainty has a decimal point or an exponent after the bracket."""
    mantissa, sign_, exponent = re.split("([eE])", head) if "e" in head.lower() else (head, "", "")
    estimate = f"{mantissa}({tail}{sign_}{exponent}" if sign_ else f"{head}.0({tail}"
    return error(
        "E0114",
        f"{_brief(span.text)} could be a product or a value with its uncertainty",
        Label(span),
        fixes=(
            Fix("make it a product", (Edit(span, f"{head} * ({tail}"),), sure=False),
            Fix("make it a value with its uncertainty", (Edit(span, estimate),), sure=False),
        ),
    )


OTHER_BASE = re.compile(r"0(?:[xX][0-9a-fA-F]+|[bB][01]+|[oO][0-7]+)\b")


def other_base(span: Span) -> Diagnostic:
    """`0x1f`."""
    fixes = (_replace(span, str(int(span.text, 0))),) if len(span.text) < 40 else ()
    return error("E0114", "numbers are written in decimal", Label(span), fixes=fixes)


def number(text: str, source: str, span: Span) -> Diagnostic | None:
    """What is wrong with a number, given the text that follows it."""
    after = source[span.end : span.end + 40]
    if after.startswith(".") and not re.match(r"\.\.|\.[^\W\d]", after):
        fix = Fix("write the 0", (Edit(Span(span.chunk, span.end, span.end + 1), ".0"),))
        return error("E0114", f"a digit follows the decimal point: {_brief(text)}.0", Label(span), fixes=(fix,))
    if found := re.match(r"\(\d+\.\d+\)", after):
        return _decimal_uncertainty(text, found[0], Span(span.chunk, span.start, span.end + found.end()))
    plain = text.replace("_", "")
    return too_large(span) if not plain.isdecimal() and float(plain) == inf else None


def _decimal_uncertainty(head: str, brackets: str, span: Span) -> Diagnostic:
    """`18.2(1.5)`: some write an uncertainty so; here it would be a product."""
    inner = brackets[1:-1]
    return error(
        "E0114",
        f"{_brief(span.text)} could be a product or a value with its uncertainty",
        Label(span),
        fixes=(
            Fix("make it a product", (Edit(span, f"{head} * {inner}"),), sure=False),
            Fix("make it a value with its uncertainty", (Edit(span, f"({head} +/- {inner})"),), sure=False),
        ),
    )


def _leading_point(text: str, span: Span) -> Diagnostic:
    fix = Fix("write the 0", (Edit(span.before(), "0"),))
    return error("E0114", f"a digit stands before the decimal point: 0{_brief(text)}", Label(span), fixes=(fix,))


def _brief(text: str) -> str:
    """A text that would make a sentence endless is shown by its beginning."""
    return text if len(text) <= 40 else f"{text[:30]}.."
