"""A Markdown test document, read into cases.

In goes the text of a document; out come its cases, one for each unnamed ```qdsl block. A block with `name=other.qdsl`
(or ```csv name=data.csv) is no case of its own: it is a file that the later cases under the same heading can import or
load. `prelude=tiny` on a block replaces the standard library by tiny.qdsl.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FENCE = re.compile(r"^```(\w+)?(.*)$")
_OPTION = re.compile(r"(\w+)=(\S+)")


@dataclass(frozen=True)
class Case:
    """One program. `line` is where its first line stands in the document, from 1."""

    name: str
    line: int
    text: str
    prelude: str
    files: dict[str, str] = field(default_factory=dict)


def cases(document: str) -> list[Case]:
    """Every case, in order, named by its heading and its number under it."""
    found: list[Case] = []
    heading, count = "", 0
    files: dict[str, str] = {}
    lines = iter(enumerate(document.splitlines(), 1))
    for number, line in lines:
        if line.startswith("#"):
            heading, count, files = line.lstrip("# ").strip(), 0, {}
        fence = _FENCE.match(line)
        if fence is None:
            continue
        body = []
        for _, inner in lines:
            if inner == "```":
                break
            body.append(inner)
        text = "".join(f"{each}\n" for each in body)
        options = dict(_OPTION.findall(fence[2]))
        if "name" in options:
            files = {**files, options["name"]: text}
        elif fence[1] == "qdsl":
            count += 1
            prelude = options.get("prelude", "standard")
            found.append(Case(f"{heading} {count}", number + 1, text, prelude, files))
    return found


def with_texts(document: str, texts: dict[int, str]) -> str:
    """The document with the cases that begin at these lines rewritten."""
    lines = document.splitlines(keepends=True)
    for start in sorted(texts, reverse=True):
        end = start - 1
        while lines[end] != "```\n":
            end += 1
        lines[start - 1 : end] = texts[start].splitlines(keepends=True)
    return "".join(lines)
