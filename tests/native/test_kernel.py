"""Kernels as Python calls them: what they take, what they refuse, and that nothing brings the process down."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.native.running import kernel, kernels

from qdsl.runtime.kernel import Kernel, KernelError

ROOT = Path(__file__).parents[2]
WEIGHTED = """
func @f(%x: real, %n: int, %b: bool) -> (real) {
  %r = to_real %n
  %s = add %x, %r
  %t = select %b, %s, %x -> real
  return %t
}
func @first(%v: [real], %k: real) -> (real, [real]) {
  %0 = const 0
  %x = get %v, %0 -> real
  %y = mul %x, %k
  %w = set %v, %0, %y -> [real]
  return %y, %w
}
"""


@pytest.fixture(scope="module")
def compiled() -> dict[str, Kernel]:
    return kernels(WEIGHTED)


def test_numbers_give_numbers(compiled: dict[str, Kernel]) -> None:
    f = compiled["f"]
    for x in (1.5, np.float64(1.5), np.float32(1.5), np.array(1.5)):
        for n in (2, np.int64(2), np.uint8(2), np.array(2)):
            for b in (True, np.True_, np.array(True)):
                answer = f(x, n, b)
                assert (type(answer), answer) == (float, 3.5)
    assert f(1, 2, False) == 1.0
    assert f(10**300, 2, False) == 1e300


def test_columns_of_every_layout(compiled: dict[str, Kernel]) -> None:
    f = compiled["f"]
    x = np.arange(600.0).reshape(20, 30)
    expected = x + np.arange(30)
    for given in (x, np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], x[::-1][::-1], x.tolist()):
        assert np.array_equal(f(given, np.arange(30), True), expected)
    assert np.array_equal(f(x[:, ::-3], 1, True), x[:, ::-3] + 1)
    assert np.array_equal(f(x[:, 0][::-1], 1, True), x[:, 0][::-1] + 1)
    assert np.array_equal(f(x.astype("float32"), 1, True), x + 1)
    assert np.array_equal(f(x.astype(">f8"), 1, True), x + 1)
    assert np.array_equal(f(x.astype("uint16"), 1, True), x + 1)
    assert np.array_equal(f(2.0, 1, x > 3), np.where(x > 3, 3.0, 2.0))
    packed = np.zeros(7, dtype=[("a", "i1"), ("x", "f8")])
    packed["x"] = np.arange(7)
    assert np.array_equal(f(packed["x"], 0, True), np.arange(7.0))
    read_only = np.broadcast_to(np.float64(4.0), (300,))
    assert f(read_only, 1, True).tolist() == [5.0] * 300


def test_shapes_go_together_as_in_numpy(compiled: dict[str, Kernel]) -> None:
    f = compiled["f"]
    assert f(np.zeros((4, 1)), np.zeros(3, int), True).shape == (4, 3)
    assert f(np.zeros((0, 3)), 1, True).shape == (0, 3)
    assert f([], 1, True).shape == (0,)
    assert f(1.0, [], True).shape == (0,)
    assert f([[1.0]], 1, True).shape == (1, 1)
    with pytest.raises(ValueError, match=r"do not go together: x \(2,\), n \(3,\)"):
        f([1.0, 2.0], [1, 2, 3], True)


def test_an_array_without_axes_beside_a_column_is_a_number(compiled: dict[str, Kernel]) -> None:
    f = compiled["f"]
    for arguments in ((np.array(0.5), np.arange(300), True), (np.arange(300) + 0.5, np.array(0), True)):
        assert np.array_equal(f(*arguments), np.arange(300) + 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1j, 1, True), "x takes real numbers, not 1j"),
        (("1", 1, True), "x takes real numbers, not '1'"),
        ((None, 1, True), "x takes real numbers, not None"),
        ((True, 1, True), "x takes real numbers, not True"),
        ((10**400, 1, True), "x takes real numbers, not one that does not fit"),
        ((1.0, 1.0, True), "n takes integers, not 1.0"),
        ((1.0, True, True), "n takes integers, not True"),
        ((1.0, 2**63, True), "n takes integers, not one that does not fit"),
        ((1.0, np.array([2**63], "uint64"), True), "n takes integers, not one that does not fit"),
        ((1.0, 10**30, True), "n takes integers, not one that does not fit"),
        ((1.0, 1, 1), "b takes booleans, not 1"),
        ((1.0, [1.0, 2.0], True), "n takes integers, not list of float64"),
        ((np.array(["a"]), 1, True), "x takes real numbers, not ndarray of <U1"),
        ((np.array([object()]), 1, True), "x takes real numbers, not ndarray of object"),
        ((np.array(["2026-01-01"], "M8[D]"), 1, True), "x takes real numbers, not ndarray of datetime64"),
        ((1.0, 1), "f takes 3 arguments, not 2"),
        ((), "f takes 3 arguments, not 0"),
        ((1.0, 1, True, 1), "f takes 3 arguments, not 4"),
    ],
)
def test_what_does_not_fit_is_refused(compiled: dict[str, Kernel], arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        compiled["f"](*arguments)
    assert message in str(caught.value)


def test_whole_arrays_and_numbers_beside_them(compiled: dict[str, Kernel]) -> None:
    first = compiled["first"]
    y, w = first([2.0, 3.0], 10)
    assert (y, w.tolist()) == (20.0, [20.0, 3.0])
    y, w = first(np.arange(6.0)[1::2], [1, 2, 3])
    assert (y.tolist(), w.tolist()) == ([1.0, 2.0, 3.0], [[1.0, 3.0, 5.0], [2.0, 3.0, 5.0], [3.0, 3.0, 5.0]])
    y, w = first([1.0], np.zeros((0, 2)))
    assert (y.shape, w.shape) == ((0, 2), (0, 2, 0))
    y, w = first([[2.0, 3.0], [4.0, 5.0]], [1, 10])  # axes before an array's own are of points
    assert (y.tolist(), w.tolist()) == ([2.0, 40.0], [[2.0, 3.0], [40.0, 5.0]])
    for given, message in ((1.0, "v takes an array of 1 axis, not of 0 axes"),):
        with pytest.raises(ValueError, match=message):
            first(given, 1.0)
    with pytest.raises(KernelError, match="index 1 is outside an array of length 1, at element 2"):
        kernel("(%v: [int], %i: int) -> (int)", "%x = get %v, %i -> int\nreturn %x")([5], [0, 0, 1])


def test_known_lengths_are_asked_for() -> None:
    call = kernel("(%m: [real; 2, 3]) -> ([real; 2, 3])", "return %m")
    assert call(np.ones((2, 3), order="F")).tolist() == [[1.0] * 3] * 2
    with pytest.raises(ValueError, match="m takes an array of length 3 along axis 1, not 2"):
        call(np.ones((2, 2)))


def test_an_array_result_must_be_finite_where_the_arguments_are() -> None:
    call = kernel(
        "(%v: [real; 2]) -> (real)",
        "%0 = const 0\n%1 = const 1\n%a = get %v, %0 -> real\n%b = get %v, %1 -> real\n%q = div %a, %b\nreturn %q",
    )
    with pytest.raises(KernelError, match="not finite"):
        call([1.0, 0.0])
    assert call([1.0, 0.0], nonfinite="keep") == math.inf
    assert math.isnan(call([math.nan, 1.0]))
    with pytest.raises(KernelError) as caught:
        kernel("(%v: [real; 3]) -> ([real; 3])", DOUBLED)([1.0, 1e308, 2.0])
    assert caught.value.index == (1,)


DOUBLED = """
%3 = const 3
%w = build %3 -> [real; 3] { |%i: int|
  %x = get %v, %i -> real
  %y = add %x, %x
  yield %y
}
return %w
"""


def test_keywords(compiled: dict[str, Kernel]) -> None:
    f = compiled["f"]
    assert f(1.0, 1, True, nonfinite="keep") == 2.0
    with pytest.raises(ValueError, match="nonfinite is"):
        f(1.0, 1, True, nonfinite="maybe")
    with pytest.raises(TypeError):
        f(1.0, 1, True, other=1)


def test_the_short_way_and_the_long_way_agree(compiled: dict[str, Kernel]) -> None:
    f = compiled["f"]
    for arguments in (
        (0.1, -7, True),
        (2**53 + 1, 1, True),
        (2**63, 1, True),
        (-3, 1, True),
        (-0.0, 0, False),
        (math.inf, 2**62, True),
        (math.nan, -(2**63), False),
    ):
        assert repr(f(*arguments)) == repr(f.convert_and_call(*arguments))


def test_a_kernel_goes_when_nobody_needs_it_and_its_code_only_then() -> None:
    call = kernel("(%x: real) -> (real)", "%r = mul %x, %x\nreturn %r")
    gone = weakref.ref(call._library)
    method = type(call).__call__
    del call
    gc.collect()
    assert method(3.0) == 9.0
    del method
    gc.collect()
    assert gone() is None


def test_threads_share_a_kernel() -> None:
    """Contexts and arenas belong to a call, and the interpreter's lock is not held."""
    body = """
      %0 = const 0
      %z = const 0.0
      %s = for %0, %n, %z -> real { |%i: int, %s0: real|
        %k = const 50
        %v = build %k -> [real] { |%j: int| %t = to_real %j\n yield %t }
        %49 = const 49
        %y = get %v, %49 -> real
        %s1 = add %s0, %y
        yield %s1
      }
      return %s"""
    call = kernel("(%n: int) -> (real)", body)
    found: list[float] = []
    threads = [threading.Thread(target=lambda n=n: found.append(call(n))) for n in range(2000, 2008)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [49.0 * n for n in range(2000, 2008)]


FUZZ = """
import random, sys
import numpy as np
from tests.native.running import kernels
from tests.native.test_kernel import WEIGHTED
from qdsl.runtime.kernel import KernelError
dice = random.Random(5)
numbers = [0, 1, -1, 2**63, -2**63, 10**30, 1.5, -0.0, 1e308, float("inf"), float("nan"), True, None, "x", b"x", 1j]
dtypes = "f8 f4 f2 g i8 i1 u8 u1 ? c16 O S3 U2 M8[s] m8[s] >f8 >i4 V5".split()
shapes = [(), (0,), (1,), (3,), (300,), (2, 3), (0, 2), (1, 1, 1), (3, 1), (2, 300)]
def array():
    made = np.zeros(dice.choice(shapes), dice.choice(dtypes))
    how = dice.randrange(6)
    if how == 0 and made.ndim: return made[::-1]
    if how == 1 and made.ndim: return made[..., ::2]
    if how == 2: return made.T
    if how == 3: return np.broadcast_to(made, (2, *made.shape)) if made.ndim < 3 else made
    if how == 4: return made.tolist()
    return made
others = [[], [[]], [[1], [2, 3]], {}, set(), object(), range(3), (1.0, 2.0), slice(3), np, memoryview(b"abc"), [None]]
good = {
    "real": [0.5, -1e308, float("inf"), 7, np.arange(3.0), np.ones((2, 1)), np.arange(600.0)[::2], np.zeros(0), []],
    "int": [0, -1, 2**63 - 1, np.arange(3), np.arange(300), np.zeros((2, 1), "i1"), np.array(4)],
    "bool": [True, False, np.array([True, False, True])],
    "[real]": [[], [1.0], np.arange(5.0), np.arange(10)[::-2], np.array([np.nan])],
}
def anything(type_):
    if dice.random() < 0.6: return dice.choice(good[type_])
    return dice.choice((lambda: dice.choice(numbers), array, lambda: dice.choice(others)))()
calls = list(kernels(WEIGHTED).values())
seen = {}
for _ in range(6000):
    call = dice.choice(calls)
    arguments = [anything(str(type_)) for _, type_ in call.signature.parameters]
    if dice.random() < 0.05: arguments.pop()
    if dice.random() < 0.05: arguments.append(dice.choice(numbers))
    try:
        call(*arguments, **dice.choice(({}, {}, {"nonfinite": "keep"}, {"nonfinite": 3})))
        seen["answered"] = seen.get("answered", 0) + 1
    except (KernelError, TypeError, ValueError) as error:
        assert str(error), arguments
        seen[type(error).__name__] = seen.get(type(error).__name__, 0) + 1
assert min(seen[name] for name in ("answered", "KernelError", "TypeError", "ValueError")) > 20, seen
print("alive")
"""


def test_nothing_that_is_passed_brings_the_process_down() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FUZZ], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.strip()) == (0, "alive"), run.stderr[-2000:]


def test_importing_loads_neither_numpy_nor_llvmlite() -> None:
    program = (
        "import sys, qdsl.lang.native, qdsl.runtime.kernel, qdsl.runtime.cache\n"
        "print([name for name in ('numpy', 'scipy', 'llvmlite', 'lark') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


SUM_OF_QUOTIENTS = """
func @mean(%v: [real], %x: real, %n: int, %m: [real; ?, 2], %b: bool) -> (real, int) {
  %0 = const 0
  %a = get %v, %n -> real
  %c = get %m, %0, %0 -> real
  %q = div %a, %x
  %s = add %q, %c
  %t = select %b, %s, %x -> real
  %k = iadd %n, %n
  return %t, %k
}
"""


def test_an_array_beside_columns_is_mapped_over_as_one_by_one() -> None:
    mean = kernels(SUM_OF_QUOTIENTS)["mean"]
    v, m = np.arange(1.0, 6.0)[::2], np.array([[10.0, 0.0], [1.0, 2.0]], order="F")
    x, n, b = np.linspace(1.0, 2.0, 12).reshape(4, 3)[:, ::-1], np.arange(3), np.array([[True], [False]] * 2)
    values, counts = mean(v, x, n, m, b)
    assert (values.shape, counts.tolist()) == ((4, 3), [[0, 2, 4]] * 4)
    for i, j in np.ndindex(4, 3):
        assert (values[i, j], counts[i, j]) == mean(v, x[i, j], n[j], m, b[i, 0])


def test_the_first_element_that_goes_wrong_is_told() -> None:
    """A result that is not finite, an index outside: whichever comes first, unless an argument excuses it."""
    mean = kernels(SUM_OF_QUOTIENTS)["mean"]
    v, m = np.ones(3), np.zeros((1, 2))
    x, n = np.array([1.0, math.nan, 0.0, 1.0]), np.array([0, 0, 0, 7])
    with pytest.raises(KernelError, match="not finite, at element 2"):
        mean(v, x, n, m, True)
    with pytest.raises(KernelError, match="index 7 is outside an array of length 3, at element 3"):
        mean(v, x, n, m, True, nonfinite="keep")
    with pytest.raises(KernelError, match="at element 3"):
        mean([1.0, 1.0, math.inf], x, n, m, True)
    with pytest.raises(KernelError, match="at element \\(1, 0\\)"):
        mean(v, [[1.0, 1.0], [0.0, 1.0]], 0, m, True)
    assert mean(v, [0.0, 1.0], 0, m, True, nonfinite="keep")[0].tolist() == [math.inf, 1.0]
