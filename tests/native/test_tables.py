"""Tables in machine code: constants that all read and nobody writes to, of both ways in which arrays are kept."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.core.outcome import bits
from tests.core.sparse import energy, random_matrix, steps
from tests.lanes.running import run_columns
from tests.native.running import kernel, kernels
from tests.native.test_machines import COMPILER, EMULATOR

from qdsl.lang import native
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import Code, Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.verify import verify
from qdsl.lang.differentiate import forward, gradient
from qdsl.lang.native import target
from qdsl.lang.native.machines import TARGETS, machine
from qdsl.lang.native.module import translated
from qdsl.lang.native.wide_module import compile_wide
from qdsl.lang.optimise import optimise
from qdsl.runtime import context
from qdsl.runtime.kernel import Kernel, KernelError

LENGTHS = (3, 100)
"""An array that would live on the stack, and one that would live in the arena."""

every_length = pytest.mark.parametrize("n", LENGTHS)


def table(n: int) -> str:
    return f"table {', '.join(str(float(i)) for i in range(n))} -> [real; {n}]"


def plain(value: Any) -> Any:
    """Arrays as nested tuples."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return tuple(map(plain, value)) if isinstance(value, (tuple, list)) else value


def agrees(module: Module, name: str, *calls: Sequence[Any]) -> Kernel:
    """The kernel, which gives the interpreter's bits, again and again."""
    verify(module)
    call = Kernel(native.compile(module, [name]).entry(name))
    for arguments in [*calls, *calls]:
        results = interpret(module, name, [plain(each) for each in arguments])
        given = plain(call(*arguments))
        assert bits(given if len(results) > 1 else (given,)) == bits(results)
    return call


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


# ── sparse matrices ──────────────────────────────────────────────────────────────────────────────────────────────

MATRIX = random_matrix(5, 78, 5)
Y = np.linspace(-1.0, 1.5, 78)


def machine_code(text: str, function: str) -> str:
    """The assembly of one function."""
    start = re.search(rf'^"?{re.escape(function)}"?:', text, re.MULTILINE)
    assert start
    return text[start.start() : text.index(".Lfunc_end", start.start())]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_sparse_product_in_a_loop_has_the_interpreters_bits(count: int) -> None:
    module = optimise(steps(MATRIX), ["f"])
    agrees(steps(MATRIX), "f", [count, Y])
    found = agrees(module, "f", [count, Y])(count, Y)
    expected = Y
    for _ in range(count):
        expected = MATRIX.dense() @ expected - expected * expected / 8
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_so_has_its_gradient(count: int) -> None:
    """Backwards, as 78 parameters are many, and forwards."""
    for way in (gradient, forward.gradient):
        module = optimise(way(energy(MATRIX), "f", [1]), ["f.grad"])
        agrees(module, "f.grad", [count, Y])


@pytest.mark.parametrize("width", [2, 8])
@pytest.mark.parametrize("name", ["f", "f.grad"])
def test_so_it_has_over_lanes(name: str, width: int) -> None:
    """Of eleven points, so that the last group is not full."""
    module = optimise(steps(MATRIX) if name == "f" else gradient(energy(MATRIX), "f", [1]), [name])
    over_lanes(module, name, [4] * 11, width)


@pytest.mark.parametrize("width", [2, 8])
def test_so_it_has_where_each_lane_leaves_the_loop_by_itself(width: int) -> None:
    over_lanes(optimise(steps(MATRIX), ["f"]), "f", [point % 4 for point in range(11)], width)


def over_lanes(module: Module, name: str, counts: Sequence[int], width: int) -> None:
    """Points with so many steps, each from another start."""
    starts = [Y * (1 + point / 8) for point in range(len(counts))]
    wide = compile_wide(module, name, (len(set(counts)) > 1, True), width)
    found = run_columns(wide, [counts, starts])
    for count, start, results in zip(counts, starts, found, strict=True):
        assert bits(results) == bits(interpret(module, name, [count, tuple(start.tolist())]))


def test_the_loop_reads_without_checks_and_copies() -> None:
    """In the loop over rows there is no comparison but the one that ends it and no call, and nobody copies a table."""
    module = optimise(steps(MATRIX), ["f"])
    compiled = native.compile(module, ["f"])
    assert "icmp uge" not in compiled.llvm
    assert len(re.findall(r"^@qdsl\.table\.\d+ = private unnamed_addr constant", compiled.llvm, re.MULTILINE)) == 2
    assert "3120" not in compiled.llvm.replace("[390 x", "")  # bytes of a table, as a copy would ask for
    for name in ("x86_64-linux-gnu", "aarch64-linux-gnu"):
        chosen = machine(name, "haswell" if name.startswith("x86") else "")
        code = machine_code(target.emit_assembly(translated(module, ["f"], chosen).text, chosen), "careful.f")
        loops = re.findall(r"^(\.LBB\d+_\d+):((?:(?!^\.LBB)[\s\S])*?)^\s+(?:jne|b\.ne)\s+\1$", code, re.MULTILINE)
        products = [body for _, body in loops if len(re.findall(r"mulsd|fmul|fmadd", body)) >= 5]
        assert len(products) == 1
        assert not re.search(r"\bcall|\bbl\b|memcpy", products[0])
        assert len(re.findall(r"\bcmp|\bsubs\b", products[0])) == 1


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


# ── other machines ───────────────────────────────────────────────────────────────────────────────────────────────

DRIVER = """
#include <stdint.h>
#include <stdio.h>
int call_f(int64_t *arguments, int64_t *results, void *context);
static char context[%(context)d] __attribute__((aligned(16)));
static double y[%(size)d];
int main(void) {
    if (fread(context, 1, sizeof context, stdin) != sizeof context) return 1;
    if (fread(y, 1, sizeof y, stdin) != sizeof y) return 1;
    int64_t arguments[3] = { 7, (int64_t)y, %(size)d }, results[2];
    if (call_f(arguments, results, context)) return 2;
    fwrite((void *)results[0], 1, sizeof y, stdout);
    return 0;
}
"""
"""Reads a context and the array to begin with, writes what comes of seven steps."""


@pytest.mark.skipif(not (shutil.which(EMULATOR) and shutil.which(COMPILER)), reason=f"needs {EMULATOR} and {COMPILER}")
def test_arm_gives_the_same_bits(tmp_path: Path) -> None:
    module = optimise(steps(MATRIX), ["f"])
    arm = machine("aarch64-linux-gnu")
    text = translated(module, ["f"], arm).text.replace('@"call.f"', "@call_f")
    memory = bytes(context.fresh(True))
    (tmp_path / "f.o").write_bytes(target.emit_object(text, arm))
    (tmp_path / "driver.c").write_text(DRIVER % {"size": len(Y), "context": len(memory)}, encoding="utf-8")
    build = [COMPILER, "-static", "driver.c", "f.o", "-o", "driver", "-lm"]
    subprocess.run(build, check=True, timeout=100, cwd=tmp_path)
    run = subprocess.run([EMULATOR, tmp_path / "driver"], input=memory + Y.tobytes(), capture_output=True, timeout=100)
    assert run.returncode == 0, run.stderr
    assert np.frombuffer(run.stdout).tolist() == list(interpret(module, "f", [7, tuple(Y.tolist())])[0])


@pytest.mark.parametrize("name", TARGETS)
def test_code_is_made_for_every_target(name: str) -> None:
    chosen = machine(name)
    module = parse_module("func @f(%i: int) -> (int) { %t = table 1, 2 -> [int; 2] %x = get %t, %i -> int return %x }")
    for each in (module, optimise(steps(MATRIX), ["f"])):
        assert len(target.emit_object(translated(each, ["f"], chosen).text, chosen)) > 500
