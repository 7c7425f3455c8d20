"""The call of a solver: the right-hand side as a function, what is read of the unknowns, and what a method has to know.

    adaptive(f, read, y0, from, ts, rtol, atol, breaks, fewest)

The solvers are functions of the standard library, specialised for this right-hand side and for what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from qdsl.lang.core.block_code import block_matrices, from_slots, in_slots
from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import INT, REAL, ArrayType, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_dense import called
from qdsl.lang.core.lower_equation import DISSIPATORS, Equation, weights_of
from qdsl.lang.core.lower_expectations import expectation
from qdsl.lang.core.lower_moments import breaks_of
from qdsl.lang.core.lower_values import Bound, Closure, Data
from qdsl.lang.core.lower_watch import Lookout, tolerances_of
from qdsl.lang.core.outline import outlined
from qdsl.lang.core.sparse_code import Numbers, Weighted, added, has_each, mapped, spread
from qdsl.lang.core.staged import Operator
from qdsl.lang.quantum.blocks import Blocks
from qdsl.lang.quantum.generator import Generator
from qdsl.lang.quantum.local import Local
from qdsl.lang.quantum.method import Choice
from qdsl.lang.quantum.sparse import Sparse
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import RATE
from qdsl.lang.typed.generators import TIME
from qdsl.lang.typed.spaces import Space

SOLVERS = {
    "closed": ("two_level", "two_level_steps"),
    "exact": ("matrix_exponential", "stepped_in_blocks"),
    "adaptive": ("evolution", "adaptive"),
    "fine": ("evolution", "adaptive_finely"),
    "krylov": ("krylov", "krylov"),
    "chebyshev": ("chebyshev", "chebyshev"),
    "stiff": ("evolution", "stiff_linear"),
}


def reader_of(
    body: Body,
    places: Sequence[int],
    size: int,
    spaces: Sequence[Space],
    is_density: bool,
    observables: Sequence[Operator] | None,
    watched: Lookout,
    blocks: Blocks | None = None,
) -> Closure:
    """What is read of the unknowns, or of them in the slots of blocks: expectations, or all numbers of the state.
    Behind the expectations comes what is watched.
    """
    width = size if observables is None else len(observables) + watched.count

    def write(unknowns: Data) -> Values:
        y = unknowns.value if blocks is None else from_slots(body, unknowns.value, blocks)
        if observables is None:
            return (spread(body, y, places, size),)
        numbers = Numbers(body, y, places)
        asked = [expectation(body, each, spaces, numbers, is_density) for each in observables]
        return (body.b.array([*asked, *watched.read(body, numbers)]),)

    own = types.Array(types.SCALAR, unknowns_shape(blocks, len(places)))
    return outlined(body, "read", (own,), types.Array(types.SCALAR, (width,)), write)


def unknowns_shape(blocks: Blocks | None, count: int) -> tuple[int, ...]:
    """Of the array of unknowns that a solver goes on with."""
    return (count,) if blocks is None else (blocks.count, blocks.width)


Reader = Callable[[Blocks | None], Closure]
"""What is read of the unknowns, or of the unknowns in the slots of blocks."""


def solver_call(
    body: Body,
    node: typed.Quantum,
    choice: Choice,
    equation: Equation,
    pruned: Generator,
    reader: Reader,
    first: Data,
    times: Data,
) -> Value:
    """The call of the solver; the answer has a row for each time."""
    options = dict(node.options)
    start = body.expr(options["from"]) if "from" in options else Data(TIME, (body.constant(0.0),))
    if choice.cheaper is None:
        return _call(body, node, choice, equation, pruned, reader(choice.blocks), first, start, times)
    exact = replace(choice, method="exact", blocks=choice.cheaper)
    weights = weights_of(body, pruned, equation, None)
    numbers = sum(len(matrix.rows) for _, matrix in weights)
    found = apply_call(
        body,
        body.program.find("matrix_exponential", "costs_less"),
        [
            *(start, times, fastest_turn(body, weights)),
            Data(types.SCALAR, (body.constant(float(choice.cheaper.cost)),)),
            Data(types.SCALAR, (body.constant(float(numbers)),)),
        ],
        types.BOOL,
    )
    whole = reader(None)
    (rows,) = body.if_(
        found.value,
        lambda: (_call(body, node, exact, equation, pruned, reader(exact.blocks), first, start, times),),
        lambda: (_call(body, node, choice, equation, pruned, whole, first, start, times),),
        (ArrayType(REAL, (None, _results(whole))),),
    )
    return rows


def _call(
    body: Body,
    node: typed.Quantum,
    choice: Choice,
    equation: Equation,
    pruned: Generator,
    reader: Closure,
    first: Data,
    start: Data,
    times: Data,
) -> Value:
    """That of one method."""
    n = pruned.unknowns
    tolerances = tolerances_of(body, node)
    count = _results(reader)
    given: list[Bound]
    if choice.method == "closed":
        given = [*_of_two_levels(body, equation), reader, first, start, times]
    elif choice.blocks is not None:
        blocks = choice.blocks
        weights = weights_of(body, pruned, equation, None)
        shape = (blocks.count, blocks.width, blocks.width)
        matrices = Data(types.Array(types.Real(RATE), shape), (block_matrices(body, weights, blocks),))
        first = Data(types.Array(types.SCALAR, shape[:2]), (in_slots(body, first.value, blocks),))
        given = [matrices, reader, first, start, times]
    elif choice.method == "chebyshev":
        high = fastest_turn(body, weights_of(body, pruned, equation, None))
        low = Data(high.type, (body.b.op("neg", high.value),))
        given = [product_of(body, equation, pruned), reader, first, start, times, low, high, tolerances[0]]
    elif choice.method == "krylov":
        given = [product_of(body, equation, pruned), reader, first, start, times, *tolerances]
    else:
        given = [slope_of(body, equation, pruned), reader, first, start, times, *tolerances]
        given += breaks_of(body, node, equation.coefficients, start, times) if equation.depends_on_time else []
    function = body.program.find(*SOLVERS[choice.method])
    # Loops over a matrix stay loops: written out, its exponential would take seconds to compile.
    lengths = {"k": count} if choice.method == "exact" else {"n": n, "k": count}
    function = body.program.sized(function, lengths)
    result = types.Array(types.SCALAR, (None, count))
    return apply_call(body, function, with_defaults(body, function, given), result).value


def with_defaults(body: Body, function: typed.Function, given: Sequence[Bound]) -> list[Bound]:
    """The arguments, and behind them those that the function has by default."""
    defaults = function.defaults[len(given) :]
    return [*given, *(body.expr(each) for each in defaults if each is not None)]


def _of_two_levels(body: Body, equation: Equation) -> list[Data]:
    """The parts of H = mean + x X + y Y + z Z."""
    hamiltonian, _ = equation.at(None)
    found: dict[str, list[Value]] = {"mean": [], "x": [], "y": [], "z": []}
    for pattern, coefficient in hamiltonian.terms:
        for factors, weight in pattern.products:
            for name, number in _pauli_parts(factors[0][1] if factors else None, weight).items():
                for part, value in ((0, number.real), (1, -number.imag)):
                    if value and (part == 0 or coefficient is not None):
                        factor = None if coefficient is None else coefficient[part]
                        if factor in body.zeros:
                            continue
                        constant = body.constant(value)
                        found[name].append(constant if factor is None else body.b.op("mul", constant, factor))
    rate = types.Real(RATE)
    return [Data(rate, (added(body, found[name]),)) for name in ("mean", "x", "y", "z")]


def _pauli_parts(matrix: Local | None, weight: complex) -> dict[str, complex]:
    """A matrix of two levels as numbers times 1, X, Y, Z."""
    entries = {(0, 0): 1 + 0j, (1, 1): 1 + 0j} if matrix is None else dict(matrix.entries)
    a, b, c, d = (weight * entries.get(place, 0) for place in ((0, 0), (0, 1), (1, 0), (1, 1)))
    return {"mean": (a + d) / 2, "x": (b + c) / 2, "y": 1j * (b - c) / 2, "z": (a - d) / 2}


def _results(reader: Closure) -> int:
    from qdsl.lang.core.lower_values import Outlined

    assert isinstance(reader.code, Outlined)
    type_ = types.pruned(reader.code.result)
    assert isinstance(type_, types.Array)
    count = type_.shape[0]
    assert isinstance(count, int)
    return count


def slope_of(body: Body, equation: Equation, pruned: Generator) -> Closure:
    """f(t, y) = (sum of weight * matrix) y."""
    n = pruned.unknowns
    state, slope = types.Array(types.SCALAR, (n,)), types.Array(types.Real(RATE), (n,))
    fixed = None if equation.depends_on_time else weights_of(body, pruned, equation, None)

    def write(time: Data, y: Data) -> Values:
        maps = weights_of(body, pruned, equation, time) if fixed is None else fixed
        if not maps:
            return (body.b.array([body.constant(0.0)] * n),)
        return (mapped(body, maps, Numbers(body, y.value)),)

    return outlined(body, "slope", (TIME, state), slope, write)


def product_of(body: Body, equation: Equation, pruned: Generator) -> Closure:
    """y -> (sum of weight * matrix) y, of a constant generator."""
    n = pruned.unknowns
    maps = weights_of(body, pruned, equation, None)

    def write(y: Data) -> Values:
        return (mapped(body, maps, Numbers(body, y.value)) if maps else body.b.array([body.constant(0.0)] * n),)

    types_ = types.Array(types.SCALAR, (n,)), types.Array(types.Real(RATE), (n,))
    return outlined(body, "product", types_[:1], types_[1], write)


def fastest_turn(body: Body, maps: Sequence[Weighted]) -> Data:
    """What no frequency of the generator exceeds: the largest sum of a row's sizes, matrix by matrix (Gershgorin)."""
    bound = body.constant(0.0)
    for weight, matrix in maps:
        if weight is not None and has_each(weight):
            bound = body.b.op("add", bound, _greatest_row(body, weight, matrix))
            continue
        rows = np.bincount(matrix.rows, np.abs(matrix.values)) if len(matrix.values) else np.zeros(1)
        size = body.constant(float(rows.max()))
        term = size if weight is None else body.b.op("mul", size, body.b.op("abs", weight))
        bound = body.b.op("add", bound, term)
    return Data(types.Real(RATE), (bound,))


def _greatest_row(body: Body, numbers: Value, matrix: Sparse) -> Value:
    """The largest sum of a row's sizes, where the numbers are known only when the program runs."""
    array = Data(types.Array(types.SCALAR, (len(matrix.rows),)), (numbers,))
    rows = Data(types.Array(types.INT, (len(matrix.rows),)), (body.b.table(matrix.rows.tolist(), element=INT),))
    size = Data(types.INT, (body.constant(matrix.size),))
    return called(body, "greatest_row", [array, rows, size], types.SCALAR, DISSIPATORS).value
