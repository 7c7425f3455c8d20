"""The page of a fit: well-formed, complete by itself, read aloud, and there whole or not at all."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.session.running import Ran, run

PROGRAM = """
## Voltage & light: "less" < more.
experiment decay {
    ## How long it <lives>.
    param tau: Time = 2 us in 0.1 us .. 100 us
    param a: Voltage = 1.5 V in LOW V .. 10 V
    axis t: Time = linspace(0 us, 5 us, 41)
    measure y ~ Normal(a * exp(-t / tau), 50 mV)
}
let best = fit(decay, DATA)
"""
RUN = "simulate(decay, a = 1 V, seed = 1)"
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Reader(HTMLParser):
    """Reads a page strictly: each tag is closed where it has to be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data.strip()))

    def of(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def made(folder: Path, data: str = RUN, low: str = "0", name: str = "fit.html") -> Ran:
    program = PROGRAM.replace("DATA", data).replace("LOW", low)
    return run(program + f'export(best, "{name}")', folder)


def read(folder: Path, **given: str) -> Reader:
    ran = made(folder, **given)
    assert ran.messages == [], [each.message for each in ran.messages]
    reader = Reader()
    reader.feed((folder / "fit.html").read_text(encoding="utf-8"))
    reader.close()
    return reader


def test_every_tag_is_closed_and_no_id_is_there_twice(tmp_path: Path) -> None:
    reader = read(tmp_path)
    assert (reader.open, reader.wrong) == ([], [])
    ids = Counter(attrs["id"] for _, attrs in reader.tags if "id" in attrs)
    assert ids
    assert set(ids.values()) == {1}


def test_it_refers_to_nothing_outside_itself(tmp_path: Path) -> None:
    reader = read(tmp_path)
    ids = {attrs["id"] for _, attrs in reader.tags if "id" in attrs}
    for tag, attrs in reader.tags:
        assert tag not in ("link", "script", "img", "iframe", "object", "base", "metadata")
        for name, value in attrs.items():
            if name in ("href", "xlink:href", "src", "srcset", "data", "action"):
                assert value is not None
                assert value[0] == "#"
                assert value[1:] in ids
            elif not name.startswith("xmlns"):
                assert "://" not in (value or "")
            for used in re.findall(r"url\(([^)]*)\)", value or ""):
                assert used[1:] in ids
    text = (tmp_path / "fit.html").read_text(encoding="utf-8")
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_pictures_have_a_text_and_tables_have_headers(tmp_path: Path) -> None:
    reader = read(tmp_path)
    pictures = [attrs for tag, attrs in reader.tags if tag == "svg"]
    assert len(pictures) == 2
    assert all(each["role"] == "img" for each in pictures)
    assert [(each["aria-label"] or "").split(".")[0] for each in pictures] == [
        "Points of y with error bars against t, the fitted model as a curve with bands of one and two standard errors; "
        "below, the residuals in standard errors",
        "An ellipse for each pair of params and a bell for each alone: tau = 1",
    ]
    assert reader.of("caption") == ["Params", "Goodness of fit", "Correlations"]
    assert all(attrs.get("scope") in ("row", "col") for tag, attrs in reader.tags if tag == "th")
    assert [attrs.get("lang") for tag, attrs in reader.tags if tag == "html"] == ["en"]
    assert reader.of("title") == ["The fit of decay"]


def test_it_says_what_the_fit_says(tmp_path: Path) -> None:
    ran = made(tmp_path)
    best = ran.value("best")
    reader = read(tmp_path)
    cells = reader.of("td")
    assert str(best.tau) in cells
    assert str(best.a) in cells
    assert str(best.verdict) == "converged"
    assert "converged" in cells
    low, high = best.profile("tau")
    written = [float(cell.removesuffix(" us")) * 1e-6 for cell in cells[1:3]]
    assert written == pytest.approx([low, high], abs=0.1 * best.tau.error)
    assert f"{best.covariance[0, 1] / (best.tau.error * best.a.error):.2f}" in cells
    assert "How long it <lives>." in cells
    assert 'Voltage & light: "less" < more.' in reader.of("p")
    (model,) = reader.of("pre")
    assert model.startswith('## Voltage & light: "less" < more.\nexperiment decay {')
    assert model.endswith("}")
    origin = dict(zip(reader.of("dt"), reader.of("dd"), strict=True))
    assert origin["program"] == best.provenance.source
    assert origin["its hash"] == best.provenance.source_hash
    assert origin["data"].endswith(", seed 1")


@pytest.mark.parametrize(
    ("data", "low", "verdict", "words"),
    [
        (RUN, "0", "converged", "The data do not speak against the model."),
        (
            "expected(decay).with(y = [1 V / (1 + (t / (2 us))^2) for t in linspace(0 us, 5 us, 41)])",
            "0",
            "rejected(runs, p = ",
            "the data refuse the model",
        ),
        (RUN, "1.2", "at_bound(a)", "at a bound of a, where no error is known"),
        ("expected(decay, a = 0 V)", "0", "unidentifiable(tau)", "The data leave something open: tau may change"),
    ],
)
def test_the_verdict_stands_in_words(data: str, low: str, verdict: str, words: str, tmp_path: Path) -> None:
    reader = read(tmp_path, data=data, low=low)
    paragraphs = reader.of("p")
    assert any(each.startswith(verdict) for each in paragraphs)
    assert any(words in each for each in paragraphs)
    classes = [attrs.get("class") or "" for tag, attrs in reader.tags if tag == "p"]
    shown = "verdict good" if verdict == "converged" else "verdict bad"
    assert [each for each in classes if each.startswith("verdict")] == [shown]


def test_an_interval_that_ends_at_a_bound_says_so(tmp_path: Path) -> None:
    assert "1.2 V (bound)" in read(tmp_path, low="1.2").of("td")


def test_it_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    assert made(tmp_path, name="nowhere/fit.html").codes == ["E0820"]
    assert made(tmp_path, name=".").codes == ["E0820"]
    assert made(tmp_path, name="fit.xml").codes == ["E0823"]
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_it_tells_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert made(tmp_path).codes == ["E0830"]
    assert list(tmp_path.iterdir()) == []
