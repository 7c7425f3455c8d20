"""`evolve`: the right-hand side for exactly this H, and the solver that goes on with it.

    expect(P(q, 1), evolve(H, |0>(q), ts))      =>      y' = (w1 M1 + w2 M2) y, of the unknowns that matter
                                                        adaptive(f, read, y0, from, ts, rtol, atol)

H becomes weights, which are core values, times constant real matrices on the numbers of the state. Unknowns that stay
zero, or that nothing asked for depends on, are left out. The solvers are functions of the module `evolution` of the
standard library, specialised for this right-hand side and for what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.hermitian import is_hermitian
from qdsl.lang.core.ir import Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_complex import conj, mul
from qdsl.lang.core.lower_dense import written_out
from qdsl.lang.core.lower_errors import not_hermitian
from qdsl.lang.core.lower_inline import applied
from qdsl.lang.core.lower_operators import scaled
from qdsl.lang.core.lower_states import check_normal, check_spaces, expectation, read_places
from qdsl.lang.core.lower_values import Bound, Closure, Data
from qdsl.lang.core.outline import outlined
from qdsl.lang.core.sparse_code import Numbers, Weighted, applied_maps, matrix_of
from qdsl.lang.core.staged import Coefficient, Inline, Many, Operator
from qdsl.lang.quantum.generator import Generator, OfH, Part, Term, Weight, generator
from qdsl.lang.quantum.method import Choice, choose
from qdsl.lang.quantum.reach import reached
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import RATE
from qdsl.lang.typed.dynamics_calls import TIME
from qdsl.lang.typed.spaces import Space

RTOL = 1e-8
ATOL = 1e-10
"""What a step may be wrong by, of the greatest number of a state and beside that, unless the program says."""

SOLVERS = {
    "exact": "stepped",
    "adaptive": "adaptive",
    "fine": "adaptive_finely",
    "krylov": "krylov",
    "chebyshev": "chebyshev",
    "stiff": "stiff_linear",
}


@dataclass(frozen=True, slots=True)
class Equation:
    """What drives a state: H and jump operators, constant or as functions of time."""

    body: Body
    hamiltonian: Operator | Inline
    jumps: Many | Inline
    scale: complex
    node: typed.Quantum

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

    def _operator(self, operator: Operator | Inline, time: Data | None) -> Operator:
        if isinstance(operator, Operator):
            return operator
        assert time is not None
        found = applied(self.body, operator, [time], self.node.span, self.body.staged)
        assert isinstance(found, Operator)
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """How a state is evolved, for whoever wants to know."""

    spaces: tuple[Space, ...]
    is_density: bool
    terms: tuple[str, ...]
    generator: Generator
    choice: Choice
    numbers: int
    """Numbers in the matrices."""


def equation_of(body: Body, node: typed.Quantum) -> Equation:
    options = dict(node.options)
    hamiltonian = body.staged(node.arguments[0])
    loss = body.staged(options["loss"]) if "loss" in options else Many(())
    scale = body.static(options["scale"])
    assert isinstance(hamiltonian, Operator | Inline)
    assert isinstance(loss, Many | Inline)
    assert scale is not None
    return Equation(body, hamiltonian, loss, complex(scale), node)


# ── evolve ───────────────────────────────────────────────────────────────────────────────────────────────────────


def evolve(body: Body, node: typed.Quantum) -> Data:
    """The state at a time, or at each of several."""
    return Data(node.type, (solved(body, node, None),))


def observed(body: Body, node: typed.Quantum, observables: Sequence[Operator]) -> Value:
    """The expectations of several operators at a time, or at each of several: an array, or a row for each time."""
    return solved(body, node, observables)


def solved(body: Body, node: typed.Quantum, observables: Sequence[Operator] | None) -> Value:
    """The numbers asked for; of a single time a row, of several a row for each."""
    state, times_node = node.arguments[1], node.arguments[2]
    type_ = types.pruned(state.type)
    spaces = body.spaces_of(type_, state.span)
    is_density = isinstance(type_, types.Density)
    y0 = body.expr(state).value
    check_normal(body, y0, is_density)
    equation = equation_of(body, node)
    whole = _generator(body, equation, spaces, is_density)
    read = None
    if observables is not None:
        read = set().union(*(read_places(body, each, spaces, is_density) for each in observables))
    start = body.supports.get(y0)
    kept = reached(whole, start, read)
    pruned = whole.restricted(kept)
    options = dict(node.options)
    wanted = options.get("method")
    choice = choose(
        pruned.unknowns, equation.depends_on_time, str(wanted.value) if isinstance(wanted, typed.Constant) else None
    )
    body.program.plans.append(
        Plan(spaces, is_density, (), pruned, choice, sum(len(matrix.rows) for _, matrix in pruned.maps))
    )
    places = kept.tolist()
    numbers = Numbers(body, y0)
    first = Data(types.Array(types.SCALAR, (len(places),)), (body.b.array([numbers.at(each) for each in places]),))
    reader = _reader(body, places, whole.size, spaces, is_density, observables)
    is_single = not isinstance(types.pruned(times_node.type), types.Array)
    times = body.expr(times_node)
    if is_single:
        times = Data(types.Array(TIME, (1,)), (body.b.array([times.value]),))
    rows = _call(body, node, choice, equation, pruned, reader, first, times)
    if not is_single:
        return rows
    row = body.constant(0)
    count = rows.type.shape[1]  # type: ignore[union-attr]
    return body.b.build([body.b.len(rows, 1)], lambda b, i: b.get(rows, row, i, inside=True), (count,))


def _generator(body: Body, equation: Equation, spaces: Sequence[Space], is_density: bool) -> Generator:
    """The constant matrices; what is computed for the coefficients is forgotten."""
    with body.inside(Builder(span=body.b.span)):
        time = Data(TIME, (body.constant(0.0),)) if equation.depends_on_time else None
        if time is not None:
            body.known.pop(time.value)
        hamiltonian, jumps = equation.at(time)
        span = equation.node.arguments[0].span
        for operator in (hamiltonian, *jumps):
            check_spaces(operator, spaces, span)
        if not is_hermitian(body, hamiltonian):
            raise not_hermitian(span, "H", "damping is said by jump operators: loss = [sqrt(kappa) * a(c)]")
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
        return Term(pattern)
    return Term(pattern, coefficient[0] not in body.zeros, coefficient[1] not in body.zeros)


def _weights(body: Body, generator: Generator, equation: Equation, time: Data | None) -> list[Weighted]:
    """The matrices with the core values that they are multiplied by."""
    hamiltonian, jumps = equation.at(time)
    return [(_weight(body, weight, hamiltonian, jumps), matrix) for weight, matrix in generator.maps]


def _weight(body: Body, weight: Weight, hamiltonian: Operator, jumps: Sequence[Operator]) -> Value | None:
    if isinstance(weight, OfH):
        coefficient = hamiltonian.terms[weight.term][1]
        return None if coefficient is None else coefficient[0 if weight.part is Part.RE else 1]
    terms = jumps[weight.jump].terms
    left, right = terms[weight.left][1], terms[weight.right][1]
    if weight.left == weight.right:
        if left is None:
            return None
        re, im = left
        square = body.b.op("mul", re, re)
        return square if im in body.zeros else body.b.op("add", square, body.b.op("mul", im, im))
    one = body.constant(1.0), body.zero()
    product = mul(body, left or one, conj(body, right or one))
    return product[0 if weight.part is Part.RE else 1]


def _reader(
    body: Body,
    places: Sequence[int],
    size: int,
    spaces: Sequence[Space],
    is_density: bool,
    observables: Sequence[Operator] | None,
) -> Closure:
    """What is read of the unknowns: expectations, or all numbers of the state."""
    count = size if observables is None else len(observables)

    def write(y: Data) -> Values:
        numbers = Numbers(body, y.value, places)
        if observables is None:
            return (body.b.array([numbers.at(each) for each in range(size)]),)
        return (body.b.array([expectation(body, each, spaces, numbers, is_density) for each in observables]),)

    own = types.Array(types.SCALAR, (len(places),))
    return outlined(body, "read", (own,), types.Array(types.SCALAR, (count,)), write)


def _call(
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
    tolerances = [
        body.expr(options[name]) if name in options else Data(types.SCALAR, (body.constant(default),))
        for name, default in (("rtol", RTOL), ("atol", ATOL))
    ]
    assert isinstance(reader.code, object)
    count = _results(reader)
    given: list[Bound]
    if choice.method == "exact":
        weights = _weights(body, pruned, equation, None)
        matrix = Data(types.Array(types.Real(RATE), (n, n)), (matrix_of(body, weights, n),))
        given = [matrix, reader, first, start, times]
    else:
        given = [_slope(body, equation, pruned), reader, first, start, times, *tolerances]
    function = body.program.find("evolution", SOLVERS[choice.method])
    function = body.program.sized(function, {"n": n, "k": count})
    for default in function.defaults[len(given) :]:
        assert default is not None
        given.append(body.expr(default))
    result = types.Array(types.SCALAR, (None, count))
    return apply_call(body, function, given, result).value


def _results(reader: Closure) -> int:
    from qdsl.lang.core.lower_values import Outlined

    assert isinstance(reader.code, Outlined)
    type_ = types.pruned(reader.code.result)
    assert isinstance(type_, types.Array)
    count = type_.shape[0]
    assert isinstance(count, int)
    return count


def _slope(body: Body, equation: Equation, pruned: Generator) -> Closure:
    """f(t, y) = (sum of weight * matrix) y."""
    n = pruned.unknowns
    state, slope = types.Array(types.SCALAR, (n,)), types.Array(types.Real(RATE), (n,))
    fixed = None if equation.depends_on_time else _weights(body, pruned, equation, None)

    def write(time: Data, y: Data) -> Values:
        maps = _weights(body, pruned, equation, time) if fixed is None else fixed
        if not maps:
            return (body.b.array([body.constant(0.0)] * n),)
        return (body.b.array(applied_maps(body, maps, Numbers(body, y.value))),)

    return outlined(body, "slope", (TIME, state), slope, write)


DYNAMICS: dict[str, Callable[[Body, typed.Quantum], Data]] = {"evolve": evolve}
