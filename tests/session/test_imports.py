"""Imports: what they bring, and what is said when they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.session.running import lines, run

TOOLS = """
const g0 = 9.81 m/s^2
let half = 0.5
let noisy = 1
unit smoot = 1.7018 m
fn fall(t: Time) -> Length = half * g0 * t^2
experiment coin {
    param p: Scalar = 0.5 in 0 .. 1
    axis shots: Int = [10, 10]
    measure heads ~ Binomial(shots, p)
}
print("this does not run")
"""


@pytest.mark.parametrize(
    "program",
    [
        'import "tools.qdsl"\nprint(tools.fall(2 s))',
        'import "tools.qdsl" as t\nprint(t.fall(2 s))',
        "import tools\nprint(tools.fall(2 s))",
        'from "tools.qdsl" import fall\nprint(fall(2 s))',
        "from tools import fall, half\nprint(fall(2 s) * half * 2)",
        "import tools\nlet f = tools.fall\nprint(f(2 s))",
    ],
)
def test_ways_to_import_a_file(program: str, tmp_path: Path) -> None:
    assert lines(program, folder=tmp_path, files={"tools.qdsl": TOOLS}) == ["19.62 m"]


def test_an_imported_experiment_runs(tmp_path: Path) -> None:
    program = "from tools import coin\nprint(expected(coin).heads)"
    assert lines(program, folder=tmp_path, files={"tools.qdsl": TOOLS}) == ["[5, 5]"]


def test_an_imported_unit(tmp_path: Path) -> None:
    assert lines("import tools\nprint(2 smoot to m)", folder=tmp_path, files={"tools.qdsl": TOOLS}) == ["3.4036 m"]


def test_the_library_can_be_imported_by_name() -> None:
    assert lines("import math\nfrom math import sin\nprint(math.cos(0), sin(0))") == ["1 0"]


def test_a_module_is_read_once(tmp_path: Path) -> None:
    files = {
        "a.qdsl": "import c\nlet x = c.z + 1",
        "b.qdsl": "import c\nlet y = c.z + 2",
        "c.qdsl": "let z = 1 m + 1 s",
    }
    ran = run("import a\nimport b\nprint(a.x)", tmp_path, files)
    assert ran.codes == ["E0401"]


def test_a_circle_is_told_once(tmp_path: Path) -> None:
    files = {"a.qdsl": "import b\nlet x = b.y", "b.qdsl": "import a\nlet y = a.x"}
    ran = run("import a\nprint(a.x)", tmp_path, files)
    assert [(each.code, each.message) for each in ran.messages] == [
        ("E0207", "these modules import each other: a → b → a")
    ]


def test_a_file_that_imports_itself(tmp_path: Path) -> None:
    assert run("import program\nprint(1)", tmp_path, {"program.qdsl": ""}).codes == ["E0207"]


def test_a_mistake_in_a_module_is_shown_there_and_nothing_runs(tmp_path: Path) -> None:
    ran = run("print(1)\nimport broken\nprint(broken.x)", tmp_path, {"broken.qdsl": "let x = 1 m +\nlet y = 2"})
    assert not ran.finished
    assert ran.printed == []
    (span,) = {each.span for each in ran.messages}
    assert span is not None
    assert Path(span.source.name).name == "broken.qdsl"


def test_a_let_of_a_module_that_stops(tmp_path: Path) -> None:
    ran = run("import broken\nprint(broken.x)", tmp_path, {"broken.qdsl": "let n = -4\nlet x = sqrt(n)"})
    assert (ran.codes, ran.printed) == (["E0701"], [])


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import nowhere\nprint(nowhere.x + nowhere.f(2))", "E0206"),
        ('import "nowhere.qdsl" as n\nprint(n.x)', "E0206"),
        ("from nowhere import x\nprint(x, 2 * x)", "E0206"),
        ("import tools\nprint(tools.nothing)", "E0209"),
        ("from tools import nothing", "E0209"),
    ],
)
def test_an_import_that_fails_gets_one_message(program: str, code: str, tmp_path: Path) -> None:
    assert run(program, tmp_path, {"tools.qdsl": TOOLS}).codes == [code]


@pytest.mark.parametrize("program", ["import bytes\nprint(bytes.x)", "from bytes import x\nprint(2 * x)"])
def test_a_module_that_is_not_text(program: str, tmp_path: Path) -> None:
    (tmp_path / "bytes.qdsl").write_bytes(b"let x = 1\nlet y = \xff")
    (message,) = run(program, tmp_path).messages
    assert message.code == "E0904"
    assert [(Path(each.span.source.name).name, each.span.begins.line) for each in message.labels] == [
        ("bytes.qdsl", 2),
        ("program.qdsl", 1),
    ]


def test_a_module_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.qdsl").write_text("let x = 1", encoding="utf-8")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (message,) = run("import secret\nprint(secret.x)", tmp_path).messages
    assert (message.code, message.message) == ("E0903", f"cannot read {tmp_path / 'secret.qdsl'}: permission denied")
    assert message.span is not None
    assert message.span.text == "import secret"
