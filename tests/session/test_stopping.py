"""A program that stops, stops with a message or because somebody pressed Ctrl-C; nothing else comes out."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.session.running import run

from qdsl.lang.source import Source
from qdsl.runtime.session import Session, Settings

CORPUS = Path(__file__).parents[1] / "surface" / "corpus"
EXAMPLES = Path(__file__).parents[2] / "examples"
NUMBERS = ("0", "1", "-1", "2", "1e300", "1e-300", "0.5", "inf", "nan", "(-2)", "1i", "7_000")
TOKEN = re.compile(r'"[^"]*"|[A-Za-z_]\w*|\d[\d.e]*|\s+|[^\w\s]')


SPIN = "fn spin(x: Scalar) -> Scalar {\n var y = x\n for k in range(10) { y = 0.5 * y + 1 }\n y\n}\n"


@pytest.mark.parametrize("program", ["var n = 0\nwhile true { n = n + 1 - 1 }", SPIN + "while true { spin(2) }"])
def test_ctrl_c_ends_a_loop(program: str) -> None:
    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(program)
    assert time.monotonic() - began < 5


def test_of_two_equal_expressions_the_one_that_stopped_is_shown() -> None:
    loop = "for m in ms { print([div(k, m) for k in range(3)]) }\n"
    ran = run("let first = [2]\nlet second = [0]\n" + loop.replace("ms", "first") + loop.replace("ms", "second"))
    assert ran.printed == ["[0, 0, 1]"]
    assert ran.codes == ["E0702"]
    span = ran.messages[0].span
    assert span is not None
    assert span.source.position(span.absolute[0]).line == 4


def test_equal_expressions_share_their_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDSL_CACHE", "off")
    loop = "for m in [2] { print([div(k, m) for k in range(3)]) }\n"
    once, twice = (run(loop * count).session.compiler for count in (1, 2))
    assert once.objects.kept.keys() == twice.objects.kept.keys()
    assert len(once.objects.kept) > 0


def test_a_session_goes_on_after_ctrl_c() -> None:
    printed: list[str] = []
    session = Session(Settings(printed.append))
    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        session.line(Source("line 1", "var n = 1\nwhile true { n = n + 1 - 1 }\n"))
    assert session.line(Source("line 2", "n + 1\n"))
    assert printed == ["2"]


def test_the_command_line_says_no_more_than_that(tmp_path: Path) -> None:
    (tmp_path / "long.qdsl").write_text('print("on")\nvar n = 0\nwhile true { n = n + 1 - 1 }\n', encoding="utf-8")
    program = subprocess.Popen(
        [sys.executable, "-m", "qdsl", "run", str(tmp_path / "long.qdsl")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "on\n"
    program.send_signal(signal.SIGINT)
    _, messages = program.communicate(timeout=20)
    assert program.returncode == 130
    assert "Traceback" not in messages


def _lines_mixed(rng: random.Random, text: str, lines: list[str]) -> str:
    """The text with lines lost, doubled, swapped or cut."""
    rows = text.splitlines() or [""]
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(rows))
        match rng.randrange(4):
            case 0:
                rows[at] = ""
            case 1:
                rows.insert(at, rng.choice(lines))
            case 2:
                other = rng.randrange(len(rows))
                rows[at], rows[other] = rows[other], rows[at]
            case _:
                rows[at] = rows[at][: rng.randrange(len(rows[at]) + 1)]
    return "\n".join(rows) + "\n"


def _words_mixed(rng: random.Random, text: str) -> str:
    """The text with a number, a name or a sign replaced by another: it often still runs."""
    tokens = TOKEN.findall(text)
    words = [each for each in tokens if each[0].isalpha()]
    for _ in range(rng.randint(1, 2)):
        at = rng.choice([place for place, each in enumerate(tokens) if not each.isspace()])
        if tokens[at][0].isdigit():
            tokens[at] = rng.choice(NUMBERS)
        elif tokens[at][0].isalpha():
            tokens[at] = rng.choice(words)
        elif tokens[at] in "+-*/^<>":
            tokens[at] = rng.choice("+-*/^<>")
    return "".join(tokens)


def test_nothing_but_messages_comes_out_of_a_broken_program(tmp_path: Path) -> None:
    """200 mutations. An exception here is one that a user would have seen."""
    corpus = [path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.qdsl"))]
    examples = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.qdsl"))]
    assert corpus
    assert examples
    lines = [line for text in corpus for line in text.splitlines()]
    for seed in range(200):
        rng = random.Random(seed)
        text = _lines_mixed(rng, rng.choice(corpus), lines) if seed % 2 else _words_mixed(rng, rng.choice(examples))
        ran = run(text, tmp_path)
        assert ran.finished == (ran.codes == []), f"mutation {seed}"
