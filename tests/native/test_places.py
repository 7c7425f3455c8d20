"""A failure says through which calls it came: alike interpreted, compiled call by call, and inlined."""

from __future__ import annotations

import pytest

from qdsl.lang import native
from qdsl.lang.core.builder import Builder
from qdsl.lang.core.interpret import KernelFailure, interpret, origin
from qdsl.lang.core.ir import INT, REAL, Function, Module
from qdsl.lang.optimise import optimise
from qdsl.lang.source import LONGEST_CHAIN, Source, Span
from qdsl.runtime.kernel import Kernel, KernelError

SOURCE = Source("places", "div outer inner third" + "." * 100)
DIV, OUTER, INNER, THIRD = SOURCE.span(0, 3), SOURCE.span(4, 9), SOURCE.span(10, 15), SOURCE.span(16, 21)


def _calling(name: str, callee: str, at: Span) -> Function:
    b = Builder()
    n = b.parameter(INT, "n")
    with b.at(at):
        (result,) = b.call(callee, [n], [INT])
    return b.function(name, [result], at)


def _program() -> Module:
    """@f calls @g calls @h, which divides 7 by n."""
    b = Builder()
    n = b.parameter(INT, "n")
    with b.at(DIV):
        quotient = b.op("idiv", b.const(7), n)
    h = b.function("h", [quotient], DIV)
    return Module({"h": h, "g": _calling("g", "h", INNER), "f": _calling("f", "g", OUTER)})


def _compiled(module: Module) -> Kernel:
    return Kernel(native.compile(module, ["f"]).entry("f"))


def test_every_way_of_running_tells_the_same_calls() -> None:
    module = _program()
    expected = DIV.called_from(INNER).called_from(OUTER)
    assert [each.text for each in expected.chain()] == ["div", "inner", "outer"]
    for each in (module, optimise(module, ["f"])):
        with pytest.raises(KernelFailure) as interpreted:
            interpret(each, "f", [0])
        with pytest.raises(KernelError) as run:
            _compiled(each)(0)
        with pytest.raises(KernelError) as looped:
            _compiled(each)([1, 2, 0])
        assert interpreted.value.span == run.value.span == looped.value.span == expected


def test_two_calls_of_one_function_are_two_places() -> None:
    b = Builder()
    n, m = b.parameter(INT, "n"), b.parameter(INT, "m")
    with b.at(OUTER):
        (first,) = b.call("h", [n], [INT])
    with b.at(THIRD):
        (second,) = b.call("h", [m], [INT])
    f = b.function("f", [b.op("iadd", first, second)])
    module = Module({"h": _program().functions["h"], "f": f})
    for each in (module, optimise(module, ["f"])):
        call = _compiled(each)
        for arguments, place in (((0, 1), OUTER), ((1, 0), THIRD)):
            with pytest.raises(KernelError) as caught:
                call(*arguments)
            assert caught.value.span == DIV.called_from(place)


def test_a_long_chain_keeps_its_inner_end() -> None:
    """Recursion: as many calls are told as a span remembers."""
    b = Builder()
    n = b.parameter(INT, "n")
    with b.at(DIV):
        left = b.op("isub", n, b.const(1))
        b.op("idiv", b.const(7), left)
    with b.at(INNER):
        (again,) = b.call("f", [left], [INT])
    module = Module({"f": b.function("f", [again])})
    with pytest.raises(KernelError) as caught:
        _compiled(module)(500)
    with pytest.raises(KernelFailure) as interpreted:
        interpret(module, "f", [500])
    assert caught.value.span == interpreted.value.span
    assert caught.value.span is not None
    assert [each.text for each in caught.value.span.chain()] == ["div", *["inner"] * (LONGEST_CHAIN - 1)]


def test_the_origin_of_an_infinity_is_told_with_its_calls() -> None:
    b = Builder()
    x = b.parameter(REAL, "x")
    with b.at(DIV):
        inverse = b.op("div", b.const(1.0), x)
    c = Builder()
    y = c.parameter(REAL, "y")
    with c.at(OUTER):
        (result,) = c.call("h", [y], [REAL])
    module = Module({"h": b.function("h", [inverse]), "f": c.function("f", [result])})
    assert origin(module, "f", [0.0]) == DIV.called_from(OUTER)


def test_a_nonfinite_array_points_at_its_function() -> None:
    b = Builder()
    x = b.parameter(REAL, "x")
    f = b.function("f", [b.array([b.op("div", b.const(1.0), x)])], OUTER)
    with pytest.raises(KernelError) as caught:
        _compiled(Module({"f": f}))(0.0)
    assert (caught.value.span, caught.value.index) == (OUTER, (0,))
