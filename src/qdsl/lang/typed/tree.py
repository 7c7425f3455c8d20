"""The typed tree: what the program means, with every type known and every choice made.

Compared with the surface: names are `Variable`s and `Function`s, units are numbers, overloads are chosen,
arguments stand in order with defaults filled in, conversions are `Cast`s. An operation on arrays is marked by its
type: an `Operation` or `Call` whose `mapped` says so goes element by element.

`type` is settled in place when the declaration that holds the node has been solved; after the checker has
finished, nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qdsl.lang.node import NodeType, field
from qdsl.lang.source import Source, Span
from qdsl.lang.typed.spaces import Of, Places
from qdsl.lang.typed.types import Type


class Node(metaclass=NodeType):
    """Anything here; nodes are compared by identity."""


@dataclass(frozen=True, slots=True)
class DisplayUnit:
    """How a quantity is shown: SI value = scale * shown value + offset (an offset only for degC and degF)."""

    symbol: str
    scale: float
    offset: float = 0.0


class Variable(Node):
    """Something bound to a name: a parameter, `let`, `var`, a loop variable, a top-level `let`, a constant, a param or
    axis.

    `is_global` tells a name that the whole file sees: a constant, or a top-level let once the session has run it
    (`value` holds it).
    """

    name: str
    type: Type
    span: Span | None = None
    is_mutable: bool = False
    is_global: bool = False
    display: DisplayUnit | None = None
    value: Expr | None = None
    uncertainty: float | None = None


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────


class Expr(Node):
    """Something with a value. `display` is the unit it is shown in, where that is known before the run."""

    span: Span
    type: Type
    display: DisplayUnit | None = field(default=None, kw_only=True)


class Constant(Expr):
    """A number (quantities in SI), truth value or text known now."""

    value: bool | int | float | complex | str


class Uncertain(Expr):
    """An Estimate written in the program: `18.21(42) us`."""

    value: float
    error: float


class Local(Expr):
    """The value of a variable, global ones included."""

    variable: Variable


class FunctionValue(Expr):
    """A function by its name, used as a value."""

    function: Function


class Lambda(Expr):
    parameters: tuple[Variable, ...]
    body: Expr


class Derivative(Expr):
    """`grad(f)`, `jacobian(f)`, `hessian(f)`: a function of the same arguments; `jvp(f)`: of directions too. The first
    word is the `kind`."""

    kind: str
    function: Expr


class Cast(Expr):
    """Int to Real, Real to Complex, element by element; the target is `type`."""

    value: Expr


class Operation(Expr):
    """A primitive of the language on numbers: `name` is its extern name in stdlib (`add`, `exp`, `min`, `lt`, ...).

    The operands have one number kind each, as the primitive's declaration says, or are arrays of it: then the
    operation maps over them, and operands that are not arrays are the same for all elements.
    """

    name: str
    operands: tuple[Expr, ...]


class Call(Expr):
    """A call of a declared function. `mapped[i]` tells that argument i is an array over which the call maps."""

    function: Function
    arguments: tuple[Expr, ...]
    mapped: tuple[bool, ...]


class CallValue(Expr):
    """A call of a function that is a value: a parameter of function type, a lambda, a derivative."""

    function: Expr
    arguments: tuple[Expr, ...]
    mapped: tuple[bool, ...]


class Compare(Expr):
    """`a < b <= c`: every operand is computed once; each pair has one number kind. `tolerance` belongs to `~=`."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]
    tolerance: Expr | None


class Logic(Expr):
    """`and`, `or`: the right side only where the left does not decide."""

    operator: str
    left: Expr
    right: Expr


class If(Expr):
    condition: Expr
    then: Block
    otherwise: Expr | None


class Block(Expr):
    """Statements, and the value of the last where it has one."""

    statements: tuple[Statement, ...]
    value: Expr | None


class ArrayLiteral(Expr):
    elements: tuple[Expr, ...]


class IntRange(Expr):
    """The Ints from `low` up to, not including, `high`: `range(n)`, `range(a, b)`, and `a .. b` with b + 1."""

    low: Expr
    high: Expr


class Comprehension(Expr):
    variable: Variable
    iterable: Expr
    element: Expr


class Index(Expr):
    """One element; as many indices as the array has axes, or fewer: then a row."""

    value: Expr
    indices: tuple[Expr, ...]


class SliceOf(Expr):
    """`v[i:j]` of an array with one axis; an absent end is the array's."""

    value: Expr
    start: Expr | None
    stop: Expr | None


class RecordLiteral(Expr):
    """Fields in the order of the type."""

    fields: tuple[tuple[str, Expr], ...]


class GetField(Expr):
    """A field of a record, a column of a table, a part of a fit or an estimate."""

    value: Expr
    name: str


class Shown(Expr):
    """`x to us`: the same value; `display` says how it is shown."""

    value: Expr


class Interpolation(Expr):
    """A text with values in it."""

    parts: tuple[str | Expr, ...]


class DistributionValue(Expr):
    """`Binomial(500, p)`: the arguments in the order of the distribution's declaration; None where left out."""

    name: str
    arguments: tuple[Expr | None, ...]


class SpaceValue(Expr):
    """A space or a register; which one its type says."""


class Quantum(Expr):
    """An operation on operators and states: `name` says which (`lang.quantum` has the table), `options` are what is
    given by name: `loss`, `method`, ..
    """

    name: str
    arguments: tuple[Expr, ...]
    options: tuple[tuple[str, Expr], ...] = ()


class HostCall(Expr):
    """A call of a runtime primitive: `print`, `load`, `fit`, .. with its positional and its named arguments."""

    name: str
    arguments: tuple[Expr, ...]
    named: tuple[tuple[str, Expr], ...]


class Broken(Expr):
    """What has been reported already."""


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────


class Statement(Node):
    span: Span


class Let(Statement):
    """Binds a variable, `var` included."""

    variable: Variable
    value: Expr


class Assign(Statement):
    variable: Variable
    value: Expr


class SetIndex(Statement):
    """`v[i] = x`: the variable's array with one element replaced."""

    variable: Variable
    indices: tuple[Expr, ...]
    value: Expr


class Evaluate(Statement):
    """An expression for its effect, or as the answer of a line at a prompt."""

    value: Expr


class For(Statement):
    variable: Variable
    iterable: Expr
    body: Block


class While(Statement):
    condition: Expr
    body: Block


class Break(Statement):
    pass


class Return(Statement):
    value: Expr | None


class Assert(Statement):
    """`text` is the condition as written."""

    condition: Expr
    text: str


# ── declarations ─────────────────────────────────────────────────────────────────────────────────────────────────


class Function(Node):
    """A function, or with `body` None a primitive of that name. `type` is generic in the variables left in it."""

    name: str
    parameters: tuple[Variable, ...]
    defaults: tuple[Expr | None, ...]
    type: Type
    body: Expr | None
    span: Span
    doc: str = ""
    module: str = ""
    result_of: tuple[tuple[Of, Places], ...] = ()
    """What a written result type that names no spaces is found to be over, for where the function calls itself."""


class ParamDeclaration(Node):
    """A parameter of an experiment: SI values; no bound is an infinite one."""

    variable: Variable
    default: Expr | None
    low: Expr | None
    high: Expr | None
    prior: DistributionValue | None
    doc: str = ""


class AxisDeclaration(Node):
    """One axis, or several that go together (`zip`); `values` has an expression for each variable, or is empty."""

    variables: tuple[Variable, ...]
    values: tuple[Expr, ...]
    doc: str = ""


class Outcome(Node):
    """Which of several counts that are drawn together a measurement is, all of them, and their distribution."""

    place: int
    counts: tuple[Variable, ...]
    distribution: DistributionValue


class MeasureDeclaration(Node):
    """`variable` stands for a draw: its type is the distribution's support. Of a measurement with several outcomes
    there is one for each, with `outcome` set; its `distribution` has the probability of this one.
    """

    variable: Variable
    distribution: DistributionValue
    doc: str = ""
    outcome: Outcome | None = None

    @property
    def is_further(self) -> bool:
        """Whether what holds of all outcomes together belongs to one before it."""
        return self.outcome is not None and self.outcome.place > 0


class Experiment(Node):
    """Members in the order written; `lets` may use params, axes and earlier lets."""

    name: str
    params: tuple[ParamDeclaration, ...]
    axes: tuple[AxisDeclaration, ...]
    lets: tuple[Let, ...]
    measures: tuple[MeasureDeclaration, ...]
    span: Span
    doc: str = ""
    is_whole: bool = True
    """Whether every member that is written is here: one that is wrong may be missing, and nobody misses it twice."""


class TestDeclaration(Node):
    name: str
    body: Block
    span: Span


class UnitDefinition(Node):
    """A unit with its prefixes applied or not; `factor` is exact where the definition is."""

    symbol: str
    factor: Fraction | float
    offset: float
    type: Type
    span: Span | None


class Module(Node):
    """A whole checked file: declarations by name, statements in the order they run."""

    source: Source
    functions: dict[str, Function]
    experiments: dict[str, Experiment]
    constants: dict[str, Variable]
    tests: tuple[TestDeclaration, ...]
    statements: tuple[Statement, ...]
    options: dict[str, str]
