"""Programs inside Python: `qdsl.compile(text)` and `qdsl.load(path)`.

    m = qdsl.compile("fn decay(t: Time, tau: Time) -> Scalar = exp(-t / tau)")
    m.decay(1e-6, 2e-6)            plain numbers are SI
    m.decay(times, tau=2e-6)       arrays broadcast
    m.decay.grad(1e-6, 2e-6)       {'t': -303265.3, 'tau': 151632.7}
    m.decay.signature              '(t: Time, tau: Time) -> Scalar'

A program with errors raises `CompileError`, which shows its messages; a kernel that stops raises `KernelError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from qdsl.lang import compile as front
from qdsl.lang.core.from_typed import Entry, Refused
from qdsl.lang.core.layout import NoLayout, flatten, leaves, unflatten
from qdsl.lang.report import Diagnostic, Diagnostics
from qdsl.lang.report.render import render_all
from qdsl.lang.source import Source
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.show import Show
from qdsl.runtime.failures import Stopped
from qdsl.runtime.session import Session, Settings


class CompileError(Exception):
    """A program has errors. `diagnostics` are the messages; the text shows them as the command line does."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(render_all(diagnostics))
        self.diagnostics = diagnostics


class Module:
    """A loaded program: its functions are attributes that can be called, its lets and constants are values."""

    def __init__(self, source: Source) -> None:
        warnings = Diagnostics()
        self._session = Session(Settings(report=warnings.add, folder=Path(source.name).parent))
        checked = self._session.check(source)
        if not checked.ok:
            raise CompileError(checked.diagnostics.in_order())
        self._checked = checked
        try:
            self._session.bind_lets(checked)
        except Stopped as stop:
            raise CompileError([stop.diagnostic]) from None
        self.diagnostics = checked.diagnostics.in_order()
        self._kernels: dict[str, Function] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        module = self._checked.module
        if name in module.functions:
            if name not in self._kernels:
                self._kernels[name] = Function(name, module.functions[name], self._session, self._checked)
            return self._kernels[name]
        if name in module.constants:
            return self._session.environment.evaluate(_local(module.constants[name]))
        for variable, value in self._session.environment.values.items():
            if variable.name == name:
                return value
        raise AttributeError(f"this program has no {name!r}; it has {', '.join(self)}")

    def __iter__(self) -> Iterator[str]:
        """The names that the program declares."""
        module = self._checked.module
        yield from module.functions
        yield from module.constants
        yield from (variable.name for variable in self._session.environment.values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]


class Function:
    """A function of a program. Arguments and results are in SI: numbers, arrays, complex numbers, records as dicts."""

    def __init__(self, name: str, function: typed.Function, session: Session, checked: front.Checked) -> None:
        self.__name__ = name
        self.__doc__ = function.doc or None
        self._function = function
        self._session = session
        self._checked = checked

    def __repr__(self) -> str:
        return f"<function {self.__name__}{self.signature}>"

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._run(*self._arguments(args, named))

    @cached_property
    def signature(self) -> str:
        """The function's type with the names of its parameters."""
        show = Show(self._session.library.dimension_names)
        assert isinstance(self._function.type, types.Function)
        parameters = ", ".join(f"{each.name}: {show.type(each.type)}" for each in self._function.parameters)
        return f"({parameters}) -> {show.type(self._function.type.result)}"

    @cached_property
    def grad(self) -> Derivative:
        """The derivative: for one argument itself, for several a dict by name."""
        return Derivative("grad", self, self._session, self._checked)

    @cached_property
    def jacobian(self) -> Derivative:
        return Derivative("jacobian", self, self._session, self._checked)

    @cached_property
    def hessian(self) -> Derivative:
        """Second derivatives: a dict of dicts by argument names."""
        return Derivative("hessian", self, self._session, self._checked)

    @cached_property
    def _run(self) -> Callable[..., Any]:
        lowering = self._session.compiler.lowering
        return _runner(_refused(lambda: lowering.kernel(self._function)), self._session)

    def _arguments(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """Positional and named arguments and defaults, in order."""
        parameters = self._function.parameters
        if not named and len(args) == len(parameters):
            return args
        if len(args) > len(parameters):
            raise TypeError(f"{self.__name__} takes {len(parameters)} arguments, not {len(args)}")
        values = dict(zip((each.name for each in parameters), args, strict=False))
        for name, value in named.items():
            if name in values:
                raise TypeError(f"{self.__name__} got the argument {name!r} twice")
            if all(each.name != name for each in parameters):
                raise TypeError(f"{self.__name__} has no argument {name!r}")
            values[name] = value
        for each, default in zip(parameters, self._function.defaults, strict=True):
            if each.name not in values:
                if default is None:
                    raise TypeError(f"{self.__name__} also needs {each.name!r}")
                values[each.name] = self._session.environment.evaluate(default)
        return tuple(values[each.name] for each in parameters)


class Derivative:
    """`f.grad` and its kin, called with the arguments of f."""

    def __init__(self, kind: str, of: Function, session: Session, checked: front.Checked) -> None:
        self.kind = kind
        self._of = of
        self._session = session
        self._checked = checked

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._run(*self._of._arguments(args, named))

    @cached_property
    def _run(self) -> Callable[..., Any]:
        node = self._node
        assert isinstance(node, typed.Derivative)
        assert isinstance(node.function, typed.FunctionValue)
        function = node.function.function
        return _runner(_refused(lambda: self._session.compiler.lowering.derivative(function, node)), self._session)

    @cached_property
    def signature(self) -> str:
        """The derivative's type."""
        return Show(self._session.library.dimension_names).type(self._node.type)

    @cached_property
    def _node(self) -> typed.Expr:
        """`grad(f)` as the checker types it."""
        source = Source(f"<{self.kind}>", f"let derived = {self.kind}({self._of.__name__})\n")
        checked = front.check(source, front.Context(self._session.library, scope=self._checked.resolved.scope))
        if not checked.ok:
            raise CompileError(checked.diagnostics.in_order())
        statement = checked.module.statements[0]
        assert isinstance(statement, typed.Let)
        return statement.value


def _runner(entry: Entry, session: Session) -> Callable[..., Any]:
    """Host values in, host values out."""
    try:
        kernel = session.compiler.kernel(entry.module, entry.name)
    except NoLayout as found:
        raise TypeError(f"a value of type {Show({}).type(found.type)} has no place in a kernel") from None
    parameters, result = entry.parameters, types.resolved(entry.result)
    environment, nonfinite = session.environment, session.compiler.nonfinite
    plain = all(len(leaves(each)) == 1 for each in parameters) and len(leaves(result)) == 1
    if plain and not entry.globals:
        return lambda *args: kernel(*args, nonfinite=nonfinite)

    def run(*args: Any) -> Any:
        values = [part for type_, value in zip(parameters, args, strict=True) for part in flatten(type_, value)]
        for variable in entry.globals:
            values += flatten(variable.type, environment.values[variable])
        found = kernel(*values, nonfinite=nonfinite)
        return unflatten(result, list(found) if isinstance(found, tuple) else [found])

    return run


def _refused(make: Callable[[], Entry]) -> Entry:
    try:
        return make()
    except Refused as refused:
        raise CompileError([refused.diagnostic]) from None


def _local(variable: typed.Variable) -> typed.Local:
    assert variable.span is not None
    return typed.Local(variable.span, variable.type, variable)


def compile(text: str, name: str = "<text>") -> Module:
    """A program from its text."""
    return Module(Source(name, text))


def load(path: str | Path) -> Module:
    """A program from a file."""
    return Module(Source(str(path), Path(path).read_text(encoding="utf-8")))
