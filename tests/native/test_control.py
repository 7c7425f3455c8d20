"""Calls, recursion and random programs: machine code does what the interpreter says, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.core.outcome import bits, outcome, told
from tests.core.random_programs import random_arguments, random_program
from tests.native.running import kernels, plain

from qdsl.lang import native
from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import REAL, Code, Module
from qdsl.lang.native import target
from qdsl.runtime.kernel import Kernel, KernelError
from qdsl.runtime.watching import gathered

COUNT = """
func @count(%n: int) -> (int) {
  %0 = const 0
  %stop = ile %n, %0
  %r = if %stop -> int {
    yield %0
  } else {
    %one = const 1
    %m = isub %n, %one
    %k = call @count(%m) -> int
    %same = call @same(%k) -> int
    %k1 = iadd %same, %one
    yield %k1
  }
  return %r
}
func @same(%n: int) -> (int) {
  return %n
}
func @outer(%n: int) -> (int) {
  %k = call @count(%n) -> int
  return %k
}
"""


def test_a_thousand_nested_calls_and_no_more() -> None:
    compiled = kernels(COUNT)
    for name in ("count", "outer"):
        assert compiled[name](999) == 999
        assert compiled[name](np.array([1, 999, 2])).tolist() == [1, 999, 2]
        for argument in (1000, 10**9, np.array([5, 1000])):
            with pytest.raises(KernelError) as caught:
                compiled[name](argument)
            assert caught.value.kind is Code.RECURSION


def test_functions_may_have_any_name() -> None:
    """Names that C, LLVM or the entries use, and letters that are not ASCII."""
    names = ("exp", "main", "malloc", "call.exp", "τ", 'q"uote', "back\\slash", "careful.exp")
    functions = {}
    for place, name in enumerate(names):
        b = Builder()
        x = b.parameter(REAL)
        functions[name] = b.function(name, [b.op("add", b.op("exp", x), b.const(float(place)))])
    compiled = native.compile(Module(functions), names)
    for place, name in enumerate(names):
        assert Kernel(compiled.entry(name))(0.0) == 1.0 + place


def test_a_function_without_parameters_or_results() -> None:
    compiled = kernels(
        "func @one() -> (real) {\n %1 = const 1.0\n return %1 }\nfunc @none(%x: real) -> () {\n return }"
    )
    assert compiled["one"]() == 1.0
    assert compiled["none"](1.0) == ()
    assert compiled["none"](np.ones(5)) == ()


def test_several_results() -> None:
    text = "func @f(%x: real, %n: int) -> (int, real, bool) {\n %b = igt %n, %n\n return %n, %x, %b }"
    call = kernels(text)["f"]
    assert bits(call(1.5, 2)) == bits((2, 1.5, False))
    n, x, b = call(1.5, np.arange(3))
    assert (n.tolist(), x.tolist(), b.tolist()) == ([0, 1, 2], [1.5] * 3, [False] * 3)


def _machine_outcome(call: Kernel, arguments: list[Any]) -> Any:
    try:
        with gathered() as seen:
            results = bits(plain(call(*arguments, nonfinite="keep")))
        return *results, told(seen)
    except KernelError as error:
        site = next(
            site for site in call.sites if site.code is error.kind and site.describe(error.values) == error.message
        )
        return error.kind, site.message, bits(error.values), error.within


def _agrees(seed: int) -> None:
    program = random_program(seed, size=30, exact=True)
    compiled = native.compile(program, ["f", "g"])
    for name in ("f", "g"):
        call = Kernel(compiled.entry(name))
        for trial in range(8):
            arguments = random_arguments(1000 * seed + trial)
            assert _machine_outcome(call, arguments) == outcome(program, name, arguments), (seed, name, trial)


@pytest.mark.parametrize("seed", range(16))
def test_random_programs_give_the_interpreters_bits_and_failures(seed: int) -> None:
    _agrees(seed)


@pytest.mark.parametrize("seed", range(16))
def test_so_do_modules_that_few_of_llvms_passes_go_through(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long ones are compiled; these have to be taken for long."""
    monkeypatch.setattr(target, "LONG", 0)
    _agrees(seed)


def test_few_passes_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would hold of nothing."""
    text = native.compile(random_program(1, size=30, exact=True), ["f"]).llvm
    usual = target.emit_object(text, target.host())
    monkeypatch.setattr(target, "LONG", len(text) - 1)
    assert target.emit_object(text, target.host()) != usual
    monkeypatch.setattr(target, "LONG", len(text))
    assert target.emit_object(text, target.host()) == usual


@pytest.mark.slow
def test_more_random_programs() -> None:
    for seed in range(16, 400):
        _agrees(seed)
