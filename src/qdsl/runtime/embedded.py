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
from threading import RLock
from typing import Any

from qdsl.lang import compile as front
from qdsl.lang.core.from_typed import Entry, Refused
from qdsl.lang.core.layout import element_type, flatten, shape_of, unflatten
from qdsl.lang.depth import deep_recursion
from qdsl.lang.report import Diagnostic
from qdsl.lang.report.render import render_all
from qdsl.lang.source import Source
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.show import Show
from qdsl.runtime.failures import Stopped
from qdsl.runtime.kernel import Kernel
from qdsl.runtime.session import Session, Settings


class CompileError(Exception):
    """A program has errors. `diagnostics` are the messages; the text shows them as the command line does."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(render_all(diagnostics))
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type[CompileError], tuple[list[Diagnostic]]]:
        """Pickled by what it is made of: the text is rendered again."""
        return type(self), (self.diagnostics,)


_COMPILING = RLock()
"""One thread at a time checks and compiles; calls run side by side."""


class Module:
    """A loaded program: its functions are attributes that can be called, its lets and constants are values.

    `m["name"]` is the same as `m.name`, and reaches a name that a module has for itself (`diagnostics`).
    """

    def __init__(self, source: Source) -> None:
        with _COMPILING:
            self._session = Session(Settings(folder=Path(source.name).parent))
            checked = self._session.check(source)
            if not checked.ok:
                raise CompileError(checked.diagnostics.in_order())
            self._checked = checked
            try:
                self._session.bind_lets(checked)
            except Stopped as stop:
                raise CompileError([stop.diagnostic]) from None
        self.diagnostics = checked.diagnostics.in_order()
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """A function, constant or let of the program."""
        if name not in self._found:
            self._found[name] = self._value(name)
        return self._found[name]

    def __getattr__(self, name: str) -> Any:
        """A name of the program; found once, it is an attribute like any other."""
        if name.startswith("__") or "_found" not in self.__dict__:
            raise AttributeError(name)
        try:
            value = self[name]
        except KeyError as missing:
            raise AttributeError(missing.args[0]) from None
        self.__dict__[name] = value
        return value

    def _value(self, name: str) -> Any:
        module = self._checked.module
        if name in module.functions:
            return Function(name, module.functions[name], self._session, self._checked)
        if name in module.constants:
            return _evaluated(self._session, _local(module.constants[name]))
        if name in self._lets:
            return self._session.environment.values[self._lets[name]]
        if name in module.experiments:
            raise KeyError(f"{name!r} is an experiment; Python reaches functions, constants and lets")
        raise KeyError(f"this program has no {name!r}; it has {', '.join(self)}")

    @cached_property
    def _lets(self) -> dict[str, typed.Variable]:
        """The lets of the program itself: what it imports has others."""
        lets = (each.variable for each in self._checked.module.statements if isinstance(each, typed.Let))
        return {each.name: each for each in lets if each in self._session.environment.values}

    def __iter__(self) -> Iterator[str]:
        """The names that the program declares."""
        yield from self._checked.module.functions
        yield from self._checked.module.constants
        yield from self._lets

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self})

    def __repr__(self) -> str:
        return f"<program {self._checked.tree.source.name}: {', '.join(self)}>"


class _Compiled:
    """What Python calls: the arguments go by position or name, defaults fill in, all in SI.

    The first call compiles. From then on plain numbers reach the machine code at once, where it takes and gives
    nothing but numbers.
    """

    def __init__(self, function: typed.Function, session: Session, checked: front.Checked) -> None:
        self._function = function
        self._session = session
        self._checked = checked

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._call(*args, **named)

    def _call(self, *args: Any, **named: Any) -> Any:
        return self._run(*self._arguments(args, named))

    def _entry(self) -> Entry:
        """The core function to run."""
        raise NotImplementedError

    @cached_property
    @deep_recursion()
    def _run(self) -> Callable[..., Any]:
        with _COMPILING:
            try:
                entry = self._entry()
                kernel = self._session.compiler.kernel(entry.module, entry.name)
            except Refused as refused:
                raise CompileError([refused.diagnostic]) from None
        if self._session.compiler.nonfinite == "raise" and _is_plain(entry):
            direct = kernel.direct(self._call)
            if direct is not None:  # looked for in the class, so this gets a class of its own
                own = type(self)
                self.__class__ = type(own.__name__, (own,), {"__call__": direct, "__module__": __name__})
        return self._converting(entry, kernel)

    def _converting(self, entry: Entry, kernel: Kernel) -> Callable[..., Any]:
        """Host values in, host values out."""
        result, nonfinite = types.resolved(entry.result), self._session.compiler.nonfinite
        names = [each.name for each in self._function.parameters]
        values = self._session.environment.values

        def run(*args: Any) -> Any:
            parts = [
                part
                for name, type_, value in zip(names, entry.parameters, args, strict=True)
                for part in self._parts(name, type_, value)
            ]
            for variable in entry.globals:
                parts += flatten(variable.type, values[variable])
            found = kernel(*parts, nonfinite=nonfinite)
            return unflatten(result, list(found) if isinstance(found, tuple) else [found])

        return run

    def _parts(self, name: str, type_: types.Type, value: Any) -> list[Any]:
        try:
            return flatten(type_, _as_arrays(type_, value))
        except (KeyError, TypeError, AttributeError, IndexError, ValueError):
            shown = Show(self._session.library.dimension_names).type(type_)
            raise TypeError(f"{name} takes {shown}, not {value!r}") from None

    def _arguments(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """Positional and named arguments and defaults, in order."""
        function, parameters = self._function.name, self._function.parameters
        if not named and len(args) == len(parameters):
            return args
        if len(args) > len(parameters):
            raise TypeError(f"{function} takes {len(parameters)} arguments, not {len(args)}")
        values = dict(zip((each.name for each in parameters), args, strict=False))
        for name, value in named.items():
            if name in values:
                raise TypeError(f"{function} got the argument {name!r} twice")
            if all(each.name != name for each in parameters):
                raise TypeError(f"{function} has no argument {name!r}")
            values[name] = value
        for each, default in zip(parameters, self._function.defaults, strict=True):
            if each.name not in values:
                if default is None:
                    raise TypeError(f"{function} also needs {each.name!r}")
                values[each.name] = _evaluated(self._session, default)
        return tuple(values[each.name] for each in parameters)


def _evaluated(session: Session, value: typed.Expr) -> Any:
    """What an expression of the program is worth; one that stops is an error of the program, as a let is."""
    try:
        return session.environment.evaluate(value)
    except Stopped as stop:
        raise CompileError([stop.diagnostic]) from None


class Function(_Compiled):
    """A function of a program. Arguments and results are in SI: numbers, arrays, complex numbers, records as dicts."""

    def __init__(self, name: str, function: typed.Function, session: Session, checked: front.Checked) -> None:
        super().__init__(function, session, checked)
        self.__name__ = name
        self.__doc__ = function.doc or None

    def __repr__(self) -> str:
        return f"<function {self.__name__}{self.signature}>"

    def _entry(self) -> Entry:
        return self._session.compiler.lowering.kernel(self._function)

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
        return Derivative("grad", self)

    @cached_property
    def jacobian(self) -> Derivative:
        """The derivative of a function whose result is an array."""
        return Derivative("jacobian", self)

    @cached_property
    def hessian(self) -> Derivative:
        """Second derivatives: for one argument itself, for several a dict of dicts by their names."""
        return Derivative("hessian", self)


class Derivative(_Compiled):
    """`f.grad` and its kin, called with the arguments of f."""

    def __init__(self, kind: str, of: Function) -> None:
        super().__init__(of._function, of._session, of._checked)
        self.kind = kind
        self._of = of

    def __repr__(self) -> str:
        return f"<{self.kind} of {self._of!r}>"

    def _entry(self) -> Entry:
        node = self._node
        assert isinstance(node, typed.Derivative)
        assert isinstance(node.function, typed.FunctionValue)
        return self._session.compiler.lowering.derivative(node.function.function, node)

    @cached_property
    def signature(self) -> str:
        """The derivative's type."""
        return Show(self._session.library.dimension_names).type(self._node.type)

    @cached_property
    def _node(self) -> typed.Expr:
        """`grad(f)` as the checker types it."""
        source = Source(f"<{self.kind}>", f"let derived = {self.kind}({self._of.__name__})\n")
        with _COMPILING:
            checked = front.check(source, front.Context(self._session.library, scope=self._checked.resolved.scope))
        if not checked.ok:
            raise CompileError(checked.diagnostics.in_order())
        statement = checked.module.statements[0]
        assert isinstance(statement, typed.Let)
        return statement.value


def _is_plain(entry: Entry) -> bool:
    """Whether the kernel's own arguments and result are the caller's: a number each, and no session variables."""
    plain = (types.Real, types.Simple)
    values = [*map(types.resolved, entry.parameters), types.resolved(entry.result)]
    return not entry.globals and all(isinstance(each, plain) for each in values)


def _as_arrays(type_: types.Type, value: Any) -> Any:
    """Lists for an array of complex numbers or of records, as the arrays that have parts."""
    import numpy as np

    element = element_type(type_)
    if isinstance(element, types.Complex) and isinstance(value, list | tuple):
        return np.asarray(value, complex)
    if isinstance(element, types.Record) and isinstance(value, list | tuple) and shape_of(type_):
        return {name: [row[name] for row in value] for name, _ in element.fields}
    return value


def _local(variable: typed.Variable) -> typed.Local:
    assert variable.span is not None
    return typed.Local(variable.span, variable.type, variable)


def compile(text: str, name: str = "<text>") -> Module:
    """A program from its text."""
    return Module(Source(name, text))


def load(path: str | Path) -> Module:
    """A program from a file."""
    return Module(Source(str(path), Path(path).read_text(encoding="utf-8-sig")))
