"""`povm m(q) = [E0, E1]`, `projective m(q) = [..]`: what a measurement is, and whether it is one.

Its effects are positive and add up to the identity; projectors are orthogonal. What is constant is checked here and
now. What is not, because a let of the program is in it, is checked when the program runs, as far as that takes no
eigenvalues: the sum, and that no diagonal element is negative.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qdsl.lang.core import lower_errors as errors
from qdsl.lang.core.hermitian import is_hermitian
from qdsl.lang.core.ir import Code, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_operators import all_spaces
from qdsl.lang.core.lower_states import check_spaces
from qdsl.lang.core.sparse_code import added
from qdsl.lang.core.staged import Coefficient, Many, Operator, PovmBound
from qdsl.lang.quantum import effects
from qdsl.lang.quantum.effects import Fault, Matrix, NoProjector, NotComplete, NotPositive, Overlapping
from qdsl.lang.report import InternalError
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed.spaces import Space

Place = tuple[int, int, bool]
"""Row and column of a matrix, and whether the imaginary part is meant."""


def povm(body: Body, node: typed.Quantum) -> PovmBound:
    """The measurement that a declaration makes."""
    listed, *given = node.arguments
    many = body.staged(listed)
    assert isinstance(many, Many)
    found = tuple(each for each in many.elements if isinstance(each, Operator))
    spaces = tuple(sorted(all_spaces(body, given), key=lambda space: space.order))
    made = PovmBound(found, spaces, node.name == "projective")
    spans = [each.span for each in listed.elements] if isinstance(listed, typed.ArrayLiteral) else []
    _check(body, made, spans if len(spans) == len(found) else [listed.span] * len(found), listed.span)
    return made


def measurement_of(body: Body, node: typed.Expr) -> PovmBound:
    """An expression that is a measurement."""
    found = body.staged(node)
    if not isinstance(found, PovmBound):
        raise InternalError("a povm that is no measurement")
    return found


def matrix_of(effect: Operator, spaces: Sequence[Space]) -> Matrix | None:
    """An effect as a matrix; None where it is not constant."""
    constant = effect.constant
    return None if constant is None else constant.expanded(tuple(spaces)).dense()


# ── what is constant ─────────────────────────────────────────────────────────────────────────────────────────────


def _check(body: Body, measurement: PovmBound, spans: Sequence[Span], whole: Span) -> None:
    for effect, span in zip(measurement.effects, spans, strict=True):
        if effect.dense is not None:
            raise errors.measurement_not_known(span)
        check_spaces(effect, measurement.spaces, span)
        if not is_hermitian(body, effect):
            raise errors.effect_not_hermitian(span)
    matrices = [matrix_of(each, measurement.spaces) for each in measurement.effects]
    known = [each for each in matrices if each is not None]
    if len(known) == len(matrices):
        _refuse(effects.fault(known, measurement.is_projective), measurement, spans, whole)
        return
    for place, matrix in enumerate(matrices):
        if matrix is not None:
            _refuse(effects.fault_of_one(place, matrix, measurement.is_projective), measurement, spans, whole)
    _check_when_it_runs(body, measurement)


def _refuse(fault: Fault | None, measurement: PovmBound, spans: Sequence[Span], whole: Span) -> None:
    match fault:
        case NotPositive(effect, eigenvalue):
            raise errors.not_positive(spans[effect], f"{eigenvalue:.6g}")
        case NoProjector(effect, eigenvalue):
            raise errors.no_projector(spans[effect], f"{eigenvalue:.6g}")
        case Overlapping(first, second):
            raise errors.not_orthogonal(spans[first], spans[second])
        case NotComplete(row, column, value):
            bra, ket = _states(measurement.spaces, row, column)
            raise errors.not_the_identity(whole, f"<{bra}|..|{ket}>", _number(value))


def _states(spaces: Sequence[Space], *places: int) -> Iterator[str]:
    """The levels of basis states: `01`, or `3,12` where a level has several digits."""
    sizes = [space.size or 1 for space in spaces]
    for place in places:
        levels = [str(int(each)) for each in np.unravel_index(place, sizes)]
        yield ("" if all(len(each) == 1 for each in levels) else ",").join(levels)


def _number(value: complex) -> str:
    if abs(value.imag) <= 1e-12 * abs(value):
        return f"{value.real:.6g}"
    return f"({value.real:.6g} {'+' if value.imag >= 0 else '-'} {abs(value.imag):.6g}i)"


# ── what is known when the program runs ──────────────────────────────────────────────────────────────────────────


def _check_when_it_runs(body: Body, measurement: PovmBound) -> None:
    totals: dict[Place, list[Value]] = {}
    for outcome, effect in enumerate(measurement.effects):
        for place, parts in _entries(body, effect, measurement.spaces).items():
            totals.setdefault(place, []).extend(parts)
            if place[0] == place[1] and not place[2]:
                own = added(body, parts)
                said = f"outcome {outcome} of the measurement could have the probability {{0}}"
                body.check(body.b.op("ge", own, body.constant(-effects.NEAR)), Code.DOMAIN, said, own)
    for (row, column, is_imaginary), parts in totals.items():
        wanted = 1.0 if row == column and not is_imaginary else 0.0
        total = added(body, parts)
        off = body.b.op("abs", body.b.op("sub", total, body.constant(wanted)))
        said = f"the effects do not add up to the identity: {{0}} stands where {wanted:.0f} should"
        body.check(body.b.op("le", off, body.constant(effects.NEAR)), Code.DOMAIN, said, total)


def _entries(body: Body, effect: Operator, spaces: Sequence[Space]) -> dict[Place, list[Value]]:
    """What adds up to each part of each entry; nothing, to each on the diagonal that has none."""
    size = int(np.prod([space.size or 1 for space in spaces]))
    found: dict[Place, list[Value]] = {(k, k, False): [] for k in range(size)}
    for pattern, coefficient in effect.known:
        matrix = pattern.expanded(tuple(spaces))
        for i, j, value in zip(matrix.rows.tolist(), matrix.columns.tolist(), matrix.values.tolist(), strict=True):
            for is_imaginary, part in _parts(body, coefficient, value):
                found.setdefault((i, j, is_imaginary), []).append(part)
    return found


def _parts(body: Body, coefficient: Coefficient | None, value: complex) -> Iterator[tuple[bool, Value]]:
    """The parts of (re + i im) (a + i b) that may be other than zero."""
    terms: list[tuple[bool, Value | None, float]]
    if coefficient is None:
        terms = [(False, None, value.real), (True, None, value.imag)]
    else:
        re, im = coefficient
        terms = [(False, re, value.real), (True, re, value.imag), (False, im, -value.imag), (True, im, value.real)]
    for is_imaginary, factor, number in terms:
        if number and factor not in body.zeros:
            known = body.constant(number)
            yield is_imaginary, known if factor is None else body.b.op("mul", factor, known)
