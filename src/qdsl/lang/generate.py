"""A checked function to machine code: every stage in order.

    typed.Function --core--> Entry --differentiated--> ir.Module --optimised--> ir.Module --native--> NativeModule

    generator = Generator(objects)
    generator.generate(decay).native                            machine code
    generator.generate(decay, stop_after="optimised").module    what it was made from
    generator.generate(decay, Derivative(2, (0, 1)))            with its derivatives by the core parameters 0 and 1

`lang.compile` brings a whole file as far as types; from here on a file is taken function by function, because it uses
little of what it can see. A program that cannot be compiled raises `Refused` or `NotDifferentiable`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from qdsl.lang import differentiate, native
from qdsl.lang.collection import no_collection
from qdsl.lang.core import ir
from qdsl.lang.core.from_typed import Entry, FindFunction, Lowering, Refused, no_library
from qdsl.lang.differentiate import NotDifferentiable
from qdsl.lang.native import NativeModule, ObjectCache, python_entry
from qdsl.lang.native.wide_module import Pattern, WideModule, compile_wide
from qdsl.lang.optimise import optimise, settle
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed

__all__ = ["STAGES", "Derivative", "Entry", "Expression", "Generator", "NotDifferentiable", "Refused", "Source", "Unit"]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as a function of `inputs`: variables, and the parts of it whose values are brought from outside."""

    value: typed.Expr
    inputs: tuple[typed.Expr | typed.Variable, ...] = ()


Source = typed.Function | typed.Derivative | Expression
"""What machine code can be made of: a function of the program, `grad(f)` and its kin, an expression."""


@dataclass(frozen=True, slots=True)
class Derivative:
    """Derivatives up to an order, by the core parameters at these places; of order 0 there are none."""

    order: int = 0
    by: tuple[int, ...] = ()


NO_DERIVATIVE = Derivative()


@dataclass(frozen=True, slots=True)
class Unit:
    """One function on its way, after the stage `after`. `module` and `name` are what that stage made of it."""

    after: str
    entry: Entry
    derivative: Derivative
    module: ir.Module
    name: str
    code: NativeModule | None = None

    @property
    def native(self) -> NativeModule:
        """The machine code, after the last stage."""
        if self.code is None:
            raise InternalError(f"{self.name} has no machine code after the stage {self.after}")
        return self.code


class Generator:
    """Makes the machine code of one program. What functions share is lowered once; `objects` keeps compiled code."""

    def __init__(self, objects: ObjectCache | None = None, find: FindFunction = no_library) -> None:
        self.lowering = Lowering(differentiate, find)
        self.objects = objects

    def generate(self, source: Source, derivative: Derivative = NO_DERIVATIVE, stop_after: str = "native") -> Unit:
        """Every stage from the first to `stop_after`, for one function."""
        with no_collection():
            entry = self._lowered(source)
        return self.continued(Unit("core", entry, derivative, entry.module, entry.name), stop_after)

    def continued(self, unit: Unit, stop_after: str = "native") -> Unit:
        """The stages after those that the unit has been through, up to `stop_after`."""
        with no_collection():
            for stage in STAGES[STAGES.index(unit.after) + 1 : STAGES.index(stop_after) + 1]:
                unit = replace(_STEPS[stage](self, unit), after=stage)
        return unit

    def wide(self, unit: Unit, varying: Pattern, width: int | None = None, tally: bool = False) -> WideModule:
        """Machine code that runs the unit's function over `width` points at once; they differ in these core parameters.
        Raises `NoLanes` where the function has no such form.
        """
        done = self.continued(unit, "optimised") if unit.code is None else unit
        return compile_wide(done.module, done.name, varying, width, self.objects, python_entry.possible(), tally)

    def _lowered(self, source: Source) -> Entry:
        """The first stage."""
        match source:
            case typed.Function():
                return self.lowering.kernel(source)
            case typed.Derivative(function=typed.FunctionValue(function=function)):
                return self.lowering.derivative(function, source)
            case Expression(value=value, inputs=inputs):
                return self.lowering.expression(value, inputs)
            case _:
                raise InternalError(f"no machine code is made of {type(source).__name__}")


def _differentiated(generator: Generator, unit: Unit) -> Unit:
    """With derivatives after its results. What is not needed is dropped before, so as not to be differentiated."""
    order, by = unit.derivative.order, unit.derivative.by
    if not order:
        return unit
    make, suffix = {1: (differentiate.gradient, "grad"), 2: (differentiate.hessian, "hess")}[order]
    module = make(optimise(unit.module, [unit.name]), unit.name, by)
    return replace(unit, module=module, name=f"{unit.name}.{suffix}")


def _optimised(generator: Generator, unit: Unit) -> Unit:
    return replace(unit, module=optimise(settle(unit.module), [unit.name]))


def _native(generator: Generator, unit: Unit) -> Unit:
    return replace(unit, code=native.compile(unit.module, [unit.name], generator.objects))


_STEPS: dict[str, Callable[[Generator, Unit], Unit]] = {
    "differentiated": _differentiated,
    "optimised": _optimised,
    "native": _native,
}

STAGES = ("core", *_STEPS)
"""The stages in order; `stop_after` is one of them."""
