"""Sparse matrices in machine code: the interpreter's bits alone and over lanes, here and on other machines, and a loop
without checks and copies.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.core.outcome import bits
from tests.core.sparse import energy, random_matrix, steps
from tests.lanes.running import run_columns
from tests.native.running import agrees
from tests.native.test_machines import COMPILER, EMULATOR

from qdsl.lang import native
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.differentiate import forward, gradient
from qdsl.lang.native import target
from qdsl.lang.native.machines import TARGETS, machine
from qdsl.lang.native.module import translated
from qdsl.lang.native.wide_module import compile_wide
from qdsl.lang.optimise import optimise
from qdsl.runtime import context

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
