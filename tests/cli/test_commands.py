"""The commands: what each answers, how each fails, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qdsl.cli import main as command_line
from qdsl.cli.exits import Exit
from qdsl.cli.main import COMMANDS, main
from qdsl.cli.progress import Progress
from qdsl.version import VERSION

SOUND = "let tau = 3 us\nprint(2 * tau)\n"
WRONG = "let x = 3 m + 2 s\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.qdsl"
    path.write_text(SOUND, encoding="utf-8")
    return path


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == Exit.OK
    assert capsys.readouterr().out == f"qdsl {VERSION}\n"
    assert main(["--help"]) == Exit.OK
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)
    assert "exit codes:" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([name, "--help"])
    assert done.value.code == 0
    assert f"qdsl {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chekc"], "there is no command 'chekc'; did you mean 'check'?"),
        (["decay.qdsl"], "there is no command 'decay.qdsl'; to run the file, say: qdsl run decay.qdsl"),
        (["--color", "check"], "there is no option '--color' here; options come after the command"),
        (["check", "--colour", "never", "x"], "qdsl check has no option --colour; did you mean --color?"),
        (["check"], "error: qdsl check needs FILE; see qdsl check --help\n"),
        (["check", "--format", "jsn", "x"], "qdsl check: --format takes text, json; not 'jsn'"),
        (["repl", "--format", "json"], "qdsl repl has no option --format"),
        (["run", "x.qdsl", "y.qdsl"], "qdsl run: what is 'y.qdsl'?"),
        (["run", "x.qdsl", "--seed"], "qdsl run: --seed expected one argument"),
        (["run", "x.qdsl", "--seed", "two"], "qdsl run: --seed takes a whole number, not 'two'"),
        (
            ["run", "x.qdsl", "--seed", str(2**53)],
            f"qdsl run: --seed takes a number from 0 to {2**53 - 1}, not {2**53}",
        ),
        (["test", "x.qdsl", "--seed", "-1"], f"qdsl test: --seed takes a number from 0 to {2**53 - 1}, not -1"),
        (
            ["dump", "x.qdsl", "--stage", "type"],
            "names, typed, quantum, core, optimised, llvm, asm; not 'type'; did you mean typed?",
        ),
        (["explain", "E9999"], "no message has the code E9999"),
        (["explain", "0412x"], "no message has the code 0412X; qdsl explain lists them"),
        (["run", "x.qdsl", "--set", "tau"], "--set takes a param and its value, as in --set T2=18us, not 'tau'"),
        (["new", "2fast"], "'2fast' cannot name an experiment: use letters, digits and _, as in decay_2"),
    ],
)
def test_a_command_that_is_not_understood(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == Exit.USAGE
    assert said in capsys.readouterr().err


def test_run(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(program)]) == Exit.OK
    assert capsys.readouterr().out == "6 us\n"


def test_run_of_a_wrong_program(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text(WRONG, encoding="utf-8")
    assert main(["run", str(program)]) == Exit.FAILED
    done = capsys.readouterr()
    assert done.out == ""
    assert done.err.startswith("error E0401: cannot add Length and Time\n")
    assert done.err.endswith("1 error\n")


def test_check_answers_on_standard_output(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(program)]) == Exit.OK
    assert capsys.readouterr() == ("", "")
    program.write_text(WRONG, encoding="utf-8")
    assert main(["check", str(program)]) == Exit.FAILED
    done = capsys.readouterr()
    assert "error E0401" in done.out
    assert done.err == ""


def test_messages_as_json(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", str(program)]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == []
    program.write_text(WRONG, encoding="utf-8")
    assert main(["check", "--format", "json", str(program)]) == Exit.FAILED
    [message] = json.loads(capsys.readouterr().out)
    assert (message["code"], message["place"]["file"]) == ("E0401", str(program))
    assert message["place"]["start"] == {"line": 1, "column": 9, "offset": 8}


def test_colour_only_when_asked_for(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text(WRONG, encoding="utf-8")
    main(["check", str(program)])
    assert "\x1b" not in capsys.readouterr().out
    main(["check", "--color", "always", str(program)])
    assert "\x1b[1;31merror E0401" in capsys.readouterr().out


def test_the_tests_of_a_file(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text('test "good" { assert 1 + 1 == 2 }\ntest "bad" { assert 1 + 1 == 3 }\n', encoding="utf-8")
    assert main(["test", str(program)]) == Exit.FAILED
    err = capsys.readouterr().err
    assert "test 'bad' failed:" in err
    assert "E0709" in err
    assert "1 passed, 1 failed\n" in err


def test_fmt(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text("let  x=1\n", encoding="utf-8")
    assert main(["fmt", "--check", str(program)]) == Exit.FAILED
    assert program.read_text() == "let  x=1\n"
    assert main(["fmt", str(program)]) == Exit.OK
    assert program.read_text() == "let x = 1\n"
    assert main(["fmt", "--check", str(program)]) == Exit.OK


def test_fmt_leaves_a_broken_program_as_it_is(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text("let  x=(1\n", encoding="utf-8")
    assert main(["fmt", str(program)]) == Exit.FAILED
    assert program.read_text() == "let  x=(1\n"
    assert "E0103" in capsys.readouterr().err


@pytest.mark.parametrize("stage", ["surface", "names", "typed", "core", "optimised", "llvm", "asm"])
def test_dump(stage: str, program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text("fn decay(t: Time, tau: Time) -> Scalar = exp(-t / tau)\n", encoding="utf-8")
    assert main(["dump", "--stage", stage, str(program)]) == Exit.OK
    assert "decay" in capsys.readouterr().out


@pytest.mark.parametrize("stage", ["core", "optimised", "llvm", "asm"])
def test_dump_of_an_experiment_shows_one_point_and_the_likelihood(
    stage: str, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.write_text(EXPERIMENT.replace("Normal(t / tau, 1)", "Poisson(t / tau)"), encoding="utf-8")
    assert main(["dump", "--stage", stage, str(program)]) == Exit.OK
    comment = ";" if stage == "llvm" else "#"
    titles = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{comment} e,")]
    assert titles == [
        f"{comment} e, one point: (Time, Time) -> (y.0: Scalar, y.mean: Scalar)",
        f"{comment} e, negative log-likelihood: (Time, [Time], [Int]) -> Scalar",
    ]


def test_dump_of_least_squares_has_no_likelihood(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text(EXPERIMENT.replace("Normal(t / tau, 1)", "Normal(t / tau)"), encoding="utf-8")
    assert main(["dump", str(program)]) == Exit.OK
    out = capsys.readouterr().out
    assert "@e.point" in out
    assert "likelihood" not in out


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "e0412"]) == Exit.OK
    assert capsys.readouterr().out.startswith("# E0412: cycles where radians are needed\n")
    assert main(["explain"]) == Exit.OK
    assert "  E0412  cycles where radians are needed\n" in capsys.readouterr().out


def test_new_makes_a_project_that_is_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "qubit_3"]) == Exit.OK
    assert sorted(path.name for path in Path("qubit_3").iterdir()) == ["README.md", "counts.csv", "qubit_3.qdsl"]
    assert main(["check", "qubit_3/qubit_3.qdsl"]) == Exit.OK
    assert main(["fmt", "--check", "qubit_3/qubit_3.qdsl"]) == Exit.OK
    assert main(["run", "qubit_3/qubit_3.qdsl"]) == Exit.OK
    assert main(["test", "qubit_3/qubit_3.qdsl"]) == Exit.OK
    capsys.readouterr()
    assert main(["new", "qubit_3"]) == Exit.FAILED
    assert "E0908: there is something called qubit_3 already" in capsys.readouterr().err


def test_files_that_cannot_be_read(tmp_path: Path, program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    latin = tmp_path / "latin.qdsl"
    latin.write_bytes("# Zähler\nlet größe = 1\n".encode("latin-1"))
    for name, said in (
        (tmp_path / "progam.qdsl", f"error E0901: there is no file {tmp_path / 'progam.qdsl'}\n  hint: did you mean"),
        (tmp_path / "program", "did you mean"),
        (latin, f"error E0904: {latin} is not UTF-8 text: the byte 0xE4 cannot stand here\n  --> {latin}:1:4"),
    ):
        assert main(["check", str(name)]) == Exit.FAILED
        assert said in " ".join(capsys.readouterr().out.split(" ")).replace("   hint", "  hint")


def test_a_folder_stands_for_the_programs_below_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b.qdsl", "a/deep.qdsl", ".hidden/c.qdsl", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("let  x=1\n", encoding="utf-8")
    assert main(["fmt", "--check", str(tmp_path)]) == Exit.FAILED
    assert capsys.readouterr().err.splitlines() == [
        f"would format {tmp_path / 'a' / 'deep.qdsl'}",
        f"would format {tmp_path / 'b.qdsl'}",
    ]
    assert main(["check", str(tmp_path)]) == Exit.OK
    assert main(["test", str(tmp_path)]) == Exit.OK


def test_a_folder_where_a_program_is_wanted(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = program.parent
    assert main(["run", str(folder)]) == Exit.FAILED
    err = capsys.readouterr().err
    assert f"error E0902: {folder} is a folder, not a program" in err
    assert f"did you mean {program}?" in err
    program.unlink()
    assert main(["fmt", str(folder)]) == Exit.FAILED
    assert f"error E0902: {folder} is a folder, and there is no program in it" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.chmod(0)
    assert main(["check", str(program)]) == Exit.FAILED
    assert "E0903" in capsys.readouterr().out


def test_an_unreadable_file_is_told_by_its_reason(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert main(["fmt", str(program)]) == Exit.FAILED
    assert f"E0903: cannot read {program}: permission denied" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_stays_as_it_was(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    program.write_text("let  x=1\n", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", refuse)
    assert main(["fmt", str(program)]) == Exit.FAILED
    assert "E0907: cannot write" in capsys.readouterr().err
    assert [path.name for path in program.parent.iterdir()] == ["program.qdsl"]
    assert program.read_text() == "let  x=1\n"


EXPERIMENT = """experiment e {
    param tau: Time = 3 us
    axis t: Time = [3 us]
    measure y ~ Normal(t / tau, 1)
}
print(expected(e).y)
"""


@pytest.mark.parametrize(
    ("setting", "said"),
    [("tau=6us", "[0.5]"), ("taw=6us", "E0905"), ("tau=6", "E0906"), ("tau=6 m", "E0906"), ("tau=?", "E0101")],
)
def test_set(setting: str, said: str, program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text(EXPERIMENT, encoding="utf-8")
    code = main(["run", str(program), "--set", setting])
    done = capsys.readouterr()
    assert said in done.out + done.err
    assert code == (Exit.OK if said == "[0.5]" else Exit.FAILED)


def test_our_own_bug_is_told_as_such(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import qdsl.cli.check

    def broken(arguments: object, screen: object) -> Exit:
        raise ZeroDivisionError("a slip of ours")

    monkeypatch.setattr(qdsl.cli.check, "run", broken)
    monkeypatch.delenv("QDSL_TRACEBACK", raising=False)
    assert main(["check", str(program)]) == Exit.INTERNAL
    err = capsys.readouterr().err
    assert "internal error: ZeroDivisionError: a slip of ours" in err
    assert "This is a bug in QDSL, not in your program" in err
    assert "Traceback" not in err
    monkeypatch.setenv("QDSL_TRACEBACK", "1")
    assert main(["check", str(program)]) == Exit.INTERNAL
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_says_so(program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import qdsl.cli.check

    def interrupted(arguments: object, screen: object) -> Exit:
        raise KeyboardInterrupt

    monkeypatch.setattr(qdsl.cli.check, "run", interrupted)
    assert main(["check", str(program)]) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "\ninterrupted\n"


def test_ctrl_c_stops_a_loop_that_would_not_end(program: Path) -> None:
    program.write_text("while 1 > 0 { print(1) }\n", encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "qdsl", "run", str(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "1\n"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert (running.returncode, err) == (Exit.INTERRUPTED, "\ninterrupted\n")


def test_a_reader_that_goes_away_is_no_error(program: Path) -> None:
    program.write_text("while 1 > 0 { print(1) }\n", encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "qdsl", "run", str(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.readline() == "1\n"
    running.stdout.close()
    assert running.wait(timeout=20) == Exit.UNREAD
    assert running.stderr.read() == ""


def test_the_exit_codes_are_those_that_help_lists() -> None:
    listed = {int(line.split()[0]) for line in command_line.EXITS.splitlines()[1:]}
    assert listed == {code.value for code in Exit}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_on_a_terminal_after_a_while_and_is_gone_at_the_end() -> None:
    stream = Terminal()
    with Progress("fitting", stream, patience=0.01):
        deadline = time.monotonic() + 5
        while "fitting" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert stream.getvalue().startswith("\r\x1b[Kfitting … 0 s")
    assert stream.getvalue().endswith("\r\x1b[K")


def test_progress_is_silent_where_there_is_no_terminal_and_before_its_time() -> None:
    pipe, terminal = io.StringIO(), Terminal()
    with Progress("fitting", pipe, patience=0), Progress("fitting", terminal, patience=60):
        time.sleep(0.02)
    assert (pipe.getvalue(), terminal.getvalue()) == ("", "")
