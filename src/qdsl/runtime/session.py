"""Running programs: a checked file's statements in order, a line at a prompt, the tests of a file.

    session = Session()
    session.run(Source("t1.qdsl", text))        True if it ran to its end

Scripts, the REPL and Python share this. What a program prints goes to `Settings.out`, messages to `Settings.report`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qdsl.lang import compile as front
from qdsl.lang.core.ir import Code
from qdsl.lang.core.sightings import Sighting, worst
from qdsl.lang.depth import deep_recursion
from qdsl.lang.names import Scope
from qdsl.lang.report import Diagnostic, Diagnostics, Label, error
from qdsl.lang.source import Source, Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import Dimension
from qdsl.lang.typed.show import Show
from qdsl.runtime import watching
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.failures import Interrupted, Stopped, seen
from qdsl.runtime.host import HOST
from qdsl.runtime.imports import FileImports
from qdsl.runtime.library import standard_library
from qdsl.runtime.show import text_of
from qdsl.runtime.world import World


def _print(text: str) -> None:
    print(text)


def _ignore(what: object) -> None:
    pass


@dataclass(frozen=True)
class Settings:
    """How a session runs. `overrides` are `--set p=v` texts by param name; `folder` is where relative paths start."""

    out: Callable[[str], None] = _print
    report: Callable[[Diagnostic], None] = _ignore
    seed: int | None = None
    overrides: dict[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)
    explain: Callable[[Span, str], None] | None = None
    """Is told how expressions over points run: see `runtime.sweep`."""
    progress: Callable[[str], None] = _ignore
    """Is told how far something is that takes long, and nothing (`""`) when it is done."""
    in_python: bool = False
    """Whether what watches see is a warning of Python's, and no message."""


@dataclass(frozen=True)
class TestResult:
    """One `test` block: `failure` is None where it passed."""

    name: str
    span: Span
    failure: Diagnostic | None


class _Break(Exception):  # noqa: N818 - no error: it ends a loop
    """`break`, on its way to the loop around it."""


class Session:
    """Values, names and options that live from one source to the next."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.library = standard_library()
        self.imports = FileImports(self.library, self.bind_lets)
        self.scope: Scope = self.library.prelude
        self.options: dict[str, str] = {}
        self.is_telling = False
        self.sightings: list[tuple[Sighting, Span]] = []
        self.compiler = Compiler(self.library, DiskCache.default())
        seed = self.settings.seed if self.settings.seed is not None else secrets.randbits(32)
        told = self.settings
        self.world = World(told.out, told.report, told.folder, seed, self._resolve_unit, told.progress)
        self.world.show = Show(self.library.dimension_names)
        host = {name: make(self.world) for name, make in HOST.items()}
        self.environment = Environment(self.compiler, host, explain=self.settings.explain)

    @property
    def show(self) -> Show:
        """Names for the types and dimensions of one message."""
        return self.world.show.fresh()

    # ── whole files ──────────────────────────────────────────────────────────

    def check(self, source: Source) -> front.Checked:
        """Every stage up to types, imports included; messages are in the result and not reported."""
        return self.imports.check(source, self.scope)

    def run(self, source: Source) -> bool:
        """Check the file and, if it is sound, run its statements. False where there was an error of either kind."""
        checked = self.check(source)
        self._report_all(checked.diagnostics)
        return checked.ok and self.execute(checked)

    @deep_recursion()
    def execute(self, checked: front.Checked) -> bool:
        """Run the statements of a sound file."""
        self._begin(checked)
        try:
            self._override(checked.module)
            for statement in checked.module.statements:
                self._statement(statement)
        except Stopped as stop:
            self.settings.report(stop.diagnostic)
            return False
        finally:
            self._report_sightings()
        return True

    @deep_recursion()
    def line(self, source: Source) -> bool:
        """Run what was typed at a prompt: its names stay, and a last expression is printed."""
        checked = self.imports.check(source, self.scope, more_follows=True)
        self._report_all(checked.diagnostics)
        if not checked.ok:
            return False
        self.scope = checked.resolved.scope
        self.options |= checked.module.options
        self._begin(checked)
        try:
            for statement in checked.module.statements:
                self._statement(statement, echo=True)
        except Stopped as stop:
            self.settings.report(stop.diagnostic)
            return False
        finally:
            self._report_sightings()
        return True

    @deep_recursion()
    def test(self, source: Source) -> list[TestResult] | None:
        """Run the declarations, lets and `test` blocks of a file; None, with messages, where it does not check."""
        checked = self.check(source)
        self._report_all(checked.diagnostics)
        if not checked.ok:
            return None
        try:
            self.bind_lets(checked)
        except Stopped as stop:
            self.settings.report(stop.diagnostic)
            return None
        finally:
            self._report_sightings()
        return [self._test(test) for test in checked.module.tests]

    def _test(self, test: typed.TestDeclaration) -> TestResult:
        try:
            with self._telling(test.span):
                self._expression(test.body)
        except Stopped as stop:
            return TestResult(test.name, test.span, stop.diagnostic)
        finally:
            self._report_sightings()
        return TestResult(test.name, test.span, None)

    def _begin(self, checked: front.Checked) -> None:
        self.world.source = checked.tree.source
        self.world.show = checked.show
        options = self.options | checked.module.options
        self.compiler.nonfinite = "keep" if options.get("nonfinite") == "keep" else "raise"

    def _report_all(self, diagnostics: Diagnostics) -> None:
        for each in diagnostics.in_order():
            self.settings.report(each)

    # ── statements ───────────────────────────────────────────────────────────

    def _statement(self, statement: typed.Statement, echo: bool = False) -> None:
        try:
            with self._telling(statement.span):
                self._carry_out(statement, echo)
        except Interrupted as stop:
            self._keep(statement, stop, echo)
            raise

    @contextmanager
    def _telling(self, at: Span) -> Iterator[None]:
        """What watches see in the outermost statement, which is `at`, is kept until the program has ended."""
        if self.is_telling:
            yield
            return
        if self.settings.in_python:
            with watching.as_one_call():
                yield
            return
        self.is_telling = True
        try:
            with watching.gathered() as found:
                yield
        finally:
            self.is_telling = False
            self.sightings += [(each, at) for each in worst(found)]

    def _report_sightings(self) -> None:
        """A message for each place where watches saw something: the worst of the whole run."""
        statements = {id(each): at for each, at in self.sightings}
        found = worst(each for each, _ in self.sightings)
        self.sightings = []
        for each in found:
            self.settings.report(seen(each, statements[id(each)]))

    def _keep(self, statement: typed.Statement, stop: Interrupted, echo: bool) -> None:
        """What an interrupted call has done, if the statement is about its value and nothing else: what is computed
        from it would not be what the program says.
        """
        match statement:
            case typed.Let(variable=variable) | typed.Assign(variable=variable) if statement.value is stop.call:
                self.environment.bind(variable, stop.value)
            case typed.Evaluate(value=value) if value is stop.call and echo:
                self.settings.out(self._answer(stop.value, value))
            case _:
                return
        self.settings.report(stop.warning)

    def _carry_out(self, statement: typed.Statement, echo: bool) -> None:
        match statement:
            case typed.Let(variable=variable, value=value):
                self.environment.let(variable, value)
            case typed.Assign(variable=variable, value=value):
                self.environment.values[variable] = self.environment.evaluate(value)
            case typed.SetIndex():
                self.environment.set_element(statement)
            case typed.Evaluate(value=value):
                self._expression(value, echo)
            case typed.Assert(condition=condition, text=text):
                self._assert(statement.span, condition, text)
            case typed.For(variable=variable, iterable=iterable, body=body):
                with suppress(_Break):
                    for each in self.environment.elements(iterable):
                        self.environment.bind(variable, each)
                        self._expression(body)
            case typed.While(condition=condition, body=body):
                with suppress(_Break):
                    while self.environment.evaluate(condition):
                        self._expression(body)
            case typed.Break():
                raise _Break

    def _expression(self, value: typed.Expr, echo: bool = False) -> None:
        """An expression that stands as a statement: an `if` and a block run, anything else is computed."""
        match value:
            case typed.If(condition=condition, then=then, otherwise=otherwise):
                chosen = then if self.environment.evaluate(condition) else otherwise
                if chosen is not None:
                    self._expression(chosen, echo)
            case typed.Block(statements=statements, value=last):
                for statement in statements:
                    self._statement(statement)
                if last is not None:
                    self._expression(last, echo)
            case _:
                self._evaluate(value, echo)

    def _evaluate(self, value: typed.Expr, echo: bool) -> None:
        result = self.environment.evaluate(value)
        if echo and types.pruned(value.type) is not types.NOTHING:
            self.settings.out(self._answer(result, value))

    def _answer(self, result: Any, value: typed.Expr) -> str:
        """A value as a prompt shows it: of a function its type, of an experiment its members."""
        match types.pruned(value.type):
            case types.Function() as function:
                return self.show.type(function)
            case types.ExperimentType(experiment):
                return self.show.experiment(experiment)
            case _:
                shown = self.environment.shown(result, value.type)
                return text_of(shown, value.type, self.environment.unit_of(value))

    def _assert(self, span: Span, condition: typed.Expr, text: str) -> None:
        holds = self.environment.evaluate(condition)
        if holds.all() if hasattr(holds, "all") else holds:
            return
        shown = [(each.span.text, self.environment.text(each)) for each in _sides(condition) if not _is_literal(each)]
        note = "\n".join(f"  {written} is {value}" for written, value in shown if written != value)
        code = Code.ASSERTION.text
        raise Stopped(error(code, f"this does not hold: {text}", Label(condition.span), note=note))

    # ── what the outside gives ───────────────────────────────────────────────

    def _override(self, module: typed.Module) -> None:
        """`--set p=v`: the defaults of params for this run."""
        for name, text in self.settings.overrides.items():
            params = [p for e in module.experiments.values() for p in e.params if p.variable.name == name]
            if not params:
                raise Stopped(error("E0905", f"--set {name}: no experiment of this file has a param `{name}`"))
            for param in params:
                self.environment.overrides[param.variable] = self._value_of(f"--set {name}", text, param.variable.type)

    def _value_of(self, origin: str, text: str, type_: types.Type) -> float:
        """A number written on the command line, of the type that is needed, in SI."""
        source = Source(origin, f"let value = {text}\n")
        checked = front.check(source, front.Context(self.library, scope=self.scope))
        if checked.ok and checked.module.statements:
            statement = checked.module.statements[0]
            assert isinstance(statement, typed.Let)
            found = types.resolved(statement.value.type)
            wanted = types.resolved(type_)
            if found == wanted or (found is types.INT and wanted == types.SCALAR):
                return float(self.environment.evaluate(statement.value))
            show = self.show
            message = f"{origin} needs {show.type(wanted)}, and {text} is {show.type(found)}"
            raise Stopped(error("E0906", message))
        for each in checked.diagnostics.errors:
            raise Stopped(each)
        raise Stopped(error("E0906", f"{origin}: `{text}` is not a value"))

    def _resolve_unit(self, text: str) -> tuple[Dimension, typed.DisplayUnit] | str:
        """A unit of a data header."""
        diagnostics = Diagnostics()
        return front.unit(text, self.library, diagnostics) or diagnostics.found[0].message

    @deep_recursion()
    def bind_lets(self, checked: front.Checked) -> None:
        """Importing runs declarations and pure lets only."""
        self._begin(checked)
        for statement in checked.module.statements:
            if isinstance(statement, typed.Let):
                self._statement(statement)


def _is_literal(expr: typed.Expr) -> bool:
    """Whether what is written says the value."""
    if isinstance(expr, typed.ArrayLiteral):
        return all(map(_is_literal, expr.elements))
    return isinstance(expr, typed.Constant | typed.Uncertain)


def _sides(condition: typed.Expr) -> tuple[typed.Expr, ...]:
    """What a condition compares, for all elements of an array too."""
    match condition:
        case typed.Compare(operands=operands):
            return operands
        case typed.Call(arguments=(typed.Compare(operands=operands),)):
            return operands
        case typed.Quantum(name="alike", arguments=sides):
            return tuple(each for each in sides if isinstance(types.pruned(each.type), types.Ket | types.Density))
        case _:
            return ()
