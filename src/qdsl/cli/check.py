"""Report what is wrong with programs, and with what they import, without running them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from qdsl.cli.exits import Exit
from qdsl.cli.files import programs, read
from qdsl.cli.progress import Progress
from qdsl.cli.screen import Screen


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="programs, or folders of them; - is standard input")


def run(arguments: Namespace, screen: Screen) -> Exit:
    from qdsl.runtime.imports import FileImports
    from qdsl.runtime.library import standard_library

    screen.messages = sys.stdout  # here the messages are the answer
    with Progress("checking") as progress:
        library = standard_library()
        imports = FileImports(library, lambda checked: None)
        for name in programs(arguments.files):
            progress.say(f"checking {name}")
            source = read(name, screen)
            if source is None:
                continue
            checked = imports.check(source)
            progress.clear()
            for each in checked.diagnostics.in_order():
                screen.report(each)
    return Exit.FAILED if screen.failed else Exit.OK
