"""A conversation with the prompt: what is typed, and what is answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from qdsl.repl.prompt import HELP, Prompt, Working


def talk(*typed: str) -> list[str]:
    """The answers to some lines."""
    left = list(typed)
    answers: list[str] = []

    def read(prompt: str) -> str:
        if not left:
            raise EOFError
        line = left.pop(0)
        if line == "^C":
            raise KeyboardInterrupt
        return line

    Prompt(read, answers.append, seed=1).loop()
    return answers


def test_names_stay_and_values_are_shown() -> None:
    assert talk("let t = 3 us", "2 * t", "fn f(x) = x^2", "f(t)") == ["6 us", "9e-12 s^2"]


def test_an_entry_of_several_lines() -> None:
    assert talk("(1 +", "2)", "fn f(x: Scalar) -> Scalar {", "2 * x", "}", "f(3)") == ["3", "6"]


def test_an_import_may_be_used_by_a_later_line() -> None:
    assert talk("import roots", "from roots import find_root", "find_root(x -> x - 1, 0, 3)") == ["1"]


def test_an_experiment_shows_its_members() -> None:
    typed = ("experiment e {", "param a: Voltage = 1 V", "axis t: Time = [1 s]", "measure v ~ Normal(a, 1 V)", "}", "e")
    assert talk(*typed) == ["experiment e\n    param a: Voltage\n    axis t: Time\n    measure v: Voltage"]


def test_an_error_does_not_end_it() -> None:
    first, second = talk("3 m + 2 s", "1 + 1")
    assert first.startswith("error E0401: cannot add Length and Time")
    assert second == "2"


def test_an_option_holds_for_the_lines_after_it() -> None:
    refused, *kept = talk("1 / 0", "option nonfinite = keep", "1 / 0", "let x = -1 / 0", "x")
    assert refused.startswith("error E0706")
    assert kept == ["inf", "-inf"]


def test_what_a_wrong_line_declares_is_forgotten() -> None:
    assert talk("let x = 1", "let x = 3 m + 2 s", "x")[-1] == "1"


def test_a_failure_while_running_does_not_end_it() -> None:
    first, second = talk("div(1, 0)", "1 + 1")
    assert first.startswith("error E0702")
    assert second == "2"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (":type 3 us", "Time"),
        (":type (x, y) -> 1", None),
        (":type let x = 3", ":type takes one expression"),
        (":help", HELP),
        (":what", "there is no :what; :help lists what there is"),
    ],
)
def test_what_the_prompt_itself_answers(typed: str, answer: str | None) -> None:
    assert answer is None or talk(typed) == [answer]
    assert len(talk(typed)) == 1


def test_quit_and_the_end_of_input_leave() -> None:
    assert talk(":quit", "1 + 1") == []
    assert talk() == []


def test_ctrl_c_drops_what_was_typed() -> None:
    assert talk("(1 +", "^C", "1 + 1") == ["", "2"]


class _Line:
    """A line that keeps what it was told."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def say(self, text: str) -> None:
        self.told.append(f"({text})")

    def clear(self) -> None:
        self.told.append("()")


def test_what_is_being_done_goes_away_before_an_answer() -> None:
    told: list[str] = []
    left = ["experiment e {", "param a: Scalar = 1", "measure v ~ Normal(a, 1)", "}", "len(sweep(e, a = [1, 2]))"]

    @contextmanager
    def working() -> Iterator[Working]:
        yield _Line(told)

    def read(prompt: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    Prompt(read, told.append, seed=1, working=working).loop()
    assert told == ["(sweep of e: 2 of 2 points)", "(running)", "()", "2"]
