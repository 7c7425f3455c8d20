"""Run the `test` blocks of programs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from qdsl.cli.exits import Exit
from qdsl.cli.files import folder_of, programs, read
from qdsl.cli.progress import Progress
from qdsl.cli.screen import Screen
from qdsl.cli.values import seed


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="programs, or folders of them; - is standard input")
    parser.add_argument("--seed", metavar="N", type=seed, default=0, help="the root of all random draws (0)")


def run(arguments: Namespace, screen: Screen) -> Exit:
    from qdsl.runtime.session import Session, Settings

    passed = failed = 0
    with Progress("testing") as progress:
        for name in programs(arguments.files):
            progress.say(f"testing {name}")
            source = read(name, screen)
            if source is None:
                continue
            session = Session(Settings(screen.print, screen.report, arguments.seed, folder=folder_of(name)))
            results = session.test(source) or []
            progress.clear()
            for result in results:
                if result.failure is None:
                    passed += 1
                else:
                    failed += 1
                    screen.say(f"test {result.name!r} failed:")
                    screen.report(result.failure)
    screen.say(f"{passed} passed" + (f", {failed} failed" if failed else ""))
    return Exit.FAILED if screen.failed else Exit.OK
