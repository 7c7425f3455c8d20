"""Rules for dynamics: `evolve`, `propagator`, `steady_state`.

    evolve(H, psi, t)                         Schroedinger: a Ket at the time t
    evolve(H, rho, ts, loss = [..])           Lindblad: a Density at each of the times
    evolve(t -> H0 + f(t) * V, psi, ts)       H may depend on time, the jump operators too

H is a Rate (hbar = 1) or an Energy; a jump operator is the square root of a rate times an operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.checker import Checker, Reason
from qdsl.lang.typed.dimension import CYCLE, ONE, RATE, Dimension, DimVar, Exponent, Turn, base
from qdsl.lang.typed.operator_rules import as_operator, quantum
from qdsl.lang.typed.quantum_calls import Rule, as_density, known_size
from qdsl.lang.typed.spaces import Places, missing
from qdsl.lang.typed.types import BROKEN, INT, SCALAR, TEXT, Type, pruned
from qdsl.lang.typed.unification import element_of

TIME = types.Real(base("Time"))
ENERGY = base("Mass") * base("Length") ** 2 / base("Time") ** 2
JUMP = RATE ** Fraction(1, 2)
HBAR = 1.054571817646156391262428003302280745e-34
"""h / 2π of the SI: an Energy over it is a Rate."""

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
    if given is None or len(given.plain) != 3:
        if given is not None:
            c.report(c.quantum.argument_count(node.span, "evolve", "H, a state and times: evolve(H, psi, t)"))
        return c.broken(node.span)
    generator = _generator(c, given.plain[0], "evolve")
    state = c.expr(given.plain[1])
    times = c.expr(given.plain[2], types.Array(TIME))
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
        c.report(c.quantum.takes(state.span, "evolve", "a state second", types.resolved(type_)))
        return c.broken(node.span)
    for operator, own in [(hamiltonian, places), *([(loss, _places_in(loss))] if loss is not None else [])]:
        if lacking := missing(own, type_.places):
            c.report(c.quantum.space_missing(operator.span, lacking, state.span))
            return c.broken(node.span)
    _, shape = element_of(times.type)
    wanted: Type = TIME if shape is None else types.Array(TIME, shape)
    times = c.fit(times, wanted)
    if pruned(times.type) is BROKEN or (shape is not None and len(shape) != 1):
        return c.broken(node.span)
    result: Type = type_ if shape is None else types.Array(type_, shape)
    return quantum(c, node.span, result, "evolve", (hamiltonian, state, times), (*options, ("scale", scale)))


def propagator(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`propagator(H, t)`: the unitary operator that takes states from 0 to t."""
    known = ("from", "method", "rtol", "atol")
    given = _given(c, node, arguments, "propagator", known)
    if given is None or len(given.plain) != 2:
        if given is not None:
            c.report(c.quantum.argument_count(node.span, "propagator", "H and a time: propagator(H, t)"))
        return c.broken(node.span)
    generator = _generator(c, given.plain[0], "propagator")
    time = c.fit(c.expr(given.plain[1], TIME), TIME)
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
    if given is None or len(given.plain) != 1 or "loss" not in given.named:
        if given is not None:
            c.report(
                c.quantum.argument_count(node.span, "steady_state", "H and what is lost: steady_state(H, loss = [..])")
            )
        return c.broken(node.span)
    generator = _generator(c, given.plain[0], "steady_state")
    options = _options(c, given, "steady_state")
    if generator is None or options is None:
        return c.broken(node.span)
    hamiltonian, places, scale = generator
    places |= _places_in(options[0][1])
    return quantum(c, node.span, types.Density(places), "steady_state", (hamiltonian,), (*options, ("scale", scale)))


def trajectory(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`trajectory(H, psi, ts, loss = [..], seed = 7, number = 3)`: one wave function that jumps at random times."""
    given = _given(c, node, arguments, "trajectory", ("loss", "from", "rtol", "atol", "seed", "number"))
    takes = "H, a ket, times, what is lost and a seed: trajectory(H, psi, ts, loss = [..], seed = 7)"
    if given is None or len(given.plain) != 3 or not {"loss", "seed"} <= given.named.keys():
        if given is not None:
            c.report(c.quantum.argument_count(node.span, "trajectory", takes))
        return c.broken(node.span)
    generator = _generator(c, given.plain[0], "trajectory")
    state = c.expr(given.plain[1])
    times = c.expr(given.plain[2], types.Array(TIME))
    options = _options(c, given, "trajectory")
    if generator is None or options is None or BROKEN in (pruned(state.type), pruned(times.type)):
        return c.broken(node.span)
    type_ = pruned(state.type)
    if not isinstance(type_, types.Ket):
        c.report(c.quantum.takes(state.span, "trajectory", "a ket second", types.resolved(type_)))
        return c.broken(node.span)
    hamiltonian, places, scale = generator
    loss = dict(options).get("loss")
    for operator, own in [(hamiltonian, places), *([(loss, _places_in(loss))] if loss is not None else [])]:
        if lacking := missing(own, type_.places):
            c.report(c.quantum.space_missing(operator.span, lacking, state.span))
            return c.broken(node.span)
    _, shape = element_of(times.type)
    times = c.fit(times, TIME if shape is None else types.Array(TIME, shape))
    if pruned(times.type) is BROKEN:
        return times
    result: Type = type_ if shape is None else types.Array(type_, shape)
    return quantum(c, node.span, result, "trajectory", (hamiltonian, state, times), (*options, ("scale", scale)))


def quasienergies(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`quasienergies(t -> H0 + f(t) * V, period)`: Floquet's, as rates between -pi/period and pi/period."""
    known = ("from", "method", "rtol", "atol")
    given = _given(c, node, arguments, "quasienergies", known)
    if given is None or len(given.plain) != 2:
        if given is not None:
            c.report(c.quantum.argument_count(node.span, "quasienergies", "H and its period: quasienergies(H, 1 us)"))
        return c.broken(node.span)
    generator = _generator(c, given.plain[0], "quasienergies")
    time = c.fit(c.expr(given.plain[1], TIME), TIME)
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
    if given is None or len(given.plain) != 5:
        if given is not None:
            c.report(c.quantum.argument_count(node.span, "correlation", takes))
        return c.broken(node.span)
    pair = _two_operators(c, given, "correlation")
    generator = _generator(c, given.plain[2], "correlation")
    state = as_density(c, c.expr(given.plain[3]), "correlation")
    times = c.expr(given.plain[4], types.Array(TIME))
    options = _options(c, given, "correlation")
    if pair is None or generator is None or state is None or options is None:
        return c.broken(node.span)
    _, shape = element_of(times.type)
    times = c.fit(times, TIME if shape is None else types.Array(TIME, shape))
    if pruned(times.type) is BROKEN:
        return times
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
    if given is None or len(given.plain) != 4 or "loss" not in given.named:
        if given is not None:
            c.report(c.quantum.argument_count(node.span, "spectrum", takes))
        return c.broken(node.span)
    pair = _two_operators(c, given, "spectrum")
    generator = _generator(c, given.plain[2], "spectrum")
    rate = types.Real(RATE)
    rates = c.expr(given.plain[3], types.Array(rate))
    options = _options(c, given, "spectrum")
    if pair is None or generator is None or options is None:
        return c.broken(node.span)
    _, shape = element_of(rates.type)
    rates = c.fit(rates, rate if shape is None else types.Array(rate, shape))
    if pruned(rates.type) is BROKEN:
        return rates
    (left, right), dimension = pair
    hamiltonian, _, scale = generator
    one: Type = types.Real(dimension / RATE)
    result = one if shape is None else types.Array(one, shape)
    values = (left, right, hamiltonian, rates)
    return quantum(c, node.span, result, "spectrum", values, (*options, ("scale", scale)))


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


# ── H ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _generator(c: Checker, node: surface.Expr, function: str) -> tuple[typed.Expr, Places, typed.Expr] | None:
    """H, constant or a function of time; its spaces, and by what it is multiplied to be a Rate."""
    wish = types.Function((TIME,), types.TypeVar()) if isinstance(node, surface.Lambda) else None
    value = c.expr(node, wish)
    type_ = pruned(value.type)
    if type_ is BROKEN:
        return None
    if isinstance(type_, types.Function):
        if len(type_.parameters) != 1 or not c.unify(type_.parameters[0], TIME, node.span):
            c.report(c.quantum.takes(node.span, function, "H, or H as a function of time,", types.resolved(type_)))
            return None
        inner = pruned(type_.result)
    else:
        value = as_operator(c, value)
        inner = pruned(value.type)
    if inner is BROKEN:
        return None
    if not isinstance(inner, types.Operator):
        c.report(c.quantum.takes(node.span, function, "an operator, H, first", types.resolved(type_)))
        return None
    factor = _scale(c, node.span, inner.dimension, function)
    return None if factor is None else (value, inner.places, typed.Constant(node.span, SCALAR, factor))


def _scale(c: Checker, span: Span, dimension: Dimension, function: str) -> float | None:
    """1 for a Rate, 1 / hbar for an Energy; None, with a message, for what is neither."""
    rest: dict[str | DimVar | Turn, Exponent] = {
        atom: power
        for atom, power in dimension.resolved().factors.items()
        if not isinstance(atom, Turn) and atom != CYCLE
    }
    if Dimension(rest) == ENERGY:
        if c.same_dimension(dimension, ENERGY, span):
            return 1 / HBAR
        c.report(c.wrong_dimension(span, dimension, ENERGY, Reason(None, f"the H of {function}")))
        return None
    if Dimension(rest) == RATE or any(isinstance(atom, DimVar) for atom in rest):
        if c.same_dimension(dimension, RATE, span):
            return 1.0
        c.report(c.quantum.frequency_as_generator(span, function))
        return None
    c.report(c.quantum.not_a_generator(span, function, dimension))
    return None


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _options(c: Checker, given: _Given, function: str) -> tuple[tuple[str, typed.Expr], ...] | None:
    """What is given by name, checked."""
    options: list[tuple[str, typed.Expr]] = []
    for name, node in given.named.items():
        match name:
            case "loss":
                value = _loss(c, node)
            case "from":
                value = c.fit(c.expr(node, TIME), TIME)
            case "method":
                value = c.fit(c.expr(node), TEXT)
                if not isinstance(value, typed.Constant) or value.value not in METHODS:
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


def _loss(c: Checker, node: surface.Expr) -> typed.Expr | None:
    """`[sqrt(kappa) * a(c), ..]`, or that as a function of time."""
    wish = types.Function((TIME,), types.TypeVar()) if isinstance(node, surface.Lambda) else None
    value = c.expr(node, wish)
    type_ = pruned(value.type)
    if type_ is BROKEN:
        return None
    inner = pruned(type_.result) if isinstance(type_, types.Function) else type_
    element, shape = element_of(inner)
    if shape == (0,):
        return value
    if not isinstance(element, types.Operator) or shape is None:
        c.report(c.quantum.takes(node.span, "loss", "a list of jump operators", types.resolved(type_)))
        return None
    if not c.same_dimension(element.dimension, JUMP, node.span):
        is_rate = c.same_dimension(element.dimension, RATE, node.span)
        c.report(c.quantum.not_a_jump(node.span, element.dimension, is_rate))
        return None
    return value


def _places_in(loss: typed.Expr) -> Places:
    type_ = pruned(loss.type)
    inner = pruned(type_.result) if isinstance(type_, types.Function) else type_
    element, _ = element_of(inner)
    assert isinstance(element, types.Operator)
    return element.places


DYNAMICS: dict[str, Rule] = {
    "evolve": evolve,
    "propagator": propagator,
    "steady_state": steady_state,
    "correlation": correlation,
    "spectrum": spectrum,
    "trajectory": trajectory,
    "quasienergies": quasienergies,
}
