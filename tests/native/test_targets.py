"""Code for other machines: every name of the tables is one that LLVM knows, and no other is taken."""

from __future__ import annotations

import subprocess
import sys

import pytest

from qdsl.cli.main import main
from qdsl.lang.core.parser import parse_module
from qdsl.lang.native import target
from qdsl.lang.native.machines import FEATURES, PROCESSORS, TARGETS, UnknownMachine, machine
from qdsl.lang.native.module import translated

EVERY = [(name, cpu) for name in TARGETS for cpu in PROCESSORS[name.split("-")[0]]]

WAVE = parse_module(
    """
    func @f(%a: [real], %k: real) -> (real) {
      %0 = const 0 %1 = const 0.0 %2 = len %a axis 0
      %3 = for %0, %2, %1 -> real { |%i: int, %t: real|
        %4 = get %a, %i -> real %5 = mul %4, %k %6 = sin %5 %7 = add %t, %6 yield %7
      }
      return %3
    }
    """
)

ASK_LLVM = """
from qdsl.lang.native.machines import FEATURES, PROCESSORS, TARGETS, machine
from qdsl.lang.native.target import target_machine
for name in TARGETS:
    architecture = name.split("-")[0]
    for cpu in PROCESSORS[architecture]:
        target_machine(machine(name, cpu))
    for feature in FEATURES[architecture]:
        target_machine(machine(name, "", feature))
"""


def test_llvm_knows_every_name() -> None:
    """It says on standard error what it does not know, and goes on."""
    asked = subprocess.run([sys.executable, "-c", ASK_LLVM], capture_output=True, text=True, check=True)
    assert asked.stderr == ""


@pytest.mark.parametrize("name", TARGETS)
def test_code_is_made_for_every_target(name: str) -> None:
    cpu = list(PROCESSORS[name.split("-")[0]])[1]
    chosen = machine(name, cpu)
    code = target.emit_object(translated(WAVE, ["f"], chosen).text, chosen)
    assert len(code) > 500


def test_vectors_are_as_wide_as_the_processor_has_them() -> None:
    for cpu in ("x86-64-v4", "haswell"):
        assert "<8 x double>" in translated(WAVE, ["f"], machine("x86_64-linux-gnu", cpu)).text
    assert "<2 x double>" in translated(WAVE, ["f"], machine("aarch64-linux-gnu")).text


def test_features_are_added_and_left_out() -> None:
    assert not machine("x86_64-linux-gnu", "haswell", "-fma").has_fma
    assert machine("x86_64-linux-gnu", "", "+fma,avx2").has_fma
    assert machine("x86_64-linux-gnu", "", "+avx512f").lanes == 8


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (["sparc-linux"], TARGETS),
        (["x86_64-linux-gnu", "z80"], PROCESSORS["x86_64"]),
        (["aarch64-linux-gnu", "haswell"], PROCESSORS["aarch64"]),
        (["x86_64-linux-gnu", "haswell", "+neon"], FEATURES["x86_64"]),
    ],
)
def test_unknown_names_are_refused_with_those_that_are_known(words: list[str], known: object) -> None:
    with pytest.raises(UnknownMachine) as refused:
        machine(*words)
    assert refused.value.known == tuple(known)  # type: ignore[call-overload]
    assert all(name in str(refused.value) for name in refused.value.known)


def test_dump_takes_a_target(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    program = f"{tmp_path}/wave.qdsl"
    with open(program, "w", encoding="utf-8") as file:
        file.write("fn wave(x: Scalar) -> Scalar = sin(x)\n")
    assert main(["dump", "--stage", "asm", "--target", "aarch64-linux-gnu", program]) == 0
    assert "fmadd" in capsys.readouterr().out
    assert main(["dump", "--stage", "asm", "--target", "vax", program]) == 2
    assert "x86_64-linux-gnu" in capsys.readouterr().err
    assert main(["dump", "--cpu", "haswell", program]) == 2
