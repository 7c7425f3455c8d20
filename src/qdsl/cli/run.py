"""Check, compile and run a program. Paths in it are relative to its own folder."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from qdsl.cli.exits import Exit, UsageError
from qdsl.cli.files import folder_of, read
from qdsl.cli.progress import Progress
from qdsl.cli.screen import Screen
from qdsl.cli.values import seed

if TYPE_CHECKING:
    from qdsl.lang.report import Diagnostic
    from qdsl.lang.source import Span


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the program; - is standard input")
    parser.add_argument("--set", metavar="PARAM=VALUE", action="append", default=[], help="another default of a param")
    parser.add_argument("--seed", metavar="N", type=seed, help="the root of all random draws")
    parser.add_argument("--explain", action="store_true", help="tell how arrays whose elements are work run")


def run(arguments: Namespace, screen: Screen) -> Exit:
    overrides = dict(_assignment(text) for text in arguments.set)
    source = read(arguments.file, screen)
    if source is None:
        return Exit.FAILED
    from qdsl.lang.core.from_typed import EXPRESSION
    from qdsl.runtime.session import Session, Settings

    doing = f"running {source.name}"
    with Progress(doing) as progress:

        def out(text: str) -> None:
            progress.clear()
            screen.print(text)

        def report(diagnostic: Diagnostic) -> None:
            progress.clear()
            screen.report(diagnostic)

        def explain(span: Span, text: str) -> None:
            progress.clear()
            screen.say(f"{span.place}: {text.removeprefix(f'{EXPRESSION} over ')}")

        folder = folder_of(arguments.file)
        told = explain if arguments.explain else None
        session = Session(
            Settings(out, report, arguments.seed, overrides, folder, told, lambda text: progress.say(text or doing))
        )
        return Exit.OK if session.run(source) else Exit.FAILED


def _assignment(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise UsageError(f"--set takes a param and its value, as in --set T2=18us, not {text!r}")
    return name.strip(), value.strip()
