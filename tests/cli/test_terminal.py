"""The command line on a real terminal: colours, a conversation, Ctrl-C."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qdsl.cli.exits import Exit

pty = pytest.importorskip("pty", reason="a terminal of our own needs POSIX")


class Terminal:
    """A program on a terminal; what it wrote so far is in `text`."""

    def __init__(self, running: subprocess.Popen[bytes], line: int) -> None:
        self.running = running
        self.line = line
        self.bytes = b""
        self.waited = 0

    @property
    def text(self) -> str:
        return self.bytes.decode(errors="replace")

    def wait_for(self, words: str) -> None:
        """Read on until some words have been written, after those that were waited for before."""
        deadline = time.monotonic() + 60
        while (found := self.text.find(words, self.waited)) < 0:
            assert time.monotonic() < deadline, f"{words!r} never came: {self.text}"
            if select.select([self.line], [], [], 0.1)[0]:
                self.bytes += self._read()
        self.waited = found + len(words)

    def type(self, text: str) -> None:
        os.write(self.line, text.encode())

    def end(self) -> int:
        """Read until nobody writes any more; the exit code."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if select.select([self.line], [], [], 0.1)[0]:
                if not (more := self._read()):
                    break
                self.bytes += more
        return self.running.wait(timeout=5)

    def _read(self) -> bytes:
        try:
            return os.read(self.line, 65536)
        except OSError:  # Linux says so when the other end has closed
            return b""


@contextmanager
def terminal(*words: str, **environment: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    running = subprocess.Popen(
        [sys.executable, "-m", "qdsl", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**variables, "TERM": "xterm", **environment},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(running, ours)
    finally:
        running.kill()
        running.wait()
        os.close(ours)


@pytest.mark.parametrize(
    ("environment", "words", "coloured"),
    [
        ({}, [], True),
        ({"NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"TERM": "dumb"}, [], False),
        ({}, ["--color", "never"], False),
    ],
    ids=["terminal", "NO_COLOR", "NO_COLOR but always", "dumb", "never"],
)
def test_colours_of_messages(environment: dict[str, str], words: list[str], coloured: bool, tmp_path: Path) -> None:
    (tmp_path / "wrong.qdsl").write_text("let x = 3 m + 2 s\n", encoding="utf-8")
    with terminal("check", str(tmp_path / "wrong.qdsl"), *words, **environment) as screen:
        assert screen.end() == Exit.FAILED
        assert "E0401" in screen.text
        assert ("\x1b[1;31m" in screen.text) is coloured


def test_a_conversation() -> None:
    with terminal("repl", NO_COLOR="1") as screen:
        screen.wait_for("Ctrl-D ends\r\n> ")
        screen.type("let t = 3 us\n")
        screen.wait_for("\n> ")
        screen.type("fn twice(x) {\n")
        screen.wait_for("… ")
        screen.type("2 * x }\n")
        screen.wait_for("\n> ")
        screen.type("twice(t)\n")
        screen.wait_for("6 us\r\n> ")
        screen.type("while true {}\n")
        time.sleep(0.3)
        screen.running.send_signal(signal.SIGINT)
        screen.wait_for("interrupted\r\n> ")
        screen.type("t + 1 m\n")
        screen.wait_for("error E0401: cannot add Time and Length")
        screen.wait_for("\n> ")
        screen.type("\x04")
        assert screen.end() == Exit.OK


SLOW = """fn settled(x: Scalar) -> Scalar {
    var y = x
    for _k in range(200_000) { y = 0.5 * y + 1 }
    y
}
experiment slow {
    param x: Scalar = 1
    measure n ~ Normal(settled(x), 1)
}
"""
SWEEP = "let runs = sweep(slow, x = linspace(0, 1, 1_000_000), seed = 7)\n"


def test_a_long_sweep_tells_how_far_it_is_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "slow.qdsl").write_text(f'{SLOW}{SWEEP}print("never")\n', encoding="utf-8")
    with terminal("run", str(tmp_path / "slow.qdsl"), NO_COLOR="1") as screen:
        screen.wait_for("sweep of slow: ")
        screen.wait_for(" of 1,000,000 points")
        screen.running.send_signal(signal.SIGINT)
        assert screen.end() == Exit.INTERRUPTED
        assert "\x1b[Kwarning W0537: stopped after " in screen.text
        assert screen.text.endswith("interrupted\r\n")
        assert "never" not in screen.text


def test_at_a_prompt_ctrl_c_keeps_what_a_sweep_has_done() -> None:
    with terminal("repl", NO_COLOR="1") as screen:
        screen.wait_for("Ctrl-D ends\r\n> ")
        for line in SLOW.splitlines():
            screen.type(line + "\n")
        screen.wait_for("}\r\n> ")
        screen.wait_for("}\r\n> ")
        screen.type(SWEEP)
        screen.wait_for(" of 1,000,000 points")
        screen.running.send_signal(signal.SIGINT)
        screen.wait_for("warning W0537: stopped after ")
        screen.wait_for("interrupted\r\n> ")
        screen.type("1 < len(runs) and len(runs) < 1_000_000\n")
        screen.wait_for("true\r\n> ")
        screen.type("\x04")
        assert screen.end() == Exit.OK
