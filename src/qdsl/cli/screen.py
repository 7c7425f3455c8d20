"""Where a command's words go: answers to standard output, messages to standard error, each with or without colour."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TextIO

from qdsl.lang.report import Diagnostic


@dataclass
class Screen:
    """`format` is "text" or "json", `color` one of auto, always, never. `messages` is where diagnostics go."""

    format: str = "text"
    color: str = "auto"
    out: TextIO = field(default_factory=lambda: sys.stdout)
    messages: TextIO = field(default_factory=lambda: sys.stderr)

    def print(self, text: str) -> None:
        """A line of the answer."""
        self.out.write(text + "\n")

    def say(self, text: str) -> None:
        """A line about the work, left out where the reader is a program."""
        if self.format == "text":
            self.messages.write(text + "\n")

    def show(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Messages, in order of file and place, with their number at the end; as JSON, one array for all of them."""
        found = list(diagnostics)
        if self.format == "json":
            self._show_json(found)
        elif found:
            self._show_text(found)

    def _show_json(self, found: list[Diagnostic]) -> None:
        import json

        from qdsl.lang.report.data import as_json

        self.messages.write(json.dumps(as_json(found), indent=2, ensure_ascii=False) + "\n")

    def _show_text(self, found: list[Diagnostic]) -> None:
        from qdsl.lang.report.render import render_all, summary

        self.out.flush()  # what a program printed comes before what is said about it
        text = render_all(found, colour=wants_colour(self.color, self.messages))
        self.messages.write(f"{text}\n\n{summary(found)}\n")


def wants_colour(choice: str, stream: TextIO) -> bool:
    """Whether to colour: as told, else on a terminal whose user has not set NO_COLOR."""
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
