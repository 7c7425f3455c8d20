"""What a case claims: the comments in a program that say what it means.

    signal(1 MHz, 0.25 us)   # value: 6.1e-17 ± 1e-15      the value of the statement, or of the `let`, as it is shown
    signal                   # type: (Frequency, Time) -> Scalar
    print(1 + 1)             # prints: 2                   one for each line printed
    cos(f * t)
    #   ^^^^^ error E0412: cos takes radians               carets below the place; the message or how it begins
    #         fix: 2pi * f * t                             the place after the fix, one line for each fix

`# ^^^` whose place begins in the first column writes the sign itself as the first caret: `#^^`. Without carets
(`# warning W0220: ..` at the end of a line or below it) the message may be anywhere on the line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BELOW = re.compile(r"^(\s*#)(\s*)(\^*)\s*\b(error|warning)\s+([EW]\d{4})(?::\s*(.*))?$")
_DETAIL = re.compile(r"^\s*#\s*(fix|hint|prints):\s?(.*)$")
_BESIDE = re.compile(r"\s+#\s*(value|type|prints):\s?(.*)$")
_MESSAGE_BESIDE = re.compile(r"\s+#\s*(error|warning)\s+([EW]\d{4})(?::\s*(.*))?$")


@dataclass(frozen=True)
class Said:
    """A message, claimed or found: at characters `start` to `end` of a line (from 1), or anywhere on it."""

    line: int
    start: int | None
    end: int | None
    code: str
    message: str
    fixes: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Claims:
    """Values and types by line; printed lines and messages in order."""

    values: dict[int, str]
    types: dict[int, str]
    prints: tuple[str, ...]
    messages: tuple[Said, ...]


def claims(program: str) -> Claims:
    """Read the comments of a program. Lines are counted from 1 in the program as it stands."""
    values: dict[int, str] = {}
    types: dict[int, str] = {}
    prints: list[str] = []
    messages: list[Said] = []
    code_line = 0
    for number, line in enumerate(program.splitlines(), 1):
        if below := _BELOW.match(line):
            messages.append(_message(below, code_line))
        elif detail := _DETAIL.match(line):
            if detail[1] == "prints":
                prints.append(detail[2])
            elif messages:
                messages[-1] = _with_detail(messages[-1], detail[1], detail[2])
        else:
            code_line = number if not line.lstrip().startswith("#") else code_line
            if beside := _BESIDE.search(line):
                {"value": values, "type": types}.get(beside[1], {})[number] = beside[2]
                if beside[1] == "prints":
                    prints.append(beside[2])
            elif beside := _MESSAGE_BESIDE.search(line):
                messages.append(Said(number, None, None, beside[2], beside[3] or ""))
    return Claims(values, types, tuple(prints), tuple(messages))


def is_claim(line: str) -> bool:
    """Whether the whole line is a claim, which an update writes anew."""
    return bool(_BELOW.match(line) or _DETAIL.match(line))


def without_message_beside(line: str) -> str:
    return _MESSAGE_BESIDE.sub("", line)


def _message(found: re.Match[str], code_line: int) -> Said:
    sign, space, carets, _, code, message = found.groups()
    start: int | None = None
    end: int | None = None
    if carets:
        end = len(sign) + len(space) + len(carets)
        start = len(sign) + len(space) if space else len(sign) - 1
    return Said(code_line, start, end, code, message or "")


def _with_detail(said: Said, kind: str, text: str) -> Said:
    if kind == "hint":
        return Said(said.line, said.start, said.end, said.code, said.message, said.fixes, text)
    return Said(said.line, said.start, said.end, said.code, said.message, (*said.fixes, text), said.hint)
