"""The functions have the same bits whatever the processor: 64-bit ARM, emulated, and x86-64 of several makes.

Needs `qemu-aarch64` and `aarch64-linux-gnu-gcc` (Debian's qemu-user and gcc-aarch64-linux-gnu) for the ARM part.
"""

from __future__ import annotations

import ctypes
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tests.native.object_loops import loops
from tests.native.test_widths import NAMES, Column, columns, needs_fma, runner, same_bits

from qdsl.lang.native import jit, target

ARM = target.Machine("aarch64-unknown-linux-gnu", "generic", "+neon", "")
EMULATOR, COMPILER = "qemu-aarch64", "aarch64-linux-gnu-gcc"

X86 = {
    "no vectors beyond 128 bits": ("x86-64", "+fma,+avx,+prefer-128-bit"),
    "Haswell": ("haswell", "+fma,+avx2"),
    "Zen 3": ("znver3", "+fma,+avx2"),
}
"""Processors whose code runs wherever there is AVX2; they differ in what LLVM makes of the text for them."""

DRIVER = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
%(declarations)s
static void (*const each[])(double *, double *, double *, int64_t) = { %(names)s };
int main(void) {
    for (unsigned k = 0; k < sizeof each / sizeof *each; k++) {
        int64_t n;
        if (fread(&n, sizeof n, 1, stdin) != 1) return 1;
        double *x = malloc(n * 8), *y = malloc(n * 8), *r = malloc(n * 8);
        if (fread(x, 8, n, stdin) != (size_t)n || fread(y, 8, n, stdin) != (size_t)n) return 1;
        each[k](x, y, r, n);
        fwrite(r, 8, n, stdout);
    }
    return 0;
}
"""
"""Reads for each function a count and two columns, writes a column."""


@pytest.fixture(scope="module")
def here() -> Mapping[str, Column]:
    run = runner(1)
    return {name: run(name) for name in NAMES}


@needs_fma
@pytest.mark.skipif(not (shutil.which(EMULATOR) and shutil.which(COMPILER)), reason=f"needs {EMULATOR} and {COMPILER}")
@pytest.mark.parametrize("lanes", [1, 2, 4])
def test_arm_gives_the_same_bits(here: Mapping[str, Column], tmp_path: Path, lanes: int) -> None:
    there = emulated(lanes, tmp_path)
    for name in NAMES:
        assert same_bits(here[name], there[name]), name


@needs_fma
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="code for x86-64")
@pytest.mark.parametrize("make", X86)
def test_makes_of_x86_give_the_same_bits(here: Mapping[str, Column], make: str) -> None:
    if "+avx2" not in target.host().features:
        pytest.skip("needs AVX2")
    cpu, features = X86[make]
    machine = target.Machine(target.host().triple, cpu, features, "")
    library = jit.link(target.emit_object(loops(NAMES, 4), machine), [f"run.{name}" for name in NAMES], {})
    for name in NAMES:
        x, y = columns(name)
        results = np.empty_like(x)
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(library.addresses[f"run.{name}"])
        call(x.ctypes.data, y.ctypes.data, results.ctypes.data, len(x))
        assert same_bits(here[name], results), name


def test_avx512_takes_eight_at_once() -> None:
    """It can be compiled wherever there is x86-64; few machines can run it."""
    target.binding().initialize_all_targets()
    target.binding().initialize_all_asmprinters()
    machine = target.Machine("x86_64-unknown-linux-gnu", "x86-64-v4", "-prefer-256-bit", "")
    assembly = target.emit_assembly(loops(["exp", "pow"], 8), machine)
    assert "zmm" in assembly
    assert "vfmadd" in assembly


def emulated(lanes: int, folder: Path) -> Mapping[str, Column]:
    """What the functions give on 64-bit ARM."""
    target.binding().initialize_all_targets()
    target.binding().initialize_all_asmprinters()
    text = loops(NAMES, lanes).replace('@"run.', '@"run_')
    (folder / "loops.o").write_bytes(target.emit_object(text, ARM))
    names = [f"run_{name}" for name in NAMES]
    declarations = "\n".join(f"void {name}(double *, double *, double *, int64_t);" for name in names)
    source, program = folder / "driver.c", folder / "driver"
    source.write_text(DRIVER % {"declarations": declarations, "names": ", ".join(names)}, encoding="utf-8")
    subprocess.run([COMPILER, "-static", source, folder / "loops.o", "-o", program, "-lm"], check=True, timeout=100)
    given = b"".join(np.int64(len(x)).tobytes() + x.tobytes() + y.tobytes() for x, y in map(columns, NAMES))
    output = subprocess.run([EMULATOR, program], input=given, capture_output=True, check=True, timeout=300).stdout
    results, at = {}, 0
    for name in NAMES:
        count = len(columns(name)[0])
        results[name] = np.frombuffer(output, np.float64, count, at)
        at += 8 * count
    return results
