"""The templates there are, by name and by what is searched for.

search("photon number")      [dispersive_shift, jaynes_cummings]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from qdsl.lang.report.near import nearest
from qdsl.runtime.templates.header import CATEGORIES, Header, header

FOLDER = Path(__file__).resolve().parents[2] / "stdlib" / "templates"

_WORD = re.compile(r"[^\W_]+")
_WEIGHTS = (("name", 8), ("words", 5), ("category", 4), ("title", 3), ("measures", 2), ("model", 1), ("holds", 1))
"""How much it is worth to be found where."""

_PHRASE = 10
"""What it is worth besides that all that is searched for stands together, in one of the words."""


@cache
def headers() -> dict[str, Header]:
    """Every template by its name, those of a category together."""
    found = [header(path.stem, text(path.stem)) for path in sorted(FOLDER.glob("*.qdsl"))]
    found.sort(key=lambda each: CATEGORIES.index(each.category))
    return {each.name: each for each in found}


def text(name: str) -> str:
    """The program."""
    return path_of(name).read_text(encoding="utf-8")


def path_of(name: str) -> Path:
    """Its file."""
    return FOLDER / f"{name}.qdsl"


def unknown(name: str) -> str:
    """What to say of a name that no template has."""
    near = nearest(name, headers())
    about = ", ".join(each.name for each in search(name.replace("_", " ")))
    meant = f"did you mean {near!r}?" if near else f"about that there is {about}" if about else ""
    return f"there is no template {name!r}; {meant or 'there are ' + ', '.join(headers())}"


def search(query: str, among: Iterable[Header] | None = None) -> list[Header]:
    """The templates that have every word of the query, the best first; where none has all, those that have some."""
    wanted = _parts(query)
    scores = {each: _scores(each, wanted) for each in (headers().values() if among is None else among)}
    whole = [each for each, found in scores.items() if found and all(found)]
    chosen = whole or [each for each, found in scores.items() if any(found)]
    return sorted(chosen, key=lambda each: -sum(scores[each]) - _together(each, query))


def _scores(each: Header, wanted: list[str]) -> list[int]:
    """For each word of the query what the places are worth where the template has it; 0 where it has it nowhere."""
    places = [(_parts(_said(each, field)), weight) for field, weight in _WEIGHTS]
    return [sum(weight for parts, weight in places if any(_is_same(word, part) for part in parts)) for word in wanted]


def _together(each: Header, query: str) -> int:
    phrase = " ".join(_parts(query))
    return _PHRASE if phrase and any(phrase in " ".join(_parts(said)) for said in (each.name, *each.words)) else 0


def _said(each: Header, field: str) -> str:
    said = getattr(each, field)
    return said if isinstance(said, str) else " ".join(said)


def _parts(said: str) -> list[str]:
    return [part.casefold() for part in _WORD.findall(said)]


def _is_same(word: str, part: str) -> bool:
    """The same word, or one that begins with the other: photon and photons, echo and echoes."""
    shorter, longer = sorted((word, part), key=len)
    return word == part or (len(shorter) >= 4 and longer.startswith(shorter))
