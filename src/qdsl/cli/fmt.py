"""Format programs, in place. A program that cannot be read is left as it is."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from qdsl.cli.exits import Exit
from qdsl.cli.files import STDIN, programs, read, write
from qdsl.cli.screen import Screen
from qdsl.cli.streams import put
from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="programs, or folders of them; - is standard input, written to output"
    )
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a program would change")


def run(arguments: Namespace, screen: Screen) -> Exit:
    would_change = False
    for name in programs(arguments.files):
        source = read(name, screen)
        if source is None:
            continue
        text = formatted(source, screen)
        if name == STDIN and not arguments.check:
            put(source.text if text is None else text, sys.stdout)
        elif text is not None and text != source.text:
            would_change = True
            if arguments.check:
                screen.say(f"would format {name}")
            elif write(Path(name), text, screen):
                screen.say(f"formatted {name}")
    return Exit.FAILED if screen.failed or (arguments.check and would_change) else Exit.OK


def formatted(source: Source, screen: Screen) -> str | None:
    """The program as the formatter writes it; None, with messages, where it has syntax errors."""
    from qdsl.lang.surface import parse
    from qdsl.lang.surface.printer import formatted as printed

    diagnostics = Diagnostics()
    tree = parse(source, diagnostics)
    for each in diagnostics.errors:
        screen.report(each)
    return None if diagnostics.errors else printed(tree)
