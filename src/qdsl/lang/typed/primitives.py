"""Typing rules of the few functions whose types the language cannot say: one function each, and one table.

A pure one (`len`, `range`, `grad`, ..) may be called anywhere; the others act on the world, become `HostCall`s and
may not stand in a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.checker import Checker
from qdsl.lang.typed.derivatives import derivative
from qdsl.lang.typed.distributions import DISTRIBUTIONS
from qdsl.lang.typed.dynamics_calls import DYNAMICS
from qdsl.lang.typed.fit_pictures import FIT_PICTURES
from qdsl.lang.typed.fit_questions import QUESTIONS
from qdsl.lang.typed.literals import shown
from qdsl.lang.typed.measurements import MEASUREMENTS, OUTCOMES
from qdsl.lang.typed.number_pictures import NUMBER_PICTURES
from qdsl.lang.typed.optima import SEARCHES
from qdsl.lang.typed.posterior_calls import POSTERIORS
from qdsl.lang.typed.quantum_calls import QUANTUM_CALLS
from qdsl.lang.typed.requests import expected, fit, load, simulate
from qdsl.lang.typed.spaces import Register
from qdsl.lang.typed.state_pictures import STATE_PICTURES
from qdsl.lang.typed.sweeps import sweep
from qdsl.lang.typed.tomography_calls import SETTINGS, TOMOGRAPHY
from qdsl.lang.typed.tomography_estimates import ESTIMATED
from qdsl.lang.typed.types import BROKEN, INT, NOTHING, TEXT, pruned
from qdsl.lang.typed.unification import element_of

Primitive = Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]


def length(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`len(xs)`, `len(m, 1)`: the length along an axis; of a Table, its rows."""
    nodes = matched(c, node.span, "len", [Slot("array", False), Slot("axis", True)], arguments)
    if nodes is None or nodes[0] is None:
        return c.broken(node.span)
    value = c.expr(nodes[0])
    element, shape = element_of(value.type)
    if isinstance(element, types.Table):
        return typed.HostCall(node.span, INT, "len", (value,), ())
    if isinstance(element, types.SpaceType) and isinstance(element.space, Register):
        count = element.space.length
        return (
            typed.Quantum(node.span, INT, "length", (value,))
            if count is None
            else typed.Constant(node.span, INT, count)
        )
    if shape is None:
        if element is not BROKEN:
            c.report(c.errors.not_indexable(value.span, types.resolved(value.type)))
        return c.broken(node.span)
    axis = c.fit(c.expr(nodes[1], INT), INT) if nodes[1] is not None else typed.Constant(node.span, INT, 0)
    if pruned(axis.type) is BROKEN:
        return axis
    if not isinstance(axis, typed.Constant) or not isinstance(axis.value, int) or not 0 <= axis.value < len(shape):
        c.report(c.errors.too_many_indices(axis.span, len(shape)))
        return c.broken(node.span)
    known = shape[axis.value]
    if isinstance(known, int):
        return typed.Constant(node.span, INT, known)
    return typed.Operation(node.span, INT, "len", (value, axis))


def range_(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`range(n)`, `range(low, high)`."""
    slots = [Slot("low", False), Slot("high", False)] if len(arguments) > 1 else [Slot("n", False)]
    nodes = matched(c, node.span, "range", slots, arguments)
    if nodes is None:
        return c.broken(node.span)
    ends = [c.fit(c.expr(each, INT), INT) for each in nodes if each is not None]
    low = ends[0] if len(ends) == 2 else typed.Constant(node.span, INT, 0)
    high = ends[-1]
    steps = None
    if high in c.exact and (len(ends) == 1 or low in c.exact):
        steps = max(0, int(c.exact[high] - c.exact.get(low, 0)))
    return typed.IntRange(node.span, types.Array(INT, (steps,)), low, high)


def uncertainty(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`uncertainty(G)`: the standard uncertainty of a constant, 0 for an exact one."""
    nodes = matched(c, node.span, "uncertainty", [Slot("constant", False)], arguments)
    if nodes is None or nodes[0] is None:
        return c.broken(node.span)
    value = c.expr(nodes[0])
    if isinstance(value, typed.Local) and value.variable.uncertainty is not None:
        return typed.Constant(node.span, value.type, value.variable.uncertainty, display=value.display)
    if pruned(value.type) is not BROKEN:
        c.report(c.models.not_host_value(value.span, "uncertainty", "a constant", types.resolved(value.type)))
    return c.broken(node.span)


# ── acting on the world ──────────────────────────────────────────────────────────────────────────────────────────


def print_(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`print(a, b)`: anything that can be shown."""
    if not _may_act(c, node, "print"):
        return c.broken(node.span)
    values = []
    for argument in arguments:
        if argument.name is not None:
            c.report(c.errors.unknown_argument(argument.name.span, "print", argument.name.text, ()))
            continue
        values.append(shown(c, c.expr(argument.value)))
    return typed.HostCall(node.span, NOTHING, "print", tuple(values), ())


def plot(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`plot(fit, "file.svg")`, `plot(table, "file.svg")`, `plot(xs, ys, "file.svg")`."""
    if not _may_act(c, node, "plot"):
        return c.broken(node.span)
    values = [c.expr(argument.value) for argument in arguments]
    for argument in arguments:
        if argument.name is not None:
            c.report(c.errors.unknown_argument(argument.name.span, "plot", argument.name.text, ()))
            return c.broken(node.span)
    if any(pruned(value.type) is BROKEN for value in values):
        return c.broken(node.span)
    kinds = [_plot_kind(value) for value in values]
    if kinds not in (["fit", "path"], ["table", "path"], ["array", "array", "path"]):
        c.report(c.models.plot_arguments(node.span, [types.resolved(value.type) for value in values]))
        return c.broken(node.span)
    return typed.HostCall(node.span, NOTHING, "plot", tuple(values), ())


def _plot_kind(value: typed.Expr) -> str:
    element, shape = element_of(value.type)
    if element is TEXT and shape is None:
        return "path"
    if isinstance(element, types.Fit):
        return "fit"
    if isinstance(element, types.Table):
        return "table"
    is_drawn = element is INT or isinstance(element, types.Real | types.TypeVar)
    return "array" if is_drawn and shape is not None and len(shape) == 1 else ""


def export(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`export(table, "file.csv")`, `export(best, "fit.html")`."""
    nodes = matched(c, node.span, "export", [Slot("value", False), Slot("path", False)], arguments)
    if nodes is None or nodes[0] is None or nodes[1] is None or not _may_act(c, node, "export"):
        return c.broken(node.span)
    value, path = c.expr(nodes[0]), c.fit(c.expr(nodes[1]), TEXT)
    kinds = types.Table | types.Fit | types.Posterior
    if pruned(value.type) is not BROKEN and not isinstance(pruned(value.type), kinds):
        what = "a Table, a Fit or a Posterior"
        c.report(c.models.not_host_value(value.span, "export", what, types.resolved(value.type)))
    return typed.HostCall(node.span, NOTHING, "export", (value, path), ())


def with_(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`data.with(z = log(data.y))`: the table with columns added or replaced."""
    if not arguments or not _may_act(c, node, "with"):
        if not arguments:
            c.report(c.errors.missing_argument(node.span, "with", ["table"], None))
        return c.broken(node.span)
    table = c.expr(arguments[0].value)
    type_ = pruned(table.type)
    if not isinstance(type_, types.Table):
        if type_ is not BROKEN:
            c.report(c.models.not_host_value(table.span, "with", "a Table", types.resolved(type_)))
        return c.broken(node.span)
    columns = dict(type_.columns)
    named: list[tuple[str, typed.Expr]] = []
    for argument in arguments[1:]:
        value = c.expr(argument.value)
        element, shape = element_of(value.type)
        if argument.name is None or shape is None or len(shape) != 1 or isinstance(element, types.Record):
            if element is not BROKEN:
                c.report(c.models.not_host_value(argument.span, "with", "name = array", types.resolved(value.type)))
            return c.broken(node.span)
        columns[argument.name.text] = element
        named.append((argument.name.text, value))
    made = types.Table(tuple(columns.items()), type_.is_whole)
    return typed.HostCall(node.span, made, "with", (table,), tuple(named))


def _may_act(c: Checker, node: surface.Call, name: str) -> bool:
    """Functions are pure: what acts on the world stands outside them."""
    if c.in_function:
        c.report(c.errors.impure(node.function.span, name))
        return False
    return True


def distribution(name: str) -> Primitive:
    """`Binomial(500, p)`, where a distribution is expected."""

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        for argument in arguments:
            c.expr(argument.value)
        c.report(c.models.distribution_as_value(node.span, name))
        return c.broken(node.span)

    return rule


def zip_(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """`zip(xs, ys)` stands only after the names of an axis, which look at it themselves."""
    for argument in arguments:
        c.expr(argument.value)
    c.report(c.models.zip_alone(node.span))
    return c.broken(node.span)


def _in_the_open(name: str, rule: Primitive) -> Primitive:
    """A rule for what may not stand in a function."""

    def guarded(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        return rule(c, node, arguments) if _may_act(c, node, name) else c.broken(node.span)

    return guarded


PICTURES = STATE_PICTURES | NUMBER_PICTURES | FIT_PICTURES

PRIMITIVES: dict[str, Primitive] = {
    "len": length,
    "range": range_,
    "grad": derivative("grad"),
    "jacobian": derivative("jacobian"),
    "hessian": derivative("hessian"),
    "jvp": derivative("jvp"),
    "uncertainty": uncertainty,
    "zip": zip_,
    "print": print_,
    "plot": plot,
    "export": export,
    "with": with_,
    "load": _in_the_open("load", load),
    "simulate": _in_the_open("simulate", simulate),
    "expected": _in_the_open("expected", expected),
    "sweep": _in_the_open("sweep", sweep),
    "fit": _in_the_open("fit", fit),
    **{name: _in_the_open(name, rule) for name, rule in PICTURES.items()},
} | {name: distribution(name) for name in (*DISTRIBUTIONS, OUTCOMES)}

HOST_CALLS = TOMOGRAPHY | ESTIMATED | QUESTIONS | SEARCHES | POSTERIORS

CALLS: dict[str, Primitive] = {
    **(QUANTUM_CALLS | DYNAMICS | MEASUREMENTS | SETTINGS),
    **{name: _in_the_open(name, rule) for name, rule in HOST_CALLS.items()},
}
"""Known only where they are called: `n` and `a` are free for values."""
