"""What the language asks for by name: HostCalls -> tomographies, simulated counts, Estimates."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeVar

import numpy as np

from qdsl.lang.generate import Refused
from qdsl.lang.quantum.pattern import size_of
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.spaces import Space, in_order
from qdsl.lang.typed.tomography_calls import ERRORS
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.failures import Stopped, not_one_of
from qdsl.runtime.kernel import Kernel
from qdsl.runtime.operators import operator_matrices
from qdsl.runtime.tomography import admission, errors
from qdsl.runtime.tomography.counts import counts_of, option
from qdsl.runtime.tomography.hermitian import Matrices, Reals, adjoint
from qdsl.runtime.tomography.observed import Integers, Observed, of_process
from qdsl.runtime.tomography.result import ProcessTomography, StateTomography, Tomography, Wish
from qdsl.runtime.tomography.spread import Draw
from qdsl.runtime.value.estimate import Estimate
from qdsl.runtime.value.provenance import recorded
from qdsl.runtime.world import World

RESAMPLES = 200
"""A standard error from so many is right to 5 percent."""

FEWER = 100
"""The same, to 7 percent, where each takes a tenth of a second: from matrices of 16 by 16 on."""


# ── tomographies ─────────────────────────────────────────────────────────────────────────────────────────────────


def state_tomography(env: Environment, call: typed.HostCall, world: World) -> StateTomography:
    """`state_tomography(settings, counts)`."""
    settings, given = call.arguments
    spaces = _spaces(call.type)
    effects = _effects(env, settings, spaces)
    counts = counts_of(env, call, given, effects.shape[:2])
    observed = Observed(effects, counts)
    admission.check_complete(observed, spaces, settings.span)
    target = option(call, "target")
    made = None if target is None else state_of(env, target)
    return _recorded(
        StateTomography(observed, spaces, _wish(env, call, world, observed.size), _overlap(made)), call, world
    )


def process_tomography(env: Environment, call: typed.HostCall, world: World) -> ProcessTomography:
    """`process_tomography(states, settings, counts)`."""
    prepared, settings, given = call.arguments
    spaces = _spaces(call.type)
    effects, states = _effects(env, settings, spaces), state_of(env, prepared)
    admission.check_states(states, prepared.span)
    counts = counts_of(env, call, given, (len(states), *effects.shape[:2]))
    admission.check_memory(effects.shape[-1] ** 2, counts.size, call.span)
    observed = of_process(states, effects, counts)
    admission.check_complete(observed, spaces, prepared.span)
    found = ProcessTomography(observed, spaces, _wish(env, call, world, observed.size))
    target = option(call, "target")
    if target is not None:
        found.target = found.projector(_unitary(env, target, spaces))
    return _recorded(found, call, world)


T = TypeVar("T", bound=Tomography)


def _recorded(found: T, call: typed.HostCall, world: World) -> T:
    found.provenance = recorded(call.name, world.source.name, world.source.text, seed=found.wish.seed)
    return found


def _spaces(type_: types.Type) -> list[Space]:
    type_ = types.resolved(type_)
    assert isinstance(type_, types.StateTomography | types.ProcessTomography)
    return in_order(type_.places)


def _wish(env: Environment, call: typed.HostCall, world: World, size: int) -> Wish:
    """The options. A seed is drawn whether it is needed or not: later draws of the program do not depend on these."""
    word, resamples, seed = (option(call, name) for name in ("errors", "resamples", "seed"))
    how = None if word is None else env.evaluate(word)
    if word is not None and how not in ERRORS:
        raise not_one_of(word.span, "errors", ERRORS)
    usual = RESAMPLES if size < 16 else FEWER
    count = usual if resamples is None else int(env.evaluate(resamples))
    if count < 2:
        assert resamples is not None
        raise errors.no_resamples(resamples.span, count)
    chosen = world.next_seed() if seed is None else int(env.evaluate(seed))
    return Wish(how, count, chosen, drawing(env, chosen), world.progress)


# ── what was measured ────────────────────────────────────────────────────────────────────────────────────────────


def _effects(env: Environment, settings: typed.Expr, spaces: Sequence[Space]) -> Matrices:
    """(s, k, d, d), checked."""
    type_ = types.pruned(settings.type)
    assert isinstance(type_, types.Array)
    known = [length for length in type_.shape if isinstance(length, int)]
    admission.check_memory(size_of(spaces), prod(known), settings.span)
    found = operator_matrices(env, settings, spaces)
    effects = found[None] if found.ndim == 3 else found
    admission.check_effects(effects, spaces, settings.span)
    return effects


def state_of(env: Environment, expr: typed.Expr) -> Matrices:
    """(.., d, d): the density of a ket or density, of several."""
    value = np.asarray(env.evaluate(expr), dtype=np.complex128)
    type_ = types.pruned(expr.type)
    element = types.pruned(type_.element) if isinstance(type_, types.Array) else type_
    return np.asarray(value[..., :, None] * value[..., None, :].conj()) if isinstance(element, types.Ket) else value


def _overlap(target: Matrices | None) -> Matrices | None:
    """What a pure target is asked with in a report; the fidelity with a mixed one is not linear, and asked by name."""
    if target is None or abs(float((np.abs(target) ** 2).sum()) - 1) > 1e-9:
        return None
    return target


def _unitary(env: Environment, expr: typed.Expr, spaces: Sequence[Space]) -> Matrices:
    unitary = operator_matrices(env, expr, spaces)
    off = float(np.abs(adjoint(unitary) @ unitary - np.eye(len(unitary))).max())
    if off > 1e-6:
        raise errors.not_unitary(expr.span, off)
    return unitary


# ── simulated ───────────────────────────────────────────────────────────────────────────────────────────────────────


def simulated_counts(env: Environment, call: typed.HostCall, world: World) -> Integers:
    """`simulated_counts(settings, rho, shots)`: (s, k), of several states (p, s, k); of one setting without s."""
    settings, state, shots_given = call.arguments
    element = types.pruned(settings.type)
    assert isinstance(element, types.Array)
    operator = types.pruned(element.element)
    assert isinstance(operator, types.Operator)
    effects = _effects(env, settings, in_order(operator.places))
    states = state_of(env, state)
    shots = int(env.evaluate(shots_given))
    admission.check_shots(shots, shots_given.span)
    seed = option(call, "seed")
    chosen = world.next_seed() if seed is None else int(env.evaluate(seed))
    p = np.einsum("...ab,skba->...sk", states, effects).real
    counts = drawing(env, chosen)(np.full(p[..., 0].size, shots), _shares(p).reshape(-1, p.shape[-1]), 1)
    shape = [*states.shape[:-2], *(effects.shape[:2] if len(element.shape) == 2 else effects.shape[1:2])]
    return counts.astype(np.int64).reshape(shape)


def _shares(p: Reals) -> Reals:
    """Probabilities without what rounding did to them."""
    p = np.maximum(p, 0.0)
    return np.asarray(p / p.sum(axis=-1, keepdims=True))


def drawing(env: Environment, seed: int) -> Draw:
    """Multinomial counts by the library's counter-based numbers: setting j of run i is drawn with the counter
    2^32 i + j, and is what `multinomial_draw` gives with that counter.
    """

    def draw(totals: Integers, probabilities: Reals, runs: int) -> Reals:
        settings, outcomes = probabilities.shape
        binomial = _binomial(env)
        counters = (np.arange(runs, dtype=np.int64)[:, None] << 32) + np.arange(settings, dtype=np.int64)
        left = np.tile(totals, (runs, 1))
        rest = np.ones(settings)
        counts = np.empty((runs, settings, outcomes))
        for k in range(outcomes):
            p = probabilities[:, k]
            sure = (p >= rest) if k < outcomes - 1 else np.ones(settings, dtype=bool)
            chance = np.where(sure, 1.0, p / np.where(sure, 1.0, rest))
            drawn = binomial(seed, counters.ravel(), 1024 * k, left.ravel(), np.tile(chance, runs))
            counts[..., k] = np.reshape(drawn, left.shape)
            left = left - np.reshape(drawn, left.shape)
            rest = rest - p
        return counts

    return draw


def _binomial(env: Environment) -> Kernel:
    """`binomial_from(key, counter, block, n, p)`, over arrays."""
    compiler = env.compiler
    function = compiler.library.function("binomial_from")
    try:
        return compiler.kernel(compiler.generator.generate(function, stop_after="core"))
    except Refused as refused:
        raise Stopped(refused.diagnostic) from None


# ── what is asked of them ────────────────────────────────────────────────────────────────────────────────────────


def expectation(env: Environment, call: typed.HostCall) -> Estimate:
    """`expect(A, found)`."""
    found, operator = env.evaluate(call.arguments[0]), call.arguments[1]
    matrix = operator_matrices(env, operator, found.spaces)
    size = max(float(np.abs(matrix).max()), 1e-300)
    off = float(np.abs(matrix - adjoint(matrix)).max())
    if off > 1e-9 * size:
        raise errors.not_hermitian_operator(operator.span, off)
    assert isinstance(call.type, types.Estimate)
    estimate: Estimate = found.expectation(matrix, call.type.dimension, env.unit_of(operator))
    return estimate


def estimated_purity(env: Environment, call: typed.HostCall) -> Estimate:
    """`estimated_purity(found)`."""
    estimate: Estimate = env.evaluate(call.arguments[0]).purity()
    return estimate


def estimated_fidelity(env: Environment, call: typed.HostCall) -> Estimate:
    """`estimated_fidelity(found, psi)`."""
    found, target = env.evaluate(call.arguments[0]), call.arguments[1]
    assert isinstance(found, StateTomography)
    if isinstance(types.pruned(target.type), types.Ket):
        return found.fidelity_with_ket(np.asarray(env.evaluate(target)))
    return found.fidelity_with_density(state_of(env, target))


def process_fidelity(env: Environment, call: typed.HostCall) -> Estimate:
    """`process_fidelity(found, U)`."""
    found, target = env.evaluate(call.arguments[0]), call.arguments[1]
    assert isinstance(found, ProcessTomography)
    return found.process_fidelity(_unitary(env, target, found.spaces))


def average_fidelity(env: Environment, call: typed.HostCall) -> Estimate:
    """`average_fidelity(process, U)`."""
    found, target = env.evaluate(call.arguments[0]), call.arguments[1]
    assert isinstance(found, ProcessTomography)
    return found.average_fidelity(_unitary(env, target, found.spaces))
