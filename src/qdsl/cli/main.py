"""The command line: arguments in, exit code out; every way to fail ends in words.

A command is a module of this folder with `arguments(parser)`, which says what it takes, and `run(arguments, screen)`.
Only the module of the command that was asked for is loaded.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from qdsl.cli.exits import Exit, UsageError
from qdsl.cli.screen import Screen
from qdsl.cli.streams import OutputLost, drop_output, flush, prepare, put
from qdsl.cli.values import one_of
from qdsl.version import VERSION

COMMANDS = {
    "run": "check, compile and run a program",
    "check": "report what is wrong with programs, without running them",
    "fmt": "format programs",
    "test": "run the tests in programs",
    "explain": "tell about a message by its code",
    "dump": "print what a stage of the compiler makes of a program",
    "repl": "type a program line by line",
    "new": "make a project: a model, its data and how to fit them",
}

EXITS = """exit codes:
  0    all is well
  1    the program has errors or failed, or a test did
  2    the command was not understood
  3    a bug in QDSL
  74   the output cannot be written
  130  interrupted
  141  whoever read the output went away
"""


WITHOUT_DATA = ("explain", "repl")
"""The commands that answer a person only: no `--format json`."""


class Parser(ArgumentParser):
    """argparse, which reports what it does not understand to us."""

    def error(self, message: str) -> NoReturn:
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            raise UsageError(f"{self.prog} needs {missing}; see {self.prog} --help")
        option, _, complaint = message.removeprefix("argument ").partition(": ")
        raise UsageError(f"{self.prog}: {option} {complaint}" if complaint else f"{self.prog}: {message}")

    def _print_message(self, message: str, file: Any = None) -> None:
        if message:  # argparse's own would pass over a full disk
            put(message, file or sys.stderr)


def main(words: list[str]) -> int:
    """Run one command; its exit code."""
    prepare()
    try:
        code = _command(words)
        flush(sys.stdout)
    except UsageError as wrong:
        _complain(f"error: {wrong}")
        return Exit.USAGE
    except KeyboardInterrupt:
        _complain("\ninterrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        drop_output()
        return Exit.UNREAD
    except OutputLost as lost:
        drop_output()
        _complain(f"error: the output cannot be written: {lost}")
        return Exit.UNWRITTEN
    except Exception as bug:
        return _our_bug(bug)
    return code


def _complain(text: str) -> None:
    with suppress(OSError):  # where nobody can be told, the exit code still tells
        sys.stderr.write(text + "\n")


def _command(words: list[str]) -> Exit:
    if not words or words[0] in ("--help", "-h", "help"):
        put(_help(), sys.stdout)
        return Exit.OK if words else Exit.USAGE
    if words[0] in ("--version", "-V"):
        put(f"qdsl {VERSION}\n", sys.stdout)
        return Exit.OK
    name = words[0]
    if name not in COMMANDS:
        raise UsageError(_unknown_command(name))
    command = import_module(f"qdsl.cli.{name}")
    parser = Parser(
        prog=f"qdsl {name}",
        description=command.__doc__,
        epilog=EXITS,
        allow_abbrev=False,
        formatter_class=RawDescriptionHelpFormatter,
    )
    command.arguments(parser)
    parser.set_defaults(format="text")
    if name not in WITHOUT_DATA:
        _choice(parser, "--format", ("text", "json"), "messages as text, or as a JSON array")
    _choice(parser, "--color", ("auto", "always", "never"), "colour in messages")
    arguments = _parsed(parser, words[1:])
    screen = Screen(arguments.format, arguments.color)
    try:
        result: Exit = command.run(arguments, screen)
    finally:
        screen.close()
    return result


def _choice(parser: Parser, option: str, names: tuple[str, ...], what: str) -> None:
    """An option that takes one of some words, the first if it is not given."""
    words = f"{what}: {', '.join(names)} ({names[0]})"
    parser.add_argument(option, type=one_of(names), default=names[0], metavar=option.strip("-").upper(), help=words)


def _parsed(parser: Parser, words: list[str]) -> Namespace:
    try:
        arguments, unknown = parser.parse_known_args(words)
    except SystemExit:  # argparse has printed the help
        flush(sys.stdout)
        raise
    for word in unknown:
        raise UsageError(_unknown_option(parser, word) if word.startswith("-") else f"{parser.prog}: what is {word!r}?")
    return arguments


def _help() -> str:
    rows = "".join(f"  {name:<9}{what}\n" for name, what in COMMANDS.items())
    return (
        f"usage: qdsl COMMAND ...\n\ncommands:\n{rows}\n"
        f"qdsl COMMAND --help tells what a command takes; qdsl --version which QDSL this is.\n\n{EXITS}"
    )


def _unknown_command(name: str) -> str:
    from qdsl.lang.report.near import nearest

    if name.endswith(".qdsl"):
        return f"there is no command {name!r}; to run the file, say: qdsl run {name}"
    if name.startswith("-"):
        return f"there is no option {name!r} here; options come after the command"
    near = nearest(name, COMMANDS)
    return f"there is no command {name!r}" + (f"; did you mean {near!r}?" if near else "; see qdsl --help")


def _unknown_option(parser: Parser, word: str) -> str:
    from qdsl.lang.report.near import nearest

    option = word.partition("=")[0]
    near = nearest(option, [name for name in parser._option_string_actions if name.startswith("--")])
    return f"{parser.prog} has no option {option}" + (
        f"; did you mean {near}?" if near else f"; see {parser.prog} --help"
    )


def _our_bug(bug: Exception) -> Exit:
    from qdsl.lang.report import InternalError

    told = bug if isinstance(bug, InternalError) else InternalError(f"{type(bug).__name__}: {bug}")
    if os.environ.get("QDSL_TRACEBACK") == "1":
        import traceback

        traceback.print_exception(bug)
    _complain(f"{told}\nqdsl {VERSION}; with QDSL_TRACEBACK=1 set, the place in QDSL is shown.")
    return Exit.INTERNAL
