"""Arrays are values, whatever machine code does with their memory."""

from __future__ import annotations

import numpy as np
import pytest
from tests.native.running import kernel, kernels

from qdsl.lang.core.ir import LARGEST_ARRAY, Code
from qdsl.runtime.kernel import Kernel, KernelError

SMALL, OPEN, LARGE = "[real; 3]", "[real]", "[real; 100]"
LENGTH = {SMALL: 3, OPEN: 5, LARGE: 100}
"""On the stack, of unknown length, and too large for the stack."""

every_storage = pytest.mark.parametrize("array", [SMALL, OPEN, LARGE])


def numbers(array: str) -> np.ndarray:
    return np.arange(1.0, LENGTH[array] + 1)


def stopped(call: Kernel, *arguments: object) -> KernelError:
    with pytest.raises(KernelError) as caught:
        call(*arguments)
    return caught.value


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────


@every_storage
def test_setting_an_argument_leaves_the_callers_array_alone(array: str) -> None:
    call = kernel(f"(%v: {array}, %x: real) -> ({array})", f"%0 = const 1\n%w = set %v, %0, %x -> {array}\nreturn %w")
    given = numbers(array)
    changed = call(given, 99.0)
    assert given.tolist() == numbers(array).tolist()
    assert changed.tolist() == [1.0, 99.0, *given[2:]]


@every_storage
def test_the_old_array_can_still_be_read(array: str) -> None:
    body = f"""
      %0 = const 0
      %x = const 99.0
      %v = set %a, %0, %x -> {array}
      %w = set %v, %0, %y -> {array}
      %old = get %v, %0 -> real
      %new = get %w, %0 -> real
      return %old, %new, %w"""
    old, new, w = kernel(f"(%a: {array}, %y: real) -> (real, real, {array})", body)(numbers(array), 7.0)
    assert (old, new, w[0]) == (99.0, 7.0, 7.0)


@every_storage
def test_a_loop_that_swaps_two_arrays(array: str) -> None:
    """Each round hands each array to the other's place, and changes one: nothing may be lost in between."""
    body = f"""
      %0 = const 0
      %x, %y = for %0, %n, %a, %b -> {array}, {array} {{ |%i: int, %p: {array}, %q: {array}|
        %1 = const 1
        %t = to_real %i
        %r = set %p, %1, %t -> {array}
        yield %q, %r
      }}
      return %x, %y"""
    call = kernel(f"(%a: {array}, %b: {array}, %n: int) -> ({array}, {array})", body)
    a, b = numbers(array), -numbers(array)
    p, q = a.copy(), b.copy()
    for i in range(5):
        p[1] = i
        p, q = q, p
    x, y = call(a, b, 5)
    assert (x.tolist(), y.tolist()) == (p.tolist(), q.tolist())
    assert a.tolist() == numbers(array).tolist()


@every_storage
def test_a_loop_that_starts_twice_from_the_same_array(array: str) -> None:
    """Only one of the two may have its memory, and none if the body reads it too."""
    for seen in ("%q", "%v"):
        body = f"""
          %0 = const 0
          %two = const 2.0
          %v = set %a, %0, %two -> {array}
          %9 = const 9.0
          %z = const 0.0
          %x, %y, %s = for %0, %n, %v, %v, %z -> {array}, {array}, real {{ |%i: int, %p: {array}, %q: {array}, %t: real|
            %h = const 0
            %r = set %p, %h, %9 -> {array}
            %u = get {seen}, %h -> real
            yield %r, %q, %u
          }}
          return %x, %y, %s"""
        x, y, s = kernel(f"(%a: {array}, %n: int) -> ({array}, {array}, real)", body)(numbers(array), 2)
        assert (x[0], y[0], s) == (9.0, 2.0, 2.0)


@every_storage
def test_a_loop_whose_body_reads_what_it_started_from(array: str) -> None:
    body = f"""
      %0 = const 0
      %two = const 2.0
      %v = set %a, %0, %two -> {array}
      %9 = const 9.0
      %z = const 0.0
      %x, %s = for %0, %n, %v, %z -> {array}, real {{ |%i: int, %p: {array}, %t: real|
        %h = const 0
        %r = set %p, %h, %9 -> {array}
        %u = get %v, %h -> real
        yield %r, %u
      }}
      return %x, %s"""
    x, s = kernel(f"(%a: {array}, %n: int) -> ({array}, real)", body)(numbers(array), 2)
    assert (x[0], s) == (9.0, 2.0)


@every_storage
def test_an_array_outside_a_loop_is_not_changed_by_its_rounds(array: str) -> None:
    """Every round starts from the same %v; taking its memory in the first would show in the second."""
    body = f"""
      %0 = const 0
      %one = const 1.0
      %v = set %a, %0, %one -> {array}
      %zero = const 0.0
      %s = for %0, %n, %zero -> real {{ |%i: int, %s0: real|
        %x = get %v, %0 -> real
        %two = const 2.0
        %y = mul %x, %two
        %w = set %v, %0, %y -> {array}
        %z = get %w, %0 -> real
        %s1 = add %s0, %z
        yield %s1
      }}
      return %s"""
    assert kernel(f"(%a: {array}, %n: int) -> (real)", body)(numbers(array), 3) == 6.0


@every_storage
def test_the_condition_of_a_while_may_not_spoil_what_the_body_reads(array: str) -> None:
    body = f"""
      %0 = const 0
      %r, %k = while %a, %0 -> {array}, int {{ |%p: {array}, %j: int|
        %nine = const 99.0
        %z0 = const 0
        %spoilt = set %p, %z0, %nine -> {array}
        %three = const 3
        %go = ilt %j, %three
        yield %go
      }} else {{ |%q: {array}, %i: int|
        %one = const 1
        %i1 = iadd %i, %one
        yield %q, %i1
      }}
      return %r"""
    assert kernel(f"(%a: {array}) -> ({array})", body)(numbers(array)).tolist() == numbers(array).tolist()


@every_storage
def test_the_arms_of_an_if(array: str) -> None:
    """One arm changes the array in place, the other hands it through; the outer one stays."""
    body = f"""
      %0 = const 0
      %r = if %c -> {array} {{
        %9 = const 9.0
        %w = set %a, %0, %9 -> {array}
        yield %w
      }} else {{
        yield %a
      }}
      %s = set %r, %0, %x -> {array}
      return %r, %s"""
    call = kernel(f"(%c: bool, %a: {array}, %x: real) -> ({array}, {array})", body)
    for c, first in ((True, 9.0), (False, 1.0)):
        r, s = call(c, numbers(array), -1.0)
        assert (r[0], s[0], r[1], s[1]) == (first, -1.0, 2.0, 2.0)


@every_storage
def test_select_gives_an_array_of_its_own(array: str) -> None:
    body = f"""
      %0 = const 0
      %r = select %c, %a, %b -> {array}
      %s = set %r, %0, %x -> {array}
      return %r, %s, %a, %b"""
    call = kernel(f"(%c: bool, %a: {array}, %b: {array}, %x: real) -> ({array}, {array}, {array}, {array})", body)
    r, s, a, b = call(False, numbers(array), -numbers(array), 50.0)
    assert (r[0], s[0], a[0], b[0]) == (-1.0, 50.0, 1.0, -1.0)


@every_storage
def test_arrays_go_into_and_come_out_of_calls(array: str) -> None:
    text = f"""
    func @bump(%v: {array}) -> ({array}, real) {{
      %0 = const 0
      %x = get %v, %0 -> real
      %one = const 1.0
      %y = add %x, %one
      %w = set %v, %0, %y -> {array}
      return %w, %x
    }}
    func @f(%v: {array}) -> ({array}, {array}, real) {{
      %a, %x = call @bump(%v) -> {array}, real
      %b, %y = call @bump(%a) -> {array}, real
      return %a, %b, %y
    }}"""
    a, b, y = kernels(text)["f"](numbers(array))
    assert (a[0], b[0], y, b[2]) == (2.0, 3.0, 2.0, 3.0)


def test_lengths_known_on_one_side_only() -> None:
    """A promise that holds moves the array on or off the stack; one that does not is refused."""
    text = """
    func @fixed(%v: [real; 3]) -> ([real; 3]) {
      return %v
    }
    func @free(%v: [real]) -> ([real]) {
      return %v
    }
    func @f(%v: [real]) -> ([real; 3], [real]) {
      %a = call @fixed(%v) -> [real]
      %b = call @free(%a) -> [real; 3]
      return %b, %a
    }"""
    call = kernels(text)["f"]
    b, a = call([1.0, 2.0, 3.0])
    assert (b.tolist(), a.tolist()) == ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    error = stopped(call, [1.0, 2.0])
    assert (error.kind, error.values) == (Code.SHAPE, (2, 3))


def test_booleans_integers_and_matrices() -> None:
    body = """
      %m = build %a, %b -> [bool; ?, ?] { |%i: int, %j: int|
        %s = iadd %i, %j
        %2 = const 2
        %r = imod %s, %2
        %0 = const 0
        %e = ieq %r, %0
        yield %e
      }
      %i = const 1
      %false = const false
      %w = set %m, %i, %i, %false -> [bool; ?, ?]
      %x = get %m, %i, %i -> bool
      %n = len %m axis 1
      return %w, %x, %n"""
    w, x, n = kernel("(%a: int, %b: int) -> ([bool; ?, ?], bool, int)", body)(2, 3)
    assert w.dtype == bool
    assert w.tolist() == [[True, False, True], [False, False, False]]
    assert (x, n) == (True, 3)


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────

GET = "%x = get %v, %i -> real\nreturn %x"


@every_storage
@pytest.mark.parametrize("index", [-1, 1000, 2**62, -(2**63)])
def test_an_index_outside_is_refused(array: str, index: int) -> None:
    error = stopped(kernel(f"(%v: {array}, %i: int) -> (real)", GET), numbers(array), index)
    assert (error.kind, error.values) == (Code.INDEX, (index, LENGTH[array]))


@pytest.mark.parametrize("length", [LARGEST_ARRAY + 1, 2**40, 2**63 - 1])
def test_a_huge_array_is_refused(length: int) -> None:
    body = "%a = build %n -> [int] { |%i: int| yield %i }\n %k = len %a axis 0\n return %k"
    call = kernel("(%n: int) -> (int)", body)
    assert call(10) == 10
    assert stopped(call, length).kind is Code.MEMORY


def test_many_large_arrays_are_refused_before_the_machine_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of a call, not of one array: each level of the recursion holds one of 80 KB."""
    body = """
      %0 = const 0
      %k = const 10000
      %a = build %k -> [real] { |%i: int| %t = to_real %i\n yield %t }
      %more = igt %n, %0
      %r = if %more -> real {
        %1 = const 1
        %m = isub %n, %1
        %below = call @f(%m) -> real
        yield %below
      } else {
        %z = const 0.0
        yield %z
      }
      %x = get %a, %0 -> real
      %s = add %x, %r
      return %s"""
    call = kernel("(%n: int) -> (real)", body)
    assert call(900) == 0.0
    monkeypatch.setattr("qdsl.runtime.context.memory_limit", lambda: 1 << 20)
    error = stopped(call.convert_and_call, 900)
    assert error.kind is Code.MEMORY


ROUNDS = """
  %0 = const 0
  %v, %s = for %0, %n, %v0, %zero -> [real], real { |%i: int, %v: [real], %s: real|
    %len = const 100
    %w = build %len -> [real] { |%j: int|
      %t = to_real %j
      %h = const 0
      %x = get %v, %h -> real
      %y = add %x, %t
      yield %y
    }
    %one = const 1
    %x = get %w, %one -> real
    %s1 = add %s, %x
    yield %w, %s1
  }
"""


def test_a_long_loop_over_new_arrays_needs_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 arrays of 800 bytes are carried on through 8 MB."""
    zeros = "%zero = const 0.0\n%v0 = array %zero -> [real]\n"
    call = kernel("(%n: int) -> (real, [real])", zeros + ROUNDS + "return %s, %v")
    monkeypatch.setattr("qdsl.runtime.context.memory_limit", lambda: 8 << 20)
    total, last = call(100_000)
    assert total == 100_000.0
    assert last.tolist() == [float(j) for j in range(100)]


def test_a_long_loop_over_columns_needs_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each element takes arrays of its own and gives them back."""
    zeros = "%zero = const 0.0\n%v0 = array %zero -> [real]\n"
    call = kernel("(%n: int) -> (real)", zeros + ROUNDS + "return %s")
    monkeypatch.setattr("qdsl.runtime.context.memory_limit", lambda: 4 << 20)
    assert call(np.full(2000, 20)).tolist() == [20.0] * 2000


def test_a_function_of_many_small_arrays_takes_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """60 arrays of 512 bytes are more than the stack is given, at every level of a recursion."""
    arrays = "\n".join(
        f"%c{i} = const {i}.0\n%v{i} = build %len -> [real; 64] {{ |%j{i}: int| yield %c{i} }}\n"
        f"%g{i} = get %v{i}, %k -> real\n%s{i + 1} = add %s{i}, %g{i}"
        for i in range(60)
    )
    body = f"""
      %len = const 64
      %s0 = const 0.0
      {arrays}
      %0 = const 0
      %more = igt %n, %0
      %r = if %more -> real {{
        %1 = const 1
        %m = isub %n, %1
        %below = call @f(%m, %k) -> real
        yield %below
      }} else {{
        yield %s0
      }}
      %s = add %s60, %r
      return %s"""
    call = kernel("(%n: int, %k: int) -> (real)", body)
    assert call(999, 3) == 1000 * sum(range(60))
    assert stopped(call, 3, 64).kind is Code.INDEX
