"""Operations on single numbers: which primitive a name stands for, given the kind of its operands.

    a + b       =>  iadd a b of Ints, add a b of reals, a pair of adds of complex numbers
    floor(x)    =>  to_int (floor x)
    si(x)       =>  x
    converged(ok, steps, left)  =>  ok, checked

The rules here are those of the simplest expressions: constants, variables and what stands for its operand.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.layout import element_type
from qdsl.lang.core.lower_body import Body, rule
from qdsl.lang.core.lower_complex import complex_constant, complex_operation, real_of_complex
from qdsl.lang.core.lower_domains import check_domain
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.core.verdicts import VERDICTS
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types

OF_INTS = {
    "add": "iadd",
    "sub": "isub",
    "mul": "imul",
    "neg": "ineg",
    "abs": "iabs",
    "min": "imin",
    "max": "imax",
    "pow": "ipow",
    "div": "idiv",
    "mod": "imod",
    "bit_and": "band",
    "bit_or": "bor",
    "bit_xor": "bxor",
    "shift_left": "shl",
    "shift_right": "shr",
    "wrapping_add": "wadd",
    "wrapping_sub": "wsub",
    "wrapping_mul": "wmul",
}
TO_INT = ("floor", "ceil", "round", "trunc")


def apply_operation(body: Body, node: typed.Operation, operands: Sequence[Data]) -> Data:
    """The operation on single numbers, whether `node` means one of them or the elements of arrays."""
    result = element_type(node.type)
    kind = types.pruned(operands[0].type)
    if isinstance(kind, types.Complex):
        if isinstance(result, types.Complex):
            return Data(result, complex_operation(body, node, operands))
        return Data(result, (real_of_complex(body, node.name, operands[0]),))
    values = [operand.value for operand in operands]
    if node.name in VERDICTS:
        body.check(values[0], *VERDICTS[node.name], *values[1:])
        return Data(result, (values[0],))
    if kind is types.INT:
        return Data(result, (body.b.op(OF_INTS[node.name], *values),))
    if node.name == "si":
        return Data(result, operands[0].values)
    if node.name not in PRIMITIVES:
        raise InternalError(f"no primitive does {node.name}")
    check_domain(body, node, values)
    value = body.b.op(node.name, *values)
    return Data(result, (body.b.op("to_int", value) if node.name in TO_INT else value,))


def apply_cast(body: Body, node: typed.Cast, operand: Data) -> Data:
    """Int to Real, Real to Complex, Int to both at once; Real to Estimate changes nothing here."""
    wanted = element_type(node.type)
    if len(operand.values) == 2:
        return Data(wanted, operand.values)
    value = operand.value
    if types.pruned(operand.type) is types.INT:
        value = body.b.op("to_real", value)
    return Data(wanted, (value, body.zero()) if isinstance(wanted, types.Complex) else (value,))


@rule(typed.Constant)
def constant(body: Body, node: typed.Constant) -> Data:
    """A number; the type, not the Python value, says which kind."""
    number = node.value
    type_ = types.pruned(node.type)
    body.types_of(type_, node.span)
    match type_:
        case types.Complex():
            return Data(type_, complex_constant(body, complex(number)))
        case types.Real() | types.Estimate():
            assert not isinstance(number, complex)
            return Data(type_, (body.constant(float(number)),))
        case _:
            assert isinstance(number, bool | int)
            return Data(type_, (body.constant(bool(number) if type_ is types.BOOL else int(number)),))


@rule(typed.Uncertain)
def uncertain(body: Body, node: typed.Uncertain) -> Data:
    """An Estimate's value; its uncertainty is for the session, which differentiates by it."""
    return Data(node.type, (body.constant(node.value),))


@rule(typed.Shown)
def shown(body: Body, node: typed.Shown) -> Data:
    """A display unit is nothing at run time."""
    return Data(node.type, body.expr(node.value).values)


@rule(typed.Local)
def local(body: Body, node: typed.Local) -> Data:
    """A variable; a constant's value is written where it is used."""
    if node.variable.value is not None and node.variable not in body.variables:
        return body.expr(node.variable.value)
    return body.data(node.variable)
