"""Channels: `Channel([K0, K1])` of Kraus operators, and `apply(E, rho)`, the sum of K rho K†.

A channel is known while a program is compiled, but for its coefficients. That it keeps the trace, sum K† K = 1, is
checked where it is applied, since coefficients may be anything: `sqrt(p)`, say.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.core.ir import Code, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_complex import conj, mul
from qdsl.lang.core.lower_matrices import entries_of
from qdsl.lang.core.lower_operators import adjoint, plus, scaled, times
from qdsl.lang.core.lower_states import check_spaces, state_rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.core.sparse_code import Numbers, Weighted, added, mapped
from qdsl.lang.core.staged import ChannelBound, Coefficient, Operator
from qdsl.lang.quantum.coordinates import between
from qdsl.lang.quantum.pattern import Sum
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.spaces import Space

TRACE_KEPT = 1e-8


@state_rule("apply_channel")
def apply_channel(body: Body, node: typed.Quantum) -> Data:
    """The state that a channel makes of one."""
    channel, rho = body.staged(node.arguments[0]), body.expr(node.arguments[1]).value
    assert isinstance(channel, ChannelBound)
    spaces = body.spaces_of(node.arguments[1].type, node.arguments[1].span)
    for each in channel.kraus:
        check_spaces(each, spaces, node.arguments[0].span)
    _check_trace(body, channel.kraus, spaces)
    maps = [each for kraus in channel.kraus for each in _sandwich(body, kraus, spaces)]
    return Data(node.type, (mapped(body, maps, Numbers(body, rho)),))


def _check_trace(body: Body, kraus: Sequence[Operator], spaces: Sequence[Space]) -> None:
    """Stop unless sum K† K = 1, every entry to 1e-8; constant channels are decided here."""
    total = scaled(body, Operator(((Sum.one(), None),)), -1 + 0j)
    for each in kraus:
        total = plus(total, times(body, adjoint(body, each), each))
    own = [space for space in spaces if space in total.spaces] or list(spaces[:1])
    parts: list[Value] = []
    for re, im in entries_of(body, total, own).values():
        parts += [body.b.op("abs", added(body, part)) for part in (re, im) if part]
    if not parts:
        return
    worst = parts[0]
    for part in parts[1:]:
        worst = body.b.op("max", worst, part)
    message = "the Kraus operators of this channel do not keep the trace: sum K† K differs from 1 by {0}"
    body.check(body.b.op("le", worst, body.constant(TRACE_KEPT)), Code.STATE, message, worst)


def _sandwich(body: Body, kraus: Operator, spaces: Sequence[Space]) -> list[Weighted]:
    """K rho K† of K = sum of s_k A_k, as weights times constant matrices."""
    found: list[Weighted] = []
    one: Coefficient = body.constant(1.0), body.zero()
    for k, (left, s) in enumerate(kraus.terms):
        a = left.expanded(spaces)
        found.append((None if s is None else _square(body, s), between(a, a)))
        for right, z in kraus.terms[:k]:
            re, im = mul(body, s or one, conj(body, z or one))
            b = right.expanded(spaces)
            if re not in body.zeros:
                found.append((re, between(a, b)))
            if im not in body.zeros:
                found.append((im, between(a.times(1j), b)))
    return found


def _square(body: Body, s: Coefficient) -> Value:
    re, im = s
    square = body.b.op("mul", re, re)
    return square if im in body.zeros else body.b.op("add", square, body.b.op("mul", im, im))
