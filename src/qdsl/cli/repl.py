"""Type a program line by line."""

from __future__ import annotations

import contextlib
import sys
from argparse import ArgumentParser, Namespace

from qdsl.cli.exits import Exit
from qdsl.cli.progress import Progress
from qdsl.cli.screen import Screen, wants_colour
from qdsl.cli.values import seed
from qdsl.version import VERSION


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--seed", metavar="N", type=seed, help="the root of all random draws")


def run(arguments: Namespace, screen: Screen) -> Exit:
    from qdsl.repl.prompt import Prompt

    if sys.stdin.isatty():
        screen.print(f"qdsl {VERSION}; :help tells what can be typed, Ctrl-D ends")
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - to load it is what gives `input` its editing and history
    read = input if sys.stdin.isatty() else _line
    colour = wants_colour(screen.color, screen.out)
    Prompt(read, screen.print, seed=arguments.seed, colour=colour, working=lambda: Progress("running")).loop()
    return Exit.OK


def _line(prompt: str) -> str:
    """A line of a pipe or file; nobody is there to be prompted."""
    try:
        line = sys.stdin.readline()
    except OSError:  # it is closed
        line = ""
    if not line:
        raise EOFError
    return line.removesuffix("\n")
