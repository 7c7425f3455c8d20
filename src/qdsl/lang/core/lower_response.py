"""What an equation of motion is asked besides the state at a time: propagators, steady states, correlations, spectra.

    propagator(H, t)              U = exp(-i H t), or column by column where H depends on time
    steady_state(H, loss = ..)    L rho = 0 with tr rho = 1, among the numbers that populations depend on
    correlation(A, B, H, rho, ts) <A(t) B(0)> = tr(A exp(L t) (B rho)), B rho as two Hermitian parts
    spectrum(A, B, H, ws)         2 Re tr(A (i w - L)^-1 (B rho)) in the steady state, without its constant part

Source: H.-P. Breuer and F. Petruccione, "The theory of open quantum systems" (2002), section 3.2.4 (the quantum
regression theorem).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from qdsl.lang.core.block_code import from_slots, matrix_of
from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_dense import written_out
from qdsl.lang.core.lower_dynamics import method_of
from qdsl.lang.core.lower_equation import Equation, equation_of, generator_of, weights_of
from qdsl.lang.core.lower_expectations import form_parts
from qdsl.lang.core.lower_operators import operator_of
from qdsl.lang.core.lower_solvers import solver_call, unknowns_shape
from qdsl.lang.core.lower_states import check_normal, check_spaces
from qdsl.lang.core.lower_values import Closure, Data
from qdsl.lang.core.lower_watch import watch_state
from qdsl.lang.core.outline import outlined
from qdsl.lang.core.sparse_code import Numbers, Weighted, added, applied_maps, combination, spread
from qdsl.lang.core.staged import Dense, Operator
from qdsl.lang.quantum.blocks import Blocks
from qdsl.lang.quantum.coordinates import beside, density_form
from qdsl.lang.quantum.generator import Generator
from qdsl.lang.quantum.reach import reached
from qdsl.lang.quantum.sparse import size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import RATE
from qdsl.lang.typed.generators import TIME
from qdsl.lang.typed.spaces import Space

EXPONENTIAL_UP_TO = 32
"""Unknowns of a propagator that is one exponential."""


def _reals(count: int | None) -> types.Array:
    return types.Array(types.SCALAR, (count,))


# ── propagators ──────────────────────────────────────────────────────────────────────────────────────────────────


def propagator(body: Body, node: typed.Quantum) -> Operator:
    """The unitary operator, its numbers known when the program runs."""
    spaces = body.spaces_of(node.type, node.span)
    equation = equation_of(body, node)
    whole = generator_of(body, equation, spaces, is_density=False)
    options = dict(node.options)
    end = body.expr(node.arguments[1])
    start = body.expr(options["from"]) if "from" in options else Data(TIME, (body.constant(0.0),))
    if not equation.depends_on_time and whole.size <= EXPONENTIAL_UP_TO and "method" not in options:
        columns = _exponential(body, weights_of(body, whole, equation, None), whole.size, start, end)
        rows = whole.size
    else:
        columns = _column_by_column(body, node, equation, whole, end)
        rows = 0
    d = size_of(spaces)

    def part(shift: int) -> Value:
        def element(i: Value, j: Value) -> Value:
            at = body.b.op("wadd", i, body.constant(shift))
            return body.b.get(columns, *((at, j) if rows else (j, at)), inside=True)

        return _matrix(body, d, element)

    return Operator((), Dense(spaces, part(0), part(d)))


def _matrix(body: Body, size: int, element: object) -> Value:
    lengths = [body.constant(size), body.constant(size)]

    def write(builder: object, i: Value, j: Value) -> Value:
        with body.inside(builder):  # type: ignore[arg-type]
            return element(i, j)  # type: ignore[operator, no-any-return]

    return body.b.build(lengths, write, (size, size))


def _exponential(body: Body, maps: Sequence[Weighted], size: int, start: Data, end: Data) -> Value:
    """exp(generator * (end - start))."""
    rates = matrix_of(body, maps, size)
    time = body.b.op("sub", end.value, start.value)
    phases = _matrix(body, size, lambda i, j: body.b.op("mul", time, body.b.get(rates, i, j, inside=True)))
    square = types.Array(types.SCALAR, (size, size))
    function = body.program.sized(body.program.find("matrix_exponential", "exponential"), {"n": size})
    return apply_call(body, function, [Data(square, (phases,))], square).value


def _column_by_column(body: Body, node: typed.Quantum, equation: Equation, whole: Generator, end: Data) -> Value:
    """Row k of the answer is what the basis state k becomes."""
    size, d = whole.size, whole.size // 2
    times = Data(types.Array(TIME, (1,)), (body.b.array([end.value]),))
    choice = method_of(node, whole, depends_on_time=True)

    def write(y: Data) -> Values:
        return y.values

    reader = outlined(body, "read", (_reals(size),), _reals(size), write)

    def step(k: Value, made: Value) -> Values:
        zero, one = body.constant(0.0), body.constant(1.0)

        def first(builder: object, i: Value) -> Value:
            with body.inside(builder):  # type: ignore[arg-type]
                return body.b.select(body.b.op("ieq", i, k), one, zero)

        y0 = Data(_reals(size), (body.b.build([body.constant(size)], first, (size,)),))
        rows = solver_call(body, node, choice, equation, whole, lambda _: reader, y0, times)

        def put(i: Value, matrix: Value) -> Values:
            number = body.b.get(rows, body.constant(0), i, inside=True)
            return (body.b.set(matrix, (k, i), number, inside=True),)

        return body.b.for_(body.constant(0), body.constant(size), (made,), body.region(put), (made.type,))

    lengths = [body.constant(d), body.constant(size)]
    empty = body.b.build(lengths, lambda b, i, j: b.const(0.0), (d, size))
    (columns,) = body.b.for_(body.constant(0), body.constant(d), (empty,), body.region(step), (empty.type,))
    return columns


# ── steady states ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Steady:
    """A steady state as the numbers that populations depend on, and the generator restricted to them."""

    generator: Generator
    places: list[int]
    numbers: Value


def steady_state(body: Body, node: typed.Quantum) -> Data:
    spaces = body.spaces_of(node.type, node.span)
    found = steady(body, equation_of(body, node), spaces)
    made = spread(body, found.numbers, found.places, size_of(spaces) ** 2)
    body.supports[made] = frozenset(found.places)
    body.normal.add(made)
    return Data(node.type, (made,))


def steady(body: Body, equation: Equation, spaces: Sequence[Space]) -> Steady:
    """The solution of L rho = 0 with the row of one population replaced by the trace. It stops if there are several."""
    d = size_of(spaces)
    whole = generator_of(body, equation, spaces, is_density=True)
    kept = reached(whole, None, range(d))
    pruned = whole.restricted(kept)
    n, places = pruned.unknowns, kept.tolist()
    weights = weights_of(body, pruned, equation, None)
    rates = matrix_of(body, weights, n)
    function = body.program.sized(body.program.find("response", "steady_numbers"), {"n": n})
    trace = body.b.array([body.constant(1.0 if each < d else 0.0) for each in places])
    square = types.Array(types.Real(RATE), (n, n))
    given = [Data(square, (rates,)), Data(_reals(n), (trace,))]
    numbers = apply_call(body, function, given, _reals(n)).value
    watch_state(body, equation.node, whole, tuple(spaces), Numbers(body, numbers, places), density=True)
    return Steady(pruned, places, numbers)


# ── correlations ─────────────────────────────────────────────────────────────────────────────────────────────────


def correlation(body: Body, node: typed.Quantum) -> Data:
    """<A(t) B(0)> at each of the times."""
    left, right, _, state, times_node = node.arguments
    type_ = types.pruned(state.type)
    spaces = body.spaces_of(type_, state.span)
    a, b = (_checked(body, each, spaces) for each in (left, right))
    equation = equation_of(body, node, place=2)
    whole = generator_of(body, equation, spaces, is_density=True)
    rho = body.expr(state).value
    check_normal(body, rho, is_density=True)
    sources, support = _sources(body, b, spaces, Numbers(body, rho), body.supports.get(rho))
    read = _read(body, a, spaces)
    kept = reached(whole, support, read)
    pruned = whole.restricted(kept)
    places = kept.tolist()
    choice = method_of(node, pruned, equation.depends_on_time)
    reader = partial(_readout, body, a, spaces, places)
    is_single = not isinstance(types.pruned(times_node.type), types.Array)
    times = body.expr(times_node)
    if is_single:
        times = Data(types.Array(TIME, (1,)), (body.b.array([times.value]),))
    found: list[Value] = []
    for source in sources:
        first = Data(_reals(len(places)), (body.b.array([source[each] for each in places]),))
        found.append(solver_call(body, node, choice, equation, pruned, reader, first, times))
    re, im = _combined(body, found)
    if is_single:
        zero = body.constant(0)
        return Data(node.type, (body.b.get(re, zero, inside=True), body.b.get(im, zero, inside=True)))
    return Data(node.type, (re, im))


def _checked(body: Body, node: typed.Expr, spaces: Sequence[Space]) -> Operator:
    operator = written_out(body, operator_of(body, node), is_hermitian=False)
    check_spaces(operator, spaces, node.span)
    return operator


def _sources(
    body: Body, operator: Operator, spaces: Sequence[Space], rho: Numbers, support: frozenset[int] | None
) -> tuple[list[list[Value]], frozenset[int] | None]:
    """B rho = M1 + i M2 of Hermitian M1 = (B rho + rho B†) / 2 and M2, and where they may be other than zero."""
    found: list[list[Value]] = []
    reach: set[int] = set()
    for factor in (0.5, -0.5j):
        maps: list[Weighted] = []
        for pattern, coefficient in operator.known:
            matrix = pattern.expanded(spaces)
            re, im = (None, None) if coefficient is None else coefficient
            if coefficient is None or re not in body.zeros:
                maps.append((re, beside(matrix.times(factor))))
            if coefficient is not None and im not in body.zeros:
                maps.append((im, beside(matrix.times(1j * factor))))
        if support is not None:
            for _, matrix in maps:
                inside = np.isin(matrix.columns, list(support))
                reach.update(matrix.rows[inside].tolist())
        zero = body.constant(0.0)
        found.append(applied_maps(body, maps, rho) if maps else [zero] * size_of(spaces) ** 2)
    return found, None if support is None else frozenset(reach)


def _read(body: Body, operator: Operator, spaces: Sequence[Space]) -> set[int]:
    places: set[int] = set()
    for factor in (1, -1j):
        for pattern, coefficient in operator.known:
            for _, part in form_parts(body, pattern.expanded(spaces).times(factor), coefficient):
                at, _ = density_form(part)
                places.update(at.tolist())
    return places


def readings(body: Body, operator: Operator, spaces: Sequence[Space], y: Numbers) -> list[Value]:
    """tr(A1 X) and tr(A2 X) of a Hermitian X, where A = A1 + i A2."""
    found: list[Value] = []
    for factor in (1, -1j):
        parts: list[Value] = []
        for pattern, coefficient in operator.known:
            for weight, part in form_parts(body, pattern.expanded(spaces).times(factor), coefficient):
                at, values = density_form(part)
                total = combination(body, zip(at.tolist(), values.tolist(), strict=True), y)
                parts.append(total if weight is None else body.b.op("mul", weight, total))
        found.append(added(body, parts))
    return found


def _readout(
    body: Body, operator: Operator, spaces: Sequence[Space], places: Sequence[int], blocks: Blocks | None
) -> Closure:
    def write(unknowns: Data) -> Values:
        y = unknowns.value if blocks is None else from_slots(body, unknowns.value, blocks)
        return (body.b.array(readings(body, operator, spaces, Numbers(body, y, places))),)

    own = types.Array(types.SCALAR, unknowns_shape(blocks, len(places)))
    return outlined(body, "read", (own,), _reals(2), write)


def _combined(body: Body, found: Sequence[Value]) -> tuple[Value, Value]:
    """tr((A1 + i A2)(M1 + i M2)) from rows of tr(A1 M), tr(A2 M)."""
    first, second = found

    def part(name: str, one: tuple[Value, int], other: tuple[Value, int]) -> Value:
        def element(builder: object, i: Value) -> Value:
            with body.inside(builder):  # type: ignore[arg-type]
                a, b = (body.b.get(rows, i, body.constant(at), inside=True) for rows, at in (one, other))
                return body.b.op(name, a, b)

        return body.b.build([body.b.len(first, 0)], element, first.type.shape[:1])  # type: ignore[union-attr]

    return part("sub", (first, 0), (second, 1)), part("add", (first, 1), (second, 0))


# ── spectra ──────────────────────────────────────────────────────────────────────────────────────────────────────


def spectrum(body: Body, node: typed.Quantum) -> Data:
    """At one rate or at each of several."""
    left, right, _, rates_node = node.arguments
    equation = equation_of(body, node, place=2)
    spaces = tuple(sorted(_places(body, node), key=lambda space: space.order))
    a, b = (_checked(body, each, spaces) for each in (left, right))
    found = steady(body, equation, spaces)
    rho = Numbers(body, found.numbers, found.places)
    sources, support = _sources(body, b, spaces, rho, frozenset(found.places))
    whole = generator_of(body, equation, spaces, is_density=True)
    kept = reached(whole, support, _read(body, a, spaces))
    pruned = whole.restricted(kept)
    places, n = kept.tolist(), pruned.unknowns
    d = size_of(spaces)
    matrix = matrix_of(body, weights_of(body, pruned, equation, None), n)
    rows = [
        body.b.array(each)
        for each in (
            [body.constant(1.0 if at < d else 0.0) for at in places],
            [rho.at(at) for at in places],
            *([source[at] for at in places] for source in sources),
            *_covectors(body, a, spaces, places),
        )
    ]
    function = body.program.sized(body.program.find("response", "spectral_density"), {"n": n})
    given = [Data(types.Array(types.Real(RATE), (n, n)), (matrix,)), *(Data(_reals(n), (row,)) for row in rows)]
    time = types.Real(types.pruned(TIME).dimension)  # type: ignore[attr-defined]
    rates = body.expr(rates_node)
    if not isinstance(types.pruned(rates_node.type), types.Array):
        return Data(node.type, apply_call(body, function, [*given, rates], time).values)

    def each(i: Value) -> Data:
        rate = Data(types.Real(RATE), (body.b.get(rates.value, i, inside=True),))
        return apply_call(body, function, [*given, rate], time)

    return body.build(node.type, [body.b.len(rates.value, 0)], each)


def _covectors(body: Body, operator: Operator, spaces: Sequence[Space], places: Sequence[int]) -> list[list[Value]]:
    """What tr(A1 X) and tr(A2 X) weigh each number of X with."""
    index = {at: k for k, at in enumerate(places)}
    found: list[list[Value]] = []
    for factor in (1, -1j):
        parts: list[list[Value]] = [[] for _ in places]
        for pattern, coefficient in operator.known:
            for weight, part in form_parts(body, pattern.expanded(spaces).times(factor), coefficient):
                at, values = density_form(part)
                for one, value in zip(at.tolist(), values.tolist(), strict=True):
                    number = body.constant(value)
                    if one in index:
                        parts[index[one]].append(number if weight is None else body.b.op("mul", weight, number))
        found.append([added(body, each) for each in parts])
    return found


def _places(body: Body, node: typed.Quantum) -> set[Space]:
    """The spaces of all that a spectrum is of."""
    spaces: set[Space] = set()
    equation = equation_of(body, node, place=2)
    hamiltonian, jumps = equation.at(None)
    for operator in (hamiltonian, *jumps, *(operator_of(body, each) for each in node.arguments[:2])):
        spaces |= operator.spaces
    return spaces


RESPONSES: dict[str, Callable[[Body, typed.Quantum], Data]] = {
    "steady_state": steady_state,
    "correlation": correlation,
    "spectrum": spectrum,
}
