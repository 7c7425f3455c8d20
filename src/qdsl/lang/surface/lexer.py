"""Text to raw tokens: words, numbers, signs and pieces of strings, each knowing whether it is first on its line.

`lexed(chunk)` gives a `Lexed`: the tokens, the comments, and the `##` lines that stand above a token. Newlines and
keywords that depend on place are the business of layout.py. What is not in the language (`+=`, `x'`, `2(3)`) is
reported here and read as what was meant, so that the parser can go on; see slips.py.

One regular expression finds the next token. A string is scanned piece by piece: `"T = {t}!"` becomes STRING_OPEN
`"T = {`, the tokens of the expression, and STRING_CLOSE `}!"`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Chunk, Span
from qdsl.lang.surface import kets, number_errors, slips, text_errors
from qdsl.lang.surface.tokens import END, PATH_WORDS, RESERVED, SIGNS, Token
from qdsl.lang.surface.tree import Comment

_MASTER = re.compile(
    r"""[ \t\r\f\ufeff]*
    (?: (?P<word> [^\W\d]\w* )
      | (?P<number> \d[\d_]* (?: \.\d[\d_]* )? (?: [eE][+-]?\d+ )? (?: \(\d+\) (?: [eE][+-]?\d+ )? )? )
      | (?P<newline> \n )
      | (?P<comment> \#[^\n]* )
      | (?P<slip> \+=|-=|\*=|/=|\^=|\*\*|//|&&|\|\||:=|=>|<>|===|!==|\+\+|--(?=[ \t]*\n)|\.\d+ )
      | (?P<sign> \+/-|->|==|!=|<=|>=|~=|\.\.|[()\[\]{},;:.~?=<>+\-*/^≈±†≤≥≠] )
      | (?P<quote> " )
      | (?P<end> \Z )
      | (?P<other> . )
    )""",
    re.VERBOSE | re.DOTALL,
)
_PIECE = re.compile(r'(?:[^"\\{\n]|\\.|\{\{)*')
_PLAIN_PIECE = re.compile(r'(?:[^"\\\n]|\\.)*')
_IMAGINARY = re.compile(r"i(?!\w)")
_VALUE_ENDS = frozenset({"NAME", "NUMBER", "IMAGINARY", "UNCERTAIN", "RPAR", "RSQB", "DAGGER"})
_NUMBERS = frozenset({"NUMBER", "IMAGINARY", "UNCERTAIN"})
_VALUES = _VALUE_ENDS | {"STRING", "STRING_CLOSE", "TRUE", "FALSE", "RBRACE", "KET"}


@dataclass(slots=True)
class Lexed:
    """The tokens of a chunk, ending with END; `docs` holds `##` lines by the start of the token below them.

    `unclosed` are places in strings without an end.
    """

    tokens: list[Token] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    docs: dict[int, list[Comment]] = field(default_factory=dict)
    slips: list[Diagnostic] = field(default_factory=list)
    unclosed: list[int] = field(default_factory=list)


def lexed(chunk: Chunk) -> Lexed:
    """All tokens of a chunk."""
    return _Lexer(chunk).run()


class _Lexer:
    """One pass over a chunk. `strings` counts the braces open inside each interpolation we are in."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.text = chunk.text
        self.out = Lexed()
        self.tokens = self.out.tokens
        self.docs: list[Comment] = []
        self.strings: list[int] = []
        self.explained: set[int] = set()
        self.skipped: dict[int, int] = {}
        self.first = True

    def run(self) -> Lexed:
        match, text, add = _MASTER.match, self.text, self.add
        at = 0
        while True:
            found = match(text, at)
            assert found is not None  # `other` and `end` take whatever is left
            kind, at = found.lastgroup, found.end()
            assert kind is not None
            start = found.start(kind)
            match kind:
                case "word":
                    self.word(text[start:at], start, at)
                case "sign":
                    at = self.sign(text[start:at], start, at)
                case "newline":
                    self.newline(start)
                case "number":
                    at = self.number(start, at)
                case "comment":
                    self.comment(start, at)
                case "quote":
                    at = self.quote(start)
                case "end":
                    self.newline(start)
                    add(END, "", len(text), len(text))
                    return self.out
                case _:
                    at = self.slip(text[start:at], start)

    def add(self, kind: str, text: str, start: int, end: int) -> None:
        if self.docs:
            self.out.docs[start] = self.docs
            self.docs = []
        self.tokens.append(Token(kind, text, start, end, self.first))
        self.first = False

    def span(self, start: int, end: int) -> Span:
        return Span(self.chunk, start, end)

    def report(self, slip: Diagnostic) -> None:
        self.out.slips.append(slip)

    # ── words and signs ─────────────────────────────────────────────────────────────────────────────────────────

    def word(self, text: str, start: int, end: int) -> None:
        if not text.isascii():
            text = self.plain_word(text, start, end)
        self.add(RESERVED.get(text, "NAME"), text, start, end)

    def plain_word(self, text: str, start: int, end: int) -> str:
        """One spelling for one name: `π` is `pi`, the micro sign is the letter mu, and so on (Unicode NFKC)."""
        if text == "π":
            return "pi"
        if slips.SUPERSCRIPT.search(text):
            self.report(slips.superscript(self.span(start, end)))
            return slips.without_superscripts(text)
        plain = unicodedata.normalize("NFKC", text)
        if not plain.isidentifier():
            self.report(slips.not_a_name(self.span(start, end)))
        return plain

    def sign(self, text: str, start: int, end: int) -> int:
        strings = self.strings
        if strings:
            if text == "{":
                strings[-1] += 1
            elif text == "}":
                if strings[-1] == 0:
                    strings.pop()
                    return self.string_goes_on(start)
                strings[-1] -= 1
        if text == "<" and (state := self.ket(start)) > start:
            return state
        self.add(SIGNS[text], text, start, end)
        return end

    def ket(self, start: int) -> int:
        """`|0>`, `<0|`, `<0|1>`: where it ends that begins here, or `start`. A number multiplies what follows it."""
        if start in self.skipped:
            return self.skipped[start]
        after_value = self.is_after_value()
        multiplied = after_value and self.tokens[-1].kind in _NUMBERS
        end = kets.end_after_value(self.text, start, multiplied) if after_value else kets.end_of(self.text, start)
        if end == start:
            return start
        span = self.span(start, end)
        if not after_value and (found := kets.sandwich(span)) is not None:
            bra, ket, diagnostic = found
            self.report(diagnostic)
            self.skipped[ket.start] = ket.end
            return bra.end
        if after_value and not multiplied:
            self.report(kets.no_operator_before(span, self.tokens[-1].text))
            self.add("STAR", "*", start, start)
        elif (slip := kets.letters_apart(span)) is not None:
            self.report(slip)
        self.add("KET", kets.plain(span.text), start, end)
        return end

    def slip(self, text: str, start: int) -> int:
        """Something that is not in the language: report it, and read it as what was meant."""
        end = start + len(text)
        if text == "'":
            return self.apostrophe(start)
        if text[0] == "." and text != ".":
            return self.leading_point(text, start, end)
        if found := text_errors.CURLY_TEXT.match(self.text, start):
            return self.other_quotes(start, found.end(), found[1] or found[2] or "")
        if start in self.explained:
            return end
        if text in ("|", "⟨") and (state := self.ket(start)) > start:
            return state
        slip = slips.sign(text, self.span(start, end), self.is_after_value())
        self.report(slip.diagnostic)
        self.explained.add(slip.explained)
        for kind in slip.kinds:
            self.add(kind, slip.text, start, end)
        return end

    def is_after_value(self) -> bool:
        """Whether a value ends directly before this place of the line."""
        return not self.first and bool(self.tokens) and self.tokens[-1].kind in _VALUES

    def apostrophe(self, start: int) -> int:
        """`x'` is read as x; `'text'` was meant as a string."""
        before = self.tokens[-1] if self.tokens else None
        if before is not None and before.end == start and before.kind in _VALUE_ENDS:
            self.report(slips.prime(self.span(start, start + 1)))
            return start + 1
        close = self.text.find("'", start + 1)
        line_end = self.text.find("\n", start)
        line_end = len(self.text) if line_end < 0 else line_end
        end = close + 1 if 0 <= close < line_end else line_end
        return self.other_quotes(start, end, self.text[start:end].strip("'"))

    def other_quotes(self, start: int, end: int, body: str) -> int:
        self.report(text_errors.other_quotes(self.span(start, end), body))
        self.add("STRING", f"'{body}'", start, end)
        return end

    # ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────

    def number(self, start: int, end: int) -> int:
        text = self.text[start:end]
        if end - start > number_errors.LONGEST_NUMBER:
            return self.no_number(number_errors.too_long(self.span(start, end)), start, end)
        if "(" in text:
            return self.number_with_brackets(text, start, end)
        if text == "0" and (found := number_errors.OTHER_BASE.match(self.text, start)):
            return self.read_as("0", number_errors.other_base(self.span(start, found.end())), start, found.end())
        if found := number_errors.TWO_POINTS.match(self.text, end):
            return self.read_as(text, number_errors.two_points(self.span(start, found.end())), start, found.end())
        if found := number_errors.BARE_POINT.match(self.text, end):
            exponent = found["exponent"] or ""
            slip = number_errors.bare_point(text, self.span(end, end + 1), exponent)
            return self.read_as(text + exponent, slip, start, found.end())
        if found := number_errors.DECIMAL_UNCERTAINTY.match(self.text, end):
            slip = number_errors.decimal_uncertainty(self.span(start, found.end()), text, found[1])
            return self.read_as(text, slip, start, found.end())
        if number_errors.is_too_large(text):
            return self.no_number(number_errors.too_large(self.span(start, end)), start, end)
        if _IMAGINARY.match(self.text, end):
            self.add("IMAGINARY", self.text[start : end + 1], start, end + 1)
            return end + 1
        self.add("NUMBER", text, start, end)
        return end

    def number_with_brackets(self, text: str, start: int, end: int) -> int:
        """`18.21(42)` is one number; `2(3)` could be a product, so it must be written out."""
        head, _, tail = text.partition("(")
        if "e" in head.lower() or ("." not in head and tail[-1] == ")"):
            self.report(number_errors.number_or_product(self.span(start, end), head, tail))
        elif number_errors.is_too_large(f"{head}{tail.partition(')')[2]}"):
            return self.no_number(number_errors.too_large(self.span(start, end)), start, end)
        self.add("UNCERTAIN", text, start, end)
        return end

    def leading_point(self, text: str, start: int, end: int) -> int:
        if len(text) > number_errors.LONGEST_NUMBER:
            return self.no_number(number_errors.too_long(self.span(start, end)), start, end)
        return self.read_as(f"0{text}", number_errors.leading_point(text, self.span(start, end)), start, end)

    def read_as(self, number: str, slip: Diagnostic, start: int, end: int) -> int:
        """What is not written as a number is, read as the one that was meant."""
        self.report(slip)
        self.add("NUMBER", number, start, end)
        return end

    def no_number(self, slip: Diagnostic, start: int, end: int) -> int:
        """Digits without a value: read as infinity, of which the tree is broken."""
        self.report(slip)
        end += _IMAGINARY.match(self.text, end) is not None
        self.add("NUMBER", "inf", start, end)
        return end

    # ── newlines and comments ───────────────────────────────────────────────────────────────────────────────────

    def newline(self, at: int) -> None:
        if self.strings:  # the braces of a string do not reach over the end of the line
            if not self.out.slips or self.out.slips[-1].code != "E0113":
                closers = text_errors.left_open(self.tokens, self.text, at)
                self.report(text_errors.not_closed(self.span(at, at), "", closers))
                self.out.unclosed.append(self.tokens[-1].end)
            for _ in self.strings:
                self.add("STRING_CLOSE", '}"', at, at)
            self.strings.clear()
        self.first = True

    def comment(self, start: int, end: int) -> None:
        text = self.text[start:end].rstrip()
        comment = Comment(self.span(start, start + len(text)), text, self.first)
        if self.first and text.startswith("##"):
            self.docs.append(comment)
        else:
            self.out.comments.extend(self.docs)
            self.docs = []
            self.out.comments.append(comment)

    # ── strings ─────────────────────────────────────────────────────────────────────────────────────────────────

    def quote(self, start: int) -> int:
        before = self.tokens[-1].text if self.tokens else ""
        if before in PATH_WORDS:
            return self.path(start)
        return self.piece(start, "STRING", "STRING_OPEN")

    def path(self, start: int) -> int:
        found = _PLAIN_PIECE.match(self.text, start + 1)
        assert found is not None
        end = self.closed(start, found.end())
        self.add("PATH", self.text[start:end], start, end)
        return end

    def string_goes_on(self, start: int) -> int:
        return self.piece(start, "STRING_CLOSE", "STRING_PART")

    def piece(self, start: int, last: str, more: str) -> int:
        """From a quote or a closing brace to the next opening brace or quote."""
        found = _PIECE.match(self.text, start + 1)
        assert found is not None
        end = found.end()
        if self.text.startswith("{", end):
            self.check_escapes(start, end)
            self.add(more, self.text[start : end + 1], start, end + 1)
            self.strings.append(0)
            return end + 1
        if last == "STRING" and self.strings and not self.text.startswith('"', end):
            return self.outer_ends(start)
        end = self.closed(start, end)
        self.add(last, self.text[start:end], start, end)
        return end

    def outer_ends(self, start: int) -> int:
        """A quote inside `{..}` of a text that no other follows on its line: it was meant to end the text around it."""
        self.strings.pop()
        opener = self.tokens[-1]
        if opener.end != start or opener.kind not in ("STRING_OPEN", "STRING_PART"):
            self.report(text_errors.brace_not_closed(self.span(start, start + 1)))
            self.add("STRING_CLOSE", '}"', start, start + 1)
        else:
            self.report(text_errors.lone_brace(self.span(start - 1, start)))
            kind = "STRING" if opener.kind == "STRING_OPEN" else "STRING_CLOSE"
            self.tokens[-1] = opener._replace(kind=kind, text=f'{opener.text}"', end=start + 1)
        return start + 1

    def closed(self, start: int, end: int) -> int:
        """The place after the closing quote; where there is none, a message, and the end of the line."""
        self.check_escapes(start, end)
        if self.text.startswith('"', end):
            return end + 1
        closers = text_errors.left_open(self.tokens, self.text, end)
        if self.text[start] == "}":
            del closers[0]  # the quote itself
        self.report(text_errors.not_closed(self.span(start, end), '"', closers))
        self.out.unclosed.append(start)
        return end

    def check_escapes(self, start: int, end: int) -> None:
        for escape in text_errors.WRONG_ESCAPE.finditer(self.text, start + 1, end):
            if escape[1] is not None:
                self.report(text_errors.escape(self.span(escape.start(), escape.end())))
