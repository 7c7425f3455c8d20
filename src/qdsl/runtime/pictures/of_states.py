"""Pictures of states and operators: `plot_bloch`, `plot_populations`, `plot_wigner`, `plot_matrix`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.spaces import Register, Space, in_order
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.failures import unequal_lengths
from qdsl.runtime.pictures.naming import name_of, quantity_of, reals
from qdsl.runtime.pictures.state_values import States, bloch_vectors, states_of
from qdsl.runtime.plot import Quantity
from qdsl.runtime.plot.bloch import Arrow, BlochPicture, Path
from qdsl.runtime.plot.branches import HANDFUL
from qdsl.runtime.plot.lines import Line, LinesPicture
from qdsl.runtime.plot.map import Layer, MapPicture
from qdsl.runtime.plot.matrix import MatrixPicture
from qdsl.runtime.plot.wigner import places, wigner
from qdsl.runtime.value.matrix import labels

SEEN = 1e-3
"""A population that never reaches this is not drawn among many."""


def kept_spaces(call: typed.HostCall, states: States) -> list[Space]:
    """The spaces that `keep` names, all where it names none."""
    named = [_spaces_in(each) for name, each in call.named if name == "keep"]
    return [space for space in states.spaces if not named or any(space in each for each in named)]


def _spaces_in(value: typed.Expr) -> tuple[Space, ...]:
    """A space, or those of a register."""
    match types.pruned(value.type):
        case types.SpaceType(Space() as space):
            return (space,)
        case types.SpaceType(Register() as register):
            return register.spaces
        case _:
            raise InternalError("what is kept is no space")


# ── the Bloch sphere ─────────────────────────────────────────────────────────────────────────────────────────────


def bloch(env: Environment, call: typed.HostCall) -> BlochPicture:
    """`plot_bloch(psi, rho, .., path)`: an array of more than a handful is a path."""
    *values, _ = call.arguments
    along = dict(call.named).get("along")
    drawn = [part for value in values for part in _arrows_or_path(env, call, value, along)]
    return BlochPicture(tuple(drawn))


def _arrows_or_path(
    env: Environment, call: typed.HostCall, value: typed.Expr, along: typed.Expr | None
) -> list[Arrow | Path]:
    states = states_of(env, value)
    vectors = bloch_vectors(states.densities(kept_spaces(call, states)))
    if not isinstance(types.pruned(value.type), types.Array):
        return [Arrow(name_of(value), vectors[0])]
    if along is not None:
        over = reals(env, along)
        if len(over) != len(vectors):
            raise unequal_lengths(along.span, len(over), len(vectors))
        return [Path(name_of(value), vectors, (quantity_of(env, along), over))]
    if len(vectors) > HANDFUL:
        return [Path(name_of(value), vectors)]
    return [Arrow(name, vector) for name, vector in zip(_names_of_elements(value, len(vectors)), vectors, strict=True)]


def _names_of_elements(value: typed.Expr, count: int) -> list[str]:
    """As they are written, or the name of the array and the place."""
    if isinstance(value, typed.ArrayLiteral):
        return [name_of(each) for each in value.elements]
    return [f"{name_of(value)}[{k}]" for k in range(count)]


# ── populations ──────────────────────────────────────────────────────────────────────────────────────────────────


def populations(env: Environment, call: typed.HostCall) -> LinesPicture:
    """`plot_populations(ts, states, path)`."""
    axis, value, _ = call.arguments
    states, xs = states_of(env, value), reals(env, axis)
    if len(states.numbers) != len(xs):
        raise unequal_lengths(value.span, len(states.numbers), len(xs))
    kept = kept_spaces(call, states)
    asked = [each for name, each in call.named if name == "level"]
    lines = _of_levels(env, states, kept, asked) if asked else _of_basis(states, kept)
    title = ", ".join(space.name for space in kept)
    highest = max((float(line.values.max(initial=0.0)) for line in lines), default=0.0)
    limits = (0.0, 1.0 if highest > 0.5 or not highest else highest)
    name = f"population of {lines[0].label}" if len(lines) == 1 else "population"
    return LinesPicture(quantity_of(env, axis), xs, Quantity(name), tuple(lines), title, limits)


def _of_basis(states: States, kept: Sequence[Space]) -> list[Line]:
    """A line for each basis state; of many the most populated, and one for what is in the others."""
    populated = states.probabilities(kept)
    names = [f"|{label}⟩" for label in labels(kept)]
    if len(names) <= HANDFUL:
        return [Line(name, values) for name, values in zip(names, populated.T, strict=True)]
    highest = populated.max(axis=0)
    chosen = sorted(np.argsort(-highest, kind="stable")[:HANDFUL].tolist())
    chosen = [k for k in chosen if highest[k] >= SEEN]
    rest = populated.sum(axis=1) - populated[:, chosen].sum(axis=1)
    lines = [Line(names[k], populated[:, k]) for k in chosen]
    return [*lines, Line("others", rest, is_rest=True)] if rest.max() >= SEEN else lines


def _of_levels(env: Environment, states: States, kept: Sequence[Space], asked: Sequence[typed.Expr]) -> list[Line]:
    """A line for each ket that was asked for."""
    lines: list[Line] = []
    for each in asked:
        kets = states_of(env, each)
        is_array = isinstance(types.pruned(each.type), types.Array)
        names = _names_of_elements(each, len(kets.numbers)) if is_array else [name_of(each)]
        if len(kets.spaces) == len(kept):
            names = [_without_spaces(name) for name in names]
        found = [states.overlaps(ket, kets.spaces) for ket in kets.numbers]
        lines += [Line(name, values) for name, values in zip(names, found, strict=True)]
    return lines


def _without_spaces(name: str) -> str:
    """`|01⟩(q, r)` as `|01⟩`: where every line is of all spaces, the title names them."""
    ket, bracket, _ = name.partition("⟩(")
    return f"{ket}⟩" if bracket and name.startswith("|") and name.endswith(")") and name.count("⟩") == 1 else name


# ── the Wigner function ──────────────────────────────────────────────────────────────────────────────────────────


def wigner_map(env: Environment, call: typed.HostCall) -> MapPicture:
    """`plot_wigner(rho, path)`: where there is something to see, unless the program says where."""
    value, _ = call.arguments
    states, named = states_of(env, value), dict(call.named)
    rho = states.densities(kept_spaces(call, states))[0]
    xs, ps = (np.unique(reals(env, named[name])) if name in named else places(rho) for name in ("xs", "ps"))
    layer = Layer(Quantity("W(x, p)"), wigner(rho, xs, ps) if len(xs) and len(ps) else np.zeros((0, 0)))
    x, p = Quantity("x  (ħ = 1)"), Quantity("p  (ħ = 1)")
    return MapPicture(x, xs, p, ps, (layer,), is_plane=True, signed=True, title=name_of(value))


# ── matrices ─────────────────────────────────────────────────────────────────────────────────────────────────────


def matrix(env: Environment, call: typed.HostCall) -> MatrixPicture:
    """`plot_matrix(rho, path)`, `plot_matrix(H, path)`."""
    value, _ = call.arguments
    type_ = types.resolved(value.type)
    if isinstance(type_, types.Operator):
        quantity = Quantity(name_of(value), type_.dimension, env.unit_of(value))
        return MatrixPicture(quantity, _operator(env, value, type_), tuple(labels(in_order(type_.places))))
    states = states_of(env, value)
    kept = kept_spaces(call, states)
    return MatrixPicture(Quantity(name_of(value), ONE), states.densities(kept)[0], tuple(labels(kept)))


def _operator(env: Environment, value: typed.Expr, type_: types.Operator) -> Any:
    numbers = types.Array(types.Complex(type_.dimension), (None, None))
    return np.asarray(env.evaluate(typed.Quantum(value.span, numbers, "matrix", (value,))), dtype=complex)
