"""What stands after the `.` of a tomography: `found.state`, `found.linear`, `found.p_value`."""

from __future__ import annotations

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.operator_rules import quantum
from qdsl.lang.typed.spaces import Kind, Places, in_order, size_together
from qdsl.lang.typed.types import INT, SCALAR, TEXT, Type

QUALITY: dict[str, Type] = {
    "verdict": TEXT,
    "gap": SCALAR,
    "rank": INT,
    "shots": INT,
    "deviance": SCALAR,
    "dof": INT,
    "p_value": SCALAR,
}
"""What a tomography of either kind has. The gap bounds how much larger another log-likelihood could be."""


def tomography_fields(type_: types.StateTomography | types.ProcessTomography) -> dict[str, Type]:
    """The names and their types."""
    size = levels(type_.places)
    if isinstance(type_, types.StateTomography):
        state: dict[str, Type] = {"state": types.Density(type_.places), "linear": types.Operator(ONE, type_.places)}
        return state | {"eigenvalues": types.Array(SCALAR, (size,))} | QUALITY
    matrix = types.Array(types.Complex(ONE), (size**2, size**2))
    fields: dict[str, Type] = {"choi": matrix, "linear": matrix, "eigenvalues": types.Array(SCALAR, (size**2,))}
    if all(space.kind is Kind.QUBIT for space in in_order(type_.places)):
        fields["ptm"] = types.Array(SCALAR, (size**2, size**2))
    return fields | QUALITY


def levels(places: Places) -> int:
    """How many basis states known spaces have together."""
    size = size_together(in_order(places))
    assert size is not None
    return size


def tomography_part(c: Checker, node: surface.Field, value: typed.Expr, type_: Type) -> typed.Expr:
    """The part; what is an operator is one of the numbers of its matrix."""
    if not isinstance(type_, types.Operator):
        return typed.GetField(node.span, type_, value, node.name.text)
    size = levels(type_.places)
    matrix = typed.GetField(node.span, types.Array(types.Complex(ONE), (size, size)), value, node.name.text)
    spaces = [typed.SpaceValue(node.span, types.SpaceType(space)) for space in in_order(type_.places)]
    return quantum(c, node.span, type_, "operator_by_hand", (*spaces, matrix))
