"""The driver from types to machine code: stages in order, each a place to stop at and to go on from."""

from __future__ import annotations

import pytest
from tests.lowering.programs import checked

from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.printer import module_text
from qdsl.lang.generate import STAGES, Derivative, Expression, Generator, Unit
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed
from qdsl.runtime.kernel import Kernel

PROGRAM = """
fn power(x: Scalar, y: Scalar) -> Scalar {
    let unused = x * y
    x^2 * y
}
grad(power)
power(2, 3)"""
BY_BOTH = Derivative(1, (0, 1))


def unit(stop_after: str, derivative: Derivative = BY_BOTH) -> Unit:
    return Generator().generate(checked(PROGRAM).module.functions["power"], derivative, stop_after)


def test_each_stage_does_its_own_and_no_more() -> None:
    core, differentiated, optimised, native = map(unit, STAGES)
    assert [each.after for each in (core, differentiated, optimised, native)] == list(STAGES)
    assert core.name == "power"
    assert differentiated.name == optimised.name == native.name == "power.grad"
    assert len(module_text(optimised.module)) < len(module_text(differentiated.module))
    assert module_text(native.module) == module_text(optimised.module)
    for early in (core, differentiated, optimised):
        with pytest.raises(InternalError):
            _ = early.native
    assert interpret(core.module, core.name, [2.0, 3.0]) == (12.0,)
    for late in (differentiated, optimised):  # x^2 y, 2 x y, x^2
        assert interpret(late.module, late.name, [2.0, 3.0]) == (12.0, 12.0, 4.0)
    assert Kernel(native.native.entry(native.name))(2.0, 3.0) == (12.0, 12.0, 4.0)


@pytest.mark.parametrize("stop", STAGES)
def test_going_on_is_the_same_as_going_all_the_way(stop: str) -> None:
    generator = Generator()
    power = checked(PROGRAM).module.functions["power"]
    early = generator.generate(power, BY_BOTH, stop)
    late = generator.continued(early)
    assert late.native.llvm == unit("native").native.llvm
    assert generator.continued(late, stop).after == "native"  # what is done is not undone


def test_without_a_derivative_nothing_is_differentiated() -> None:
    core, differentiated = (unit(stop, Derivative()) for stop in ("core", "differentiated"))
    assert (module_text(differentiated.module), differentiated.name) == (module_text(core.module), core.name)


def test_second_derivatives() -> None:
    found = unit("optimised", Derivative(2, (0, 1)))
    results = interpret(found.module, found.name, [2.0, 3.0])
    assert results == (12.0, 12.0, 4.0, 6.0, 4.0, 0.0)  # x^2 y; 2 x y, x^2; 2 y, 2 x, 0


def test_expressions_and_derivatives_of_the_language() -> None:
    derivative, call = (each.value for each in checked(PROGRAM).module.statements if isinstance(each, typed.Evaluate))
    assert isinstance(derivative, typed.Derivative)
    made = Generator().generate(derivative)
    assert Kernel(made.native.entry(made.name))(2.0, 3.0) == (12.0, 4.0)
    made = Generator().generate(Expression(call))
    assert Kernel(made.native.entry(made.name))() == 12.0
    inputs = call.arguments[:1] if isinstance(call, typed.Call) else ()
    made = Generator().generate(Expression(call, inputs))  # its first argument is brought from outside
    assert Kernel(made.native.entry(made.name))(4.0) == 48.0
