"""What was compiled in one session is found in the next one, and only that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.session.running import Ran, run

from qdsl.lang.generate import Unit
from qdsl.lang.source import Source, Span
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.kept import Kept, Places
from qdsl.runtime.kernel import Kernel

GROWING = """\
fn grown(start: Scalar) -> Scalar {
    var y = start
    for _k in range(3) {
        assert y < 100
        y = 2 * y
    }
    y
}
"""

FIT = """\
experiment decay {
    param tau: Time = 20 us in 1 us .. 1 ms
    axis t: Time = linspace(0 us, 100 us, 21)
    measure n ~ Binomial(100, exp(-t / tau))
}
print(fit(decay, simulate(decay, seed = 1)))
"""


class Made:
    """The functions that a session had to compile, by name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        really: Callable[[Compiler, Unit, Places], Kernel] = Compiler._made

        def noted(compiler: Compiler, unit: Unit, places: Places) -> Kernel:
            self.names.append(unit.name)
            return really(compiler, unit, places)

        monkeypatch.setattr(Compiler, "_made", noted)

    def by(self, text: str) -> tuple[Ran, list[str]]:
        """What a program does in a session of its own, and what was compiled for that."""
        self.names.clear()
        return run(text), list(self.names)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setenv("QDSL_CACHE", str(tmp_path))
    return Made(monkeypatch)


def test_the_next_session_compiles_nothing_and_prints_the_same(made: Made) -> None:
    first, compiled = made.by(FIT)
    assert "decay.nll" in compiled
    again, compiled_again = made.by(FIT)
    assert compiled_again == []
    assert again.printed == first.printed != []


def test_an_edit_elsewhere_in_the_file_compiles_nothing(made: Made) -> None:
    made.by(FIT)
    edited = "# how long it lives\nfn half(x: Time) -> Time = x / 2\n\n" + FIT + "print(half(3 us))\n"
    ran, compiled = made.by(edited)
    assert compiled == []
    assert ran.printed[-1] == "1.5 us"


def test_an_edit_of_the_model_compiles_the_model(made: Made) -> None:
    made.by(FIT)
    ran, compiled = made.by(FIT.replace("exp(-t / tau)", "exp(-2 * t / tau)"))
    assert "decay.nll" in compiled
    assert ran.finished


def test_what_stops_is_shown_where_it_now_stands(made: Made) -> None:
    """The code is that of the first program, the place that of the second."""
    made.by(GROWING + "print(grown(50))\n")
    ran, compiled = made.by("# one line\n# and another\n" + GROWING + "print(grown(50))\n")
    assert compiled == []
    (message,) = ran.messages
    assert message.span is not None
    assert (message.span.begins.line, message.span.text) == (6, "assert y < 100")


def test_other_texts_at_the_same_places_are_other_kernels(made: Made) -> None:
    first, _ = made.by(GROWING + "print(grown(1))\n")
    second, compiled = made.by(GROWING.replace("2 * y", "3 * y") + "print(grown(1))\n")
    assert (first.printed, second.printed) == (["8"], ["27"])
    assert len(compiled) == 1


def test_lanes_are_kept_too(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many points of a function with a loop run in lanes, which are compiled when they are worth it."""
    text = GROWING + "let ys = [grown(mod(k, 6) / 1) for k in range(200_000)]\nprint(sum(ys))\n"
    first, _ = made.by(text)
    widened: list[object] = []
    monkeypatch.setattr("qdsl.lang.generate.compile_wide", lambda *given, **named: widened.append(given))
    again, compiled = made.by(text)
    assert (compiled, widened) == ([], [])
    assert again.printed == first.printed


class Damaged:
    """A cache whose blobs are something else."""

    def __init__(self, blob: bytes) -> None:
        self.blob = blob

    def get(self, key: str) -> bytes:
        return self.blob


@pytest.mark.parametrize("blob", [b"", b"nonsense", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_what_cannot_be_read_is_not_there(blob: bytes) -> None:
    places = Places("text", ((Source("a.qdsl", "x").whole, 0),))
    assert Kept(Damaged(blob)).get(places, "") is None  # type: ignore[arg-type]


def test_spans_are_read_where_the_text_now_stands(tmp_path: Path) -> None:
    before, after = Source("a.qdsl", "f(x)").whole, Source("a.qdsl", "# new\nf(x)").whole
    kept = Kept(DiskCache(tmp_path))
    kept.put(Places("text", ((before, 0),)), "", Span(before, 2, 3, Span(before, 0, 4)))
    found = kept.get(Places("text", ((after, 6),)), "")
    assert [each.text for each in found.chain()] == ["x", "f(x)"]


def test_a_place_elsewhere_is_not_kept(tmp_path: Path) -> None:
    here, there = Source("a.qdsl", "x").whole, Source("b.qdsl", "x").whole
    kept, places = Kept(DiskCache(tmp_path)), Places("text", ((here, 0),))
    kept.put(places, "", Span(there, 0, 1))
    assert kept.get(places, "") is None


def test_kept_derivatives_run_over_many_points(made: Made) -> None:
    """One session makes the Hessian of one set of data; the next needs it in lanes, of many."""
    first, compiled = made.by(FIT)
    assert "decay.nll" in compiled
    text = FIT.split("print")[0] + "\n".join(
        [
            "let data = sweep(decay, tau = linspace(10 us, 50 us, 400), seed = 1)",
            'let fits = fit_each(decay, data, by = "tau")',
            "print(len(fits))",
        ]
    )
    second, compiled = made.by(text)
    assert "decay.nll" not in compiled
    assert second.codes == first.codes == []
