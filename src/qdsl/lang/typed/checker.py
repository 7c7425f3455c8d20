"""The state of checking one module, and the moves that every rule makes: infer, unify, convert, settle.

A rule is a function `(checker, node, expected) -> typed.Expr` registered with `@rule(surface node)`. `expected` is a
wish that helps literals and lambdas; the caller still converts the result with `fit`. A rule that finds a mistake
reports it and returns `typed.Broken`, which fits anywhere, so that one mistake gives one message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from qdsl.lang.names import Kind, Resolved, Symbol
from qdsl.lang.report import Diagnostic, Diagnostics, InternalError
from qdsl.lang.source import Span
from qdsl.lang.surface import tree as surface
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.cycles import Products
from qdsl.lang.typed.dimension import CYCLE, ONE, Dimension, Turn
from qdsl.lang.typed.dimension_errors import DimensionErrors
from qdsl.lang.typed.dynamics_errors import DynamicsErrors
from qdsl.lang.typed.errors import TypeErrors
from qdsl.lang.typed.experiment_errors import ExperimentErrors
from qdsl.lang.typed.picture_errors import PictureErrors
from qdsl.lang.typed.places import is_quantum
from qdsl.lang.typed.quantum_errors import QuantumErrors
from qdsl.lang.typed.scheme import dimensions_of, free_variables, open_turns
from qdsl.lang.typed.show import Show
from qdsl.lang.typed.solve import Solver, TooManyTurns
from qdsl.lang.typed.spaces import fits_space
from qdsl.lang.typed.types import BROKEN, INT, NEVER, Type, pruned, resolved
from qdsl.lang.typed.unification import Unifier, element_of, joined_shape

Rule = Callable[["Checker", Any, Type | None], typed.Expr]
RULES: dict[type[surface.Expr], Rule] = {}

R = TypeVar("R", bound=Rule)


def rule(*nodes: type[surface.Expr]) -> Callable[[R], R]:
    """Register the rule for these kinds of expression."""

    def register(function: R) -> R:
        for each in nodes:
            RULES[each] = function
        return function

    return register


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a type is expected: a place and what to say of it."""

    span: Span | None
    text: str


NO_REASON = Reason(None, "")


@dataclass(eq=False, slots=True)
class Body:
    """The function being checked: where its `return`s put their types, whether it is pure, what an experiment has."""

    result: Type | None = None
    declared: Span | None = None
    returns: list[typed.Return] = field(default_factory=list)
    is_function: bool = True
    members: set[typed.Variable] = field(default_factory=set)

    def returned(self) -> list[typed.Expr]:
        """The values of the `return`s."""
        return [each.value for each in self.returns if each.value is not None]

    def set_returned(self, values: Sequence[typed.Expr]) -> None:
        """Put them back, converted."""
        having = (each for each in self.returns if each.value is not None)
        for each, value in zip(having, values, strict=True):
            each.value = value


class Checker:
    """Checks one module. Entities of symbols are filled in as declarations are checked, in dependency order."""

    def __init__(self, resolved_names: Resolved, names: dict[Dimension, str], diagnostics: Diagnostics) -> None:
        self.resolved = resolved_names
        self.symbols = resolved_names.symbols
        self.names = names
        self.show = Show(names)
        self.diagnostics = diagnostics
        self.errors = TypeErrors(self.show)
        self.dims = DimensionErrors(self.show, self.is_hidden)
        self.models = ExperimentErrors(self.show)
        self.quantum = QuantumErrors(self.show)
        self.dynamics = DynamicsErrors(self.show)
        self.pictures = PictureErrors(self.show)
        self.unifier = Unifier(lambda span, count: self.report(self.dims.too_many_turns(span, count)))
        self.same_dimension = self.unifier.same_dimension
        self.unify = self.unifier.unify
        self.exact: dict[typed.Expr, Fraction] = {}
        self.known: dict[surface.Expr, typed.Expr] = {}
        self.unsettled: list[typed.Expr | typed.Variable] = []
        self.turns: list[Turn] = []
        self.phases: set[typed.Variable] = set()
        self.products = Products(self.phases)
        self.holes: list[tuple[Span, Type]] = []
        self.bodies: list[Body] = []
        self.unfinished: set[typed.Function] = set()
        self.is_library = False
        self.module_name = ""

    def report(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.add(diagnostic)

    def is_hidden(self, name: str, span: Span) -> bool:
        """Whether a value of the library cannot be offered at a place, because the program has something of that name.

        A local hides it in its own item of the file, wherever in there its block ends.
        """
        library = self.resolved.scope.parent
        meant = library.value(name) if library is not None else None
        own = (each for each in self.symbols.values() if each.name == name and each.kind is not Kind.UNIT)
        around = (each for each in own if each.span is not None and each.span.chunk is span.chunk)
        return self.resolved.scope.value(name) is not meant or any(each is not meant for each in around)

    @property
    def in_function(self) -> bool:
        """Whether this is inside something pure: a function, a lambda, an experiment."""
        return any(body.is_function for body in self.bodies)

    # ── expressions ──────────────────────────────────────────────────────────

    def expr(self, node: surface.Expr, expected: Type | None = None) -> typed.Expr:
        """Infer an expression."""
        if node in self.known:
            return self.known[node]
        found = RULES.get(type(node))
        if found is None:
            raise InternalError(f"no typing rule for {type(node).__name__}")
        result = found(self, node, expected)
        self.note(result)
        return result

    def note(self, thing: typed.Expr | typed.Variable) -> None:
        """Remember what has to be settled when the declaration ends."""
        if not _is_settled(thing.type):
            self.unsettled.append(thing)

    def broken(self, span: Span) -> typed.Expr:
        return typed.Broken(span, BROKEN)

    def symbol(self, node: surface.Node) -> Symbol | None:
        return self.symbols.get(node)

    def turn(self, span: Span, text: str) -> Turn:
        """A new occurrence of pi or of what holds one."""
        turn = Turn(span, text)
        self.turns.append(turn)
        return turn

    # ── conversion ───────────────────────────────────────────────────────────

    def convert(self, value: typed.Expr, target: Type) -> typed.Expr | None:
        """`value` as a `target`, with the casts that happen by themselves; None where it cannot be."""
        source, target = pruned(value.type), pruned(target)
        if source in (BROKEN, NEVER) or target is BROKEN:
            return value
        if isinstance(source, types.Record) and isinstance(target, types.Record):
            return self._convert_record(value, source, target)
        if isinstance(source, types.QUANTUM) and isinstance(target, types.QUANTUM):
            return self._convert_quantum(value, source, target)
        element, shape = element_of(source)
        wanted, wanted_shape = element_of(target)
        if isinstance(wanted, types.TypeVar) or isinstance(element, types.TypeVar):
            return value if self.unify(source, target, value.span) else None
        if (shape is None) != (wanted_shape is None):
            return None
        if shape is not None and wanted_shape is not None and joined_shape(shape, wanted_shape) is None:
            return None
        return self._convert_number(value, element, wanted, target)

    def _convert_record(self, value: typed.Expr, source: types.Record, target: types.Record) -> typed.Expr | None:
        """A record field by field; fields are found by name, so their order does not matter."""
        if {name for name, _ in source.fields} != {name for name, _ in target.fields}:
            return None
        literal = dict(value.fields) if isinstance(value, typed.RecordLiteral) else None
        whole = typed.Variable("record", source, value.span)
        fields: list[tuple[str, typed.Expr]] = []
        kept = literal is None
        for (name, wanted), (own, _) in zip(target.fields, source.fields, strict=True):
            type_ = source.field(name)
            assert type_ is not None
            use = typed.Local(value.span, source, whole)
            part = typed.GetField(value.span, type_, use, name) if literal is None else literal[name]
            converted = self.convert(part, wanted)
            if converted is None:
                return None
            kept = kept and converted is part and own == name
            fields.append((name, converted))
        if kept:
            return value
        made = {name: part.type if is_quantum(part.type) else target.field(name) or part.type for name, part in fields}
        type_ = types.Record(tuple(made.items()))
        result = typed.RecordLiteral(value.span, type_, tuple(fields))
        if literal is not None:
            return result
        return typed.Block(value.span, type_, (typed.Let(value.span, whole, value),), result)

    def _convert_quantum(self, value: typed.Expr, source: Type, target: Type) -> typed.Expr | None:
        """A state is also its density, and a density an operator; spaces fit where kind and size do."""
        match source, target:
            case types.SpaceType(own), types.SpaceType(wanted):
                return value if fits_space(own, wanted) else None
            case types.Ket(places), types.Density():
                return typed.Quantum(value.span, types.Density(places), "density", (value,))
            case types.Density(places), types.Operator(dimension, _):
                fits = self.same_dimension(ONE, dimension, value.span)
                return typed.Quantum(value.span, types.Operator(ONE, places), "operator", (value,)) if fits else None
            case _:
                return value if self.unify(source, target, value.span) else None

    def _convert_number(self, value: typed.Expr, element: Type, wanted: Type, target: Type) -> typed.Expr | None:
        match element, wanted:
            case types.Simple("Int"), types.Real(dimension) | types.Complex(dimension) | types.Estimate(dimension):
                if not self.same_dimension(dimension, ONE, value.span):
                    return None
                return self.cast(value, wanted)
            case types.Real(a), types.Complex(b) | types.Estimate(b):
                return self.cast(value, wanted) if self.same_dimension(a, b, value.span) else None
            case _:
                return value if self.unify(value.type, target, value.span) else None

    def cast(self, value: typed.Expr, element: Type) -> typed.Expr:
        """The number, or every element of the array, as another kind of number; constants at once."""
        _, shape = element_of(value.type)
        type_ = element if shape is None else types.Array(element, shape)
        if isinstance(value, typed.Constant) and isinstance(element, types.Real):
            constant = typed.Constant(value.span, type_, float(value.value), display=value.display)  # type: ignore[arg-type]
            if value in self.exact:
                self.exact[constant] = self.exact[value]
            self.note(constant)
            return constant
        result = typed.Cast(value.span, type_, value, display=value.display)
        self.note(result)
        return result

    def fit(self, value: typed.Expr, target: Type, reason: Reason = NO_REASON) -> typed.Expr:
        """`value` as a `target`, or a message why not."""
        converted = self.convert(value, target)
        if converted is not None:
            return converted
        self.report(self._misfit(value, target, reason))
        return self.broken(value.span)

    def _misfit(self, value: typed.Expr, target: Type, reason: Reason) -> Diagnostic:
        found, wanted = resolved(value.type), resolved(target)
        found_element, found_shape = element_of(found)
        element, shape = element_of(wanted)
        if found_shape is shape is None or (found_shape and shape and joined_shape(found_shape, shape)):
            match found_element, element:
                case types.Real(a), types.Simple("Int") if a.is_one:
                    return self.errors.needs_rounding(value.span, reason.span, reason.text)
                case (
                    (types.Real(a) | types.Complex(a) | types.Estimate(a)),
                    (types.Real(b) | types.Complex(b) | types.Estimate(b)),
                ) if not self.same_dimension(a, b, value.span):
                    return self.wrong_dimension(value.span, a, b, reason)
                case types.Simple("Int"), types.Real(b):
                    return self.wrong_dimension(value.span, ONE, b, reason)
        return self.errors.mismatch(value.span, found, wanted, reason.span, reason.text)

    def wrong_dimension(self, span: Span, found: Dimension, wanted: Dimension, reason: Reason) -> Diagnostic:
        if only_cycles(found, wanted):
            return self.dims.inverse_cycles(span, found, wanted, reason.span, reason.text)
        return self.dims.expected(span, found, wanted, reason.span, reason.text)

    # ── the end of a let or declaration ──────────────────────────────────────

    def settle_let(self, variable: typed.Variable) -> None:
        """A let's type keeps no open 2π, unless a dimension in it is itself still unknown."""
        for dimension in dimensions_of(variable.type):
            if not dimension.ground and not any(True for _ in dimension.variables()):
                self.settle_dimension(dimension, variable.span)

    def settle_dimension(self, dimension: Dimension, span: Span | None) -> None:
        try:
            self.unifier.solver.settle(dimension)
        except TooManyTurns as found:
            assert span is not None
            self.report(self.dims.too_many_turns(span, found.count))
            self.unifier.solver.give_up(dimension)

    def settle_declaration(self, kept: Sequence[Type] = ()) -> None:
        """Decide what is open, except what the `kept` types quantify, and settle every node's type in place."""
        keep = {turn for type_ in kept for turn in open_turns(type_)} - self.unifier.solver.tied()
        for thing in reversed(self.unsettled):  # the whole before its parts: the whole says what pi is for
            for dimension in dimensions_of(thing.type):
                if not dimension.ground and not any(turn in keep for turn in dimension.turns()):
                    free = any(True for _ in dimension.variables())
                    if not free:
                        self.settle_dimension(dimension, thing.span)
        for turn in self.turns:
            if turn.carries is None and turn not in keep:
                self.settle_dimension(Dimension({turn: 1}), turn.span)
        self._answer_holes()
        for doubled in self.products.doubled():
            self.report(self.dims.doubled_turn(doubled))
        quantified = {variable for type_ in kept for variable in free_variables(type_)}
        for thing in self.unsettled:
            thing.type = resolved(thing.type)
            if _is_settled(thing.type):
                continue
            for variable in free_variables(thing.type):
                if not variable.rigid and variable not in quantified:
                    variable.solution = ONE  # nothing says what it is: a plain number
            thing.type = final(thing.type)
        self.unsettled.clear()
        self.turns.clear()
        self.products = Products(self.phases)
        self.unifier.solver = Solver()

    def _answer_holes(self) -> None:
        for span, type_ in self.holes:
            self.report(self.errors.hole(span, resolved(type_), self._constants_of(type_)))
        self.holes.clear()

    def _constants_of(self, type_: Type) -> list[str]:
        type_ = resolved(type_)
        fitting = []
        for scope in self.resolved.scope.chain():
            for name, symbol in scope.values.items():
                entity = symbol.entity
                if isinstance(entity, typed.Variable) and entity.value is not None and resolved(entity.type) == type_:
                    fitting.append(name)
        return fitting[:5]


def only_cycles(found: Dimension, wanted: Dimension) -> bool:
    """Whether a power of cycle is all that is between two dimensions."""
    ratio = (wanted.resolved() / found.resolved()).factors
    return bool(ratio) and all(atom == CYCLE or type(atom) is Turn for atom in ratio)


def final(type_: Type) -> Type:
    """The settled type: what nothing decided is an Int if it came from a literal 0."""
    type_ = resolved(type_)
    if isinstance(type_, types.TypeVar):
        type_.solution = INT
        return INT
    if isinstance(type_, types.Array) and isinstance(type_.element, types.TypeVar):
        return types.Array(final(type_.element), type_.shape)
    return type_


def _is_settled(type_: Type) -> bool:
    if isinstance(type_, types.Real):
        return type_.dimension.ground
    return isinstance(type_, types.Simple)
