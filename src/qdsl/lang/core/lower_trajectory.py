"""`trajectory`: a ket that jumps at random times, and `quasienergies`.

Between jumps psi' = (-i H - 1/2 sum C† C) psi: the weighted matrices of H, and those of every jump operator. Of the ket
those amplitudes are kept that H and the jumps can reach from the start; its norm needs them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import REAL, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_dense import written_out
from qdsl.lang.core.lower_dynamics import StartingState, rows_or_row
from qdsl.lang.core.lower_equation import Equation, equation_of, generator_of
from qdsl.lang.core.lower_moments import breaks_of
from qdsl.lang.core.lower_operators import adjoint, operator_of, plus, scaled, times
from qdsl.lang.core.lower_solvers import reader_of, with_defaults
from qdsl.lang.core.lower_values import Bound, Closure, Data
from qdsl.lang.core.lower_watch import lookout_of, tolerances_of, watch_rows
from qdsl.lang.core.outline import outlined
from qdsl.lang.core.sparse_code import Numbers, Weighted, added, mapped
from qdsl.lang.core.staged import Operator
from qdsl.lang.quantum.coordinates import ket_map
from qdsl.lang.quantum.generator import Generator, One
from qdsl.lang.quantum.reach import reached
from qdsl.lang.quantum.sparse import Ints, Sparse
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import RATE
from qdsl.lang.typed.generators import TIME
from qdsl.lang.typed.spaces import Space


def trajectory(body: Body, node: typed.Quantum) -> Data:
    return Data(node.type, (wave(body, node, None),))


def wave(body: Body, node: typed.Quantum, observables: Sequence[Operator] | None) -> Value:
    """The kets, or the expectations, at the times."""
    state = node.arguments[1]
    spaces = body.spaces_of(state.type, state.span)
    start = StartingState.of(body, state, is_density=False)
    equation = equation_of(body, node)
    whole = generator_of(body, equation, spaces, is_density=False)
    kept, size = _reached(body, equation, spaces, start.support)
    n, places = len(kept), kept.tolist()
    first = Data(types.Array(types.SCALAR, (n,)), (start.numbers(body, places),))
    watched = lookout_of(whole.patterns, kept, spaces, density=False)
    reader = reader_of(body, places, size, spaces, False, observables, watched)
    count = size if observables is None else len(observables)
    options = dict(node.options)
    seed = body.expr(options["seed"])
    number = body.expr(options["number"]) if "number" in options else Data(types.INT, (body.constant(0),))
    begin = body.expr(options["from"]) if "from" in options else Data(TIME, (body.constant(0.0),))
    tolerances = tolerances_of(body, node)
    jumps = _jump_count(body, equation)
    closures = _slope(body, equation, spaces, kept), _rates(body, equation, spaces, kept, jumps)

    def solved(moments: Data) -> Value:
        leap = _leap(body, equation, spaces, kept, jumps)
        given: list[Bound] = [*closures, leap, reader, first, begin, moments, *tolerances, seed, number]
        given += breaks_of(body, node, equation.coefficients, begin, moments) if equation.depends_on_time else []
        width = count if observables is None else count + watched.count
        function = body.program.sized(body.program.find("jumps", "follow_jumps"), {"n": n, "k": width, "j": jumps})
        rows = apply_call(
            body, function, with_defaults(body, function, given), types.Array(types.SCALAR, (None, width))
        ).value
        return watch_rows(body, node, watched, rows, count, observables is None)

    return rows_or_row(body, node.arguments[2], solved)


def _effective(body: Body, equation: Equation, time: Data | None) -> tuple[Operator, list[Operator]]:
    """-i H - 1/2 sum C† C, and the jump operators."""
    hamiltonian, jumps = equation.at(time)
    total = scaled(body, hamiltonian, -1j)
    for jump in jumps:
        total = plus(body, total, scaled(body, times(body, adjoint(body, jump), jump), -0.5 + 0j))
    return total, jumps


def _maps(body: Body, operator: Operator, spaces: Sequence[Space], kept: Ints) -> list[Weighted]:
    """The operator on the kept numbers."""
    size = 0
    maps: list[Weighted] = []
    place: Ints | None = None
    for pattern, coefficient in written_out(body, operator, False).terms:
        whole = pattern.expanded(spaces)
        if place is None:
            size = 2 * whole.size
            place = np.full(size, -1, dtype=np.int64)
            place[kept] = np.arange(len(kept))
        re, im = (None, None) if coefficient is None else coefficient
        if coefficient is None or re not in body.zeros:
            maps.append((re, _restricted(ket_map(whole), place, len(kept))))
        if coefficient is not None and im not in body.zeros:
            maps.append((im, _restricted(ket_map(whole.times(1j)), place, len(kept))))
    return maps


def _restricted(matrix: Sparse, place: Ints, count: int) -> Sparse:
    inside = (place[matrix.rows] >= 0) & (place[matrix.columns] >= 0)
    return Sparse(count, place[matrix.rows[inside]], place[matrix.columns[inside]], matrix.values[inside])


def _reached(
    body: Body, equation: Equation, spaces: Sequence[Space], support: frozenset[int] | None
) -> tuple[Ints, int]:
    """The numbers that H and the jumps can reach; how many a ket has."""
    with body.inside(Builder(span=body.b.span)):
        time = Data(TIME, (body.b.parameter(REAL, "t"),)) if equation.depends_on_time else None
        total, jumps = _effective(body, equation, time)
        every = [written_out(body, each, False) for each in (total, *jumps)]
        patterns = [pattern.expanded(spaces) for each in every for pattern, _ in each.terms]
        matrices = [ket_map(pattern.times(factor)) for factor in (1, 1j) for pattern in patterns]
    size = matrices[0].size
    return reached(Generator(size, tuple((One(), each) for each in matrices)), support, None), size


def _jump_count(body: Body, equation: Equation) -> int:
    with body.inside(Builder(span=body.b.span)):
        time = Data(TIME, (body.constant(0.0),)) if equation.depends_on_time else None
        return len(equation.at(time)[1])


def _array(n: int, dimension: object = None) -> types.Array:
    return types.Array(types.SCALAR if dimension is None else types.Real(RATE), (n,))


def _applied(body: Body, maps: Sequence[Weighted], y: Value, n: int) -> Value:
    if not maps:
        return body.b.array([body.constant(0.0)] * n)
    return mapped(body, maps, Numbers(body, y))


def _slope(body: Body, equation: Equation, spaces: Sequence[Space], kept: Ints) -> Closure:
    n = len(kept)

    def write(time: Data, y: Data) -> Values:
        total, _ = _effective(body, equation, time)
        return (_applied(body, _maps(body, total, spaces, kept), y.value, n),)

    return outlined(body, "slope", (TIME, _array(n)), _array(n, RATE), write)


def _rates(body: Body, equation: Equation, spaces: Sequence[Space], kept: Ints, jumps: int) -> Closure:
    n = len(kept)

    def write(time: Data, y: Data) -> Values:
        _, operators = equation.at(time)
        found: list[Value] = []
        for each in operators:
            after = Numbers(body, _applied(body, _maps(body, each, spaces, kept), y.value, n))
            found.append(added(body, [body.b.op("mul", after.at(k), after.at(k)) for k in range(n)]))
        return (body.b.array(found),)

    return outlined(body, "rates", (TIME, _array(n)), _array(jumps, RATE), write)


def _leap(body: Body, equation: Equation, spaces: Sequence[Space], kept: Ints, jumps: int) -> Closure:
    """What the jump of a number makes of a ket."""
    n = len(kept)

    def write(time: Data, y: Data, which: Data) -> Values:
        _, operators = equation.at(time)

        def of(number: int) -> Values:
            if number == len(operators) - 1:
                return (_applied(body, _maps(body, operators[number], spaces, kept), y.value, n),)
            own = _applied(body, _maps(body, operators[number], spaces, kept), y.value, n)
            is_it = body.b.op("ieq", which.value, body.constant(number))
            return body.if_(is_it, lambda: (own,), lambda: of(number + 1), (own.type,))

        return of(0)

    return outlined(body, "leap", (TIME, _array(n), types.INT), _array(n), write)


def quasienergies(body: Body, node: typed.Quantum) -> Data:
    """The quasi-energies of a propagator over one period."""
    dense = operator_of(body, node.arguments[0]).dense
    assert dense is not None
    d = dense.re.type.shape[0]  # type: ignore[union-attr]
    assert d is not None
    square = types.Array(types.SCALAR, (d, d))
    function = body.program.sized(body.program.find("floquet", "quasi_rates"), {"d": d})
    given: list[Bound] = [Data(square, (dense.re,)), Data(square, (dense.im,)), body.expr(node.arguments[1])]
    return apply_call(body, function, given, types.Array(types.Real(RATE), (d,)))


TRAJECTORIES: dict[str, Callable[[Body, typed.Quantum], Data]] = {
    "trajectory": trajectory,
    "quasienergies": quasienergies,
}
