"""Where a command's words go: answers to standard output, messages to standard error unless they are the answer."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TextIO

from qdsl.cli.streams import flush, put
from qdsl.lang.report import Diagnostic, Severity


@dataclass
class Screen:
    """`format` is "text" or "json", `color` one of auto, always, never. `messages` is where diagnostics go.

    As text, messages appear as they come, their number at the end; as JSON, all of them are one array at the end.
    """

    format: str = "text"
    color: str = "auto"
    out: TextIO = field(default_factory=lambda: sys.stdout)
    messages: TextIO = field(default_factory=lambda: sys.stderr)
    found: list[Diagnostic] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether an error has been reported."""
        return any(each.severity is Severity.ERROR for each in self.found)

    def print(self, text: str) -> None:
        """A line of the answer."""
        put(text + "\n", self.out)

    def say(self, text: str) -> None:
        """A line about the work, left out where the reader is a program."""
        if self.format == "text":
            flush(self.out)
            put(text + "\n", self.messages)

    def report(self, diagnostic: Diagnostic) -> None:
        """A message. The same one twice is shown once."""
        if diagnostic in self.found:
            return
        self.found.append(diagnostic)
        if self.format == "text":
            from qdsl.lang.report.render import render

            flush(self.out)  # what a program printed comes before what is said about it
            put(render(diagnostic, colour=wants_colour(self.color, self.messages)) + "\n\n", self.messages)

    def close(self) -> None:
        """What can only be said at the end."""
        if self.format == "json":
            import json

            from qdsl.lang.report.data import as_json

            put(json.dumps(as_json(self.found), indent=2, ensure_ascii=False) + "\n", self.messages)
        elif self.found:
            from qdsl.lang.report.render import summary

            put(f"{summary(self.found)}\n", self.messages)


def wants_colour(choice: str, stream: TextIO) -> bool:
    """Whether to colour: as told, else on a terminal whose user has not set NO_COLOR."""
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
