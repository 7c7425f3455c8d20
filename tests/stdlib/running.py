"""Running pieces of the language in tests: an expression by the reference interpreter, functions as native kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.lang.compile import Checked, Context, check
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.layout import flatten, unflatten
from qdsl.lang.generate import Expression, Generator, Source
from qdsl.lang.source import Source as Text
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.library import standard_library


def checked(text: str) -> Checked:
    """A program that the checker has nothing to say about."""
    result = check(Text("program", text), Context(standard_library(), standard_library()))
    assert not list(result.diagnostics), [each.message for each in result.diagnostics]
    return result


def value_of(text: str) -> complex:
    """What an expression is in SI, by the reference interpreter; a truth value is 0 or 1."""
    (statement,) = checked(text).module.statements
    assert isinstance(statement, typed.Evaluate)
    unit = Generator(find=standard_library().member).generate(Expression(statement.value), stop_after="core")
    parts = interpret(unit.module, unit.name, [])
    assert 1 <= len(parts) <= 2
    return complex(*parts)


def number(text: str) -> float:
    """The same for a real number."""
    value = value_of(text)
    assert value.imag == 0
    return value.real


class Kernels:
    """The functions of a program, compiled when they are first called; non-finite results are kept."""

    def __init__(self, text: str) -> None:
        self.functions = checked(text).module.functions
        self.compiler = Compiler(standard_library(), nonfinite="keep")
        self.calls: dict[str, Callable[..., Any]] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self.calls:
            self.calls[name] = self._call(self.functions[name])
        return self.calls[name]

    def gradient(self, name: str, *arguments: Any) -> dict[str, Any]:
        """The derivative of a function by each of its real arguments."""
        function = self.functions[name]
        type_ = types.pruned(function.type)
        assert isinstance(type_, types.Function)
        by = [variable for variable in function.parameters if isinstance(types.pruned(variable.type), types.Real)]
        slopes = types.Record(tuple((variable.name, variable.type) for variable in by))
        derived = types.Function(type_.parameters, slopes)
        node = typed.Derivative(function.span, derived, "grad", typed.FunctionValue(function.span, type_, function))
        result: dict[str, Any] = self._call(node)(*arguments)
        return result

    def _call(self, source: Source) -> Callable[..., Any]:
        unit = self.compiler.generator.generate(source, stop_after="core")
        kernel = self.compiler.kernel(unit)
        parameters = unit.entry.parameters

        def call(*arguments: Any) -> Any:
            flat = [part for type_, each in zip(parameters, arguments, strict=True) for part in flatten(type_, each)]
            results = kernel(*flat, nonfinite="keep")
            return unflatten(unit.entry.result, list(results) if isinstance(results, tuple) else [results])

        return call
