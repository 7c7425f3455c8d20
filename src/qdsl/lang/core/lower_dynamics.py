"""`evolve`: which numbers of a state matter, how they are evolved, and what is read of them.

    expect(P(q, 1), evolve(H, |0>(q), ts))      =>      y' = (w1 M1 + w2 M2) y, of the unknowns that matter
                                                        adaptive(f, read, y0, from, ts, rtol, atol)

Unknowns that stay zero, or that nothing asked for depends on, are left out. The equation is in `lower_equation`, the
call of a solver in `lower_solvers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qdsl.lang.core.block_code import matrix_of
from qdsl.lang.core.builder import Builder, Values
from qdsl.lang.core.ir import REAL, Code, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_calls import apply_call
from qdsl.lang.core.lower_damping import known_damping, watch_damping
from qdsl.lang.core.lower_dense import written_out
from qdsl.lang.core.lower_equation import Equation, equation_of, generator_of, weights_of
from qdsl.lang.core.lower_errors import needs_a_ket, needs_constant_h
from qdsl.lang.core.lower_expectations import check_observable, read_places
from qdsl.lang.core.lower_solvers import reader_of, solver_call
from qdsl.lang.core.lower_states import check_normal, density_numbers, density_support
from qdsl.lang.core.lower_values import Closure, Data
from qdsl.lang.core.lower_watch import lookout, watch_rows
from qdsl.lang.core.sparse_code import picked
from qdsl.lang.core.staged import Operator, PovmBound
from qdsl.lang.quantum.blocks import Blocks, blocks_of
from qdsl.lang.quantum.explain import Plan
from qdsl.lang.quantum.generator import Generator
from qdsl.lang.quantum.method import Choice, choose
from qdsl.lang.quantum.reach import reached
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.generators import TIME
from qdsl.lang.typed.spaces import Space


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
    is_ket = not is_density and not equation.loses
    options = dict(node.options)
    damping = known_damping(body, pruned, equation)
    choice = method_of(node, pruned, equation.depends_on_time, is_ket, is_two_level, damping)
    watched = watched.seeing(kept, reached(whole, start.support, None), choice.method)
    plan = _plan(body, equation, "evolve", spaces, is_density, pruned, choice)
    body.program.plans.append(
        replace(plan, from_start=start.support is not None, for_reading=read is not None, watched=str(watched))
    )
    places = kept.tolist()
    first = Data(types.Array(types.SCALAR, (len(places),)), (start.numbers(body, places),))
    count = whole.size if observables is None else len(observables)

    def reader(blocks: Blocks | None) -> Closure:
        return reader_of(body, places, whole.size, spaces, is_density, observables, watched, blocks)

    def at(times: Data) -> Value:
        if equation.loses:
            _check_forwards(body, node, times)
        if equation.loses and choice.method == "adaptive" and choice.cheaper is None and "method" not in options:
            watch_damping(body, pruned, equation, _start(body, node), times)
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


def method_of(
    node: typed.Quantum,
    pruned: Generator,
    depends_on_time: bool,
    is_ket: bool = False,
    is_two_level: bool = False,
    damping: float | None = None,
) -> Choice:
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
    return choose(blocks_of(pruned), depends_on_time, word, is_ket, is_two_level, damping)


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
