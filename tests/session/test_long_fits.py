"""Many fits and many refits: what they tell on the way, and what Ctrl-C leaves."""

from __future__ import annotations

from typing import Any

import pytest

from qdsl.lang.report import Diagnostic
from qdsl.lang.source import Source
from qdsl.runtime.experiment import fit_each, pacing, resampling
from qdsl.runtime.session import Session, Settings

COIN = """
experiment coin {
    param p: Scalar = 0.5 in 0 .. 1
    axis k: Int = [1, 2, 3]
    measure heads ~ Binomial(100, p)
}
let data = sweep(coin, p = linspace(0.1, 0.9, 50), seed = 1)
let best = fit(coin, simulate(coin, seed = 1))
"""


@pytest.fixture
def told() -> list[str]:
    return []


def session_that_stops(told: list[str], at: str) -> Session:
    """One in which somebody presses Ctrl-C when so much is done."""

    def progress(text: str) -> None:
        told.append(text)
        if at and at in text:
            raise KeyboardInterrupt

    def report(diagnostic: Diagnostic) -> None:
        told.append(f"{diagnostic.code}: {diagnostic.message}")

    session = Session(Settings(told.append, report, seed=1, progress=progress))
    session.line(Source("line 1", COIN))
    return session


def newest(session: Session, name: str) -> Any:
    return [value for variable, value in session.environment.values.items() if variable.name == name][-1]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_CHUNK", 10)
    monkeypatch.setattr(pacing, "CHUNK_SECONDS", 1e9)
    monkeypatch.setattr(pacing, "MOST_NUMBERS", 30)
    monkeypatch.setattr(pacing, "MANY_NUMBERS", 1)


def test_fits_that_are_done_stay_after_an_interrupt(told: list[str]) -> None:
    session = session_that_stops(told, ": 20 of")
    with pytest.raises(KeyboardInterrupt):
        session.line(Source("line 2", 'let fits = fit_each(coin, data, by = "p")\n'))
    assert told[-1] == "W0894: stopped after 20 of 50 fits: the table has these"
    whole = session_that_stops([], "")
    whole.line(Source("line 2", 'let fits = fit_each(coin, data, by = "p")\n'))
    part, all_ = newest(session, "fits"), newest(whole, "fits")
    assert len(part) == 20
    assert part["p"] == pytest.approx(all_["p"][:20], rel=1e-12)
    assert len(all_) == 50


def test_refits_that_are_done_stay_after_an_interrupt(told: list[str]) -> None:
    session = session_that_stops(told, ": 30 of")
    with pytest.raises(KeyboardInterrupt):
        session.line(Source("line 2", "let again = bootstrap(best, n = 60, seed = 4)\n"))
    assert told[-1] == "W0893: stopped after 30 of 60 refits: the bootstrap has these"
    whole = session_that_stops([], "")
    whole.line(Source("line 2", "let again = bootstrap(best, n = 60, seed = 4)\n"))
    part, all_ = newest(session, "again"), newest(whole, "again")
    assert len(part.values) == 30
    assert part.values == pytest.approx(all_.values[:30], rel=1e-12)


def test_they_say_how_far_they_are_and_clear_that_away(told: list[str]) -> None:
    session = session_that_stops(told, "")
    session.line(Source("line 2", 'let fits = fit_each(coin, data, by = "p")\n'))
    assert [each for each in told if "fits of coin: 10 of 50" in each]
    assert told[-1] == ""
    session.line(Source("line 3", "let again = bootstrap(best, n = 60, seed = 4)\n"))
    assert [each for each in told if "bootstrap: 10 of 60 refits" in each]
    assert told[-1] == ""


def test_an_interrupt_before_anything_is_done_leaves_nothing(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    session = session_that_stops(told, "")
    monkeypatch.setattr(resampling.Resampling, "fitted", interrupted)
    monkeypatch.setattr(fit_each._Work, "_chunk", interrupted)
    for text in ("bootstrap(best, n = 60)", 'fit_each(coin, data, by = "p")'):
        with pytest.raises(KeyboardInterrupt):
            session.line(Source("line 2", f"let none = {text}\n"))
    assert not any(variable.name == "none" for variable in session.environment.values)
