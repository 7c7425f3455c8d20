"""What a page about a fit or a posterior says, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: what it is about, the headers of its columns, and rows, the first cell of each its header."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as the text of an SVG, what it shows for those who do not see it, and what stands below."""

    svg: str
    says: str
    caption: str


@dataclass(frozen=True, slots=True)
class Page:
    """The parts, in the order of the page. `is_good` is whether the result may be used as it is."""

    title: str
    about: str
    verdict: str
    is_good: bool
    words: Sequence[str]
    drawings: Sequence[Drawing]
    grids: Sequence[Grid]
    model: str
    origin: Sequence[tuple[str, str]]
