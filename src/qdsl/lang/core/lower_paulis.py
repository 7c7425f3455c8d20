"""Measurements of qubits along X, Y and Z, as lists of effects.

    pauli_setting(r, "XZ")      |+0><+0|, |+1><+1|, |-0><-0|, |-1><-1|
    pauli_settings(r)           that of XX, XY, XZ, YX, .., ZZ

The first outcome of each letter is the one of the eigenvalue +1: |+>, |+i>, |0>. The last qubit changes fastest, in the
outcomes as in the settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_operators import all_spaces
from qdsl.lang.core.staged import Many, Operator
from qdsl.lang.quantum.local import Local
from qdsl.lang.quantum.pattern import Sum
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.spaces import Space

PAULIS = "XYZ"


def setting(body: Body, node: typed.Quantum) -> Many:
    word, *spaces = node.arguments
    assert isinstance(word, typed.Constant)
    return _effects(all_spaces(body, spaces), str(word.value))


def settings(body: Body, node: typed.Quantum) -> Many:
    spaces = all_spaces(body, node.arguments)
    return Many(tuple(_effects(spaces, "".join(each)) for each in product(PAULIS, repeat=len(spaces))))


def _effects(spaces: Sequence[Space], word: str) -> Many:
    return Many(tuple(_effect(spaces, word, signs) for signs in product((1, -1), repeat=len(spaces))))


def _effect(spaces: Sequence[Space], word: str, signs: Sequence[int]) -> Operator:
    """The product of projectors, one for each qubit."""
    own = {space: _projector(letter, sign) for space, letter, sign in zip(spaces, word, signs, strict=True)}
    factors = tuple((space, own[space]) for space in sorted(own, key=lambda space: space.order))
    return Operator(((Sum.of({factors: 1}), None),))


def _projector(letter: str, sign: int) -> Local:
    """(1 + sign P) / 2."""
    half = sign / 2
    match letter:
        case "X":
            return Local.of(2, {(0, 0): 0.5, (0, 1): half, (1, 0): half, (1, 1): 0.5})
        case "Y":
            return Local.of(2, {(0, 0): 0.5, (0, 1): -1j * half, (1, 0): 1j * half, (1, 1): 0.5})
        case _:
            level = 0 if sign > 0 else 1
            return Local.of(2, {(level, level): 1})
