"""What comes out of a region of structured control, whichever way it is left.

    %value, %x, %returned, %result = if .. { .. }      a region that assigns x and may return
    if %returned { <as around> } else { <rest> }       behind it

A `Frame` says what the region being written yields when it ends, breaks or returns. A `Fence` makes the frame of a
region inside another, with a flag for each early exit that the region has, and takes it apart again behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import BOOL, Value
from qdsl.lang.core.ir import Type as CoreType
from qdsl.lang.core.layout import core_types
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_values import Data
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types

Rest = Callable[[Data], Values]
"""Lowers what follows, given the value of what came before; answers with what the region yields."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a region yields: `types`, and for each way to leave it what computes the values."""

    types: Sequence[CoreType]
    finish: Rest
    broke: Callable[[], Values]
    returned: Rest


def no_exit(*_: object) -> Values:
    raise InternalError("a way out of a region that has none")


@dataclass(frozen=True, slots=True)
class Fence:
    """Around a region that gives a value, assigns variables, and may be left early.

    It yields the value, the variables, then if it may break whether it did, and if it may return whether it did and
    with what. `outer` is the frame around it.
    """

    body: Body
    value: types.Type
    variables: tuple[typed.Variable, ...]
    breaks: bool
    returns: bool
    outer: Frame

    @staticmethod
    def around(body: Body, node: typed.Expr | typed.Statement, value: types.Type, outer: Frame) -> Fence:
        effect = body.program.effects.of(node)
        variables = tuple(variable for variable in body.variables if variable in effect.assigns)
        return Fence(body, value, variables, effect.breaks, effect.returns, outer)

    @property
    def types(self) -> tuple[CoreType, ...]:
        """Of all that comes out."""
        assigned = [each for variable in self.variables for each in core_types(variable.type)]
        result = (BOOL, *core_types(self.body.result)) if self.returns else ()
        value = self.body.types_of(self.value, self.body.b.span)
        return (*value, *assigned, *((BOOL,) if self.breaks else ()), *result)

    def frame(self) -> Frame:
        return Frame(self.types, self.finish, self.broke, self.returned)

    def finish(self, data: Data) -> Values:
        return self._out(self.body.conform(data, self.value).values)

    def broke(self) -> Values:
        return self._out(self.body.placeholder(self.value), broke=True)

    def returned(self, data: Data) -> Values:
        return self._out(self.body.placeholder(self.value), result=self.body.conform(data, self.body.result).values)

    def _out(self, value: Values, broke: bool = False, result: Values | None = None) -> Values:
        flags: Values = (self.body.constant(broke),) if self.breaks else ()
        if self.returns:
            held = self.body.placeholder(self.body.result) if result is None else result
            flags = (*flags, self.body.constant(result is not None), *held)
        return (*value, *self.body.values_of(self.variables), *flags)

    def leave(self, values: Values, rest: Rest) -> Values:
        """Behind the region: on with the rest, or out of what is around in the same way."""
        count = len(core_types(self.value))
        data = Data(self.value, values[:count])
        flags = self.body.rebind(self.variables, values[count:])
        if self.returns:
            *flags_left, returned = flags[: self.breaks + 1]
            result = Data(self.body.result, flags[self.breaks + 1 :])
            return self.body.if_(
                returned,
                lambda: self.outer.returned(result),
                lambda: self._leave_by_break(flags_left, data, rest),
                self.outer.types,
            )
        return self._leave_by_break(flags, data, rest)

    def _leave_by_break(self, flags: Sequence[Value], data: Data, rest: Rest) -> Values:
        if not self.breaks:
            return rest(data)
        return self.body.if_(flags[0], self.outer.broke, lambda: rest(data), self.outer.types)


NO_FRAME = Frame((), no_exit, no_exit, no_exit)
