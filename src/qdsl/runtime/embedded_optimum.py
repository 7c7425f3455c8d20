"""Minima and maxima inside Python: `m.loss.minimize(x=(0, 1), y=3)`.

    m.loss.minimize(x=(0, 1), t=3)              a tuple of two is a range to search over, anything else is held
    m.loss.minimize(start={"x": 0.2}, t=3)      without bounds
    m.loss.maximize(x=(0, 1), t=3, starts=64)

In: a function of a program and what Python says of its arguments, in SI. Out: the call of a program that says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.fit_options import meant
from qdsl.lang.typed.unification import element_of

START, STARTS = "start", "starts"


@dataclass(frozen=True)
class Asked:
    """A search of `function`. `checked` looks at a value that is held, and gives it back."""

    function: typed.FunctionValue
    word: str
    default: Callable[[int], Any]
    checked: Callable[[str, types.Type, Any], Any]

    def call(self, given: Mapping[str, Any]) -> typed.HostCall:
        """The call that says this. Raises TypeError for what does not fit the function."""
        declared = self.function.function
        names = [each.name for each in declared.parameters]
        said = dict(given)
        start: Mapping[str, Any] = (said.pop(START, None) if START not in names else None) or {}
        starts = said.pop(STARTS, None) if STARTS not in names else None
        options = [each for each in (START, STARTS) if each not in names]
        for word, unknown, known in ((self.word, said, [*names, *options]), (declared.name, start, names)):
            for name in unknown:
                if name not in names:
                    raise TypeError(f"{declared.name} has no argument {name!r}: {meant(word, name, known)[1]}")
        at = declared.span
        arguments: list[typed.Expr] = [self.function]
        if starts is not None:
            arguments.append(typed.Constant(at, types.INT, self.checked(STARTS, types.INT, starts)))
        searched: list[tuple[str, types.Type]] = []
        named: list[tuple[str, typed.Expr]] = []
        for place, variable in enumerate(declared.parameters):
            name, type_ = variable.name, _settled(variable.type)
            parts = self._parts(variable, type_, said, start)
            if parts:
                searched.append((name, type_))
                named.append((name, _record(at, parts, variable.display)))
            elif name in said:
                named.append((name, typed.Constant(at, type_, self.checked(name, type_, said[name]))))
            elif declared.defaults[place] is not None:
                named.append((name, typed.Constant(at, type_, self.default(place))))
            else:
                raise TypeError(f"{declared.name} also needs {name!r}: a value, a range (low, high) or a start")
        if not searched:
            raise TypeError(
                f"nothing to search over: a range is name=(low, high), a start is start={{{names[0]!r}: ..}}"
            )
        assert isinstance(declared.type, types.Function)
        result = _settled(declared.type.result)
        if not isinstance(result, types.Real):
            raise TypeError(f"{declared.name} gives no real number")
        return typed.HostCall(at, types.Optimum(tuple(searched), result), self.word, tuple(arguments), tuple(named))

    def _parts(
        self, variable: typed.Variable, type_: types.Type, said: Mapping[str, Any], start: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The ends of a range and the start, as far as they are given."""
        name = variable.name
        value = said.get(name)
        is_range = isinstance(value, tuple) and len(value) == 2
        parts: dict[str, Any] = dict(zip(("low", "high"), value, strict=True)) if is_range and value else {}
        if name in start:
            if name in said and not is_range:
                raise TypeError(f"{name} is held at a value, and has a start")
            parts[START] = start[name]
        element, shape = element_of(type_)
        if parts and not isinstance(element, types.Real):
            raise TypeError(f"{name} is no real number to search over")
        return {end: _number(name, shape, each) for end, each in parts.items()}


def _number(name: str, shape: tuple[types.Length, ...] | None, value: Any) -> Any:
    """A number, or for an array an array, as floats."""
    import numpy as np

    found = np.asarray(value)
    if found.dtype.kind not in "iuf" or found.ndim not in ((0,) if shape is None else (0, len(shape))):
        raise TypeError(f"{name} is searched over numbers, not {value!r}")
    return float(found) if found.ndim == 0 else found.astype(float)


def _record(at: Any, parts: Mapping[str, Any], display: typed.DisplayUnit | None) -> typed.Expr:
    fields = {end: typed.Constant(at, types.SCALAR, value, display=display) for end, value in parts.items()}
    return typed.RecordLiteral(at, types.Record(tuple((end, types.SCALAR) for end in fields)), tuple(fields.items()))


def _settled(type_: types.Type) -> types.Type:
    """With plain numbers where the function takes any dimension, and without names of lengths."""
    type_ = types.resolved(type_)
    match type_:
        case types.Real(dimension) if not dimension.ground:
            return types.Real(ONE)
        case types.Array(element, shape):
            return types.Array(_settled(element), tuple(None if isinstance(n, str) else n for n in shape))
        case _:
            return type_
