"""What is said of a token that does not fit.

The parser's state tells the *situation*: what was being waited for. Which state belongs to which situation is learnt
from the wrong programs in syntax_examples.py when the table is built. Here each situation has its words: one sentence
for any token, and others for tokens that show what was meant. In a sentence `{token}` is the token that does not fit,
`{before}` the one before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.source import Chunk, Span
from qdsl.lang.surface.bracket_errors import never_closed
from qdsl.lang.surface.table import table
from qdsl.lang.surface.tokens import END, LATER, RESERVED, SPELLING, Token


@dataclass(slots=True)
class Place:
    """An error state, the token that did not fit, the one before it, and how the parser went on.

    `inserted` is the kind of a sign that was supplied, `opener` the bracket that it closed; `said` is the message where
    the way it was mended tells what is wrong.
    """

    state: int
    token: Token
    before: Token | None
    inserted: str = ""
    opener: Token | None = None
    left_out: bool = False
    said: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A code and a sentence; `kinds` are the tokens it is meant for, none for any token."""

    code: str
    sentence: str
    kinds: frozenset[str] = frozenset()


def _for(kinds: str, code: str, sentence: str) -> Words:
    return Words(code, sentence, frozenset(kinds.split()))


_VALUES = "NAME NUMBER IMAGINARY UNCERTAIN STRING STRING_OPEN TRUE FALSE KET LPAR LSQB NOT IF"
_STATEMENT_WORDS = "LET VAR FN WHILE BREAK RETURN ASSERT SHOW IMPORT " + " ".join(sorted(LATER))
_BEGINS = _STATEMENT_WORDS + " FOR FROM"
_TOP_LEVEL = "FN EXTERN EXPERIMENT TEST IMPORT FROM DIMENSION UNIT CONST OPTION SPACE POVM PROJECTIVE"
_NEW_LINE = Words("E0105", "a new statement starts on a new line, or after `;`")
_LATER = _for(" ".join(LATER), "E0117", "{token} is reserved: it belongs to a later version of the language")
_MEMBER_OUTSIDE = _for("PARAM AXIS MEASURE", "E0126", "{token} stands inside an experiment: experiment name {{ .. }}")
_LONE_ELSE = _for("ELSE", "E0126", "this `else` has no `if` before it")
_NO_START = Words("E0101", "a statement cannot begin with {token}")
_SEMICOLON = _for("SEMI", "E0105", "`;` ends a statement and cannot stand inside brackets; write a comma")

_NO_COMMA = Words("E0107", "a comma or an operator is missing between {before} and {token}")
_NO_STAR = Words("E0107", "`*` is missing between {before} and {token}: only a number multiplies what stands after it")
_NO_CALL = Words("E0102", "an operator is missing between {before} and {token}, or the brackets of a call: {name}(..)")
_RESERVED_NAME = Words("E0106", "{token} is a word of the language and cannot be a name")
_CALLED_WITH = frozenset(_VALUES.split()) - {"LPAR", "LSQB", "IF"}
_NAMED = frozenset({"name", "field", "unit", "named value", "symbol", "parameter"})

_MISPLACED = (
    _for("EQUAL", "E0107", "`=` gives a name its value, after `let` or `var` or in a call; to compare, write `==`"),
    _for("DOTDOT", "E0107", "a range lo .. hi stands only after `in`, and after the name of an argument"),
    _for("COLON", "E0107", "`:` stands before a type where a name is declared, and in a slice v[i:j]"),
    _for("TILDE", "E0107", "`~` stands only after the name in `measure`, and before the prior of a `param`"),
    _for("QMARK", "E0107", "`?` stands only where a type does"),
)
"""Signs that have their place, and it is not this one."""

SITUATIONS: dict[str, tuple[Words, ...]] = {
    # The last entry of each is for any token.
    "item": (_LATER, _MEMBER_OUTSIDE, _LONE_ELSE, _NO_START),
    "statement": (
        _LATER,
        _MEMBER_OUTSIDE,
        _LONE_ELSE,
        _for(
            "SPACE POVM PROJECTIVE",
            "E0126",
            "{token} stands at the top of a file; a function takes its spaces as parameters: fn f(q: Qubit)",
        ),
        _for(_TOP_LEVEL, "E0126", "{token} stands at the top of a file, not in a block: is a `}}` missing above?"),
        _NO_START,
    ),
    "member": (
        _for("SPACE POVM PROJECTIVE", "E0126", "{token} stands at the top of the file, outside of the experiment"),
        Words("E0126", "an experiment holds `param`, `axis`, `let` and `measure`; {token} begins none of them"),
    ),
    "end of line": (
        _for("AS", "E0102", "a name is imported as it is called; `as` stands after a module: import lab as l"),
        _for("COMMA", "E0107", "a comma stands only inside brackets, between elements"),
        _for(f"{_VALUES} {_BEGINS}", _NEW_LINE.code, _NEW_LINE.sentence),
        *_MISPLACED,
        Words("E0102", "{token} cannot follow {before} here"),
    ),
    "value": (
        _for("LBRACE", "E0116", "a block cannot stand here; a record is written (name = value)"),
        _for(_BEGINS, "E0101", "a value is missing after {before}: {token} begins a statement"),
        _for("IN TO AS ELSE", "E0101", "a value is missing between {before} and {token}"),
        _for("PLUS", "E0101", "a value is missing before `+`; a number needs no sign to be positive"),
        _for("NL " + END, "E0101", "a value is missing after {before}"),
        Words("E0101", "a value is missing between {before} and {token}"),
    ),
    "after a value": (
        _for(_STATEMENT_WORDS, _NEW_LINE.code, _NEW_LINE.sentence),
        _for(
            "FOR", "E0105", "`for` begins a loop on a line of its own; in brackets it makes an array: [x^2 for x in xs]"
        ),
        *_MISPLACED,
        _for("LBRACE", "E0108", "no block can stand after {before}"),
        _for("ARROW", "E0123", "the parameters of a lambda are plain names: x -> .. or (x, y) -> .."),
        _for("ELSE", "E0126", "this `else` has no `if` before it: `else` follows the `}}` of its `if`"),
        _for(
            "IF",
            "E0102",
            "`if` cannot follow {before}: a choice is written if c {{ a }} else {{ b }}",
        ),
        _for("TO", "E0102", "a value is converted once; put the first conversion in brackets"),
        _for("PLUS_MINUS", "E0102", "`+/-` stands once between a value and its tolerance; use brackets"),
        _for("AS FROM IN FORALL GIVEN PREFIXES", "E0102", "{token} has no meaning after {before}"),
        _for("COMMA", "E0107", "a comma stands only inside brackets, between elements"),
        _for("CARET", "E0102", "a power needs brackets here: what {before} belongs to is not a single value"),
        _for("DAGGER DOT", "E0102", "put brackets around what {token} is meant for"),
        _for(
            "COMPARE LT GT PLUS MINUS STAR SLASH AND OR",
            "E0102",
            "{token} cannot follow {before}: brackets are missing",
        ),
        _SEMICOLON,
        _for(
            "NL " + END,
            "E0108",
            "the line ends too early: a block {{ .. }}, or another part, is missing after {before}",
        ),
        _for(_VALUES, "E0102", "an operator is missing between {before} and {token}"),
        Words("E0102", "{token} cannot follow {before}"),
    ),
    "name": (
        _for(
            "NUMBER IMAGINARY UNCERTAIN",
            "E0106",
            "a name is missing after {before}: a name does not start with a digit",
        ),
        Words("E0106", "a name is missing after {before}"),
    ),
    "field": (Words("E0106", "the name of a field or a function is missing after `.`"),),
    "extern": (Words("E0106", "`extern` stands before `fn`: extern fn name(..) -> Type"),),
    "type": (
        _for("LBRACE", "E0109", "a type is missing before `{{`; a record type is written (name: Type)"),
        Words("E0109", "a type is missing between {before} and {token}"),
    ),
    "after a type": (
        _for("COMPARE", "E0109", "put a space between `>` and `=`"),
        _for("LSQB", "E0109", "an array type is written [T] or [T; n]"),
        _for(
            "NAME NUMBER",
            "E0109",
            "a sign is missing between {before} and {token}: dimensions are joined by `*` and `/`",
        ),
        _for(_BEGINS, _NEW_LINE.code, _NEW_LINE.sentence),
        _for("ARROW", "E0109", "the parameters of a function type stand in brackets: (Time) -> Scalar"),
        _for("COMMA", "E0109", "a comma cannot follow the type {before} here"),
        _for("EQUAL", "E0109", "`=` cannot follow the type {before} here"),
        Words("E0109", "{token} cannot follow the type {before}"),
    ),
    "function type": (Words("E0109", "a function type ends in its result: (Time) -> Scalar"),),
    "exponent": (Words("E0124", "an exponent is a whole number or a fraction in brackets, as in m^2 or m^(1/2)"),),
    "exponent bracket": (Words("E0124", "an exponent in brackets is a number or a fraction: (1/2)"),),
    "unit": (Words("E0125", "a unit is missing after {before}"),),
    "unit bracket": (Words("E0125", "units are joined by `*`, `/` and `^`, and {before} is not followed by `)`"),),
    "block": (
        _for("NL " + END, "E0108", "a block in braces is missing: the `{{` stands on the same line"),
        *_MISPLACED,
        Words("E0108", "a block in braces is missing after {before}: {{ .. }}"),
    ),
    "else": (Words("E0108", "after `else` comes a block in braces, or another `if`"),),
    "in": (Words("E0107", "`in` is missing after {before}: for k in range(n)"),),
    "text": (Words("E0106", 'the name of a test is a text: test "name" {{ .. }}'),),
    "import": (Words("E0107", "`import` is missing: from module import name, name"),),
    "equal": (Words("E0107", "`=` is missing after {before}"),),
    "named value": (Words("E0107", "`=` and a value are missing after {before}"),),
    "colon": (Words("E0107", "`:` and a type are missing after {before}"),),
    "lambda or record": (
        Words(
            "E0123", "values in round brackets are a record (a = 1, b = 2), an array [1, 2] or a lambda's (x, y) -> .."
        ),
    ),
    "tilde": (Words("E0107", "`~` and a distribution are missing after {before}: measure n ~ Poisson(rate)"),),
    "range": (Words("E0107", "bounds are a range: in 0 .. 1"),),
    "parameters": (Words("E0107", "the parameters in round brackets are missing after {before}: fn name(x, y)"),),
    "after parameters": (Words("E0107", "`=` and a value, or a block, are missing after the head of the function"),),
    "parameter": (Words("E0107", "a comma or `)` is missing after {before}: a parameter is name: Type = default"),),
    "array type": (Words("E0107", "`]`, or `;` and a length, are missing after {before}: [Scalar], [Scalar; 3]"),),
    "type list": (Words("E0107", "a comma or `>` is missing after {before}"),),
    "param": (Words("E0107", "{token} cannot follow {before}: param name: Type = default in lo .. hi ~ Prior(..)"),),
    "axis": (Words("E0107", "{token} cannot follow {before}: axis name: Type = values"),),
    "unit declaration": (
        Words(
            "E0107", "{token} cannot follow {before}: unit name(symbol): Dimension, or unit name(symbol) = definition"
        ),
    ),
    "symbol": (Words("E0106", "the symbol of a unit is one name in brackets: unit second(s)"),),
    "prefixes": (
        Words("E0107", "{token} cannot follow {before}: a unit's definition ends, or `prefixes` and a name come"),
    ),
    "list": (
        _SEMICOLON,
        _for("EQUAL", "E0107", "`=` cannot follow {before} here; to compare, write `==`"),
        Words("E0107", "a comma or a closing bracket is missing between {before} and {token}"),
    ),
    "comprehension": (Words("E0107", "`]` is missing after {before}: [x^2 for x in xs]"),),
    "text piece": (
        Words("E0113", "one expression stands between the braces of a text; {token} cannot follow {before}"),
    ),
}


def diagnostic(place: Place, chunk: Chunk) -> Diagnostic:
    """The message for a token that did not fit."""
    if place.said is not None:
        return place.said
    if place.opener is not None and place.before is not None:
        end, opener = place.before.end, place.opener
        closer = SPELLING[place.inserted]
        return never_closed(Span(chunk, end, end), Span(chunk, opener.start, opener.end), opener.text, closer)
    if place.before is not None and _is_show_without_form(place, chunk):
        return _form_missing(Span(chunk, place.before.start, place.before.end))
    words = _words(place)
    span = _span(place, chunk)
    name = place.before.text if place.before is not None else ""
    sentence = words.sentence.format(token=_shown(place.token), before=_shown(place.before), name=name)
    return error(words.code, sentence, Label(span), fixes=_fixes(place, chunk))


def _is_show_without_form(place: Place, chunk: Chunk) -> bool:
    """`show H`: the line ends where `as` is waited for."""
    if place.before is None or place.token.kind not in ("NL", END) or situation(place.state) != "after a value":
        return False
    before = re.split("[\n;{]", chunk.text[: place.before.end])[-1]
    return before.split()[:1] == ["show"]


def _form_missing(before: Span) -> Diagnostic:
    fix = Fix("insert `as matrix`", (Edit(before.after(), " as matrix"),))
    return error("E0107", f"`as matrix` is missing after `{before.text}`", Label(before), fixes=(fix,))


def situation(state: int) -> str:
    """What the parser waits for in this state; "" if no example reaches it."""
    return table().situations[state]


def _words(place: Place) -> Words:
    token, waiting = place.token, situation(place.state)
    if waiting in _NAMED and token.text in RESERVED:
        return _RESERVED_NAME
    if place.inserted == "COMMA":
        return _NO_COMMA
    if place.inserted == "STAR":
        return _NO_STAR
    if waiting == "after a value" and token.kind in _CALLED_WITH and _begins_statement(place.before):
        return _NO_CALL
    for words in SITUATIONS.get(waiting, ()):
        if not words.kinds or token.kind in words.kinds:
            return words
    return Words("E0100", "{token} does not fit here")


def _begins_statement(before: Token | None) -> bool:
    """Whether it is a name, the first of its line: `print 3`."""
    return before is not None and before.kind == "NAME" and before.first


def _span(place: Place, chunk: Chunk) -> Span:
    """The token; for the end of a line or a bracket that was supplied, the token before."""
    token, before = place.token, place.before
    if token.end > token.start and token.kind != "NL":
        return Span(chunk, token.start, token.end)
    if before is not None and before.end > before.start:
        return Span(chunk, before.start, before.end)
    return Span(chunk, token.start, token.end)


def _shown(token: Token | None) -> str:
    if token is None:
        return "the beginning"
    match token.kind:
        case "NL":
            return "the end of the line"
        case "$END":
            return "the end of the file"
        case "STRING_OPEN" | "STRING_PART":
            return "`{`"
        case "STRING_CLOSE":
            return "`}`"
    return f"`{token.text}`"


def _fixes(place: Place, chunk: Chunk) -> tuple[Fix, ...]:
    token = place.token
    if place.inserted == "STAR" and place.before is not None:
        return (Fix("insert `*`", (Edit(Span(chunk, place.before.end, token.start), "*"),), sure=False),)
    if place.inserted:
        sign = ";" if place.inserted == "NL" else SPELLING.get(place.inserted, place.inserted.lower())
        end = place.before.end if place.before is not None else token.start
        text = sign if sign in ",;)]:" else f" {sign}"
        return (Fix(f"insert `{sign}`", (Edit(Span(chunk, end, end), text),), sure=False),)
    if place.left_out:
        return (Fix(f"leave {_shown(token)} out", (Edit(Span(chunk, token.start, token.end), ""),), sure=False),)
    return ()
