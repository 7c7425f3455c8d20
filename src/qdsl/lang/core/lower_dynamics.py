"""`evolve`: the right-hand side for exactly this H, and the solver that goes on with it.

    expect(P(q, 1), evolve(H, |0>(q), ts))      =>      y' = (w1 M1 + w2 M2) y, of the unknowns that matter
                                                        adaptive(f, read, y0, from, ts, rtol, atol)

H becomes weights, which are core values, times constant real matrices on the numbers of the state. Unknowns that stay
zero, or that nothing asked for depends on, are left out. The solvers are functions of the module `evolution` of the
standard library, specialised for this right-hand side and for what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qdsl.lang.core.block_code import block_matrices, from_slots, in_slots
from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.hermitian import is_hermitian
from qdsl.lang.core.ir import REAL, Code, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_complex import conj, mul, size_squared
from qdsl.lang.core.lower_dense import written_out
from qdsl.lang.core.lower_errors import h_not_hermitian, needs_a_ket, needs_constant_h
from qdsl.lang.core.lower_inline import applied
from qdsl.lang.core.lower_moments import breaks_of
from qdsl.lang.core.lower_operators import scaled
from qdsl.lang.core.lower_states import (
    check_normal,
    check_observable,
    check_spaces,
    density_numbers,
    density_support,
    expectation,
    read_places,
)
from qdsl.lang.core.lower_values import Bound, Closure, Data
from qdsl.lang.core.lower_watch import Lookout, lookout, tolerances_of, watch_rows
from qdsl.lang.core.outline import outlined
from qdsl.lang.core.sparse_code import Numbers, Weighted, added, mapped, matrix_of, picked, spread
from qdsl.lang.core.staged import Coefficient, Inline, Many, Operator, PovmBound
from qdsl.lang.quantum.blocks import Blocks, blocks_of
from qdsl.lang.quantum.explain import Plan
from qdsl.lang.quantum.generator import Generator, OfH, One, Part, Term, Weight, generator
from qdsl.lang.quantum.local import Local
from qdsl.lang.quantum.method import Choice, choose
from qdsl.lang.quantum.reach import reached
from qdsl.lang.source import Span
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


@dataclass(frozen=True, slots=True)
class Equation:
    """What drives a state: H and jump operators, constant or as functions of time."""

    body: Body
    hamiltonian: Operator | Inline
    jumps: Many | Inline
    scale: complex
    node: typed.Quantum
    span: Span

    @property
    def loses(self) -> bool:
        """Whether there are jump operators."""
        return isinstance(self.jumps, Inline) or bool(self.jumps.elements)

    @property
    def depends_on_time(self) -> bool:
        return isinstance(self.hamiltonian, Inline) or isinstance(self.jumps, Inline)

    def at(self, time: Data | None) -> tuple[Operator, list[Operator]]:
        """H, as a rate, and the jump operators at a time."""
        hamiltonian = self._operator(self.hamiltonian, time)
        many = self.jumps
        if isinstance(many, Inline):
            assert time is not None
            found = applied(self.body, many, [time], self.node.span, self.body.staged)
            assert isinstance(found, Many)
            many = found
        jumps = [written_out(self.body, each, False) for each in many.elements if isinstance(each, Operator)]
        return scaled(self.body, written_out(self.body, hamiltonian, True), self.scale), jumps

    def coefficients(self, time: Data) -> list[Value]:
        """What H and the jump operators are multiplied by at a time."""
        hamiltonian, jumps = self.at(time)
        found = [coefficient for each in (hamiltonian, *jumps) for _, coefficient in each.terms]
        return [part for each in found if each is not None for part in each]

    def _operator(self, operator: Operator | Inline, time: Data | None) -> Operator:
        if isinstance(operator, Operator):
            return operator
        assert time is not None
        found = applied(self.body, operator, [time], self.node.span, self.body.staged)
        assert isinstance(found, Operator)
        return found


def equation_of(body: Body, node: typed.Quantum, place: int = 0) -> Equation:
    """What drives a state; H is the argument at that place."""
    options = dict(node.options)
    hamiltonian = body.staged(node.arguments[place])
    loss = body.staged(options["loss"]) if "loss" in options else Many(())
    scale = body.static(options["scale"])
    assert isinstance(hamiltonian, Operator | Inline)
    assert isinstance(loss, Many | Inline)
    assert scale is not None
    return Equation(body, hamiltonian, loss, complex(scale), node, node.arguments[place].span)


@dataclass(frozen=True, slots=True)
class StartingState:
    """The state at the start: an array of numbers, or for a density the ket that it is of, so that of its numbers only
    those that matter are computed.
    """

    array: Value
    is_of_ket: bool
    support: frozenset[int] | None

    @staticmethod
    def of(body: Body, node: typed.Expr, is_density: bool) -> StartingState:
        if isinstance(node, typed.Quantum) and node.name == "density":
            ket = body.expr(node.arguments[0]).value
            with body.b.at(node.span):
                check_normal(body, ket, is_density=False)
            return StartingState(ket, True, density_support(body, ket))
        array = body.expr(node).value
        with body.b.at(node.span):
            check_normal(body, array, is_density)
        return StartingState(array, False, body.supports.get(array))

    def numbers(self, body: Body, places: Sequence[int]) -> Value:
        return (density_numbers if self.is_of_ket else picked)(body, self.array, places)


def transfer_matrix(body: Body, node: typed.Quantum) -> Value:
    """The matrix that takes the numbers of any state to a single time, whatever state the evolution begins with."""
    state, time_node = node.arguments[1], node.arguments[2]
    type_ = types.pruned(state.type)
    equation = equation_of(body, node)
    whole = generator_of(body, equation, body.spaces_of(type_, state.span), isinstance(type_, types.Density))
    n = whole.size
    weights = weights_of(body, whole, equation, None)
    options = dict(node.options)
    time = body.expr(time_node).value
    if "from" in options:
        time = body.b.op("sub", time, body.expr(options["from"]).value)
    rates = matrix_of(body, weights, n)
    angles = body.b.build(
        [body.constant(n), body.constant(n)],
        lambda b, i, j: b.op("mul", b.get(rates, i, j, inside=True), time),
        (n, n),
    )
    function = body.program.sized(body.program.find("matrix_exponential", "exponential"), {"n": n})
    plain = types.Array(types.SCALAR, (n, n))
    return apply_call(body, function, [Data(plain, (angles,))], plain).value


# ── evolve ───────────────────────────────────────────────────────────────────────────────────────────────────────


def evolve(body: Body, node: typed.Quantum) -> Data:
    """The state at a time, or at each of several: normalised, but for the solver's error."""
    made = solved(body, node, None)
    body.normal.add(made)
    return Data(node.type, (made,))


def observed(body: Body, node: typed.Quantum, observables: Sequence[Operator]) -> Value:
    """The expectations of several operators at a time, or at each of several: an array, or a row for each time."""
    with body.b.at(node.span):  # which is inside of that of what is asked for
        return solved(body, node, observables)


def solved(body: Body, node: typed.Quantum, observables: Sequence[Operator] | None) -> Value:
    """The numbers asked for; of a single time a row, of several a row for each."""
    state, times_node = node.arguments[1], node.arguments[2]
    type_ = types.pruned(state.type)
    spaces = body.spaces_of(type_, state.span)
    is_density = isinstance(type_, types.Density)
    start = StartingState.of(body, state, is_density)
    equation = equation_of(body, node)
    whole = generator_of(body, equation, spaces, is_density)
    watched = lookout(whole, start.support, spaces, is_density)
    read = None
    if observables is not None:
        read = watched.places.union(*(read_places(body, each, spaces, is_density) for each in observables))
    kept = reached(whole, start.support, read)
    pruned = whole.restricted(kept)
    is_two_level = not is_density and whole.size == pruned.unknowns == 4
    choice = method_of(node, pruned, equation.depends_on_time, is_two_level)
    watched = watched.seeing(kept, reached(whole, start.support, None), choice.method)
    plan = _plan(body, equation, "evolve", spaces, is_density, pruned, choice)
    body.program.plans.append(
        replace(plan, from_start=start.support is not None, for_reading=read is not None, watched=str(watched))
    )
    places = kept.tolist()
    first = Data(types.Array(types.SCALAR, (len(places),)), (start.numbers(body, places),))
    reader, count = reader_of(body, places, whole.size, spaces, is_density, observables, watched, choice.blocks)

    def at(times: Data) -> Value:
        if equation.loses:
            _check_forwards(body, node, times)
        rows = solver_call(body, node, choice, equation, pruned, reader, first, times)
        return watch_rows(body, node, watched, rows, count, observables is None)

    return rows_or_row(body, times_node, at)


def _check_forwards(body: Body, node: typed.Quantum, times: Data) -> None:
    """What is lost does not come back: backwards there would be negative probabilities."""
    start = _start(body, node).value
    low, high = body.constant(0), body.b.len(times.value, 0)

    def step(i: Value, *so_far: Value) -> Values:
        return (body.b.op("min", so_far[0], body.b.get(times.value, i, inside=True)),)

    with body.b.at(node.arguments[2].span):
        (earliest,) = body.b.for_(low, high, (start,), body.region(step), (REAL,))
        said = "with losses a state goes only forwards: the time {0} is before the start {1}, both in SI units"
        body.check(body.b.op("ge", earliest, start), Code.DOMAIN, said, earliest, start)


def _start(body: Body, node: typed.Quantum) -> Data:
    """When the evolution starts."""
    options = dict(node.options)
    return body.expr(options["from"]) if "from" in options else Data(TIME, (body.constant(0.0),))


def rows_or_row(body: Body, node: typed.Expr, solved: Callable[[Data], Value]) -> Value:
    """What a solver gives for times; of a single time its only row."""
    times = body.expr(node)
    if isinstance(types.pruned(node.type), types.Array):
        return solved(times)
    rows = solved(Data(types.Array(TIME, (1,)), (body.b.array([times.value]),)))
    row = body.constant(0)
    count = rows.type.shape[1]  # type: ignore[union-attr]
    return body.b.build([body.b.len(rows, 1)], lambda b, i: b.get(rows, row, i, inside=True), (count,))


def _plan(
    body: Body,
    equation: Equation,
    what: str,
    spaces: tuple[Space, ...],
    is_density: bool,
    pruned: Generator,
    choice: Choice,
) -> Plan:
    """What was decided, for whoever wants to know."""
    with body.inside(Builder(span=body.b.span)):
        time = Data(TIME, (body.b.parameter(REAL, "t"),)) if equation.depends_on_time else None
        words = tuple(_word(body, weight) for weight, _ in weights_of(body, pruned, equation, time))
    return Plan(what, spaces, is_density, pruned, words, choice)


def _word(body: Body, weight: Value | None) -> str:
    """What a coefficient is called in the program; `..` for one that has no name."""
    if weight is None:
        return ""
    if weight in body.known:
        return f"{body.known[weight]:g}"
    return weight.hint or ".."


def method_of(node: typed.Quantum, pruned: Generator, depends_on_time: bool, is_two_level: bool = False) -> Choice:
    """The method, or the one that is asked for."""
    wanted = dict(node.options).get("method")
    word = str(wanted.value) if isinstance(wanted, typed.Constant) else None
    if wanted is not None and word in ("exact", "krylov", "chebyshev") and depends_on_time:
        raise needs_constant_h(wanted.span, word)
    if (
        wanted is not None
        and word == "chebyshev"
        and ("loss" in dict(node.options) or isinstance(types.pruned(node.arguments[1].type), types.Density))
    ):
        raise needs_a_ket(wanted.span)
    return choose(blocks_of(pruned), depends_on_time, word, is_two_level)


def generator_of(body: Body, equation: Equation, spaces: Sequence[Space], is_density: bool) -> Generator:
    """The constant matrices; what is computed for the coefficients is forgotten."""
    with body.inside(Builder(span=body.b.span)):
        time = Data(TIME, (body.constant(0.0),)) if equation.depends_on_time else None
        if time is not None:
            body.known.pop(time.value)
        hamiltonian, jumps = equation.at(time)
        span = equation.span
        for operator in (hamiltonian, *jumps):
            check_spaces(operator, spaces, span)
        if not is_hermitian(body, hamiltonian):
            raise h_not_hermitian(span)
        return generator(
            [_term(body, *each) for each in hamiltonian.terms],
            [[_term(body, *each) for each in jump.terms] for jump in jumps],
            spaces,
            is_density,
        )


def _term(body: Body, pattern: object, coefficient: Coefficient | None) -> Term:
    from qdsl.lang.quantum.pattern import Sum

    assert isinstance(pattern, Sum)
    if coefficient is None:
        return Term(pattern, is_constant=True)
    return Term(pattern, coefficient[0] not in body.zeros, coefficient[1] not in body.zeros)


def weights_of(body: Body, generator: Generator, equation: Equation, time: Data | None) -> list[Weighted]:
    """The matrices with the core values that they are multiplied by."""
    hamiltonian, jumps = equation.at(time)
    return [(_weight(body, weight, hamiltonian, jumps), matrix) for weight, matrix in generator.maps]


def _weight(body: Body, weight: Weight, hamiltonian: Operator, jumps: Sequence[Operator]) -> Value | None:
    if isinstance(weight, One):
        return None
    if isinstance(weight, OfH):
        coefficient = hamiltonian.terms[weight.term][1]
        return None if coefficient is None else coefficient[0 if weight.part is Part.RE else 1]
    terms = jumps[weight.jump].terms
    left, right = terms[weight.left][1], terms[weight.right][1]
    if weight.left == weight.right:
        return None if left is None else size_squared(body, left)
    one = body.constant(1.0), body.zero()
    product = mul(body, left or one, conj(body, right or one))
    return product[0 if weight.part is Part.RE else 1]


def reader_of(
    body: Body,
    places: Sequence[int],
    size: int,
    spaces: Sequence[Space],
    is_density: bool,
    observables: Sequence[Operator] | None,
    watched: Lookout,
    blocks: Blocks | None = None,
) -> tuple[Closure, int]:
    """What is read of the unknowns, or of them in the slots of blocks: expectations, or all numbers of the state; how
    many numbers that is. Behind the expectations comes what is watched.
    """
    count = size if observables is None else len(observables)
    width = size if observables is None else count + watched.count

    def write(unknowns: Data) -> Values:
        y = unknowns.value if blocks is None else from_slots(body, unknowns.value, blocks)
        if observables is None:
            return (spread(body, y, places, size),)
        numbers = Numbers(body, y, places)
        asked = [expectation(body, each, spaces, numbers, is_density) for each in observables]
        return (body.b.array([*asked, *watched.read(body, numbers)]),)

    own = types.Array(types.SCALAR, unknowns_shape(blocks, len(places)))
    return outlined(body, "read", (own,), types.Array(types.SCALAR, (width,)), write), count


def unknowns_shape(blocks: Blocks | None, count: int) -> tuple[int, ...]:
    """Of the array of unknowns that a solver goes on with."""
    return (count,) if blocks is None else (blocks.count, blocks.width)


def solver_call(
    body: Body,
    node: typed.Quantum,
    choice: Choice,
    equation: Equation,
    pruned: Generator,
    reader: Closure,
    first: Data,
    times: Data,
) -> Value:
    """The call of the solver; the answer has a row for each time."""
    options = dict(node.options)
    n = pruned.unknowns
    start = body.expr(options["from"]) if "from" in options else Data(TIME, (body.constant(0.0),))
    tolerances = tolerances_of(body, node)
    assert isinstance(reader.code, object)
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
    for default in function.defaults[len(given) :]:
        assert default is not None
        given.append(body.expr(default))
    result = types.Array(types.SCALAR, (None, count))
    return apply_call(body, function, given, result).value


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
        rows = np.bincount(matrix.rows, np.abs(matrix.values)) if len(matrix.values) else np.zeros(1)
        size = body.constant(float(rows.max()))
        term = size if weight is None else body.b.op("mul", size, body.b.op("abs", weight))
        bound = body.b.op("add", bound, term)
    return Data(types.Real(RATE), (bound,))


def observe(body: Body, node: typed.Quantum) -> Data:
    """Several expectations, and probabilities, of one evolved state (`core.gather`)."""
    operators: list[Operator] = []
    state = types.pruned(node.arguments[1].type)
    spaces = body.spaces_of(state, node.arguments[1].span)
    for each in node.arguments[3:]:
        found = body.staged(each)
        if isinstance(found, PovmBound):
            operators += found.effects
            continue
        assert isinstance(found, Operator)
        check_observable(body, found, spaces, each.span)
        operators.append(written_out(body, found, is_hermitian=True))
    return Data(node.type, (observed(body, node, operators),))


EVOLUTIONS: dict[str, Callable[[Body, typed.Quantum], Data]] = {"evolve": evolve, "observe": observe}
