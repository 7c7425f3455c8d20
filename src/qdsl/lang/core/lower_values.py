"""What an expression becomes while it is lowered: values that exist at run time, and functions that do not.

`Data` is a value in core: one or several core values, as `core.layout` lays the type out. A `Closure` is a function
value. Which function it is, is known at compile time and said by its `code`; what the function uses from around it
(the variables a lambda captures, the session's variables) are core values that go with it and become arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import Block, Value
from qdsl.lang.core.layout import field_values
from qdsl.lang.core.staged import Staged
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types


@dataclass(frozen=True, slots=True)
class Data:
    """A value of `type`."""

    type: types.Type
    values: Values

    @property
    def value(self) -> Value:
        """The only core value."""
        (value,) = self.values
        return value

    def field(self, name: str) -> Data:
        """A field of a record."""
        record = types.pruned(self.type)
        assert isinstance(record, types.Record)
        type_ = record.field(name)
        assert type_ is not None
        return Data(type_, self.values[field_values(record, name)])


NOTHING = Data(types.NOTHING, ())


@dataclass(frozen=True, slots=True)
class Declared:
    """A function of the program."""

    function: typed.Function


@dataclass(frozen=True, slots=True)
class Lifted:
    """A lambda. `functions` says, for each variable it captures that is a function, which one."""

    node: typed.Lambda
    functions: tuple[tuple[typed.Variable, FunctionCode], ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """`grad`, `jacobian`, `hessian` or `jvp` of a function, or its `moments` (`core.moments`); `type` is that of what
    is derived.
    """

    kind: str
    of: FunctionCode
    type: types.Function = field(compare=False)
    node: typed.Expr = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Outlined:
    """A piece of a block that has become a function (`core.outline`); `outside` is what it uses from around it."""

    name: str
    parameters: tuple[types.Type, ...]
    result: types.Type
    block: Block
    outside: Values


FunctionCode = Declared | Lifted | Derived | Outlined
"""Equal codes share one core function."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A function value: its code, and the core values that it takes with it as further arguments."""

    code: FunctionCode
    values: Values


Bound = Data | Closure | Staged


@dataclass(frozen=True, slots=True)
class Row:
    """A part of an array, where it stands in the array: taken out only if it is used as a whole."""

    array: Data
    indices: Values


def depth(code: FunctionCode) -> int:
    """How deep functions stand in functions."""
    match code:
        case Declared() | Outlined():
            return 1
        case Lifted(functions=functions):
            return 1 + max((depth(each) for _, each in functions), default=0)
        case Derived(of=of):
            return 1 + depth(of)


def name_of(code: FunctionCode) -> str:
    """What a core function made from it is called, before names are made unique."""
    match code:
        case Declared(function):
            return function.name
        case Lifted():
            return "lambda"
        case Outlined(name):
            return name
        case Derived(kind, of):
            return f"{kind}<{name_of(of)}>"
