"""A function written out for one call: every variable new, every type as the call brings it.

    fn coupled(q: Qubit, c: Fock) = sp(q) * a(c)      coupled(atom, mode)  =>  sp(q') * a(c') of q' atom, c' mode

In: a function and the types of the arguments. Out: its parameters and its body, for this call alone. What is known of
spaces, and of the lengths that the function's type names, is in all their types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.places import Bringing, brought
from qdsl.lang.typed.types import Type

KEPT = ("span", "display", "name")


def instantiated(
    function: typed.Function, arguments: Sequence[Type], call: Span | None = None
) -> tuple[tuple[typed.Variable, ...], typed.Expr]:
    """The parameters and the body of a function as a call with such arguments has them. What the library does is said
    to be done by the `call`.
    """
    assert function.body is not None
    bringing = brought([each.type for each in function.parameters], arguments)
    bringing.whole |= {place: bringing.places(places) for place, places in function.result_of}
    copier = _Copier(bringing, {}, call if function.module else None)
    parameters = tuple(copier.variable(each) for each in function.parameters)
    for parameter, given in zip(parameters, arguments, strict=True):
        if isinstance(types.pruned(given), types.QUANTUM):
            parameter.type = given
    body = copier.copy(function.body)
    assert isinstance(body, typed.Expr)
    return parameters, body


def with_lengths(function: typed.Function, lengths: Mapping[str, int]) -> typed.Function:
    """The function with the lengths that its type names known."""
    copier = _Copier(Bringing(), lengths)
    parameters = tuple(copier.variable(each) for each in function.parameters)
    body = None if function.body is None else copier.copy(function.body)
    return replace(function, parameters=parameters, type=copier.type(function.type), body=body)


class _Copier:
    def __init__(self, bringing: Bringing, lengths: Mapping[str, int], call: Span | None = None) -> None:
        self.bringing = bringing
        self.lengths = lengths
        self.call = call
        self.variables: dict[typed.Variable, typed.Variable] = {}

    def variable(self, variable: typed.Variable) -> typed.Variable:
        """Its own copy of what the function binds; what the file sees stays."""
        if variable.is_global or variable.value is not None:
            return variable
        if variable not in self.variables:
            self.variables[variable] = replace(variable, type=self.type(variable.type))
        return self.variables[variable]

    def type(self, type_: Type) -> Type:
        return self._with_lengths(self.bringing.type(types.resolved(type_)))

    def _with_lengths(self, type_: Type) -> Type:
        if not self.lengths:
            return type_
        match type_:
            case types.Array(element, shape):
                known = tuple(self.lengths.get(each, each) if isinstance(each, str) else each for each in shape)
                return types.Array(self._with_lengths(element), known)
            case types.Function(parameters, result):
                return types.Function(tuple(map(self._with_lengths, parameters)), self._with_lengths(result))
            case types.Record(parts):
                return types.Record(tuple((name, self._with_lengths(each)) for name, each in parts))
            case _:
                return type_

    def copy(self, value: Any) -> Any:
        match value:
            case typed.Expr() | typed.Statement():
                return replace(
                    value, **{each.name: self._field(each.name, getattr(value, each.name)) for each in fields(value)}
                )
            case typed.Variable():
                return self.variable(value)
            case tuple():
                return tuple(map(self.copy, value))
            case _:
                return value

    def _field(self, name: str, value: Any) -> Any:
        if name == "type":
            return self.type(value)
        if name == "span" and self.call is not None:
            return value.called_from(self.call)
        return value if name in KEPT else self.copy(value)
