"""What a case claims beside what the program did.

In go `Claims` and an `Outcome`; out comes a list of complaints, each a line or a few that a person can act on. A
message nobody claimed is a complaint like a claim that did not come true.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.mdtest.claims import Claims, Said

_NUMBER = re.compile(r"^([-+]?(?:\d[\d_]*\.?\d*(?:[eE][-+]?\d+)?|inf|nan))\s*(.*)$")


@dataclass
class Outcome:
    """What checking and running a program gave. Values and types are those of each line's last statement, as shown.

    `numbers` are the values again with all their digits, in the unit they are shown in.
    """

    values: dict[int, str] = field(default_factory=dict)
    numbers: dict[int, float] = field(default_factory=dict)
    types: dict[int, str] = field(default_factory=dict)
    prints: tuple[str, ...] = ()
    messages: tuple[Said, ...] = ()


def complaints(claimed: Claims, outcome: Outcome) -> list[str]:
    """Everything that is not as claimed."""
    return [
        *_messages(claimed.messages, outcome.messages),
        *_texts("type", claimed.types, outcome.types, {}),
        *_texts("value", claimed.values, outcome.values, outcome.numbers),
        *_prints(claimed.prints, outcome.prints),
    ]


def _messages(claimed: Iterable[Said], found: Iterable[Said]) -> Iterator[str]:
    left = list(found)
    for claim in claimed:
        match = next((each for each in left if _is(claim, each)), None)
        if match is None:
            near = next((each for each in left if each.code == claim.code and each.line == claim.line), None)
            yield f"line {claim.line}: no such message\n  claimed: {_told(claim)}" + (
                f"\n  found:   {_told(near)}" if near else ""
            )
            left = [each for each in left if each is not near]
        else:
            left.remove(match)
    for each in left:
        yield f"line {each.line}: a message that is not claimed\n  found:   {_told(each)}"


def _is(claim: Said, found: Said) -> bool:
    return (
        claim.code == found.code
        and claim.line == found.line
        and (claim.start is None or _same_place(claim, found))
        and found.message.startswith(claim.message)
        and (not claim.fixes or claim.fixes == found.fixes)
        and (not claim.hint or found.hint.startswith(claim.hint))
    )


def _same_place(claim: Said, found: Said) -> bool:
    """`#^^` may begin below the sign or, for a place in the second column, right of it."""
    return claim.end == found.end and (claim.start == found.start or (claim.start == 0 and found.start == 1))


def _told(said: Said) -> str:
    place = "" if said.start is None else f" at columns {said.start + 1}-{said.end}"
    details = "".join(f"\n           fix: {fix}" for fix in said.fixes)
    details += f"\n           hint: {said.hint}" if said.hint else ""
    return f"{said.code}: {said.message}{place}{details}"


def _texts(kind: str, claimed: dict[int, str], found: dict[int, str], numbers: dict[int, float]) -> Iterator[str]:
    for line, text in claimed.items():
        if line not in found:
            yield f"line {line}: there is no {kind} here\n  claimed: {text}"
        elif not _agree(text, found[line], numbers.get(line)):
            full = f" ({numbers[line]!r})" if line in numbers else ""
            yield f"line {line}: another {kind}\n  claimed: {text}\n  found:   {found[line]}{full}"


def _agree(claimed: str, found: str, number: float | None = None) -> bool:
    """The same text; or, where a tolerance is claimed, the same unit and a number within it."""
    value, sign, tolerance = claimed.partition(" ± ")
    if not sign:
        return claimed == found
    want, have, allowed = _NUMBER.match(value), _NUMBER.match(found), _NUMBER.match(tolerance)
    if not (want and have and allowed):
        return False
    exact = float(have[1]) if number is None else number
    return have[2] == allowed[2] and math.isclose(exact, float(want[1]), rel_tol=0, abs_tol=float(allowed[1]))


def _prints(claimed: tuple[str, ...], found: tuple[str, ...]) -> Iterator[str]:
    if len(claimed) != len(found) or not all(map(_agree, claimed, found)):
        yield (
            "it prints something else\n  claimed: "
            + "\n           ".join(claimed)
            + "\n  found:   "
            + "\n           ".join(found)
        )
