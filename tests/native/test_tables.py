"""Tables in machine code: constants that all read and nobody writes to, of both ways in which arrays are kept."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from tests.core.outcome import bits
from tests.lanes.running import run_columns
from tests.native.running import agrees, kernel, kernels, plain

from qdsl.lang import native
from qdsl.lang.core.ir import Code
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.verify import verify
from qdsl.lang.native.wide_module import compile_wide
from qdsl.runtime.kernel import Kernel, KernelError

LENGTHS = (3, 100)
"""An array that would live on the stack, and one that would live in the arena."""

every_length = pytest.mark.parametrize("n", LENGTHS)


def table(n: int) -> str:
    return f"table {', '.join(str(float(i)) for i in range(n))} -> [real; {n}]"


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────


@every_length
def test_a_change_is_made_in_a_copy(n: int) -> None:
    """Again and again: a later call would find what an earlier one wrote into the constant."""
    text = f"""func @f(%i: int, %x: real) -> (real, real, [real; {n}]) {{
      %t = {table(n)}
      %u = set %t, %i, %x -> [real; {n}]
      %old = get %t, %i -> real
      %new = get %u, %i -> real
      return %old, %new, %u }}"""
    agrees(parse_module(text), "f", [1, 9.5], [2, -9.5])


@every_length
def test_a_change_is_made_in_a_copy_though_nobody_reads_it_again(n: int) -> None:
    text = f"""func @f(%i: int, %x: real) -> ([real; {n}]) {{
      %t = {table(n)} %u = set %t, %i, %x -> [real; {n}] return %u }}"""
    agrees(parse_module(text), "f", [1, 9.5], [2, -9.5])


@every_length
def test_a_table_is_handed_out(n: int) -> None:
    text = f"""func @f() -> ([real; {n}], [int; 2, 2]) {{
      %t = {table(n)} %u = table 1, 2, 3, 4 -> [int; 2, 2] return %t, %u }}"""
    call = agrees(parse_module(text), "f", [])
    mine, _ = call()
    mine[:] = -1.0
    assert call()[0].tolist() == list(range(n))


@every_length
def test_whoever_is_called_may_not_write_to_it(n: int) -> None:
    """As an array of known length, and of any."""
    for type_ in (f"[real; {n}]", "[real]"):
        text = f"""
            func @bump(%v: {type_}, %x: real) -> (real, {type_}) {{
              %1 = const 1 %w = set %v, %1, %x -> {type_} %y = get %v, %1 -> real return %y, %w }}
            func @f(%x: real) -> (real, {type_}, real) {{
              %t = {table(n)} %1 = const 1
              %y, %u = call @bump(%t, %x) -> real, {type_}
              %z, %w = call @bump(%t, %y) -> real, {type_}
              return %z, %u, %y }}"""
        agrees(parse_module(text), "f", [7.5])


@every_length
def test_loops_and_branches_and_choices_that_begin_with_one(n: int) -> None:
    type_ = f"[real; {n}]"
    text = f"""func @f(%k: int, %c: bool) -> ({type_}, {type_}, {type_}, {type_}, real) {{
      %t = {table(n)} %0 = const 0 %1 = const 1 %nine = const 9.0
      %p, %q = for %0, %k, %t, %t -> {type_}, {type_} {{ |%i: int, %p: {type_}, %q: {type_}|
        %x = get %p, %0 -> real %y = add %x, %nine %r = set %p, %0, %y -> {type_} yield %q, %r }}
      %w, %j = while %t, %0 -> {type_}, int {{ |%v: {type_}, %j: int|
        %spoilt = set %v, %1, %nine -> {type_} %e = get %spoilt, %1 -> real %go = ilt %j, %k yield %go
      }} else {{ |%v.1: {type_}, %j.1: int|
        %z = set %v.1, %1, %nine -> {type_} %next = iadd %j.1, %1 yield %z, %next }}
      %b = if %c -> {type_} {{ yield %t }} else {{ %u = set %t, %0, %nine -> {type_} yield %u }}
      %s = select %c, %b, %t -> {type_}
      %d = set %s, %1, %nine -> {type_}
      %last = get %t, %0 -> real
      return %p, %q, %w, %d, %last }}"""
    agrees(parse_module(text), "f", [0, True], [3, True], [4, False])


def test_slices_and_lengths_and_failures() -> None:
    text = """func @f(%i: int, %j: int) -> ([int], int, int) {
      %t = table 5, 6, 7, 8 -> [int; 4] %s = slice %t, %i, %j -> [int] %n = len %s axis 0
      %x = get %t, %j -> int return %s, %n, %x }"""
    call = agrees(parse_module(text), "f", [1, 3], [0, 0])
    for arguments, values in (((0, 4), (4, 4)), ((-1, 2), (-1, 4))):
        with pytest.raises(KernelError) as caught:
            call(*arguments)
        assert (caught.value.kind, caught.value.values) == (Code.INDEX, values)


def test_numbers_of_every_kind_and_none() -> None:
    text = """func @f() -> ([real; 6], [int; 3], [real; 0], [int; 0, 2], int) {
      %r = table 0.1, -0.0, inf, -inf, 5e-324, 1.7976931348623157e308 -> [real; 6]
      %i = table -9223372036854775808, 9223372036854775807, 0 -> [int; 3]
      %n = table -> [real; 0] %m = table -> [int; 0, 2] %k = len %m axis 1 return %r, %i, %n, %m, %k }"""
    call = Kernel(native.compile(parse_module(text), ["f"]).entry("f"))
    r, i, n, m, k = call(nonfinite="keep")
    assert bits(plain(r)) == bits((0.1, -0.0, float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308))
    assert (i.tolist(), n.shape, m.shape, k) == ([-(2**63), 2**63 - 1, 0], (0,), (0, 2), 2)


def test_columns_of_points_read_the_same_table() -> None:
    """The entry that Python calls, that for columns, and that for columns beside an array."""
    body = f"%t = {table(100)} %x = get %t, %i -> real %y = mul %x, %k return %y"
    call = kernel("(%i: int, %k: real) -> (real)", body)
    assert call(7, 0.5) == 3.5
    assert call(np.arange(100), 0.5).tolist() == (np.arange(100) / 2).tolist()
    beside = kernel("(%v: [real], %i: int, %k: real) -> (real)", f"%n = len %v axis 0 {body}")
    assert beside([1.0], np.arange(100), 0.5).tolist() == (np.arange(100) / 2).tolist()


def test_threads_share_it() -> None:
    text = f"""func @f(%x: real) -> ([real; 100]) {{ %t = {table(100)} %0 = const 0
      %u = set %t, %0, %x -> [real; 100] return %u }}"""
    call = kernels(text)["f"]
    wrong: list[float] = []

    def run(x: float) -> None:
        wrong.extend(x for _ in range(300) if call(x).tolist() != [x, *range(1, 100)])

    threads = [threading.Thread(target=run, args=(float(x),)) for x in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_copies_of_a_table_need_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 of 800 bytes each, through 1 MB."""
    text = f"""func @f(%x: real) -> ([real; 100]) {{ %t = {table(100)} return %t }}
      func @g(%n: int, %x: real) -> (real) {{ %0 = const 0 %z = const 0.0
        %s = for %0, %n, %z -> real {{ |%i: int, %s: real| %v = call @f(%x) -> [real; 100] %9 = const 9
          %e = get %v, %9 -> real %s.1 = add %s, %e yield %s.1 }} return %s }}"""
    call = kernels(text)["g"]
    monkeypatch.setattr("qdsl.runtime.context.memory_limit", lambda: 1 << 20)
    assert call.convert_and_call(100_000, 1.0) == 900_000.0


def test_equal_tables_are_one_constant() -> None:
    text = """
        func @g(%i: int) -> (int) { %t = table 1, 2 -> [int; 2] %x = get %t, %i -> int return %x }
        func @f(%i: int) -> (int) { %t = table 1, 2 -> [int; 2] %u = table 1, 2 -> [int; 1, 2] %0 = const 0
          %x = get %t, %i -> int %y = get %u, %0, %i -> int %z = call @g(%i) -> int
          %s = iadd %x, %y %r = iadd %s, %z return %r }"""
    module = parse_module(text)
    assert native.compile(module, ["f"]).llvm.count(" constant [2 x i64]") == 1
    agrees(module, "f", [0], [1])


# ── lanes ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("width", [2, 8])
def test_lanes_that_do_not_read_may_have_any_index(width: int) -> None:
    """Where the index is known to be inside it is not checked, and those of other lanes lead nowhere."""
    text = f"""func @f(%i: int, %x: real) -> (real) {{
      %t = {table(100)} %0 = const 0 %100 = const 100 %a = ige %i, %0 %b = ilt %i, %100 %c = and %a, %b
      %y = if %c -> real {{ %e = get %t, %i inside -> real %r = mul %e, %x yield %r }} else {{ yield %x }}
      return %y }}"""
    module = parse_module(text)
    verify(module)
    wide = compile_wide(module, "f", (True, False), width)
    assert "icmp uge" not in wide.text.split('define internal { i1, double } @"careful', 1)[0]
    counts = [5, 10**15, -1, 99, -(2**63), 100, 0, 2**63 - 1, 17, 3]
    found = run_columns(wide, [counts, [1.5] * len(counts)])
    assert found == [(each * 1.5 if 0 <= each < 100 else 1.5,) for each in counts]
