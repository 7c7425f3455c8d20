"""Reading and answering lines: what is typed goes in, answers and messages come out. Errors do not end it.

    Prompt(read, write).loop()         `read(prompt)` gives a line, or raises EOFError at the end of input

A line that is not whole yet (an open bracket, an operator at its end) is continued on the next. What begins with a
colon is for the prompt itself: see HELP.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from qdsl.lang.report import Diagnostic
from qdsl.lang.report.render import render
from qdsl.lang.source import Source
from qdsl.lang.surface import is_incomplete
from qdsl.lang.typed import tree
from qdsl.runtime.session import Session, Settings

FIRST = "> "
MORE = "… "

HELP = """\
Type a statement or an expression, as in a file; the value of an expression is shown.
  :type EXPRESSION   its type
  :help              this
  :quit              leave, as the end of input does (Ctrl-D)"""


class Working(Protocol):
    """A line that tells what is being done, while an entry runs: `say` what it is now, `clear` it away."""

    def say(self, text: str) -> None: ...

    def clear(self) -> None: ...


class Prompt:
    """One conversation, over one session. `working` opens the line that tells what a long entry does."""

    def __init__(
        self,
        read: Callable[[str], str],
        write: Callable[[str], None],
        *,
        seed: int | None = None,
        colour: bool = False,
        working: Callable[[], AbstractContextManager[Working]] | None = None,
    ) -> None:
        self.read = read
        self.write = write
        self.colour = colour
        self.working = working
        self.line: Working | None = None
        self.session = Session(Settings(out=self.answer, report=self.report, seed=seed, progress=self.progress))
        self.entered = 0

    def loop(self) -> None:
        """Until the end of input, or :quit."""
        while (text := self.entry()) is not None:
            command, _, rest = text.strip().partition(" ")
            match command:
                case "":
                    pass
                case ":quit" | ":q":
                    return
                case ":help" | ":h":
                    self.write(HELP)
                case ":type" | ":t":
                    self.show_type(rest)
                case _ if command.startswith(":"):
                    self.write(f"there is no {command}; :help lists what there is")
                case _:
                    self.run(text)

    def entry(self) -> str | None:
        """A whole entry, of as many lines as it needs; None at the end of input. Ctrl-C drops what was typed."""
        lines: list[str] = []
        while True:
            try:
                lines.append(self.read(MORE if lines else FIRST))
            except EOFError:
                return "\n".join(lines) if lines else None
            except KeyboardInterrupt:
                self.write("")
                lines.clear()
                continue
            # Indented, because a line at the margin is taken for a sign that a bracket above it was forgotten.
            if not lines[-1].strip() or not is_incomplete("\n    ".join(lines)):
                return "\n".join(lines)

    def run(self, text: str) -> None:
        """Run an entry. Ctrl-C stops it and not the conversation."""
        try:
            if self.working is None:
                self.session.line(self.source(text))
                return
            with self.working() as self.line:
                self.session.line(self.source(text))
        except KeyboardInterrupt:
            self.write("interrupted")
        finally:
            self.line = None

    def progress(self, text: str) -> None:
        """What a long entry is doing."""
        if self.line is not None:
            self.line.say(text or "running")

    def answer(self, text: str) -> None:
        """A line of the answer, in the place of the one that tells what is being done."""
        if self.line is not None:
            self.line.clear()
        self.write(text)

    def show_type(self, text: str) -> None:
        """`:type x`: checked, not run."""
        checked = self.session.check(self.source(text))
        for each in checked.diagnostics.in_order():
            self.report(each)
        if not checked.ok:
            return
        show = checked.show.fresh()
        match checked.module.statements:
            case [tree.Evaluate(value=value)]:
                self.write(show.type(value.type))
            case _:
                self.write(":type takes one expression")

    def report(self, diagnostic: Diagnostic) -> None:
        self.answer(render(diagnostic, colour=self.colour))

    def source(self, text: str) -> Source:
        self.entered += 1
        return Source(f"line {self.entered}", text + "\n")
