"""Expressions over points at the top of a file: compiled for one point, run over all.

    height(ks, 1 s)     a kernel height(k, length), over the elements of ks

In: an expression of which `runtime.inputs` finds the point. Out: the array that it is. The elements go in lanes and
over threads, as those of a call from Python do (`runtime.broadcast`), with the same bits and the same failures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qdsl.lang.core.interpret import origin
from qdsl.lang.core.ir import ArrayType, Code, Type
from qdsl.lang.core.layout import flatten, unflatten
from qdsl.lang.core.lower_mapped import LENGTHS_DIFFER
from qdsl.lang.generate import Entry, Expression, Refused
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.runtime.arguments import first_nonfinite
from qdsl.runtime.compiled import Compiler
from qdsl.runtime.failures import Stopped, not_finite, stopped
from qdsl.runtime.inputs import Point, point_of
from qdsl.runtime.kernel import Kernel, KernelError
from qdsl.runtime.numeric import says_infinite


@dataclass(eq=False)
class Sweep:
    """An expression over points, compiled; `explain` is told how they run, the first time."""

    expr: typed.Expr
    point: Point
    entry: Entry
    kernel: Kernel
    keeps_nonfinite: bool
    explain: Callable[[str], None] | None

    def value(self, values: Sequence[Any], of_globals: Sequence[Any], lost: bool) -> Any:
        """The array that the expression is, from the values of the point's sources and of the session's variables.
        `lost` says that one of these is not finite and has no excuse.
        """
        given = self._given(values, of_globals)
        parts = self._run(given)
        if self._is_lost(parts, given, lost):
            at = first_nonfinite(parts) or ()
            numbers = [_at(value, type_, at) for value, (_, type_) in zip(given, self._parameters, strict=True)]
            raise not_finite(self.expr.span, origin(self.entry.module, self.entry.name, numbers), at)
        return unflatten(types.resolved(self.expr.type), parts)

    def part(self, values: Sequence[Any], of_globals: Sequence[Any], lost: bool) -> tuple[Any, bool]:
        """The array as a part of a larger expression, and whether it is `lost` itself."""
        given = self._given(values, of_globals)
        parts = self._run(given)
        return unflatten(types.resolved(self.expr.type), parts), self._is_lost(parts, given, lost)

    def _is_lost(self, parts: Sequence[Any], given: Sequence[Any], lost: bool) -> bool:
        """Whether something is not finite that should be: as of an expression without points (`numeric`)."""
        if self.keeps_nonfinite or first_nonfinite(parts) is None:
            return False
        return lost or first_nonfinite(given) is None

    @property
    def _parameters(self) -> Sequence[tuple[str, Type]]:
        return self.kernel.signature.parameters

    def _given(self, values: Sequence[Any], of_globals: Sequence[Any]) -> list[Any]:
        """The arguments of the kernel."""
        self._check_lengths(values)
        given: list[Any] = []
        for source, value in zip(self.point.sources, values, strict=True):
            given += flatten(source.type, value)
        for variable, value in zip(self.entry.globals, of_globals, strict=True):
            given += flatten(variable.type, value)
        return given

    def _run(self, given: Sequence[Any]) -> list[Any]:
        """The arrays that the kernel gives."""
        if self.explain is not None:
            self.explain(self.kernel.explain(*given))
            self.explain = None
        try:
            found = self.kernel(*given, nonfinite="keep")
        except KernelError as failure:
            raise stopped(failure, self.expr.span) from None
        return list(found) if isinstance(found, tuple) else [found]

    def _check_lengths(self, values: Sequence[Any]) -> None:
        """Arrays that are gone over together have the same lengths."""
        shapes = [_shape(value) for value, varies in zip(values, self.point.varying, strict=True) if varies]
        for shape in shapes[1:]:
            for first, length in zip(shapes[0], shape, strict=True):
                if length != first:
                    message = LENGTHS_DIFFER.message.format(first, length)
                    raise stopped(KernelError(Code.SHAPE, message, (first, length), (), self.expr.span), self.expr.span)


def sweep(expr: typed.Expr, compiler: Compiler, explain: Callable[[str], None] | None) -> Sweep | None:
    """The expression over points; None if it is none."""
    point = point_of(expr)
    if point is None:
        return None
    try:
        unit = compiler.generator.generate(Expression(point.value, point.variables), stop_after="core")
    except Refused as refused:
        raise Stopped(refused.diagnostic) from None
    keeps = compiler.nonfinite == "keep" or says_infinite(expr)
    return Sweep(expr, point, unit.entry, compiler.kernel(unit), keeps, explain)


def _at(value: Any, type_: Type, index: tuple[int, ...]) -> Any:
    """An argument of the kernel at one point."""
    if isinstance(type_, ArrayType) or not getattr(value, "ndim", 0):
        return value
    return value[index].item()


def _shape(value: Any) -> tuple[int, ...]:
    """The lengths of an array, or of the arrays that an array of records is."""
    first = next(iter(value.values())) if isinstance(value, dict) else value
    shape: tuple[int, ...] = first.shape
    return shape
