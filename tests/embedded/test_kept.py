"""What is kept of a program between processes gives the same answers as the program itself, and never old ones."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.lang.native import target
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.library import standard_library
from qdsl.runtime.program import Code, Program

PROGRAM = """
## Falls.
fn decay(t: Time, tau: Time = 2 us) -> Scalar = exp(-t / tau)
fn turned(x: Complex) -> Complex = 1i * x
fn root(x: Scalar) -> Scalar {
    let unused = 1
    sqrt(x)
}
fn total(v: [Scalar]) -> Scalar = sum(v)
let scale = 2 mV
const arm = 4 km
fn scaled(x: Scalar) -> Voltage = scale * x
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QDSL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def is_live(module: qdsl.Module) -> bool:
    """Whether the checker has been asked."""
    return "live" in module._program.__dict__


def use(m: qdsl.Module) -> list[Any]:
    """Calls that need nothing but what is kept."""
    return [
        m.decay(1e-6, 1e-6),
        m.decay(np.array([0.0, 2e-6]), 1e-6).tolist(),
        m.turned(2),
        m.total([1, 2, 3]),
        m.decay.grad(1e-6, 2e-6),
        m.decay.hessian(1e-6, 2e-6),
        m.decay.signature,
        m.decay.__doc__,
        list(m),
        repr(m),
        [(each.code, each.span and each.span.text) for each in m.diagnostics],
    ]


def test_an_unchanged_program_is_neither_checked_nor_compiled_again() -> None:
    first = qdsl.compile(PROGRAM)
    assert is_live(first)
    found = use(first)
    again = qdsl.compile(PROGRAM)
    assert use(again) == found
    assert not is_live(again)


def test_what_is_not_kept_is_there_when_it_is_asked_for() -> None:
    use(qdsl.compile(PROGRAM))
    again = qdsl.compile(PROGRAM)
    assert again.decay(1e-6) == again.decay(1e-6, 2e-6)  # a default is computed
    assert is_live(again)
    again = qdsl.compile(PROGRAM)
    assert (again.scale, again.arm, again.scaled(3)) == (2e-3, 4000, pytest.approx(6e-3))


def test_a_stop_has_its_place() -> None:
    for _ in range(2):
        m = qdsl.compile(PROGRAM, "named.qdsl")
        with pytest.raises(qdsl.KernelError, match="sqrt of -4") as stopped:
            m.root(-4.0)
        assert stopped.value.span is not None
        assert (stopped.value.span.text, stopped.value.span.begins.line) == ("sqrt(x)", 7)
        assert stopped.value.span.source.name == "named.qdsl"
    assert not is_live(m)


def test_text_name_and_option_are_part_of_what_it_is_known_by() -> None:
    text = "fn inverse(x: Scalar) -> Scalar = 1 / x"
    qdsl.compile(text).inverse(2.0)
    assert not is_live(qdsl.compile(text))
    assert is_live(qdsl.compile(text, "other"))
    assert is_live(qdsl.compile(text + "\n"))
    for _ in range(2):
        kept = qdsl.compile("option nonfinite = keep\n" + text)
        assert kept.inverse(0.0) == float("inf")
        with pytest.raises(qdsl.KernelError):
            qdsl.compile(text).inverse(0.0)


def test_another_qdsl_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    use(qdsl.compile(PROGRAM))
    monkeypatch.setattr("qdsl.runtime.program.stamp", lambda: "changed")
    assert is_live(qdsl.compile(PROGRAM))


def test_another_machine_needs_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    use(qdsl.compile(PROGRAM))
    monkeypatch.setattr("qdsl.runtime.program.host", lambda: "another machine")
    again = qdsl.compile(PROGRAM)
    assert not is_live(again)
    assert again.decay(0.0, 1.0) == 1
    assert is_live(again)


def test_a_changed_import_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.qdsl").write_text('import "b.qdsl" as b\nfn f(x: Scalar) = b.g(x)', encoding="utf-8")
    (tmp_path / "b.qdsl").write_text("fn g(x: Scalar) = 2 * x", encoding="utf-8")
    assert qdsl.load(tmp_path / "a.qdsl").f(1.0) == 2
    kept = qdsl.load(tmp_path / "a.qdsl")
    assert (kept.f(1.0), is_live(kept)) == (2, False)
    (tmp_path / "b.qdsl").write_text("fn g(x: Scalar) = 3 * x", encoding="utf-8")
    assert qdsl.load(tmp_path / "a.qdsl").f(1.0) == 3
    (tmp_path / "b.qdsl").unlink()
    with pytest.raises(qdsl.CompileError, match=r"b\.qdsl"):
        qdsl.load(tmp_path / "a.qdsl")


def test_a_new_file_may_stand_before_a_module_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "a.qdsl").write_text("import arrays\nfn f(x: Scalar) = arrays.mean([x, 3 * x])", encoding="utf-8")
    assert qdsl.load(tmp_path / "a.qdsl").f(1.0) == 2
    (tmp_path / "arrays.qdsl").write_text("fn mean(v: [Scalar]) = v[0]", encoding="utf-8")
    assert qdsl.load(tmp_path / "a.qdsl").f(1.0) == 1


def test_lets_that_ask_the_outside_are_asked_in_every_run(tmp_path: Path) -> None:
    program = """
experiment coin {
    param p: Scalar = 0.5 in 0 .. 1
    axis shots: Int
    measure heads ~ Binomial(shots, p)
}
let run = load("coin.csv", coin)
let n = len(run)
fn twice(x: Scalar) = 2 * x
"""
    (tmp_path / "a.qdsl").write_text(program, encoding="utf-8")
    (tmp_path / "coin.csv").write_text("shots,heads\n10,5\n", encoding="utf-8")
    assert qdsl.load(tmp_path / "a.qdsl").n == 1
    assert is_live(qdsl.load(tmp_path / "a.qdsl"))
    (tmp_path / "coin.csv").unlink()
    with pytest.raises(qdsl.CompileError, match=r"coin\.csv"):
        qdsl.load(tmp_path / "a.qdsl")


def test_a_program_with_errors_has_them_every_time() -> None:
    for _ in range(2):
        with pytest.raises(qdsl.CompileError, match="cannot add"):
            qdsl.compile("let x = 1 m + 1 s")


def test_damaged_entries_are_made_anew(cache: Path) -> None:
    found = use(qdsl.compile(PROGRAM))
    for path in cache.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    assert use(qdsl.compile(PROGRAM)) == found


def test_without_a_cache_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDSL_CACHE", "off")
    assert use(qdsl.compile(PROGRAM)) == use(qdsl.compile(PROGRAM))
    assert is_live(qdsl.compile(PROGRAM))
    assert Program(qdsl.compile(PROGRAM)._program.source).cache is None


IN_A_NEW_PROCESS = """
import sys, qdsl
m = qdsl.load(sys.argv[1])
print(m.decay(0.0, 1.0), m.decay([0.0], 1.0), m.decay.grad(0.0, 1.0))
wanted = ("qdsl.lang.typed.checker", "qdsl.lang.optimise", "qdsl.runtime.session")
print([name for name in wanted if name in sys.modules])
"""


def test_a_new_process_loads_neither_checker_nor_optimiser(tmp_path: Path) -> None:
    path = tmp_path / "program.qdsl"
    path.write_text(PROGRAM, encoding="utf-8")
    words = [sys.executable, "-c", IN_A_NEW_PROCESS, str(path)]
    first, second = (subprocess.run(words, capture_output=True, text=True, check=True).stdout for _ in range(2))
    answers = "1.0 [1.] {'t': -1.0, 'tau': 0.0}\n"
    assert first == f"{answers}['qdsl.lang.typed.checker', 'qdsl.lang.optimise', 'qdsl.runtime.session']\n"
    assert second == f"{answers}[]\n"


# ── a cache in which anything may be wrong ───────────────────────────────────────────────────────────────────────

DAMAGE: dict[str, Callable[[bytes, bytes], bytes]] = {
    "empty": lambda own, other: b"",
    "cut": lambda own, other: own[: len(own) // 2],
    "flipped": lambda own, other: own[:-9] + bytes([own[-9] ^ 1]) + own[-8:],
    "of another": lambda own, other: other,
    "rubbish": lambda own, other: b"rubbish" * 100,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_every_file_may_be_damaged(cache: Path, damage: str) -> None:
    found = _in_a_new_process()
    files = sorted(cache.iterdir())
    before = [path.read_bytes() for path in files]
    assert len(files) > 6  # the library, the outline; code and objects of several functions
    for place, path in enumerate(files):
        path.write_bytes(DAMAGE[damage](before[place], before[place - 1]))
    assert _in_a_new_process() == found
    assert [name for name, data in zip(files, before, strict=True) if len(name.read_bytes()) != len(data)] == []


@pytest.mark.parametrize("blob", [b"", b"rubbish", pickle.dumps(3), pickle.dumps([None])])
def test_every_entry_may_be_something_else(blob: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []
    put = DiskCache.put

    def noting(self: DiskCache, key: str, blob: bytes) -> None:
        keys.append(key)
        put(self, key, blob)

    monkeypatch.setattr(DiskCache, "put", noting)
    standard_library.cache_clear()
    found = use(qdsl.compile(PROGRAM))
    kept = DiskCache.default()
    assert kept is not None
    for key in keys[:]:
        put(kept, key, blob)
    standard_library.cache_clear()
    assert use(qdsl.compile(PROGRAM)) == found


def test_code_that_does_not_link_is_made_anew_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert qdsl.compile(PROGRAM).decay(1e-6, 1e-6) == pytest.approx(0.36787944117144233)
    read = Program._read

    def with_rubbish(self: Program, key: str) -> object:
        kept = read(self, key)
        if isinstance(kept, Code):
            kept.native.code = b"rubbish"
        return kept

    monkeypatch.setattr(Program, "_read", with_rubbish)
    again = qdsl.compile(PROGRAM)
    assert again.decay(1e-6, 1e-6) == pytest.approx(0.36787944117144233)
    assert not is_live(again)
    monkeypatch.setattr(Program, "_read", read)
    monkeypatch.setattr(target, "emit_object", lambda *_: pytest.fail("compiled again"))
    assert qdsl.compile(PROGRAM).decay(1e-6, 1e-6) == pytest.approx(0.36787944117144233)


def _in_a_new_process() -> str:
    """What the program says in a process that has read nothing yet."""
    script = "from tests.embedded.test_kept import *; print(use(qdsl.compile(PROGRAM)))"
    root = Path(__file__).parents[2]
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root).stdout
