"""placeholder"""

from __future__ import annotations
from dataclasses import dataclass
from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Chunk, Span
from qdsl.lang.surface.tokens import Token


@dataclass(slots=True)
class Place:
    state: int
    token: Token
    before: Token | None
    later: int = -1
    inserted: str = ""
    left_out: bool = False


def diagnostic(place: Place, chunk: Chunk) -> Diagnostic:
    t = place.token
    return error(
        "E0100",
        f"{place.state} {t.kind} {t.text} ins={place.inserted} out={place.left_out} later={place.later}",
        Label(Span(chunk, t.start, t.end)),
    )
