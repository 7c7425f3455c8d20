"""typed -> core: what a kernel or an expression needs, and nothing else.

    fn decay(t: Time, tau: Time) -> Scalar = exp(-t / tau)      =>      func @decay(%t: real, %tau: real) -> (real)

`Lowering` keeps what it has lowered, so that kernels of one program share their functions. A function of the program
becomes one core function, or one for each combination of functions that it is given as arguments. Its parameters are
the core values of its own (see `core.layout`), with what function arguments take along in their place, then the
session's variables that it uses.

A program that cannot be compiled raises `Refused` with its diagnostic. Derivatives are core functions made from core
functions; making them is the business of the stage above this one, which whoever builds a `Lowering` brings along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qdsl.lang.core import (
    lower_arrays,
    lower_compare,
    lower_control,
    lower_inline,
    lower_mapped,
    lower_operators,
    lower_quantum,
    lower_returned,
    lower_scalars,
)
from qdsl.lang.core.builder import Values
from qdsl.lang.core.calls import reachable
from qdsl.lang.core.from_operators import Written, written
from qdsl.lang.core.instantiate import with_lengths
from qdsl.lang.core.ir import Function, Module
from qdsl.lang.core.layout import core_types
from qdsl.lang.core.lower_body import RULES, Body, Instance
from qdsl.lang.core.lower_calls import check_named_lengths
from qdsl.lang.core.lower_control import function_results
from qdsl.lang.core.lower_derivative import Differentiate, differentiated
from qdsl.lang.core.lower_effects import Captures, Effects
from qdsl.lang.core.lower_errors import Refused, functions_without_end, no_kernel, own_derivative
from qdsl.lang.core.lower_values import Closure, Declared, Derived, FunctionCode, Lifted, Outlined, depth, name_of
from qdsl.lang.core.moments import MOMENTS, moments
from qdsl.lang.core.outline import function_of
from qdsl.lang.report import InternalError
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types

# Importing these modules registers their rules.
_RULE_MODULES = [lower_arrays, lower_compare, lower_control, lower_mapped, lower_returned, lower_scalars]
_RULE_MODULES += [lower_inline, lower_operators, lower_quantum]
assert RULES, _RULE_MODULES

__all__ = ["Differentiate", "Entry", "Lowering", "Refused"]

DEEPEST_FUNCTION = 20
"""How deep functions may stand in functions that are arguments of one another."""

EXPRESSION = "<value>"
"""The name of every expression's function: equal expressions give equal modules, which caches go by."""

FindFunction = Callable[[str, str], typed.Function]
"""A function of the standard library, by module and name."""


def no_library(module: str, name: str) -> typed.Function:
    raise InternalError(f"there is no library to find {module}.{name} in")


Key = tuple[FunctionCode, tuple[FunctionCode | None, ...]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A core function to be called from outside.

    Its arguments are the core values of `parameters` and then of `globals`, the session's variables that it uses.
    """

    module: Module
    name: str
    parameters: tuple[types.Type, ...]
    globals: tuple[typed.Variable, ...]
    result: types.Type


class Lowering:
    """The core functions of one program, made as they are asked for."""

    def __init__(self, differentiate: Differentiate, find: FindFunction = no_library) -> None:
        self.differentiate = differentiate
        self.find = find
        self.plans: list[Any] = []
        self.made_for: dict[tuple[typed.Function, tuple[tuple[str, int], ...]], typed.Function] = {}
        self.effects = Effects()
        self.captures = Captures()
        self.module = Module()
        self.instances: dict[Key, Instance] = {}
        self.waiting: list[Key] = []
        self.names: dict[str, int] = {}

    # ── what is asked for ────────────────────────────────────────────────────

    def kernel(self, function: typed.Function) -> Entry:
        """A function of the program as a kernel."""
        type_ = types.pruned(function.type)
        assert isinstance(type_, types.Function)
        if any(isinstance(types.pruned(each), types.Function) for each in types.parts(type_)):
            raise no_kernel(function.span, function.name)
        return self.code(Declared(function), function.span, self.captures.of(function))

    def derivative(self, function: typed.Function, node: typed.Derivative) -> Entry:
        """`grad(f)` and its kin, as a kernel."""
        type_ = types.pruned(node.type)
        assert isinstance(type_, types.Function)
        code = Derived(node.kind, Declared(function), type_, node)
        return self.code(code, node.span, self.captures.of(function))

    def code(self, code: FunctionCode, span: Span, captured: Sequence[typed.Variable]) -> Entry:
        parameters = self._parameters(code)
        with _Forgetting(self):
            instance = self.instance(code, [None] * len(parameters), span)
            self._complete()
        return Entry(self._needed(instance.name), instance.name, parameters, tuple(captured), instance.result)

    def expression(self, node: typed.Expr, inputs: Sequence[typed.Expr | typed.Variable] = ()) -> Entry:
        """An expression as a function of `inputs`: variables, and nodes whose values are brought from outside."""
        body = Body(self, node.type)
        with _Forgetting(self):
            for each in inputs:
                self._input(body, each)
            captured = [each for each in self.captures.of_expression(node, inputs) if each not in body.variables]
            for variable in captured:
                self._input(body, variable)
            results = function_results(body, node)
            self._complete()
        function = body.b.function(EXPRESSION, results, node.span)
        module = self._needed(EXPRESSION, function)
        return Entry(module, EXPRESSION, tuple(each.type for each in inputs), tuple(captured), node.type)

    def operators(self, node: typed.Expr) -> tuple[Entry, tuple[int, ...], list[Written]]:
        """Operators, one or an array of them: the function of their coefficients, their shape, what they are."""
        body = Body(self, types.NOTHING)
        with _Forgetting(self):
            captured = list(self.captures.of_expression(node, ()))
            for variable in captured:
                self._input(body, variable)
            shape, operators, results = written(body.staged(node))
            self._complete()
        function = body.b.function(EXPRESSION, tuple(results), node.span)
        entry = Entry(self._needed(EXPRESSION, function), EXPRESSION, (), tuple(captured), types.NOTHING)
        return entry, shape, operators

    # ── instances ────────────────────────────────────────────────────────────

    def instance(self, code: FunctionCode, given: Sequence[FunctionCode | None], span: Span) -> Instance:
        """The core function for a code whose function arguments are these; it is written later."""
        key = code, tuple(given)
        if key not in self.instances:
            if max(depth(each) for each in (code, *given) if each is not None) > DEEPEST_FUNCTION:
                raise functions_without_end(span, name_of(code))
            if isinstance(code, Derived):
                self.instance(code.of, given[: len(self._parameters(code.of))], span)
            self.instances[key] = Instance(self._name(key), self._parameters(code), self._result(code))
            self.waiting.append(key)
        return self.instances[key]

    def _parameters(self, code: FunctionCode) -> tuple[types.Type, ...]:
        match code:
            case Declared(function):
                return tuple(variable.type for variable in function.parameters)
            case Lifted(node):
                return tuple(variable.type for variable in node.parameters)
            case Outlined(parameters=parameters):
                return parameters
            case Derived(of=of, type=type_):
                return (*self._parameters(of), *type_.parameters[len(self._parameters(of)) :])

    def _result(self, code: FunctionCode) -> types.Type:
        match code:
            case Declared(function):
                type_ = types.pruned(function.type)
            case Lifted(node):
                type_ = types.pruned(node.type)
            case Outlined(result=result):
                return result
            case Derived(type=type_):
                pass
        assert isinstance(type_, types.Function)
        return types.pruned(type_.result)

    def _name(self, key: Key) -> str:
        code, given = key
        functions = ",".join(name_of(each) for each in given if each is not None)
        return self._unique(f"{name_of(code)}<{functions}>" if functions else name_of(code))

    def _unique(self, name: str) -> str:
        use = self.names.get(name, 0)
        self.names[name] = use + 1
        return f"{name}.{use}" if use else name

    # ── writing ──────────────────────────────────────────────────────────────

    def _complete(self) -> None:
        """Write all that waits: functions first, derivatives when what they derive is there."""
        while self.waiting:
            key = next((key for key in self.waiting if not isinstance(key[0], Derived)), None)
            if key is None:
                self._derive(next((key for key in self.waiting if self._is_ready(key)), None))
            else:
                function = self._function(key)
                self.module.functions[function.name] = function
                self.waiting.remove(key)

    def _is_ready(self, key: Key) -> bool:
        """Whether all that the function calls, whose derivative this is, has been written."""
        entered: set[str] = set()
        waiting = [self._base(key).name]
        while waiting:
            name = waiting.pop()
            if name not in self.module.functions:
                return False
            if name not in entered:
                entered.add(name)
                waiting.extend(self.module.functions[name].callees)
        return True

    def _base(self, key: Key) -> Instance:
        code, given = key
        assert isinstance(code, Derived)
        return self.instances[code.of, given[: len(self._parameters(code.of))]]

    def _derive(self, key: Key | None) -> None:
        if key is None:
            code = self.waiting[0][0]
            assert isinstance(code, Derived)
            raise own_derivative(code.node.span, code.kind)
        code, given = key
        assert isinstance(code, Derived)
        base, name = self._base(key), self.instances[key].name
        if code.kind == MOMENTS:
            self.module.functions[name] = moments(self.module, base.name, name)
            self.waiting.remove(key)
            return
        widths = [
            len(core_types(type_)) if function is None else len(self._take(Body(self, type_), function))
            for type_, function in zip(base.parameters, given, strict=False)
        ]
        self.module = differentiated(self.differentiate, self.module, code, base, widths, name)
        self.waiting.remove(key)

    def _function(self, key: Key) -> Function:
        """The core function of an instance that is no derivative."""
        code, given = key
        instance = self.instances[key]
        if isinstance(code, Outlined):
            return function_of(code, instance.name)
        body = Body(self, instance.result)
        if isinstance(code, Declared):
            function = code.function
            with body.b.at(function.span):
                self._arguments(body, function.parameters, given)
            self._bind(body, code, self._take(body, code))
            results = function_results(body, function.body or _primitive(function, instance.result))
            return body.b.function(instance.name, results, function.span)
        assert isinstance(code, Lifted)
        self._arguments(body, code.node.parameters, given)
        self._bind(body, code, self._take(body, code))
        return body.b.function(instance.name, function_results(body, code.node.body), code.node.span)

    def _arguments(self, body: Body, variables: Sequence[typed.Variable], given: Sequence[FunctionCode | None]) -> None:
        """The function's own parameters; lengths that its type gives one name are checked to be equal."""
        for variable, code in zip(variables, given, strict=True):
            if code is None:
                self._input(body, variable)
            else:
                body.variables[variable] = Closure(code, self._take(body, code))
        check_named_lengths(body, [variable for variable, code in zip(variables, given, strict=True) if code is None])

    def _input(self, body: Body, node: typed.Expr | typed.Variable) -> None:
        """A parameter for each core value of a variable, or of an expression computed elsewhere."""
        hint = node.name if isinstance(node, typed.Variable) else ""
        values = tuple(body.b.parameter(type_, hint) for type_ in body.types_of(node.type, node.span))
        if isinstance(node, typed.Variable):
            body.rebind([node], values)
        else:
            body.give(node, values)

    def _take(self, body: Body, code: FunctionCode) -> Values:
        """Parameters for what a function takes along, in the order of a closure's values."""
        match code:
            case Declared(function):
                return self._captured(body, self.captures.of(function))
            case Derived(of=of):
                return self._take(body, of)
            case Outlined(outside=outside):
                return tuple(body.b.parameter(each.type, each.hint) for each in outside)
            case Lifted(node, functions):
                own = self._captured(body, _without(self.captures.of(node), functions))
                return (*own, *(value for _, each in functions for value in self._take(body, each)))

    def _captured(self, body: Body, variables: Sequence[typed.Variable]) -> Values:
        return tuple(
            body.b.parameter(type_, variable.name)
            for variable in variables
            for type_ in body.types_of(variable.type, variable.span)
        )

    def _bind(self, body: Body, code: Declared | Lifted, values: Values) -> None:
        """Give the captured variables their values in the function's own body."""
        if isinstance(code, Declared):
            body.rebind(self.captures.of(code.function), values)
            return
        values = body.rebind(_without(self.captures.of(code.node), code.functions), values)
        for variable, each in code.functions:
            count = self.taken(each)
            body.variables[variable] = Closure(each, values[:count])
            values = values[count:]

    def taken(self, code: FunctionCode) -> int:
        """How many core values a function takes along."""
        return len(self._take(Body(self, types.NOTHING), code))

    def sized(self, function: typed.Function, lengths: Mapping[str, int]) -> typed.Function:
        """The function with lengths that its type names known: one for all who ask for the same."""
        key = function, tuple(sorted(lengths.items()))
        if key not in self.made_for:
            self.made_for[key] = with_lengths(function, lengths)
        return self.made_for[key]

    # ── modules ──────────────────────────────────────────────────────────────

    def _needed(self, name: str, function: Function | None = None) -> Module:
        """A module of a function and what it calls."""
        functions = self.module.functions if function is None else {**self.module.functions, name: function}
        return Module({each: functions[each] for each in reachable(Module(functions), [name])})


class _Forgetting:
    """Where a program is refused, the instances that were not written are forgotten."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            for key in self.lowering.waiting:
                self.lowering.instances.pop(key, None)
            self.lowering.waiting.clear()


def _without(
    variables: Sequence[typed.Variable], functions: Sequence[tuple[typed.Variable, FunctionCode]]
) -> list[typed.Variable]:
    named = {variable for variable, _ in functions}
    return [variable for variable in variables if variable not in named]


def _primitive(function: typed.Function, result: types.Type) -> typed.Expr:
    """`sin` as a function of its own, where it is used as a value."""
    operands = tuple(typed.Local(function.span, variable.type, variable) for variable in function.parameters)
    return typed.Operation(function.span, result, function.name, operands)
