"""Numeric expressions of a session: lowered, then interpreted where they are small, compiled where they are work.

An expression's *inputs* are the parts that only the session knows: the values of top-level lets, columns of tables, estimates of
fits. They become the parameters of a core function, so the same expression over other data is the same kernel.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Any

from qdsl.lang.core import ir
from qdsl.lang.core.from_typed import Lowering
from qdsl.lang.core.interpret import KernelFailure, interpret
from qdsl.lang.core.layout import flatten, unflatten
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.failures import stopped
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.value.estimate import Estimate, propagated

HOST_TYPES = (types.Table, types.Fit, types.ExperimentType, types.Estimate)
_COMPILED = (typed.Constant, typed.FunctionValue, typed.Lambda, typed.Derivative)
"""What stands in the program itself instead of being passed."""

SMALL = 200
"""Operations that the interpreter does faster than a compiler starts."""


def inputs_of(expr: typed.Expr, known: Container[typed.Variable]) -> list[typed.Expr]:
    """The outermost parts of an expression that the session has to supply, in order; `known` variables have values there."""
    return list(_inputs(expr, known))


def _inputs(node: object, known: Container[typed.Variable]) -> Iterator[typed.Expr]:
    match node:
        case typed.HostCall() | typed.Interpolation() | typed.Uncertain():
            yield node
        case typed.GetField(value=value) if isinstance(types.pruned(value.type), HOST_TYPES):
            yield node
        case typed.Local(variable=variable):
            if variable in known and not isinstance(variable.value, _COMPILED):
                yield node
        case typed.Call(arguments=arguments):
            yield from _inputs(arguments, known)
        case typed.FunctionValue() | typed.Constant():
            return
        case typed.Expr() | typed.Statement():
            for name in node.__dataclass_fields__:
                if name not in ("span", "type", "display"):
                    yield from _inputs(getattr(node, name), known)
        case tuple():
            for each in node:
                yield from _inputs(each, known)


def evaluate(expr: typed.Expr, inputs: Sequence[typed.Expr], values: Sequence[Any], compiler: Compiler) -> Any:
    """The value of a numeric expression given those of its inputs."""
    if isinstance(types.pruned(expr.type), types.Estimate):
        return _estimate(expr, inputs, values, compiler)
    module, name = Lowering(compiler.library).expression(expr, inputs)
    flat = [part for node, value in zip(inputs, values, strict=True) for part in flatten(node.type, _number(value))]
    results = call(module, name, flat, compiler, expr.span)
    return unflatten(expr.type, results)


def _number(value: Any) -> Any:
    return value.value if isinstance(value, Estimate) else value


def _estimate(expr: typed.Expr, inputs: Sequence[typed.Expr], values: Sequence[Any], compiler: Compiler) -> Any:
    """A computation with estimates: its value, and its derivative with respect to each of them."""
    from qdsl.lang.differentiate import gradient

    module, name = Lowering(compiler.library).expression(expr, inputs)
    flat: list[Any] = []
    estimates: list[tuple[int, Estimate]] = []
    for node, value in zip(inputs, values, strict=True):
        if isinstance(value, Estimate):
            estimates.append((len(flat), value))
        flat.extend(flatten(node.type, _number(value)))
    derived = gradient(module, name, [place for place, _ in estimates])
    first, *slopes = call(derived, f"{name}.grad", flat, compiler, expr.span)
    type_ = types.resolved(expr.type)
    assert isinstance(type_, types.Estimate)
    parts = [(estimate, slope) for (_, estimate), slope in zip(estimates, slopes, strict=True)]
    return propagated(first, parts, type_.dimension, expr.display)


def call(module: ir.Module, name: str, arguments: Sequence[Any], compiler: Compiler, at: Span) -> list[Any]:
    """Run a core function: by interpretation if it is small, else compiled."""
    function = module.functions[name]
    try:
        if _is_small(module, name):
            return list(interpret(module, name, [_scalar(each) for each in arguments]))
        result = compiler.kernel(module, name)(*arguments, nonfinite=compiler.nonfinite)
    except (KernelFailure, KernelError) as failure:
        raise stopped(failure, at) from None
    return [result] if len(function.body.yields) == 1 else list(result)


def _scalar(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def _is_small(module: ir.Module, name: str) -> bool:
    """No loops, no arrays, few operations."""
    function = module.functions[name]
    if any(isinstance(value.type, ir.ArrayType) for value in (*function.parameters, *function.body.yields)):
        return False
    count = 0
    for each in module.functions.values():
        for op in each.body.walk():
            count += 1
            if op.name in ("for", "while", "build", "call") or count > SMALL:
                return False
    return True
