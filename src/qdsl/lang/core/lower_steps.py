"""Loops whose steps are written out one after the other, because which space or which level a step is about must be
known now: `for k in range(n) { H = H + Z(r[k]) }`, `[expect(Z(r[k]), psi) for k in range(n)]`.
"""

from __future__ import annotations

from qdsl.lang.core.lower_effects import Node, walk
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.places import is_staged


def tells_space(node: Node, variable: typed.Variable) -> bool:
    """Whether a space, a level or an operator in a list is chosen by the variable."""
    return any(_is_told_by(each, variable) for each in walk(node))


def _is_told_by(node: Node, variable: typed.Variable) -> bool:
    """`r[k]`, `ops[k]`, `ket(c, k)`, `P(c, k)`."""
    told: tuple[typed.Expr, ...]
    match node:
        case typed.Index(type=type_, indices=told) if is_staged(type_):
            pass
        case typed.Quantum(name="ket" | "P", arguments=(_, *rest)):
            told = tuple(rest)
        case typed.Call(arguments=arguments) | typed.CallValue(arguments=arguments):
            told = tuple(each for each in arguments if is_staged(each.type))
        case _:
            return False
    return any(isinstance(each, typed.Local) and each.variable is variable for part in told for each in walk(part))
