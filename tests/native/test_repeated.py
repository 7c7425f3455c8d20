"""A kernel that is called again and again gives what it gives when it is called once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.native.running import kernel

from qdsl.lang.core.ir import Code
from qdsl.runtime.kernel import KernelError
from qdsl.runtime.repeated import Repeated

SUM = "%0 = const 0\n%a = get %v, %0 -> real\n%w = set %v, %0, %x -> {array}\n%s = add %a, %x\nreturn %s, %w, %n"


@pytest.mark.parametrize(("array", "size"), [("[real; 3]", 3), ("[real]", 5), ("[real; 100]", 100)])
def test_numbers_and_arrays_of_any_storage(array: str, size: int) -> None:
    call = kernel(f"(%x: real, %v: {array}, %n: int) -> (real, {array}, int)", SUM.format(array=array))
    repeated = Repeated(call, [0.0, np.zeros(size), 7], 2)
    kept = []
    for x in (np.arange(1.0, size + 2), np.arange(size + 1.0, 0.0, -1.0)):
        once, again = call(x[0], x[1:], 7), repeated(x)
        assert again[0] == once[0] == x[0] + x[1]
        assert again[1].tolist() == once[1].tolist() == [x[0], *x[2:]]
        assert again[2] == 7
        kept.append(again)
    assert kept[0][1][0] == 1.0, "the results of a call are its own"


def test_what_does_not_move_stays() -> None:
    body = "%0 = const 0\n%a = get %v, %0 -> real\n%s = sub %x, %y\nreturn %s, %a"
    call = kernel("(%x: real, %y: real, %v: [real]) -> (real, real)", body)
    held = np.array([3.0, 4.0])
    repeated = Repeated(call, [1.0, 5.0, held], 1)
    assert repeated(np.array([2.0])) == [-3.0, 3.0]
    assert repeated(np.array([9.0])) == [4.0, 3.0]
    assert held.tolist() == [3.0, 4.0]


def test_a_stop_is_an_error_and_the_next_call_is_sound() -> None:
    call = kernel("(%x: real) -> (int)", "%n = to_int %x\nreturn %n")
    repeated = Repeated(call, [1.0], 1)
    for _ in range(2):
        with pytest.raises(KernelError) as caught:
            repeated(np.array([1e30]))
        assert caught.value.kind == Code.CAST
        assert repeated(np.array([4.0])) == [4]


def test_the_arrays_of_the_caller_are_left_alone() -> None:
    call = kernel(
        "(%x: real, %v: [real]) -> (real)", "%0 = const 0\n%a = get %v, %0 -> real\n%s = add %a, %x\nreturn %s"
    )
    given = np.array([1.0, 2.0])
    repeated = Repeated(call, [0.0, given], 2)
    assert repeated(np.array([1.0, 8.0, 9.0])) == [9.0]
    assert given.tolist() == [1.0, 2.0]


def test_one_point_at_a_time() -> None:
    call = kernel("(%x: real) -> (real)", "return %x")
    with pytest.raises(ValueError, match="one point"):
        Repeated(call, [np.array([1.0, 2.0])], 1)
    with pytest.raises(TypeError):
        Repeated(call, ["x"], 1)


def test_threads_do_not_see_each_others_numbers() -> None:
    array = "[real; 100]"
    call = kernel(f"(%x: real, %v: {array}, %n: int) -> (real, {array}, int)", SUM.format(array=array))
    repeated = Repeated(call, [0.0, np.zeros(100), 1], 2)

    def work(number: int) -> bool:
        x = np.full(101, float(number))
        return all(repeated(x)[0] == 2.0 * number and (repeated(x)[1] == number).all() for _ in range(300))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
