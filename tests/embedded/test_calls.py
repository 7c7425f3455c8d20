"""`import qdsl`: programs inside Python."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import threading
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qdsl

PROGRAM = """
## The fall of an excited state.
fn decay(t: Time, tau: Time = 2 us) -> Scalar = exp(-t / tau)
fn turned(x: Complex) -> Complex = 1i * x
fn record(a: (p: Scalar, q: Complex)) -> (s: Scalar, c: Complex) = (s = 2 * a.p, c = a.q + 1)
fn product(v: [Scalar], w: [Scalar]) -> Scalar = dot(v, w)
fn inverse(x: Scalar) -> Scalar = 1 / x
fn at(v: [Scalar], i: Int) -> Scalar = v[i]
fn pair(x: Scalar) -> [Scalar] = [x, 2 * x]
fn trace(m: [Scalar; 2, 2]) -> Scalar = m[0, 0] + m[1, 1]
fn total(rows: [(a: Scalar, b: Scalar)]) -> Scalar = sum([r.a * r.b for r in rows])
fn rotated(v: [Complex]) -> [Complex] = 1i * v
fn above(x: Scalar) -> Bool = x > 1
fn next(n: Int) -> Int = n + 1
fn square(x) = x^2
fn root(x: Scalar) -> Scalar = sqrt(x)
fn applied(f: (Scalar) -> Scalar) -> Scalar = f(2)
fn word(x: Scalar) -> Text = "a"
let scale = 2 mV
fn scaled(x: Scalar) -> Voltage = scale * x
fn twice(x: Scalar) = scaled(2 * x)
const arm = 4 km
experiment coin {
    param p: Scalar = 0.5
    axis shots: Int = [10]
    measure heads ~ Binomial(shots, p)
}
"""


@pytest.fixture(scope="module")
def m() -> qdsl.Module:
    return qdsl.compile(PROGRAM)


def test_numbers_arrays_defaults_and_names(m: qdsl.Module) -> None:
    assert m.decay(1e-6) == math.exp(-0.5)
    assert m.decay(1e-6, 1e-6) == m.decay(tau=1e-6, t=1e-6) == m.decay(1e-6, tau=1e-6) == math.exp(-1)
    assert type(m.decay(1e-6)) is float
    times = np.linspace(0, 4e-6, 12).reshape(3, 4)
    assert m.decay(times, tau=1e-6) == pytest.approx(np.exp(-times / 1e-6), rel=1e-15)
    assert m.decay(times, [1e-6, 2e-6, 3e-6, 4e-6]).shape == (3, 4)
    assert m.decay([1e-6, 2e-6]) == pytest.approx([math.exp(-0.5), math.exp(-1)], rel=1e-15)


def test_kinds_of_values(m: qdsl.Module) -> None:
    assert (m.turned(2), m.turned(2 + 1j)) == (2j, -1 + 2j)
    assert m.turned(np.array([1j, 2])).tolist() == [-1, 2j]
    assert m.record({"p": 1, "q": 2j}) == {"s": 2.0, "c": 1 + 2j}
    assert m.product([1, 2], np.array([3, 4])) == 11
    assert m.pair(2).tolist() == [2, 4]
    assert m.pair([1, 2]).tolist() == [[1, 2], [2, 4]]
    assert m.trace([[1, 2], [3, 4]]) == 5
    assert m.total([{"a": 1, "b": 2}, {"a": 3, "b": 4}]) == m.total({"a": [1, 3], "b": [2, 4]}) == 14
    assert m.rotated([1j, 2]).tolist() == [-1, 2j]
    assert (m.above(2), m.above(0.5)) == (True, False)
    assert (m.next(2), type(m.next(2))) == (3, int)
    assert m.square(3) == 9


def test_lets_and_constants_are_si_values_that_functions_use(m: qdsl.Module) -> None:
    assert (m.scale, m.arm) == (pytest.approx(2e-3), 4000)
    assert (m.scaled(3), m.twice(3)) == (pytest.approx(6e-3), pytest.approx(12e-3))


def test_derivatives(m: qdsl.Module) -> None:
    assert m.inverse.grad(2.0) == -0.25
    assert m.inverse.hessian(2.0) == 0.25
    assert m.inverse.grad([1, 2]).tolist() == [-1, -0.25]
    found = m.decay.grad(1e-6, tau=2e-6)
    assert found == pytest.approx({"t": -math.exp(-0.5) / 2e-6, "tau": math.exp(-0.5) * 1e-6 / 4e-12})
    assert {each: set(row) for each, row in m.decay.hessian(1e-6).items()} == {"t": {"t", "tau"}, "tau": {"t", "tau"}}
    parts = m.product.grad([1, 2], [3, 4])
    assert {name: part.tolist() for name, part in parts.items()} == {"v": [3, 4], "w": [1, 2]}
    assert m.pair.jacobian(3.0).tolist() == [1, 2]


def test_the_change_in_a_direction() -> None:
    """By position or name; a name that is taken gets another d."""
    m = qdsl.compile(
        "fn f(x: Scalar, y: Scalar) -> Scalar = x^2 * y\n"
        "fn g(x: [Scalar], dx: Scalar, n: Int) -> Scalar = n * sum(x) * dx"
    )
    assert m.f.jvp(2, 3, 1, 0) == 12
    assert m.f.jvp(2, 3, dx=0, dy=1) == 4
    assert list(m.f.jvp([1, 2], 3, 1, 0)) == [6, 12]
    assert m.g.jvp([1, 2, 3], dx=2, n=3, ddx=[0, 1, 0], dddx=0) == 6
    with pytest.raises(TypeError, match="f also needs 'dx'"):
        m.f.jvp(2, 3)


def test_what_can_be_read(m: qdsl.Module) -> None:
    assert m.decay.signature == "(t: Time, tau: Time) -> Scalar"
    assert m.square.signature == "(x: D) -> D^2"
    assert m.decay.grad.signature == "(Time, Time) -> (t: Rate, tau: Rate)"
    assert m.decay.__doc__ == "The fall of an excited state."
    assert repr(m.decay) == "<function decay(t: Time, tau: Time) -> Scalar>"
    assert {"decay", "scale", "arm"} <= set(dir(m))
    assert [name for name in dir(m) if name == "decay"] == ["decay"]
    assert "coin" in list(m)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: m.decay(), "decay also needs 't'"),
        (lambda m: m.decay(1, 2, 3), "decay takes 2 arguments, not 3"),
        (lambda m: m.decay(1, x=3), "decay has no argument 'x'"),
        (lambda m: m.decay(1, t=3), "decay got the argument 't' twice"),
        (lambda m: m.decay("a"), "t takes real numbers, not 'a'"),
        (lambda m: m.decay(True), "t takes real numbers, not True"),
        (lambda m: m.decay(1e-6, 1j), "tau takes real numbers"),
        (lambda m: m.next(2.5), "n takes integers, not 2.5"),
        (lambda m: m.turned("a"), "x takes Complex, not 'a'"),
        (lambda m: m.turned(["a"]), r"x takes Complex, not \['a'\]"),
        (lambda m: m.rotated(["a"]), r"v takes \[Complex\], not \['a'\]"),
        (lambda m: m.record({"p": 1, "q": "a"}), r"a takes \(p: Scalar, q: Complex\)"),
        (lambda m: m.record(3), r"a takes \(p: Scalar, q: Complex\), not 3"),
        (lambda m: m.record({"p": 1}), r"a takes \(p: Scalar, q: Complex\)"),
    ],
)
def test_wrong_arguments_are_type_errors(m: qdsl.Module, call: Callable[[Any], Any], words: str) -> None:
    for _ in range(2):  # before and after the call has been compiled
        with pytest.raises(TypeError, match=words):
            call(m)
        m.decay(1e-6)


def test_a_kernel_that_stops_says_where_and_with_what(m: qdsl.Module) -> None:
    with pytest.raises(qdsl.KernelError, match="index 5 is outside an array of length 2") as found:
        m.at([1, 2], 5)
    assert found.value.values == (5, 2)
    assert found.value.span is not None
    assert found.value.span.text == "v[i]"
    with pytest.raises(qdsl.KernelError, match=r"sqrt of -4.*at element 1") as found:
        m.root(np.array([1.0, -4.0]))
    assert found.value.index == (1,)
    with pytest.raises(qdsl.KernelError, match="not finite at x = 0"):
        m.inverse(0.0)
    assert math.isnan(m.inverse(math.nan))
    with pytest.raises(qdsl.KernelError, match="64 bits"):
        m.next(2**63 - 1)


def test_results_that_are_not_finite_are_kept_on_demand() -> None:
    kept = qdsl.compile("option nonfinite = keep\nfn inverse(x: Scalar) -> Scalar = 1 / x")
    assert kept.inverse(0.0) == math.inf
    assert kept.inverse(np.array([0.0, 2.0])).tolist() == [math.inf, 0.5]


def test_errors_of_a_program() -> None:
    with pytest.raises(qdsl.CompileError) as found:
        qdsl.compile("let x = 1 m + 1 s\nfn f(x) = y\n")
    assert [each.code for each in found.value.diagnostics] == ["E0401", "E0201"]
    assert "cannot add Length and Time" in str(found.value)
    assert "<text>:1:9" in str(found.value)
    with pytest.raises(qdsl.CompileError, match="sqrt of -1"):
        qdsl.compile("let n = -1\nlet x = sqrt(n)")
    with pytest.raises(qdsl.CompileError):
        qdsl.compile("fn f(x) = (")


def test_functions_that_are_no_kernels_say_so_when_called(m: qdsl.Module) -> None:
    for name in ("applied", "word"):
        with pytest.raises(qdsl.CompileError):
            getattr(m, name)(3)
    with pytest.raises(qdsl.CompileError):
        m.above.grad(2)


def test_a_default_that_stops_is_an_error_of_the_program() -> None:
    program = qdsl.compile("let n = -1\nfn f(x: Scalar, y: Scalar = sqrt(n)) -> Scalar = x + y")
    with pytest.raises(qdsl.CompileError, match="sqrt of -1") as found:
        program.f(1.0)
    assert [each.code for each in found.value.diagnostics] == ["E0701"]
    assert program.f(1.0, 2.0) == 3


def test_errors_survive_pickling(m: qdsl.Module) -> None:
    with pytest.raises(qdsl.KernelError) as stopped:
        m.root(np.array([1.0, -4.0]))
    stop, again = stopped.value, pickle.loads(pickle.dumps(stopped.value))
    assert (str(again), again.code, again.values, again.index) == (str(stop), stop.code, (-4.0,), (1,))
    assert again.span.text == stop.span.text == "sqrt(x)"
    with pytest.raises(qdsl.CompileError) as refused:
        qdsl.compile("let x = 1 m + 1 s")
    copy = pickle.loads(pickle.dumps(refused.value))
    assert str(copy) == str(refused.value)
    assert [each.code for each in copy.diagnostics] == ["E0401"]


def test_names_that_a_module_has_itself_are_items(m: qdsl.Module) -> None:
    program = qdsl.compile("let diagnostics = 3.0\nfn f(x: Scalar) = x * diagnostics")
    assert (program["diagnostics"], program.diagnostics) == (3.0, [])
    assert program["f"] is program.f
    assert {name: m[name] for name in m}.keys() >= {"decay", "scale", "arm"}
    with pytest.raises(KeyError, match="no 'nothing'"):
        m["nothing"]


def test_a_name_that_is_not_there(m: qdsl.Module) -> None:
    with pytest.raises(AttributeError, match="no 'nothing'; it has decay"):
        _ = m.nothing


def test_warnings_are_kept() -> None:
    warned = qdsl.compile("fn f(x: Scalar) -> Scalar {\n let y = 2\n x\n}")
    assert [each.code for each in warned.diagnostics] == ["W0220"]
    assert warned.f(3) == 3


def test_a_file_with_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "a.qdsl").write_text("import b\nfn f(x: Scalar) = b.g(x) + b.k", encoding="utf-8")
    (tmp_path / "b.qdsl").write_text("let k = 3\nfn g(x: Scalar) = k * x", encoding="utf-8")
    a = qdsl.load(tmp_path / "a.qdsl")
    assert a.f(2) == 9
    assert list(a) == ["f"]
    with pytest.raises(FileNotFoundError):
        qdsl.load(tmp_path / "none.qdsl")


def test_threads_share_a_program() -> None:
    program = qdsl.compile(PROGRAM)
    times = np.linspace(0, 1e-5, 1000)
    wanted = np.exp(-times / 2e-6)
    found: list[bool] = []

    def work() -> None:
        for k in range(50):
            right = np.allclose(program.decay(times), wanted, rtol=1e-14) and program.inverse.grad(2.0) == -0.25
            found.append(bool(right) and program.square(float(k)) == k * k)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [True] * 400


def test_plain_numbers_take_the_short_way(m: qdsl.Module) -> None:
    """A call costs no more than a few of an empty Python function: the wrapper is not in the way."""
    empty = min(timeit.repeat("f(2.0)", globals={"f": lambda x: x}, number=20_000, repeat=5))
    ours = min(timeit.repeat("f(2.0)", globals={"f": m.inverse}, number=20_000, repeat=5))
    assert ours < 5 * empty


def test_an_element_inside_a_kernel_is_told_beside_the_one_it_was_called_with() -> None:
    program = """
    fn total(xs: [Scalar], shift: Scalar) -> Scalar = sum(sqrt(xs - shift))
    fn shifted(xs: [Scalar]) -> [Scalar] = sqrt(xs - 1)
    """
    m = qdsl.compile(program)
    with pytest.raises(qdsl.KernelError) as found:
        m.shifted(np.array([1.0, 2.0, 0.5]))
    assert str(found.value) == "sqrt of -0.5, which is negative, at element 2"
    assert (found.value.index, found.value.within) == ((), (2,))
    with pytest.raises(qdsl.KernelError) as found:
        m.total(np.array([1.0, 2.0]), np.array([0.0, 0.5, 1.5]))
    assert str(found.value) == "sqrt of -0.5, which is negative, at element 0 of an array, at element 2"
    assert (found.value.index, found.value.within) == ((2,), (0,))
    assert str(pickle.loads(pickle.dumps(found.value))) == str(found.value)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "latin.qdsl"
    path.write_bytes(b"\xef\xbb\xbflet x = 1  # gr\xf6\xdfe\n")
    with pytest.raises(qdsl.CompileError) as found:
        qdsl.load(path)
    (message,) = found.value.diagnostics
    assert message.message == f"{path} is not UTF-8 text: the byte 0xF6 cannot stand here"
    assert message.span is not None
    assert message.span.begins.column == len("let x = 1  # gr") + 1


def test_derivatives_in_any_order() -> None:
    """What one is made of stays there for the others."""
    for kinds in itertools.permutations(("grad", "jacobian", "hessian")):
        f = qdsl.compile("fn f(v: [Scalar], k: Scalar) -> Scalar = sum(k * v^2)").f
        found = {kind: getattr(f, kind)([1.0, 2.0], 3.0) for kind in kinds}
        assert found["grad"]["v"].tolist() == found["jacobian"]["v"].tolist() == [6.0, 12.0]
        assert found["hessian"]["v"]["k"].tolist() == [2.0, 4.0]


def test_programs_functions_and_derivatives_are_pickled_and_copied(m: qdsl.Module) -> None:
    m.root(4.0)
    assert pickle.loads(pickle.dumps(m)).root(4.0) == 2.0
    assert pickle.loads(pickle.dumps(m.root))(4.0) == 2.0
    assert pickle.loads(pickle.dumps(m.root.grad))(4.0) == 0.25
    assert copy.deepcopy(m).root(9.0) == 3.0
    assert copy.copy(m.root)(9.0) == 3.0


def test_an_error_has_the_code_of_its_message(m: qdsl.Module) -> None:
    with pytest.raises(qdsl.KernelError) as stopped:
        m.root(-1.0)
    assert stopped.value.code == "E0701"


def test_a_truth_value_is_no_number() -> None:
    program = qdsl.compile("fn square(z: Complex) = z * z\nfn root(x: Scalar) = sqrt(x)")
    for function in (program.square, program.root):
        with pytest.raises(TypeError, match="not True"):
            function(True)
    with pytest.raises(TypeError, match="a program is a text, not 3"):
        qdsl.compile(3)  # type: ignore[arg-type]


def test_what_a_mask_hides_is_not_used() -> None:
    program = qdsl.compile("fn root(x: Scalar) = sqrt(x)\nfn total(xs: [Scalar]) = sum(xs)")
    hidden = np.ma.array([1.0, 4.0], mask=[False, True])
    for _ in range(2):  # the first call compiles
        for name, function in (("x", program.root), ("xs", program.total)):
            with pytest.raises(TypeError, match=f"{name} takes real numbers, and some of these are masked"):
                function(hidden)
    assert program.total(np.ma.array([1.0, 4.0])) == 5.0


@pytest.mark.parametrize("number", [np.float64(2), np.float32(2), np.int32(2), np.int64(2)])
def test_numbers_of_numpy_are_numbers(number: np.generic) -> None:
    program = qdsl.compile("fn half(x: Scalar) = x / 2\nfn twice(n: Int) = 2 * n")
    for _ in range(2):
        assert program.half(number) == 1.0
        assert type(program.half(number)) is float
        if isinstance(number, np.integer):
            assert program.twice(number) == 4
        else:
            with pytest.raises(TypeError, match="n takes integers"):
                program.twice(number)
