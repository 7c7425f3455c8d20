"""Tell about a message by its code: what it means, a program that gets it, and its mend. Without one, list all."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from qdsl.cli.exits import Exit, UsageError
from qdsl.cli.screen import Screen
from qdsl.lang.report.codes import AREAS, TITLES
from qdsl.lang.report.near import nearest

PAGES = Path(__file__).resolve().parent.parent / "errors"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="a code such as E0412")


def run(arguments: Namespace, screen: Screen) -> Exit:
    if arguments.code is None:
        screen.print(listing())
    else:
        screen.print(page(arguments.code.upper()).rstrip())
    return Exit.OK


def page(code: str) -> str:
    """The page of a code, in Markdown."""
    if code not in TITLES:
        near = nearest(code, TITLES)
        further = f"did you mean {near}?" if near else "qdsl explain lists them"
        raise UsageError(f"no message has the code {code}; {further}")
    return (PAGES / f"{code}.md").read_text(encoding="utf-8")


def listing() -> str:
    """Every code with its title, by area."""
    lines: list[str] = []
    for area, subject in AREAS.items():
        codes = sorted((code for code in TITLES if code[1:3] == area), key=lambda code: (code[1:], code))
        if codes:
            lines += [f"{subject}:", *(f"  {code}  {TITLES[code]}" for code in codes)]
    return "\n".join(lines)
