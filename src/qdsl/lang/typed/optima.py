"""Typing of `minimize(f, ..)` and `maximize(f, ..)`: what is searched over, what is held, the type of what is found.

    fn loss(w: Rate, t: Time) -> Scalar = ..
    minimize(loss, w = 1 rad/s .. 9 rad/s, t = 2 s)     w is searched over, t is held: Optimum(w: Rate, value: Scalar)
    minimize(loss, start = (w = 3 rad/s), t = 2 s)      the same without bounds

An argument that is searched over becomes a record of what is said of it: `low`, `high`, `start`. Of an array, one
number is the bound of every element. An argument of f that has an option's name hides the option.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import optimum_errors as errors
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.arguments import Slot, matched
from qdsl.lang.typed.calls import SEARCHING, parameter_names
from qdsl.lang.typed.checker import NO_REASON, Checker, Reason
from qdsl.lang.typed.dimension import Dimension, DimVar
from qdsl.lang.typed.requests import name_span
from qdsl.lang.typed.scheme import is_generic
from qdsl.lang.typed.types import BROKEN, INT, SCALAR, Type, pruned
from qdsl.lang.typed.unification import element_of

START, STARTS = "start", "starts"
FIELDS = ("value", "verdict")
"""What an Optimum has besides the arguments."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One of the function: its type, where that is written, what it is if nothing is said."""

    name: str
    type: Type
    span: Span | None = None
    default: typed.Expr | None = None

    @property
    def reason(self) -> Reason:
        return Reason(self.span, "declared here") if self.span is not None else NO_REASON


@dataclass(eq=False)
class _Request:
    """What a call says, argument by argument."""

    searched: dict[str, dict[str, typed.Expr]] = field(default_factory=dict)
    held: dict[str, typed.Expr] = field(default_factory=dict)


def extremum(word: str) -> Callable[[Checker, surface.Call, Sequence[surface.Argument]], typed.Expr]:
    """The rule for `minimize` or `maximize`."""

    def rule(c: Checker, node: surface.Call, arguments: Sequence[surface.Argument]) -> typed.Expr:
        if not arguments or arguments[0].name is not None:
            c.report(c.errors.missing_argument(node.span, word, ["function"], None))
            return c.broken(node.span)
        function = _function(c, arguments[0].value, arguments[1:])
        type_ = pruned(function.type)
        if type_ is BROKEN:
            return c.broken(node.span)
        if not isinstance(type_, types.Function):
            c.report(c.models.not_host_value(function.span, word, "a function", types.resolved(type_)))
            return c.broken(node.span)
        if not isinstance(pruned(type_.result), types.Real):
            if pruned(type_.result) is not BROKEN:
                c.report(errors.no_number(function.span, word, c.errors.show.a(types.resolved(type_.result))))
            return c.broken(node.span)
        return _asked(c, node, word, function, type_, arguments)

    return rule


def _function(c: Checker, node: surface.Expr, arguments: Sequence[surface.Argument]) -> typed.Expr:
    """The function; what is given for the parameters of a lambda says what they are."""
    if not isinstance(node, surface.Lambda):
        return c.expr(node)
    given = _given_to_lambda(node, arguments)
    known = [_type_given(c, given.get(each.text)) for each in node.parameters]
    if None in known:
        return c.expr(node)
    return c.expr(
        node, types.Function(tuple(each for each in known if each is not None), types.Real(Dimension({DimVar(): 1})))
    )


def _given_to_lambda(node: surface.Lambda, arguments: Sequence[surface.Argument]) -> dict[str, surface.Expr]:
    """What the call says of each parameter by its name; a range before a start."""
    given: dict[str, surface.Expr] = {}
    names = [each.text for each in node.parameters]
    for argument in arguments:
        if argument.name is None:
            given |= dict([(names.pop(0), argument.value)] if names else [])
        elif argument.name.text == START and START not in names and isinstance(argument.value, surface.Record):
            given = {each.name.text: each.value for each in argument.value.fields} | given
        else:
            given[argument.name.text] = argument.value
    return given


def _type_given(c: Checker, node: surface.Expr | None) -> Type | None:
    """What a parameter is for which this is given; None where nothing is, or something broken."""
    if node is None:
        return None
    if isinstance(node, surface.Range):
        ends = [_type_given(c, each) for each in (node.low, node.high)]
        return next((each for each in ends if isinstance(each, types.Array)), ends[0])
    value = c.expr(node)
    element, shape = element_of(value.type)
    if element is BROKEN:
        return None
    number = SCALAR if element is INT or isinstance(element, types.TypeVar) else element
    return number if shape is None else types.Array(number, shape)


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────


def _asked(
    c: Checker,
    node: surface.Call,
    word: str,
    function: typed.Expr,
    type_: types.Function,
    arguments: Sequence[surface.Argument],
) -> typed.Expr:
    """The call, where what it says fits the function, which is the first argument."""
    asked, arguments = arguments[0].value, arguments[1:]
    parameters = _parameters(c, asked, function, type_)
    if not parameters:
        return c.broken(node.span)
    names = [each.name for each in parameters]
    options = [each for each in (START, STARTS) if each not in names]
    slots = [Slot(each, True) for each in (*names, *options)]
    declared = function.function.span if isinstance(function, typed.FunctionValue) else None
    nodes = matched(c, node.span, word, slots, arguments, declared)
    if nodes is None:
        return c.broken(node.span)
    given = dict(zip((slot.name for slot in slots), nodes, strict=True))
    request = _Request()
    starts = _starts(c, word, given.get(START) if START in options else None, parameters, request)
    for each in parameters:
        _take(c, request, word, each, given[each.name])
    count = given.get(STARTS) if STARTS in options else None
    further = () if count is None else (c.fit(c.expr(count, INT), INT),)
    if not starts or not _is_complete(c, node, word, parameters, request):
        return c.broken(node.span)
    found = tuple((each.name, _open(each.type)) for each in parameters if each.name in request.searched)
    named = tuple((each.name, _said(node.span, request, each.name)) for each in parameters)
    return typed.HostCall(node.span, types.Optimum(found, type_.result), word, (function, *further), named)


def _parameters(c: Checker, node: surface.Expr, function: typed.Expr, type_: types.Function) -> list[_Parameter]:
    """Those of the function; none, with a message, where their names are not known."""
    if isinstance(function, typed.FunctionValue):
        declared = function.function
        return [
            _Parameter(variable.name, each, variable.span, default)
            for each, variable, default in zip(type_.parameters, declared.parameters, declared.defaults, strict=True)
        ]
    symbol = c.symbol(node)
    let = symbol.node if symbol is not None else None
    if isinstance(let, surface.Let) and isinstance(let.value, surface.Lambda):
        names = [each.text for each in let.value.parameters]
    elif isinstance(function, typed.Lambda | typed.Derivative):
        names = parameter_names(function, len(type_.parameters))
    else:
        names = []
    if len(names) != len(type_.parameters):
        c.report(errors.names_not_known(function.span))
        return []
    return [_Parameter(name, each) for name, each in zip(names, type_.parameters, strict=True)]


def _starts(
    c: Checker, word: str, node: surface.Expr | None, parameters: Sequence[_Parameter], request: _Request
) -> bool:
    """`start = (x = 3, y = 4)`; False, with a message, where it is something else."""
    if node is None:
        return True
    known = {each.name: each for each in parameters}
    value = c.expr(node, types.Record(tuple((name, _open(each.type)) for name, each in known.items())))
    if not isinstance(value, typed.RecordLiteral):
        if pruned(value.type) is not BROKEN:
            wanted = "start = (argument = value, ..)"
            c.report(c.models.not_host_value(value.span, word, wanted, types.resolved(value.type)))
        return False
    for name, each in value.fields:
        if name not in known:
            c.report(c.errors.unknown_argument(name_span(node, name) or each.span, word, name, list(known)))
            return False
        if not _is_searchable(c, word, known[name], each.span):
            return False
        request.searched[name] = {START: c.fit(each, _open(known[name].type), known[name].reason)}
    return True


def _take(c: Checker, request: _Request, word: str, parameter: _Parameter, node: surface.Expr | None) -> None:
    """What is said of one argument of the function."""
    name = parameter.name
    if isinstance(node, surface.Range):
        if _is_searchable(c, word, parameter, node.span):
            ends = {end: _end(c, parameter, each) for end, each in (("low", node.low), ("high", node.high))}
            request.searched[name] = ends | request.searched.get(name, {})
            _check_range(c, name, node.span, ends)
        else:
            request.held[name] = c.broken(node.span)
    elif node is not None:
        value = c.fit(c.expr(node, _open(parameter.type)), _open(parameter.type), parameter.reason)
        if name in request.searched:
            c.report(errors.held_with_start(node.span, name))
        request.held[name] = value
    elif name not in request.searched and parameter.default is not None:
        default = parameter.default
        request.held[name] = replace(default, type=parameter.type) if is_generic(default.type) else default


def _is_searchable(c: Checker, word: str, parameter: _Parameter, at: Span) -> bool:
    element, _ = element_of(parameter.type)
    if isinstance(element, types.Real):
        return True
    if element is not BROKEN:
        c.report(errors.not_searchable(at, word, parameter.name, c.errors.show.a(types.resolved(parameter.type))))
    return False


def _end(c: Checker, parameter: _Parameter, node: surface.Expr) -> typed.Expr:
    """An end of a range: a number, or for an array an array."""
    element, shape = element_of(parameter.type)
    value = c.expr(node, element)
    is_whole = shape is not None and element_of(value.type)[1] is not None
    return c.fit(value, _open(parameter.type) if is_whole else element, parameter.reason)


def _check_range(c: Checker, name: str, at: Span, ends: dict[str, typed.Expr]) -> None:
    low, high = ends["low"], ends["high"]
    if isinstance(low, typed.Constant) and isinstance(high, typed.Constant):
        below, above = low.value, high.value
        if isinstance(below, int | float) and isinstance(above, int | float) and not below < above:
            c.report(errors.empty_range(at, name, low.span.text, high.span.text))


def _is_complete(
    c: Checker, node: surface.Call, word: str, parameters: Sequence[_Parameter], request: _Request
) -> bool:
    """Whether something is said of every argument, something is searched over, and all of it has names."""
    lost = [each.name for each in parameters if each.name not in request.searched and each.name not in request.held]
    if lost:
        c.report(errors.nothing_said(node.span, word, lost))
        return False
    if not request.searched:
        if all(pruned(each.type) is not BROKEN for each in request.held.values()):
            c.report(errors.nothing_searched(node.span, word))
        return False
    for name in FIELDS:
        if name in request.searched:
            c.report(errors.field_twice(node.span, name))
            return False
    said = [*request.held.values(), *(each for parts in request.searched.values() for each in parts.values())]
    return all(pruned(each.type) is not BROKEN for each in said)


def _said(at: Span, request: _Request, name: str) -> typed.Expr:
    """What is said of an argument as one expression."""
    if name in request.held:
        return request.held[name]
    parts = request.searched[name]
    return typed.RecordLiteral(
        at, types.Record(tuple((end, each.type) for end, each in parts.items())), tuple(parts.items())
    )


def _open(type_: Type) -> Type:
    """An array without the names of its lengths, which are the function's own."""
    type_ = pruned(type_)
    if isinstance(type_, types.Array):
        return types.Array(type_.element, tuple(None if isinstance(n, str) else n for n in type_.shape))
    return type_


SEARCHES = {word: extremum(word) for word in SEARCHING}
