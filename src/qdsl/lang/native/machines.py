"""Machines by name: what code can be made for that does not run here.

    machine("aarch64-linux-gnu", "neoverse-n1")     Machine("aarch64-unknown-linux-gnu", "neoverse-n1", "+neon,...")

In: a target, a processor of it, features to add or leave out. Out: a `Machine`. A name that is not in the tables is
refused with those that are: LLVM itself would ignore it, and make code for some other machine.
"""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.lang.native.target import Machine

TARGETS = {
    "x86_64-linux-gnu": "x86_64-unknown-linux-gnu",
    "x86_64-macos": "x86_64-apple-macosx11.0.0",
    "x86_64-windows": "x86_64-pc-windows-msvc",
    "aarch64-linux-gnu": "aarch64-unknown-linux-gnu",
    "aarch64-macos": "arm64-apple-macosx11.0.0",
    "aarch64-windows": "aarch64-pc-windows-msvc",
}

AVX2 = "+avx,+avx2,+fma,+bmi,+bmi2,+f16c,+lzcnt,+movbe"
AVX512 = AVX2 + ",+avx512f,+avx512cd,+avx512bw,+avx512dq,+avx512vl"
NEON = "+neon,+fp-armv8"

PROCESSORS = {
    "x86_64": {
        "x86-64": "",
        "x86-64-v3": AVX2,
        "x86-64-v4": AVX512,
        **dict.fromkeys(("haswell", "broadwell", "skylake", "alderlake", "znver1", "znver2", "znver3"), AVX2),
        **dict.fromkeys(
            ("skylake-avx512", "cascadelake", "icelake-server", "sapphirerapids", "znver4", "znver5"), AVX512
        ),
    },
    "aarch64": dict.fromkeys(
        ("generic", "cortex-a53", "cortex-a72", "cortex-a76", "neoverse-n1", "neoverse-n2", "neoverse-v1", "apple-m1"),
        NEON,
    ),
}
"""The processors of each architecture, oldest first, with the features that we rely on."""

FEATURES = {
    "x86_64": ("avx", "avx2", "fma", "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "prefer-128-bit"),
    "aarch64": ("neon", "fp-armv8", "sve"),
}
"""Features that may be added or left out."""


class UnknownMachine(Exception):  # noqa: N818 - the caller turns it into words about an option
    """A name that is none; `known` are those that are, `kind` says of what."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(f"there is no {kind} {name!r}; the ones known are {', '.join(self.known)}")


def machine(target: str, cpu: str = "", features: str = "") -> Machine:
    """The machine of that name. Raises `UnknownMachine`."""
    import llvmlite

    if target not in TARGETS:
        raise UnknownMachine("target", target, TARGETS)
    architecture = target.split("-")[0]
    processors = PROCESSORS[architecture]
    cpu = cpu or next(iter(processors))
    if cpu not in processors:
        raise UnknownMachine(f"processor of {architecture}", cpu, processors)
    chosen = dict.fromkeys(filter(None, processors[cpu].split(",")))
    for each in filter(None, features.split(",")):
        sign, name = (each[0], each[1:]) if each[0] in "+-" else ("+", each)
        if name not in FEATURES[architecture]:
            raise UnknownMachine(f"feature of {architecture}", name, FEATURES[architecture])
        chosen.pop(f"{'-' if sign == '+' else '+'}{name}", None)
        chosen[sign + name] = None
    return Machine(TARGETS[target], cpu, ",".join(chosen), llvmlite.__version__)
