"""typed.Expr -> host value: what a top-level expression is worth.

Tables, fits, texts and functions are handled here; numbers go to `numeric`. The values of top-level names live in the
`Environment`; a name bound to a
function is also known to the compiler (`Variable.value`), because which function it is must be known there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from qdsl.lang.core.lower_errors import function_not_known
from qdsl.lang.generate import Entry
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.places import is_staged
from qdsl.runtime import numeric
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.failures import Stopped, no_value_yet, other_length
from qdsl.runtime.frozen import frozen, variables, with_values
from qdsl.runtime.inputs import held_by_session
from qdsl.runtime.show import rows, text_of
from qdsl.runtime.sweep import Sweep, sweep
from qdsl.runtime.value.estimate import independent

Host = Callable[["Environment", typed.HostCall], Any]

NOT_KNOWN = "E0387"
"""Which space, level or operator is meant is not known while the expression is compiled."""


@dataclass(eq=False)
class Environment:
    """The values of a session, and what it needs to compute new ones."""

    compiler: Compiler
    host: dict[str, Host]
    values: dict[typed.Variable, Any] = field(default_factory=dict)
    changed: dict[typed.SetIndex, typed.Block] = field(default_factory=dict)
    units: dict[typed.Variable, typed.DisplayUnit] = field(default_factory=dict)
    columns: dict[typed.Expr, typed.DisplayUnit | None] = field(default_factory=dict)
    """The units of what was taken from tables and optima: to look again would make those again."""
    computations: dict[typed.Expr, numeric.Computation] = field(default_factory=dict)
    sweeps: dict[typed.Expr, Sweep | None] = field(default_factory=dict)
    explain: Callable[[Span, str], None] | None = None
    """Is told how expressions over points run, if somebody wants to know."""
    held: dict[typed.Expr, tuple[typed.Variable, ...]] = field(default_factory=dict)
    """Of a call that gives a function what its arguments were."""
    given: dict[typed.Expr, typed.Expr] = field(default_factory=dict)
    """The function that such a call gives: the call, of the variables in `held`."""
    changing: dict[typed.Expr, tuple[typed.Variable, ...]] = field(default_factory=dict)
    """Of an expression the variables in it that are operators which may change."""
    by_ints: set[typed.Expr] = field(default_factory=set)
    """Expressions in which Ints say which space or level is meant."""
    models: dict[typed.Experiment, Any] = field(default_factory=dict)
    searched: dict[Hashable, Any] = field(default_factory=dict)
    """Compiled functions that were minimised, by what they were made from."""
    overrides: dict[typed.Variable, float] = field(default_factory=dict)
    """What `--set` says of params, in SI: it goes before their defaults."""

    def bind(self, variable: typed.Variable, value: Any) -> None:
        """Give a name its value; an array has the lengths that the name's type promises."""
        type_ = types.pruned(variable.type)
        if isinstance(type_, types.Array) and not isinstance(value, typed.Expr):
            _check_lengths(variable, type_, value)
        if isinstance(value, typed.Expr) and not _may_change(variable):
            if variable.value is not None and variable.value is not value:
                assert variable.span is not None
                raise Stopped(function_not_known(variable.span).diagnostic)
            variable.value = value
        self.values[variable] = value

    def set_element(self, statement: typed.SetIndex) -> None:
        """`v[i] = x`: the variable has another array from now on."""
        variable = statement.variable
        if statement not in self.changed:
            after = typed.Local(statement.span, variable.type, variable)
            self.changed[statement] = typed.Block(statement.span, variable.type, (statement,), after)
        self.values[variable] = self.evaluate(self.changed[statement])

    def let(self, variable: typed.Variable, value: typed.Expr) -> None:
        """`let name = value`."""
        found = self.evaluate(value)
        self.bind(variable, found)
        if types.pruned(variable.type) is types.INT and not variable.is_mutable and variable.value is None:
            variable.value = typed.Constant(value.span, types.INT, int(found))
        unit = self.unit_of(value)
        if unit is not None and variable.display is None:
            self.units[variable] = unit

    def evaluate(self, expr: typed.Expr) -> Any:
        """The value of an expression."""
        if is_staged(expr.type) and not isinstance(types.pruned(expr.type), types.Function):
            return self._staged(expr)
        match expr:
            case typed.Constant():
                return expr.value
            case typed.Uncertain(value=value, error=error, type=types.Estimate(dimension)):
                return independent(value, error, dimension, expr.display)
            case typed.Local(variable=variable):
                return self._variable(variable, expr.span)
            case typed.Interpolation(parts=parts):
                return "".join(part if isinstance(part, str) else self.text(part) for part in parts)
            case typed.HostCall(name=name):
                return self.host[name](self, expr)
            case typed.Shown(value=value):
                return self.evaluate(value)
            case typed.GetField(value=value, name=name) if held_by_session(value.type):
                whole = self.evaluate(value)
                if isinstance(types.pruned(value.type), types.Table):
                    self.columns[expr] = whole.columns[name].display
                elif isinstance(types.pruned(value.type), types.Optimum):
                    self.columns[expr] = whole.unit_of(name)
                return self._part(whole, types.pruned(value.type), name)
            case typed.RecordLiteral(fields=fields):
                return {name: self.evaluate(each) for name, each in fields}
            case typed.FunctionValue() | typed.Lambda() | typed.Derivative():
                return expr
            case typed.Call() | typed.CallValue() if isinstance(types.pruned(expr.type), types.Function):
                return self._function(expr)
            case typed.Block(statements=(), value=typed.Expr() as value):
                return self.evaluate(value)
            case typed.IntRange(low=low, high=high):
                import numpy as np

                return np.arange(self.evaluate(low), self.evaluate(high), dtype=np.int64)
            case typed.If() if not _is_number(expr.type):
                return self._branch(expr)
            case typed.Compare() if not _is_number(expr.operands[0].type):
                return self._compare(expr)
            case _:
                return self._number(expr)

    def _staged(self, expr: typed.Expr) -> typed.Expr:
        """An operator or a space: the expression, with what is a number in it as it is now."""
        if isinstance(expr, typed.Local):
            found = self.values.get(expr.variable, expr.variable.value)
            return found if isinstance(found, typed.Expr) else expr
        return frozen(expr, self._held_number, self._operators_in(expr))

    def _operators_in(self, expr: typed.Expr) -> dict[typed.Variable, typed.Expr]:
        """The variables of an expression that are operators which may change, and what they are now."""
        if expr not in self.changing:
            found = (each for each in variables(expr) if _may_change(each) and each in self.values)
            self.changing[expr] = tuple(dict.fromkeys(found))
        return {each: self.values[each] for each in self.changing[expr]}

    def _held_number(self, part: typed.Expr) -> typed.Expr:
        """A number as a variable of its own; an Int, which may say how many operators there are, as itself."""
        value = self.evaluate(part)
        if types.pruned(part.type) in (types.INT, types.BOOL):
            return typed.Constant(part.span, part.type, value)
        variable = typed.Variable("number", part.type, part.span, is_global=True)
        self.bind(variable, value)
        return typed.Local(part.span, part.type, variable)

    def elements(self, expr: typed.Expr) -> Iterator[Any]:
        """The elements of an array or a range, one after the other."""
        if isinstance(expr, typed.IntRange):
            return iter(range(self.evaluate(expr.low), self.evaluate(expr.high)))
        if is_staged(expr.type):
            return self._operators(self.evaluate(expr))
        return rows(self.evaluate(expr))

    def _operators(self, whole: typed.Expr) -> Iterator[typed.Expr]:
        """The elements of a list of operators."""
        type_ = types.pruned(whole.type)
        assert isinstance(type_, types.Array)
        for k in range(self._count(whole)):
            index = typed.Constant(whole.span, types.INT, k)
            yield typed.Index(whole.span, type_.element, whole, (index,))

    def _count(self, whole: typed.Expr) -> int:
        match whole:
            case typed.ArrayLiteral(elements=elements):
                return len(elements)
            case typed.Comprehension(iterable=iterable):
                return len(list(self.elements(iterable)))
            case _:
                length = typed.Operation(
                    whole.span, types.INT, "len", (whole, typed.Constant(whole.span, types.INT, 0))
                )
                return int(self.evaluate(length))

    def text(self, expr: typed.Expr) -> str:
        """The value as it is shown."""
        return text_of(self.shown(self.evaluate(expr), expr.type), expr.type, self.unit_of(expr))

    def shown(self, value: Any, type_: types.Type) -> Any:
        """A value for somebody to look at: of a record with operators its fields."""
        type_ = types.pruned(type_)
        if not isinstance(value, typed.Expr) or not isinstance(type_, types.Record):
            return value
        parts = {name: typed.GetField(value.span, each, value, name) for name, each in type_.fields}
        return {name: self.shown(self.evaluate(each), each.type) for name, each in parts.items()}

    def unit_of(self, expr: typed.Expr) -> typed.DisplayUnit | None:
        """The unit an expression is shown in: a static one, or that of the column it is taken from."""
        if expr.display is not None:
            return expr.display
        match expr:
            case typed.GetField(value=value) if isinstance(types.pruned(value.type), types.Table | types.Optimum):
                if expr not in self.columns:
                    self.evaluate(expr)
                return self.columns[expr]
            case typed.Local(variable=variable):
                return self.units.get(variable)
            case typed.Index(value=value) | typed.SliceOf(value=value):
                return self.unit_of(value)
            case _:
                return None

    def _variable(self, variable: typed.Variable, at: Span) -> Any:
        if variable in self.values:
            return self.values[variable]
        if isinstance(variable.value, typed.Constant):
            return variable.value.value
        type_ = types.pruned(variable.type)
        if isinstance(type_, types.ExperimentType):
            return type_.experiment
        raise no_value_yet(variable, at)

    def _number(self, expr: typed.Expr) -> Any:
        """Operators in it that may change are put into it, as they are now; so are the Ints that say which is meant."""
        changed = self._operators_in(expr)
        if expr not in self.by_ints:
            try:
                return self._as_it_is(with_values(expr, changed))
            except Stopped as stop:
                if stop.diagnostic.code != NOT_KNOWN or not self._ints_in(expr):
                    raise
                self.by_ints.add(expr)
        return self._as_it_is(with_values(expr, changed | self._ints_in(expr)))

    def _ints_in(self, expr: typed.Expr) -> dict[typed.Variable, typed.Expr]:
        """The variables of an expression that are Ints, as what they are now."""
        found: dict[typed.Variable, typed.Expr] = {}
        for each in variables(expr):
            if types.pruned(each.type) is types.INT and each in self.values:
                found[each] = typed.Constant(expr.span, types.INT, int(self.values[each]))
        return found

    def _as_it_is(self, expr: typed.Expr) -> Any:
        over_points = self._sweep(expr)
        if over_points is not None:
            values, lost = self._parts(over_points.point.sources)
            return over_points.value(values, self._globals(over_points.entry, expr), lost)
        computation = self._computation(expr)
        values, lost = self._parts(computation.inputs)
        return computation.value([*values, *self._globals(computation.entry, expr)], lost)

    def _computation(self, expr: typed.Expr) -> numeric.Computation:
        if expr not in self.computations:
            self.computations[expr] = numeric.computation(expr, self.compiler)
        return self.computations[expr]

    def _globals(self, entry: Entry, expr: typed.Expr) -> list[Any]:
        return [self._variable(each, expr.span) for each in entry.globals]

    def _parts(self, parts: Sequence[typed.Expr]) -> tuple[list[Any], bool]:
        """The values of parts of an expression, and whether one of them is not finite and has no excuse."""
        found = [self._part_of(part) for part in parts]
        return [value for value, _ in found], any(lost for _, lost in found)

    def _part_of(self, part: typed.Expr) -> tuple[Any, bool]:
        """Parts over points, and what is computed with them, may be infinite where the whole is not."""
        over_points = self._sweep(part)
        if over_points is not None:
            values, lost = self._parts(over_points.point.sources)
            return over_points.part(values, self._globals(over_points.entry, part), lost)
        if isinstance(part, typed.Operation) and _is_number(part.type):
            computation = self._computation(part)
            values, lost = self._parts(computation.inputs)
            return computation.part([*values, *self._globals(computation.entry, part)], lost)
        return self.evaluate(part), False

    def _sweep(self, expr: typed.Expr) -> Sweep | None:
        if expr not in self.sweeps:
            tell = None if self.explain is None else partial(self.explain, expr.span)
            self.sweeps[expr] = sweep(expr, self.compiler, tell)
        return self.sweeps[expr]

    def _function(self, expr: typed.Call | typed.CallValue) -> typed.Expr:
        """A call that gives a function, with the values that its arguments have now; the same code each time."""
        parts = expr.arguments if isinstance(expr, typed.Call) else (expr.function, *expr.arguments)
        if expr not in self.held:
            self.held[expr] = tuple(typed.Variable("argument", part.type, part.span, is_global=True) for part in parts)
            uses = tuple(typed.Local(each.span or expr.span, each.type, each) for each in self.held[expr])
            if isinstance(expr, typed.Call):
                self.given[expr] = replace(expr, arguments=uses)
            else:
                self.given[expr] = replace(expr, function=uses[0], arguments=uses[1:])
        for variable, part in zip(self.held[expr], parts, strict=True):
            self.bind(variable, self.evaluate(part))
        return self.given[expr]

    def _branch(self, expr: typed.If) -> Any:
        chosen = expr.then if self.evaluate(expr.condition) else expr.otherwise
        return None if chosen is None else self.evaluate(chosen)

    def _compare(self, expr: typed.Compare) -> bool:
        """Texts and truth values."""
        left, right = (self.evaluate(each) for each in expr.operands)
        return bool(left == right) == (expr.operators[0] == "==")

    def _part(self, value: Any, type_: types.Type, name: str) -> Any:
        match type_:
            case types.Table():
                return value.columns[name].values
            case types.Estimate():
                return value.value if name == "value" else value.error
            case types.Record() if isinstance(value, typed.RecordLiteral):
                return self.evaluate(dict(value.fields)[name])
            case types.Record():
                return value[name]
            case types.StateTomography() | types.ProcessTomography() | types.Optimum():
                return value.part(name)
            case types.Bootstrap():
                return getattr(value, name) if name in ("draws", "failed") else value[name]
            case types.Posterior():
                return value.part(name)
            case _:
                return _fit_part(value, name)


def _may_change(variable: typed.Variable) -> bool:
    """Whether it is an operator, and another one later: of a `var`, of a loop, of a let in one."""
    changes = variable.is_mutable or not variable.is_global
    return changes and is_staged(variable.type) and not isinstance(types.pruned(variable.type), types.Function)


def _fit_part(fit: Any, name: str) -> Any:
    match name:
        case "verdict":
            return fit.verdict.word
        case "nll" | "deviance" | "p_value" | "chi2" | "runs_p_value":
            value = getattr(fit, name)
            return float("nan") if value is None else value
        case "dof" | "aic" | "aicc" | "bic" | "rejected":
            return getattr(fit, name)
        case "covariance":
            rows = zip(fit.estimates, fit.covariance.tolist(), strict=True)
            return {name: dict(zip(fit.estimates, row, strict=True)) for name, row in rows}
        case _:
            return fit[name]


def _is_number(type_: types.Type) -> bool:
    """Whether values of the type live in compiled code."""
    type_ = types.pruned(type_)
    if isinstance(type_, types.Array):
        return _is_number(type_.element)
    return type_ in (types.INT, types.BOOL) or isinstance(
        type_,
        types.Real | types.Complex | types.Estimate | types.Record | types.TypeVar | types.Ket | types.Density,
    )


def _check_lengths(variable: typed.Variable, type_: types.Array, value: Any) -> None:
    """`let q: [Scalar; 4] = zeros(n)`: what is known only now must be as declared."""
    first = next(iter(value.values())) if isinstance(value, dict) else value
    for promised, found in zip(type_.shape, getattr(first, "shape", ()), strict=False):
        if isinstance(promised, int) and promised != found:
            raise other_length(variable, found, promised)
