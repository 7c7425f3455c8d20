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
from math import inf

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Chunk, Span
from qdsl.lang.surface import slips
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


@dataclass(slots=True)
class Lexed:
    """The tokens of a chunk, ending with END; `docs` holds `##` lines by the start of the token below them.

    `unclosed` are the starts of strings without an end.
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
        self.add(SIGNS[text], text, start, end)
        return end

    def slip(self, text: str, start: int) -> int:
        """Something that is not in the language: report it, and read it as what was meant."""
        end = start + len(text)
        if text == "'":
            return self.apostrophe(start)
        if len(text) > slips.LONGEST_NUMBER:
            return self.no_number(slips.too_long(self.span(start, end)), start, end)
        slip = slips.sign(text, self.span(start, end))
        self.report(slip.diagnostic)
        for kind in slip.kinds:
            self.add(kind, slip.text or text, start, end)
        return end

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
        self.report(slips.single_quotes(self.span(start, end)))
        self.add("STRING", self.text[start:end], start, end)
        return end

    # ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────

    def number(self, start: int, end: int) -> int:
        text = self.text[start:end]
        if end - start > slips.LONGEST_NUMBER:
            return self.no_number(slips.too_long(self.span(start, end)), start, end)
        if "(" in text:
            return self.number_with_brackets(text, start, end)
        if text == "0" and (found := slips.OTHER_BASE.match(self.text, start)):
            end = found.end()
            self.report(slips.other_base(self.span(start, end)))
            self.add("NUMBER", text, start, end)
            return end
        slip = slips.number(text, self.text, self.span(start, end))
        if slip is not None:
            self.report(slip)
        if _IMAGINARY.match(self.text, end):
            self.add("IMAGINARY", self.text[start : end + 1], start, end + 1)
            return end + 1
        self.add("NUMBER", text, start, end)
        return end

    def number_with_brackets(self, text: str, start: int, end: int) -> int:
        """`18.21(42)` is one number; `2(3)` could be a product, so it must be written out."""
        head, _, tail = text.partition("(")
        if "e" in head.lower() or ("." not in head and tail[-1] == ")"):
            self.report(slips.number_or_product(self.span(start, end), head, tail))
        elif tail[-1] != ")" and float(f"{head}{tail.partition(')')[2]}".replace("_", "")) == inf:
            return self.no_number(slips.too_large(self.span(start, end)), start, end)
        self.add("UNCERTAIN", text, start, end)
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
                self.report(slips.string_not_closed(self.span(at, at)))
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
        end = self.closed(start, end)
        self.add(last, self.text[start:end], start, end)
        return end

    def closed(self, start: int, end: int) -> int:
        """The place after the closing quote; where there is none, a message, and the end of the line."""
        self.check_escapes(start, end)
        if self.text.startswith('"', end):
            return end + 1
        self.report(slips.string_not_closed(self.span(start, end)))
        self.out.unclosed.append(start)
        return end

    def check_escapes(self, start: int, end: int) -> None:
        for escape in slips.WRONG_ESCAPE.finditer(self.text, start + 1, end):
            if escape[1] is not None:
                self.report(slips.escape(self.span(escape.start(), escape.end())))
