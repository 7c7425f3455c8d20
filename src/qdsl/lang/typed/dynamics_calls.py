"""Rules for dynamics: `evolve`, `propagator`, `steady_state`.

    evolve(H, psi, t)                         Schroedinger: a Ket at the time t
    evolve(H, rho, ts, loss = [..])           Lindblad: a Density at each of the times
    evolve(t -> H0 + f(t) * V, psi, ts)       H may depend on time, the jump operators too

H is a Rate (hbar = 1) or an Energy; a jump operator is the square root of a rate times an operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.dimension import ONE, RATE, Dimension
from qdsl.lang.typed.generators import TIME, generator_of, jumps_of, places_in
from qdsl.lang.typed.operator_rules import as_operator, quantum
from qdsl.lang.typed.quantum_arguments import Rule, as_density
from qdsl.lang.typed.quantum_calls import known_size
from qdsl.lang.typed.spaces import Places, missing
from qdsl.lang.typed.types import BROKEN, INT, SCALAR, TEXT, Type, pruned
from qdsl.lang.typed.unification import element_of

METHODS = ("exact", "adaptive", "fine", "krylov", "chebyshev", "stiff")

OPTIONS = ("loss", "from", "method", "rtol", "atol")


@dataclass(slots=True)
class _Given:
    """The arguments of a call, by name where they have one; the positional ones in order."""

    plain: list[surface.Expr]
    named: dict[str, surface.Expr]


def _given(
    c: Checker, node: surface.Call, arguments: Sequence[surface.Argument], name: str, known: Sequence[str]
) -> _Given | None:
    given = _Given([], {})
    for each in arguments:
        if each.name is None:
            given.plain.append(each.value)
        elif each.name.text not in known:
            c.report(c.quantum.unknown_option(each.name.span, name, each.name.text, known))
            return None
        elif each.name.text in given.named:
            c.report(c.errors.argument_twice(each.span, each.name.text))
            return None
        else:
            given.named[each.name.text] = each.value
    return given


def evolve(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`evolve(H, state, t, loss = [..])`."""
    given = _given(c, node, arguments, "evolve", OPTIONS)
    if given is None or not _has(c, node, given, 3, "evolve", "H, a state and times: evolve(H, psi, ts)"):
        return c.broken(node.span)
    generator = generator_of(c, given.plain[0], "evolve")
    state = c.expr(given.plain[1])
    times = _times(c, given.plain[2], "evolve")
    options = _options(c, given, "evolve")
    if generator is None or options is None or BROKEN in (pruned(state.type), pruned(times.type)):
        return c.broken(node.span)
    hamiltonian, places, scale = generator
    loss = next((value for name, value in options if name == "loss"), None)
    if loss is not None:
        density = as_density(c, state, "evolve")
        if density is None:
            return c.broken(node.span)
        state = density
    type_ = pruned(state.type)
    if not isinstance(type_, types.Ket | types.Density):
        c.report(c.quantum.takes(state.span, "evolve", "a state after H", types.resolved(type_)))
        return c.broken(node.span)
    if _lacks_a_space(c, state, type_, hamiltonian, places, loss):
        return c.broken(node.span)
    _, shape = element_of(times.type)
    result: Type = type_ if shape is None else types.Array(type_, shape)
    return quantum(c, node.span, result, "evolve", (hamiltonian, state, times), (*options, ("scale", scale)))


def _lacks_a_space(
    c: Checker,
    state: typed.Expr,
    type_: types.Ket | types.Density,
    hamiltonian: typed.Expr,
    places: Places,
    loss: typed.Expr | None,
) -> bool:
    """Whether H or what is lost acts on a space that the state is not of, with a message."""
    for operator, own in [(hamiltonian, places), *([(loss, places_in(loss))] if loss is not None else [])]:
        if lacking := missing(own, type_.places):
            c.report(c.quantum.space_missing(operator.span, lacking, state.span))
            return True
    return False


def propagator(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`propagator(H, t)`: the unitary operator that takes states from 0 to t."""
    known = ("from", "method", "rtol", "atol")
    given = _given(c, node, arguments, "propagator", known)
    if given is None or not _has(c, node, given, 2, "propagator", "H and a time: propagator(H, t)"):
        return c.broken(node.span)
    generator = generator_of(c, given.plain[0], "propagator")
    time = _one_time(c, given.plain[1])
    options = _options(c, given, "propagator")
    if generator is None or options is None or pruned(time.type) is BROKEN:
        return c.broken(node.span)
    hamiltonian, places, scale = generator
    return quantum(
        c, node.span, types.Operator(ONE, places), "propagator", (hamiltonian, time), (*options, ("scale", scale))
    )


def steady_state(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`steady_state(H, loss = [..])`: the state that does not change any more."""
    given = _given(c, node, arguments, "steady_state", ("loss",))
    takes = "H and what is lost: steady_state(H, loss = [..])"
    if given is None or not _has(c, node, given, 1, "steady_state", takes, ["loss"]):
        return c.broken(node.span)
    generator = generator_of(c, given.plain[0], "steady_state")
    options = _options(c, given, "steady_state")
    if options == ():
        c.report(c.dynamics.nothing_lost(given.named["loss"].span))
    if generator is None or not options:
        return c.broken(node.span)
    hamiltonian, places, scale = generator
    places |= places_in(options[0][1])
    return quantum(c, node.span, types.Density(places), "steady_state", (hamiltonian,), (*options, ("scale", scale)))


def trajectory(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`trajectory(H, psi, ts, loss = [..], seed = 7, number = 3)`: one wave function that jumps at random times."""
    given = _given(c, node, arguments, "trajectory", ("loss", "from", "rtol", "atol", "seed", "number"))
    takes = "H, a ket, times, what is lost and a seed: trajectory(H, psi, ts, loss = [..], seed = 7)"
    if given is None or not _has(c, node, given, 3, "trajectory", takes, ["loss", "seed"]):
        return c.broken(node.span)
    generator = generator_of(c, given.plain[0], "trajectory")
    state = c.expr(given.plain[1])
    times = _times(c, given.plain[2], "trajectory")
    options = _options(c, given, "trajectory")
    if generator is None or options is None or BROKEN in (pruned(state.type), pruned(times.type)):
        return c.broken(node.span)
    type_ = pruned(state.type)
    if not isinstance(type_, types.Ket):
        c.report(c.quantum.takes(state.span, "trajectory", "a ket after H", types.resolved(type_)))
        return c.broken(node.span)
    hamiltonian, places, scale = generator
    loss = dict(options).get("loss")
    if _lacks_a_space(c, state, type_, hamiltonian, places, loss):
        return c.broken(node.span)
    _, shape = element_of(times.type)
    result: Type = type_ if shape is None else types.Array(type_, shape)
    return quantum(c, node.span, result, "trajectory", (hamiltonian, state, times), (*options, ("scale", scale)))


def quasienergies(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`quasienergies(t -> H0 + f(t) * V, period)`: Floquet's, as rates between -pi/period and pi/period."""
    known = ("from", "method", "rtol", "atol")
    given = _given(c, node, arguments, "quasienergies", known)
    takes = "H and its period: quasienergies(H, 1 us)"
    if given is None or not _has(c, node, given, 2, "quasienergies", takes):
        return c.broken(node.span)
    generator = generator_of(c, given.plain[0], "quasienergies")
    time = _one_time(c, given.plain[1])
    options = _options(c, given, "quasienergies")
    if generator is None or options is None or pruned(time.type) is BROKEN:
        return c.broken(node.span)
    hamiltonian, places, scale = generator
    unitary = quantum(
        c, node.span, types.Operator(ONE, places), "propagator", (hamiltonian, time), (*options, ("scale", scale))
    )
    result = types.Array(types.Real(RATE), (known_size(places),))
    return quantum(c, node.span, result, "quasienergies", (unitary, time))


def correlation(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`correlation(A, B, H, rho, ts, loss = [..])`: <A(t) B(0)>."""
    given = _given(c, node, arguments, "correlation", OPTIONS)
    takes = "A, B, H, a state and times: correlation(A, B, H, rho, ts)"
    if given is None or not _has(c, node, given, 5, "correlation", takes):
        return c.broken(node.span)
    pair = _two_operators(c, given, "correlation")
    generator = generator_of(c, given.plain[2], "correlation")
    state = as_density(c, c.expr(given.plain[3]), "correlation")
    times = _times(c, given.plain[4], "correlation")
    options = _options(c, given, "correlation")
    if pair is None or generator is None or state is None or options is None or pruned(times.type) is BROKEN:
        return c.broken(node.span)
    _, shape = element_of(times.type)
    (left, right), dimension = pair
    hamiltonian, places, scale = generator
    density = pruned(state.type)
    assert isinstance(density, types.Density)
    for operator, own in ((left, _own_places(left)), (right, _own_places(right)), (hamiltonian, places)):
        if lacking := missing(own, density.places):
            c.report(c.quantum.space_missing(operator.span, lacking, state.span))
            return c.broken(node.span)
    one: Type = types.Complex(dimension)
    result = one if shape is None else types.Array(one, shape)
    values = (left, right, hamiltonian, state, times)
    return quantum(c, node.span, result, "correlation", values, (*options, ("scale", scale)))


def spectrum(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`spectrum(A, B, H, ws, loss = [..])`: of <A(t) B(0)> in the steady state, at the rates ws."""
    given = _given(c, node, arguments, "spectrum", ("loss",))
    takes = "A, B, H, rates and what is lost: spectrum(A, B, H, ws, loss = [..])"
    if given is None or not _has(c, node, given, 4, "spectrum", takes, ["loss"]):
        return c.broken(node.span)
    pair = _two_operators(c, given, "spectrum")
    generator = generator_of(c, given.plain[2], "spectrum")
    rates = _points(c, given.plain[3], types.Real(RATE), "spectrum", "a rate or a list of rates", ("a rate", "rad/us"))
    options = _options(c, given, "spectrum")
    if pair is None or generator is None or options is None or pruned(rates.type) is BROKEN:
        return c.broken(node.span)
    _, shape = element_of(rates.type)
    (left, right), dimension = pair
    hamiltonian, _, scale = generator
    one: Type = types.Real(dimension / RATE)
    result = one if shape is None else types.Array(one, shape)
    values = (left, right, hamiltonian, rates)
    return quantum(c, node.span, result, "spectrum", values, (*options, ("scale", scale)))


def _has(
    c: Checker, node: surface.Call, given: _Given, count: int, name: str, takes: str, needs: Sequence[str] = ()
) -> bool:
    """Whether as many arguments stand without a name as the function takes, and what must have one is there."""
    if len(given.plain) == count and all(each in given.named for each in needs):
        return True
    surplus = given.plain[count].span if len(given.plain) > count else None
    c.report(c.quantum.argument_count(node.span, name, takes, surplus))
    return False


def _times(c: Checker, node: surface.Expr, function: str) -> typed.Expr:
    """A time, or a list of times."""
    return _points(c, node, TIME, function, "a time or a list of times", ("a time", "us"))


def _points(c: Checker, node: surface.Expr, one: Type, function: str, words: str, unit: tuple[str, str]) -> typed.Expr:
    value = c.expr(node, types.Array(one))
    element, shape = element_of(value.type)
    if isinstance(element, (*types.QUANTUM, types.Record, types.Function)) or len(shape or ()) > 1:
        c.report(c.quantum.takes(value.span, function, words, types.resolved(value.type)))
        return c.broken(node.span)
    if _is_plain(value):
        c.report(c.dynamics.plain_numbers(value.span, *unit))
        return c.broken(node.span)
    return c.fit(value, one if shape is None else types.Array(one, shape))


def _one_time(c: Checker, node: surface.Expr) -> typed.Expr:
    value = c.expr(node, TIME)
    if _is_plain(value):
        c.report(c.dynamics.plain_numbers(value.span, "a time", "us"))
        return c.broken(node.span)
    return c.fit(value, TIME)


def _is_plain(value: typed.Expr) -> bool:
    """Whether it is a number, or several, without a dimension; 0 has any."""
    element, _ = element_of(value.type)
    return element is INT or types.resolved(element) == SCALAR


def _two_operators(c: Checker, given: _Given, function: str) -> tuple[tuple[typed.Expr, typed.Expr], Dimension] | None:
    """A and B, and the dimension of their product."""
    found: list[typed.Expr] = []
    dimension = ONE
    for node in given.plain[:2]:
        value = as_operator(c, c.expr(node))
        type_ = pruned(value.type)
        if not isinstance(type_, types.Operator):
            if type_ is not BROKEN:
                c.report(c.quantum.takes(node.span, function, "two operators first", types.resolved(type_)))
            return None
        found.append(value)
        dimension = dimension * type_.dimension
    return (found[0], found[1]), dimension


def _own_places(operator: typed.Expr) -> Places:
    type_ = pruned(operator.type)
    assert isinstance(type_, types.Operator)
    return type_.places


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _options(c: Checker, given: _Given, function: str) -> tuple[tuple[str, typed.Expr], ...] | None:
    """What is given by name, checked."""
    options: list[tuple[str, typed.Expr]] = []
    for name, node in given.named.items():
        match name:
            case "loss":
                value = jumps_of(c, node)
            case "from":
                value = _one_time(c, node)
            case "method":
                value = c.fit(c.expr(node), TEXT)
                is_broken = pruned(value.type) is BROKEN
                if not is_broken and (not isinstance(value, typed.Constant) or value.value not in METHODS):
                    c.report(c.quantum.word(node.span, "method", METHODS))
                    return None
            case "seed" | "number":
                value = c.fit(c.expr(node, INT), INT)
            case _:
                value = c.fit(c.expr(node, SCALAR), SCALAR)
        if value is None or pruned(value.type) is BROKEN:
            return None
        if name != "loss" or _is_any(value):
            options.append((name, value))
    return tuple(options)


def _is_any(loss: typed.Expr) -> bool:
    """Whether there is a jump operator at all: `loss = []` is none."""
    type_ = pruned(loss.type)
    return not isinstance(type_, types.Array) or type_.shape != (0,)


DYNAMICS: dict[str, Rule] = {
    "evolve": evolve,
    "propagator": propagator,
    "steady_state": steady_state,
    "correlation": correlation,
    "spectrum": spectrum,
    "trajectory": trajectory,
    "quasienergies": quasienergies,
}
