"""Programs inside Python: `qdsl.compile(text)` and `qdsl.load(path)`.

    m = qdsl.compile("fn decay(t: Time, tau: Time) -> Scalar = exp(-t / tau)")
    m.decay(1e-6, 2e-6)            plain numbers are SI
    m.decay(times, tau=2e-6)       arrays broadcast
    m.decay.grad(1e-6, 2e-6)       {'t': -303265.3, 'tau': 151632.7}
    m.decay.signature              '(t: Time, tau: Time) -> Scalar'
    m.ramsey.simulate(seed=1)      an experiment of the program

A program with errors raises `CompileError`, which shows its messages; a kernel that stops raises `KernelError`. What
has been compiled once is kept: see `runtime.program`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qdsl.lang.core.layout import assembler, element_type, flatten, shape_of, unflatten
from qdsl.lang.depth import deep_recursion
from qdsl.lang.source import Source
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.show import Show
from qdsl.runtime.embedded_experiment import Experiment
from qdsl.runtime.program import COMPILING, Code, CompileError, FunctionOutline, Program
from qdsl.runtime.source_file import decoded

if TYPE_CHECKING:
    from qdsl.lang import generate
    from qdsl.runtime.optimum import Optimum

__all__ = ["CompileError", "Derivative", "Experiment", "Function", "Module", "compile", "load"]


class Module:
    """A loaded program: its functions are attributes that can be called, its lets and constants are values, its
    experiments run and are fitted (`runtime.embedded_experiment`).

    `m["name"]` is the same as `m.name`, and reaches a name that a module has for itself (`diagnostics`).
    """

    def __init__(self, source: Source) -> None:
        with COMPILING:
            self._program = Program(source)
        self.diagnostics = list(self._program.outline.diagnostics)
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """A function, constant, let or experiment of the program."""
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
        program, outline = self._program, self._program.outline
        if name in outline.functions:
            return Function(program, outline.functions[name])
        if name in outline.constants:
            return program.value(_local(program.live.checked.module.constants[name]))
        if name in outline.lets:
            return program.live.session.environment.values[program.lets[name]]
        if name in outline.experiments:
            return ExperimentOf(program, name)
        raise KeyError(f"this program has no {name!r}; it has {', '.join(self)}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied by its source: machine code belongs to its process, and lets run again."""
        source = self._program.source
        return _again, (source.name, source.text)

    def __iter__(self) -> Iterator[str]:
        """The names that the program declares."""
        outline = self._program.outline
        yield from (*outline.functions, *outline.constants, *outline.lets, *outline.experiments)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self})

    def __repr__(self) -> str:
        return f"<program {self._program.source.name}: {', '.join(self)}>"


class _Compiled:
    """What Python calls: the arguments go by position or name, defaults fill in, all in SI.

    The first call compiles. From then on plain numbers reach the machine code at once, where it takes and gives
    nothing but numbers.
    """

    def __init__(self, program: Program, outline: FunctionOutline) -> None:
        self._program = program
        self._outline = outline

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._call(*args, **named)

    def _call(self, *args: Any, **named: Any) -> Any:
        return self._run(*self._arguments(args, named))

    @property
    def _known_by(self) -> str:
        """The name of its code."""
        raise NotImplementedError

    def _source(self) -> generate.Source:
        """What it is made of."""
        raise NotImplementedError

    @property
    def _function(self) -> typed.Function:
        return self._program.live.checked.module.functions[self._outline.name]

    @cached_property
    @deep_recursion()
    def _run(self) -> Callable[..., Any]:
        with COMPILING:
            code = self._program.code(self._known_by, self._source)
        run = self._converting(code)
        count = len(self._outline.parameters)

        def by_position(*args: Any, **named: Any) -> Any:
            return run(*args) if len(args) == count and not named else self._call(*args, **named)

        is_direct = self._program.outline.nonfinite == "raise" and _is_plain(code)
        direct = code.kernel.direct(self._call) if is_direct else None
        own = type(self)  # `__call__` is looked for in the class, so this gets a class of its own
        called = staticmethod(by_position) if direct is None else direct
        self.__class__ = type(own.__name__, (own,), {"__call__": called, "__module__": __name__})
        return run

    def _converting(self, code: Code) -> Callable[..., Any]:
        """Host values in, host values out."""
        kernel, nonfinite, names = code.kernel, self._program.outline.nonfinite, self._outline.parameters
        values = self._program.live.session.environment.values if code.globals else {}
        if nonfinite == "raise" and not code.globals and all(map(_is_single, code.parameters)):
            assembled = assembler(code.result)

            def run_plain(*args: Any) -> Any:
                found = kernel(*args)
                return assembled(found if isinstance(found, tuple) else (found,))

            return run_plain

        def run(*args: Any) -> Any:
            parts = [
                part
                for name, type_, value in zip(names, code.parameters, args, strict=True)
                for part in self._parts(name, type_, value)
            ]
            for variable in code.globals:
                parts += flatten(variable.type, values[variable])
            found = kernel(*parts, nonfinite=nonfinite)
            return unflatten(code.result, list(found) if isinstance(found, tuple) else [found])

        return run

    def explain(self, *args: Any, **named: Any) -> str:
        """How a call over many points runs: how many at once, what they share, where they part, how many lanes work."""
        with COMPILING:
            code = self._program.code(self._known_by, self._source)
        parts = [
            part
            for name, type_, value in zip(
                self._outline.parameters, code.parameters, self._arguments(args, named), strict=True
            )
            for part in self._parts(name, type_, value)
        ]
        values = self._program.live.session.environment.values if code.globals else {}
        for variable in code.globals:
            parts += flatten(variable.type, values[variable])
        return code.kernel.explain(*parts)

    def _parts(self, name: str, type_: types.Type, value: Any) -> list[Any]:
        try:
            return flatten(type_, _as_arrays(type_, value))
        except (KeyError, TypeError, AttributeError, IndexError, ValueError):
            shown = self._show.type(type_)
            raise TypeError(f"{name} takes {shown}, not {value!r}") from None

    @property
    def _show(self) -> Show:
        return self._program.live.session.show

    def _arguments(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """Positional and named arguments and defaults, in order."""
        function, parameters = self._outline.name, self._outline.parameters
        if not named and len(args) == len(parameters):
            return args
        if len(args) > len(parameters):
            raise TypeError(f"{function} takes {len(parameters)} arguments, not {len(args)}")
        values = dict(zip(parameters, args, strict=False))
        for name, value in named.items():
            if name in values:
                raise TypeError(f"{function} got the argument {name!r} twice")
            if name not in parameters:
                raise TypeError(f"{function} has no argument {name!r}")
            values[name] = value
        for place, name in enumerate(parameters):
            if name not in values:
                if not self._outline.optional[place]:
                    raise TypeError(f"{function} also needs {name!r}")
                default = self._function.defaults[place]
                assert default is not None
                values[name] = self._program.value(default)
        return tuple(values[name] for name in parameters)


class Function(_Compiled):
    """A function of a program. Arguments and results are in SI: numbers, arrays, complex numbers, records as dicts."""

    def __init__(self, program: Program, outline: FunctionOutline) -> None:
        super().__init__(program, outline)
        self.__name__ = outline.name
        self.__doc__ = outline.doc or None

    def __repr__(self) -> str:
        return f"<function {self.__name__}{self.signature}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied by the source of its program."""
        source = self._program.source
        return _part_again, (source.name, source.text, self.__name__)

    @property
    def _known_by(self) -> str:
        return self.__name__

    def _source(self) -> typed.Function:
        return self._function

    @property
    def signature(self) -> str:
        """The function's type with the names of its parameters."""
        return self._outline.signature

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

    @cached_property
    def jvp(self) -> Derivative:
        """How the result changes in a direction: called with the arguments, then with their changes."""
        return Derivative("jvp", self)

    def minimize(self, /, **given: Any) -> Optimum:
        """Where it is least: `f.minimize(x=(0, 1), y=3)` searches over x and holds y, in SI. `start={"x": 0.2}` is
        where a search begins, `starts=64` how many there are.
        """
        return self._extremum("minimize", given)

    def maximize(self, /, **given: Any) -> Optimum:
        """Where it is greatest: asked like `minimize`."""
        return self._extremum("maximize", given)

    def _extremum(self, word: str, given: dict[str, Any]) -> Optimum:
        from qdsl.runtime.embedded_optimum import Asked
        from qdsl.runtime.failures import Stopped

        environment = self._program.live.session.environment
        asked = Asked(self._value, word, self._default, self._checked)
        with COMPILING, deep_recursion():
            try:
                found: Optimum = environment.host[word](environment, asked.call(given))
            except Stopped as stop:
                raise CompileError([stop.diagnostic]) from None
        return found

    @cached_property
    def _value(self) -> typed.FunctionValue:
        return typed.FunctionValue(self._function.span, self._function.type, self._function)

    def _default(self, place: int) -> Any:
        default = self._function.defaults[place]
        assert default is not None
        return self._program.value(default)

    def _checked(self, name: str, type_: types.Type, value: Any) -> Any:
        """A value that is held, as the function takes it."""
        if type_ is types.INT:
            try:
                return operator.index(value)
            except TypeError:
                raise TypeError(f"{name} takes Int, not {value!r}") from None
        self._parts(name, type_, value)
        return _as_arrays(type_, value)


class ExperimentOf(Experiment):
    """An experiment of a program."""

    def __init__(self, program: Program, name: str) -> None:
        super().__init__(name, lambda: program.live)
        self._source = program.source

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied by the source of its program."""
        return _part_again, (self._source.name, self._source.text, self.__name__)


class Derivative(_Compiled):
    """`f.grad` and its kin, called with the arguments of f; `f.jvp` with their changes too."""

    def __init__(self, kind: str, of: Function) -> None:
        super().__init__(of._program, of._outline)
        self.kind = kind
        self._of = of

    def __repr__(self) -> str:
        return f"<{self.kind} of {self._of!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied by its function."""
        return getattr, (self._of, self.kind)

    @property
    def _known_by(self) -> str:
        return f"{self.kind}({self._of.__name__})"

    def _source(self) -> typed.Derivative:
        assert isinstance(self._node, typed.Derivative)
        return self._node

    def _arguments(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        if self.kind == "jvp" and self._outline is self._of._outline:
            self._outline = self._with_directions()
        return super()._arguments(args, named)

    def _with_directions(self) -> FunctionOutline:
        """The function's parameters and one for each direction, `dx` for x."""
        from qdsl.lang.typed.calls import parameter_names

        type_ = types.pruned(self._node.type)
        assert isinstance(type_, types.Function)
        names = tuple(parameter_names(self._node, len(type_.parameters)))
        optional = (False,) * len(names)  # a default cannot stand before a direction that has none
        return replace(self._outline, parameters=names, optional=optional)

    @cached_property
    def signature(self) -> str:
        """The derivative's type."""
        return self._show.type(self._node.type)

    @cached_property
    def _node(self) -> typed.Expr:
        """`grad(f)` as the checker types it."""
        from qdsl.lang import compile as front

        source = Source(f"<{self.kind}>", f"let derived = {self.kind}({self._of.__name__})\n")
        live = self._program.live
        with COMPILING:
            checked = front.check(source, front.Context(live.session.library, scope=live.checked.resolved.scope))
        if not checked.ok:
            raise CompileError(checked.diagnostics.in_order())
        statement = checked.module.statements[0]
        assert isinstance(statement, typed.Let)
        return statement.value


def _is_plain(code: Code) -> bool:
    """Whether the kernel's own arguments and result are the caller's, and there are no session variables."""
    is_number = isinstance(code.result, types.Real | types.Simple)
    return not code.globals and is_number and all(map(_is_single, code.parameters))


def _is_single(type_: types.Type) -> bool:
    """Whether a value of the type is one core value: a number, or an array of numbers."""
    return isinstance(element_type(type_), types.Real | types.Simple)


def _as_arrays(type_: types.Type, value: Any) -> Any:
    """Lists for an array of complex numbers or of records, as the arrays that have parts."""
    import numpy as np

    element = element_type(type_)
    if isinstance(element, types.Complex) and isinstance(value, bool):
        raise TypeError
    if isinstance(element, types.Complex) and isinstance(value, list | tuple):
        return np.asarray(value, complex)
    if isinstance(element, types.Record) and isinstance(value, list | tuple) and shape_of(type_):
        return {name: [row[name] for row in value] for name, _ in element.fields}
    return value


def _local(variable: typed.Variable) -> typed.Local:
    assert variable.span is not None
    return typed.Local(variable.span, variable.type, variable)


def _again(name: str, text: str) -> Module:
    """The module that was pickled."""
    return Module(Source(name, text))


def _part_again(name: str, text: str, part: str) -> Any:
    """The function or experiment that was pickled."""
    return _again(name, text)[part]


def compile(text: str, name: str = "<text>") -> Module:
    """A program from its text."""
    if not isinstance(text, str):
        raise TypeError(f"a program is a text, not {text!r}")
    return Module(Source(name, text))


def load(path: str | Path) -> Module:
    """A program from a file."""
    source = decoded(str(path), Path(path).read_bytes())
    if isinstance(source, Source):
        return Module(source)
    raise CompileError([source])
