"""Bras: each is the adjoint of a ket, and lowered as that ket.

<0|(q)             |0>(q)
2i * psi†          -2i * psi
psi† * A           A† * psi
"""

from __future__ import annotations

from dataclasses import replace

from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_errors import staged_not_known
from qdsl.lang.core.staged import BraBound
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types


def bra(body: Body, node: typed.Quantum) -> BraBound:
    ket = ket_of(node)
    return BraBound(body.spaces_of(ket.type, ket.span), body.expr(ket).values)


def ket_of(node: typed.Expr) -> typed.Expr:
    """The ket that a bra is the adjoint of."""
    match node:
        case typed.Quantum(name="dagger", arguments=(ket,)):
            return ket
        case typed.Quantum(name="written_bra"):
            return _as_ket(node, "written_ket", node.arguments)
        case typed.Quantum(name="scale", arguments=(factor, other)):
            return _as_ket(node, "scale", (_conjugate(factor), ket_of(other)))
        case typed.Quantum(name="add" | "subtract" | "tensor", arguments=(left, right)):
            return _as_ket(node, node.name, (ket_of(left), ket_of(right)))
        case typed.Quantum(name="apply", arguments=(own, operator)):
            adjoint = typed.Quantum(operator.span, operator.type, "dagger", (operator,))
            return _as_ket(node, "apply", (adjoint, ket_of(own)))
        case typed.Local(variable=typed.Variable(value=typed.Expr() as value)):
            return ket_of(value)
        case _:
            raise staged_not_known(node.span)


def _as_ket(node: typed.Quantum, name: str, arguments: tuple[typed.Expr, ...]) -> typed.Expr:
    type_ = types.pruned(node.type)
    assert isinstance(type_, types.Bra)
    return replace(node, type=types.Ket(type_.places), name=name, arguments=arguments)


def _conjugate(factor: typed.Expr) -> typed.Expr:
    if not isinstance(types.pruned(factor.type), types.Complex):
        return factor
    return typed.Operation(factor.span, factor.type, "conj", (factor,))
