"""Channels: `Channel([K0, K1])` of Kraus operators, `apply(E, rho)`, the sum of K rho K†, and `A * rho * dag(A)`.

A channel is known while a program is compiled, but for its coefficients. That it keeps the trace, sum K† K = 1, is
checked where it is applied, since coefficients may be anything: `sqrt(p)`, say.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import Code, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_complex import conj, mul, size_squared
from qdsl.lang.core.lower_dense import called, dense_of, entries_of, folded, matrix_of, unpacked, written_out
from qdsl.lang.core.lower_operators import adjoint, operator_of, plus, scaled, times
from qdsl.lang.core.lower_states import check_spaces, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import Numbers, Weighted, added, mapped
from qdsl.lang.core.staged import ChannelBound, Coefficient, Dense, Operator
from qdsl.lang.quantum.coordinates import between
from qdsl.lang.quantum.pattern import Sum, size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space

TRACE_KEPT = 1e-8

WRITTEN_OUT = 2
"""Levels up to which a matrix is written out element by element: pairs of its elements are as many as their square."""


@state_rule("apply_channel")
def apply_channel(body: Body, node: typed.Quantum) -> Data:
    """The state that a channel makes of one."""
    channel, rho = body.staged(node.arguments[0]), body.expr(node.arguments[1]).value
    assert isinstance(channel, ChannelBound)
    spaces = body.spaces_of(node.arguments[1].type, node.arguments[1].span)
    for each in channel.kraus:
        check_spaces(each, spaces, node.arguments[0].span)
    _check_trace(body, channel.kraus, spaces)
    return _sandwiches(body, channel.kraus, rho, spaces, node.type)


@state_rule("conjugated")
def conjugated(body: Body, node: typed.Quantum) -> Data:
    """`A * rho * dag(A)`."""
    operator, rho = operator_of(body, node.arguments[0]), body.expr(node.arguments[1]).value
    spaces = body.spaces_of(node.arguments[1].type, node.arguments[1].span)
    check_spaces(operator, spaces, node.arguments[0].span)
    return _sandwiches(body, (operator,), rho, spaces, node.type)


def _sandwiches(body: Body, kraus: Sequence[Operator], rho: Value, spaces: Sequence[Space], type_: types.Type) -> Data:
    """The sum of K rho K†."""
    if _are_few(kraus):
        every = [written_out(body, each, is_hermitian=False) for each in kraus]
        maps = [part for each in every for part in _sandwich(body, each, spaces)]
        return Data(type_, (mapped(body, maps, Numbers(body, rho)),))
    state = Operator((), Dense(tuple(spaces), *unpacked(body, rho).values))
    parts = [times(body, times(body, each, state), adjoint(body, each)) for each in kraus]
    return called(body, "packed", [matrix_of(dense_of(body, _total(body, parts), spaces))], type_)


def _are_few(kraus: Sequence[Operator]) -> bool:
    """Whether the operators that have a matrix have a small one."""
    return all(each.dense is None or size_of(each.dense.spaces) <= WRITTEN_OUT for each in kraus)


def _total(body: Body, parts: Sequence[Operator]) -> Operator:
    whole = parts[0]
    for each in parts[1:]:
        whole = plus(body, whole, each)
    return whole


def _check_trace(body: Body, kraus: Sequence[Operator], spaces: Sequence[Space]) -> None:
    """Stop unless sum K† K = 1, every entry to 1e-8; constant channels are decided here."""
    less_one = scaled(body, Operator(((Sum.one(), None),)), -1 + 0j)
    total = _total(body, [less_one, *(times(body, adjoint(body, each), each) for each in kraus)])
    worst = _largest(body, total, spaces)
    if worst is None:
        return
    message = "the Kraus operators of this channel do not keep the trace: sum K† K differs from 1 by {0}"
    body.check(body.b.op("le", worst, body.constant(TRACE_KEPT)), Code.STATE, message, worst)


def _largest(body: Body, operator: Operator, spaces: Sequence[Space]) -> Value | None:
    """The largest part of an element, or with a matrix the largest element; None where all are certainly zero."""
    if operator.dense is not None:
        return called(body, "largest", [matrix_of(folded(body, operator))], types.SCALAR).value
    own = [space for space in spaces if space in operator.spaces] or list(spaces[:1])
    parts: list[Value] = []
    for re, im in entries_of(body, operator, own).values():
        parts += [body.b.op("abs", added(body, part)) for part in (re, im) if part]
    worst = parts[0] if parts else None
    for part in parts[1:]:
        assert worst is not None
        worst = body.b.op("max", worst, part)
    return worst


def _sandwich(body: Body, kraus: Operator, spaces: Sequence[Space]) -> list[Weighted]:
    """K rho K† of K = sum of s_k A_k, as weights times constant matrices."""
    found: list[Weighted] = []
    one: Coefficient = body.constant(1.0), body.zero()
    for k, (left, s) in enumerate(kraus.known):
        a = left.expanded(spaces)
        found.append((None if s is None else size_squared(body, s), between(a, a)))
        for right, z in kraus.known[:k]:
            re, im = mul(body, s or one, conj(body, z or one))
            b = right.expanded(spaces)
            if re not in body.zeros:
                found.append((re, between(a, b)))
            if im not in body.zeros:
                found.append((im, between(a.times(1j), b)))
    return found
