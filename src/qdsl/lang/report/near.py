"""The name somebody probably meant.

In goes a word that nothing is called and the words that something is; out comes the one to suggest, or None. A
suggestion that is wrong costs more than none, so a word is offered only when it is close for its length and no
other is as close.
"""

from __future__ import annotations

from collections.abc import Iterable

_CASE = 1
_SWAP = 3
_EDIT = 4


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` is a slip of: a letter changed, left out, added, swapped, or in the wrong case."""
    allowed = _allowance(len(name))
    best: str | None = None
    least = allowed + 1
    tied = False
    for candidate in known:
        if candidate == name or not candidate:
            continue
        cost = distance(name, candidate, least)
        if cost < least:
            best, least, tied = candidate, cost, False
        elif cost == least and candidate != best:
            tied = True
    return None if tied or least > allowed else best


def distance(left: str, right: str, limit: int) -> int:
    """The cost of making `right` from `left`: 4 for a letter changed, lost or added, 3 for two swapped, 1 for its case.

    This is the optimal string alignment distance (Damerau's slips, no letter touched twice) with weights. A cost above
    `limit` is reported as `limit + 1`, without being worked out.
    """
    if abs(len(left) - len(right)) * _EDIT > limit:
        return limit + 1
    before: list[int] = []
    previous = [_EDIT * j for j in range(len(right) + 1)]
    for i, a in enumerate(left, 1):
        row = [_EDIT * i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j - 1] + _substitution(a, b), previous[j] + _EDIT, row[j - 1] + _EDIT)
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2] and a != b:
                cost = min(cost, before[j - 2] + _SWAP)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, previous = previous, row
    return min(previous[-1], limit + 1)


def _substitution(a: str, b: str) -> int:
    if a == b:
        return 0
    return _CASE if a.casefold() == b.casefold() else _EDIT


def _allowance(length: int) -> int:
    """How far away a word of this length may be: a slip for every four letters; of shorter words the case or a swap."""
    return _EDIT * (length // 4) if length > 3 else _CASE * length
