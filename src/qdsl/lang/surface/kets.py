"""Kets and bras as the lexer finds them, and what is written with them from habit.

    |0>  |01>  |+i->  |3,12>       a letter for each space; commas where levels have several digits
    <0|  <0|1>  |0><1|             bras, brackets, and a ket with a bra

In: the text of a program; the angle brackets `⟨ ⟩` count as `< >`. Out: where the ket ends, and the token's plain text.
`|` has no other use in the language, but after a value `a |b> c` may be anything: there it is a ket only where nothing
else can be meant.
"""

from __future__ import annotations

import re

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.source import Span

_LETTER = r"(?:\d|[+-]i?)"
_LETTERS = rf"[ \t]*{_LETTER}(?:(?:[ \t]+|[ \t]*,[ \t]*)?{_LETTER})*[ \t]*"
_INSIDE = rf"(?:{_LETTERS}|[^\s|<>⟨⟩()]+)"
_KET = rf"\|{_INSIDE}[>⟩]"
_BRA = rf"[<⟨]{_INSIDE}\|"
_END = r"(?=[ \t]*(?:[)\](,;*/+\-^†#\n]|$))"

_STATE = re.compile(rf"{_KET}(?:[ \t]*{_BRA})?|{_BRA}(?:{_INSIDE}[>⟩])?")
_SURE_KET = rf"\|{_LETTERS}[>⟩](?:[ \t]*{_BRA})?"
_SURE_BRA = rf"[<⟨](?![ \t]){_LETTERS}\|(?:{_INSIDE}[>⟩])?"
_AFTER_NUMBER = re.compile(rf"{_SURE_KET}|{_SURE_BRA}|{_KET}{_END}")
_AFTER_VALUE = re.compile(rf"(?:{_SURE_KET}|{_SURE_BRA}|{_KET}){_END}")
_SANDWICH = re.compile(rf"({_BRA})[ \t]*[^\s(|<>⟨⟩][^|<>⟨⟩\n]*({_KET})")
_APART = re.compile(rf"({_LETTER})[ \t]+(?={_LETTER})")
_NAME = re.compile(r"[^\W\d]\w*")


def end_of(text: str, start: int) -> int:
    """Where the ket, bra or bracket ends that begins here; `start` if none does."""
    found = _STATE.match(text, start)
    return found.end() if found else start


def end_after_value(text: str, start: int, is_number: bool) -> int:
    """The same directly after a value, or after a number, which multiplies it."""
    found = (_AFTER_NUMBER if is_number else _AFTER_VALUE).match(text, start)
    return found.end() if found else start


def plain(text: str) -> str:
    """As the tree has it: ASCII, without blanks."""
    text = _APART.sub(r"\1,", text).replace("⟨", "<").replace("⟩", ">")
    return "".join(text.split())


def letters_apart(span: Span) -> Diagnostic | None:
    """`|0 1>`."""
    if not _APART.search(span.text):
        return None
    fix = Fix(f"write `{plain(span.text)}`", (Edit(span, plain(span.text)),))
    said = "the letters of a ket stand side by side, or with commas between them"
    return error("E0107", said, Label(span), fixes=(fix,))


def no_operator_before(span: Span, before: str) -> Diagnostic:
    """`|0>(q)|1>(c)`."""
    text = span.chunk.text
    blank = "" if text[span.start - 1] == " " else " "
    fix = Fix("insert `*`", (Edit(Span(span.chunk, span.start, span.start), f"{blank}* "),), sure=False)
    said = f"an operator is missing between `{before}` and `{plain(span.text)}`"
    return error(
        "E0102", said, Label(span), hint="the state of several spaces is a product: |0>(q) * |1>(c)", fixes=(fix,)
    )


def sandwich(span: Span) -> tuple[Span, Span, Diagnostic] | None:
    """`<psi|H|psi>`: the bra and the ket, and the message; None if it is none."""
    found = _SANDWICH.match(span.chunk.text, span.start)
    if found is None:
        return None
    bra, ket = (Span(span.chunk, *found.span(group)) for group in (1, 2))
    states = plain(bra.text)[1:-1], plain(ket.text)[1:-1]
    fixes: tuple[Fix, ...] = ()
    if states[0] == states[1] and _NAME.fullmatch(states[0]):
        edits = Edit(bra, "expect("), Edit(ket, f", {states[0]})")
        fixes = (Fix("write `expect(..)`", edits, sure=False),)
    written = f"`{plain(bra.text)}..{plain(ket.text)}`"
    advice = "a mean value is expect(A, psi), and a matrix element dag(phi) * A * psi"
    whole = Label(Span(span.chunk, bra.start, ket.end))
    return bra, ket, error("E0110", f"{written} is not in the language: {advice}", whole, fixes=fixes)
