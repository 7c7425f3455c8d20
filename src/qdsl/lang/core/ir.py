"""The core IR: structured SSA over booleans, 64-bit integers, reals and arrays of them.

    func @decay(%t: real, %tau: real) -> (real) {
      %0 = div %t, %tau
      %1 = neg %0
      %2 = exp %1
      return %2
    }

Units, records, complex numbers and function values are gone: scales are multiplications, a record or a complex
number is its parts, a function argument has been specialised away. Control flow is `if`, `for` and `while` with
regions that yield values; there are no jumps, so an early `return` or `break` has become a condition.

A program for several points at once (`lang.lanes`) has `Lanes` in the place of numbers: one number for each point, on
which the primitives work lane by lane.

What may fail says so: `check` stops the program unless its operand is true, and the primitives marked so in
`core.primitives` (integer arithmetic, indexing) check themselves. Arrays are values: `set` makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from qdsl.lang.source import Span


class Scalar(Enum):
    """A machine number."""

    BOOL = "bool"
    INT = "int"
    REAL = "real"

    def __str__(self) -> str:
        return self.value


BOOL, INT, REAL = Scalar.BOOL, Scalar.INT, Scalar.REAL


@dataclass(frozen=True, slots=True)
class Lanes:
    """`<4 x real>`: as many numbers as a vector register has lanes, each of another point."""

    element: Scalar
    width: int

    def __str__(self) -> str:
        return f"<{self.width} x {self.element}>"


Number = Scalar | Lanes


@dataclass(frozen=True, slots=True)
class ArrayType:
    """`[real]`, `[int; 3]`, `[real; ?, 4]`: one length for each axis, None where it is known only at run time.

    All lanes of `[<4 x real>]` have the same length.
    """

    element: Number
    shape: tuple[int | None, ...] = (None,)

    def __str__(self) -> str:
        if self.shape == (None,):
            return f"[{self.element}]"
        return f"[{self.element}; {', '.join('?' if n is None else str(n) for n in self.shape)}]"


Type = Number | ArrayType


def scalar_of(type_: Type) -> Scalar:
    """What a number of the type is: one lane of it, one element."""
    number = type_.element if isinstance(type_, ArrayType) else type_
    return number.element if isinstance(number, Lanes) else number


def width_of(type_: Type) -> int:
    """How many lanes a value of the type has; 0 if it is not in lanes."""
    number = type_.element if isinstance(type_, ArrayType) else type_
    return number.width if isinstance(number, Lanes) else 0


@dataclass(eq=False, slots=True)
class Value:
    """A name for what an operation computes once. `hint` is the user's word for it, for printing."""

    type: Type
    hint: str = ""


NO_ATTRIBUTES: Mapping[str, Any] = MappingProxyType({})


@dataclass(eq=False, slots=True)
class Op:
    """One operation.

    `name` is a primitive (`core.primitives.PRIMITIVES`) or one of the structured ones below.

    | name    | operands            | attributes      | regions                        | results           |
    |---------|---------------------|-----------------|--------------------------------|-------------------|
    | const   |                     | value           |                                | 1                 |
    | select  | bool, T, T          |                 |                                | T                 |
    | check   | bool, number...     | failure         |                                | none              |
    | watch   | real, number...     | watch           |                                | none              |
    | call    | the arguments       | function (name) |                                | the results       |
    | array   | elements            |                 |                                | [T; n]            |
    | table   |                     | numbers         |                                | [S; n, ...]       |
    | build   | int (a length) ...  |                 | (int ...) -> T                 | array             |
    | len     | array               | axis            |                                | int               |
    | get     | array, int ...      | inside?         |                                | element           |
    | set     | array, int ..., T   | inside?         |                                | array             |
    | slice   | [T], int, int       | inside?         |                                | [T]               |
    | if      | bool                |                 | () -> R..., () -> R...         | R...              |
    | for     | int lo, int hi, C...|                 | (int, C...) -> C...            | C...              |
    | while   | C...                |                 | (C...) -> bool, (C...) -> C... | C...              |
    | splat   | number or array     |                 |                                | the same, in lanes |
    | tally   | <W x bool>          |                 |                                | none              |
    | any     | <W x bool>          |                 |                                | bool              |
    | highest | <W x int>           |                 |                                | int               |
    | blend   | <W x bool>, T, T    |                 |                                | T (an array)      |

    A `table` is an array of Ints or reals known at compile time, `numbers` a `core.table.Table` of them; its type knows
    its lengths. `for` counts from lo up to, not including, hi. `check` raises `failure`, a `Failure`, unless its first
    operand is true; the other operands are the numbers the message shows. `watch` changes nothing: if its first operand
    is above the threshold of `watch`, a `Watch`, whoever called is told the operands, of all times that it came to it
    those with the greatest first one; a call that fails tells nothing else. All its operands may be in lanes. `select`,
    and the indices of `get` and `set`, may be in lanes where their results are. `blend` takes each lane from one of two
    arrays: if all lanes are of one of them it is that array, else the two must be of equal lengths. `tally` changes
    nothing: it counts the lanes that run, for whoever wants to know. With `inside` whoever wrote the op knows that its
    indices are good: it need not be checked, and may be left out where its result is not used.
    """

    name: str
    operands: tuple[Value, ...] = ()
    results: tuple[Value, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=lambda: NO_ATTRIBUTES)
    regions: tuple[Block, ...] = ()
    span: Span | None = None

    @property
    def result(self) -> Value:
        """The only result."""
        (value,) = self.results
        return value


@dataclass(eq=False, slots=True)
class Block:
    """Parameters, operations in order, and the values it yields."""

    parameters: tuple[Value, ...]
    ops: tuple[Op, ...]
    yields: tuple[Value, ...]

    def walk(self) -> Iterator[Op]:
        """Every operation in it and in the regions of its operations, outer before inner."""
        found: list[Op] = []
        _collect(self.ops, found)
        return iter(found)


def _collect(ops: Iterable[Op], into: list[Op]) -> None:
    for op in ops:
        into.append(op)
        for region in op.regions:
            _collect(region.ops, into)


@dataclass(eq=False, slots=True)
class Function:
    """A function: the body's parameters are its own, what the body yields are its results."""

    name: str
    body: Block
    span: Span | None = None
    _callees: tuple[str, ...] | None = field(default=None, init=False, repr=False)

    @property
    def callees(self) -> tuple[str, ...]:
        """The functions that it calls, each once, in order of their first call; found once, and asked for often."""
        if self._callees is None:
            calls = (op.attributes["function"] for op in self.body.walk() if op.name == "call")
            self._callees = tuple(dict.fromkeys(calls))
        return self._callees

    @property
    def parameters(self) -> tuple[Value, ...]:
        return self.body.parameters

    @property
    def result_types(self) -> tuple[Type, ...]:
        return tuple(value.type for value in self.body.yields)


@dataclass(eq=False, slots=True)
class Module:
    """Functions by name. A function calls only functions of its module; calls may be recursive."""

    functions: dict[str, Function] = field(default_factory=dict)


class Code(Enum):
    """Why a program stopped. The numbers are the status codes of compiled kernels; 0 is success."""

    DOMAIN = 1  # sqrt(-1): outside the function's domain
    DIVISION = 2  # Int division by zero
    OVERFLOW = 3  # an Int outside 64 bits
    INDEX = 4  # an index outside its array
    SHAPE = 5  # arrays whose lengths differ
    NONFINITE = 6  # a result that is not finite from arguments that are
    RECURSION = 7  # calls nested too deep
    NOT_CONVERGED = 8  # an iteration gave up
    ASSERTION = 9  # `assert` was false
    MEMORY = 10  # an array too large
    CAST = 11  # a real too large for an Int
    STATE = 12  # a state that is none: not normalised, not positive
    TRUNCATED = 15  # a state that needs more levels than its space has

    @property
    def text(self) -> str:
        """The code of its message."""
        return f"E07{self.value:02d}"


@dataclass(frozen=True, slots=True)
class Failure:
    """What `check` reports: a code and a sentence with `{0}`, `{1}` for its number operands."""

    code: Code
    message: str


class Worry(Enum):
    """What a `watch` is about: why an answer may be worth less than it looks."""

    TRUNCATION = "W0713"  # a space with fewer levels than the dynamics goes to
    DRIFT = "W0714"  # a state that is no state any more: steps were too coarse
    DAMPING = "W0715"  # steps that are short because of damping, where another method takes few

    @property
    def text(self) -> str:
        """The code of its message."""
        return self.value


@dataclass(frozen=True, slots=True)
class Watch:
    """What `watch` reports: above which first operand, 0 or more, and what is the matter and what to do about it, both
    with `{0}`, `{1}` for the operands. With `tells_row` the last operand is an Int, the number of the row of some data
    that this was done for.
    """

    worry: Worry
    threshold: float
    message: str
    advice: str = ""
    tells_row: bool = False


DEEPEST_CALL = 1000
"""How many calls of recursive functions may be under way at once; one more is a `RECURSION` failure."""

LARGEST_ARRAY = 1 << 27
"""How many elements an array may have; one more is a `MEMORY` failure."""

FAILURES: Mapping[Code, Failure] = MappingProxyType(
    {
        failure.code: failure
        for failure in (
            Failure(Code.DOMAIN, "an Int has no power {1}"),
            Failure(Code.DIVISION, "division of {0} by zero"),
            Failure(Code.OVERFLOW, "the result does not fit the 64 bits of an Int"),
            Failure(Code.INDEX, "index {0} is outside an array of length {1}"),
            Failure(Code.RECURSION, "calls are nested more than 1000 deep"),
            Failure(Code.MEMORY, "an array of {0} elements is too large"),
            Failure(Code.CAST, "{0} does not fit the 64 bits of an Int"),
            Failure(Code.SHAPE, "the array's length is {0}, not {1}"),
        )
    }
)
"""What an operation that checks itself reports. The numbers are a primitive's operands, or what the text says."""
