"""The machine to compile for, and LLVM text to its object code.

In: LLVM text. Out: the bytes of an object file, or assembly to read. llvmlite is loaded when it is first needed: with
the object in a cache, that is for linking alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

LEVEL = 2
"""The level of LLVM's pipeline; 3 takes longer and measures the same."""

LONG = 400_000
"""Characters of text from which on LLVM's pipeline is left out but for a few passes. A Hessian of a fit through states
has two million: the pipeline spends 9 s on it, these passes 0.3 s, and the code is as fast to a tenth. Code for many
points at once may be `LONG_FOR_POINTS`: it is a third slower without the pipeline.
"""

LONG_FOR_POINTS = 800_000

UNROLLED = 100_000
"""Characters of text up to which LLVM unrolls loops and works on several rounds at once. Solvers of states have more:
what was unrolled was half of what LLVM had to compile, and ran no faster. Code for many points at once, which is not
what a first call waits for, runs a fifth faster with it, however long it is.
"""

FOR_POINTS = '@"lanes.'
"""What the entry of such code begins with (`native.wide_module`)."""

CODEGEN_LEVEL = 1
"""The level at which instructions are chosen and scheduled; 2 takes a tenth longer and measures the same."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What object code is made for."""

    triple: str
    cpu: str
    features: str
    llvm: str
    level: int = LEVEL

    @property
    def has_fma(self) -> bool:
        """Whether multiply-add is one instruction, as our own mathematics needs to be fast and exact."""
        return "+fma" in self.features.split(",") or self.triple.startswith(("aarch64", "arm64"))

    @property
    def lanes(self) -> int:
        """How many points or rounds go at once: eight, in two registers of 256 bits where there are none of 512, so
        that one half is worked on while the other waits for its results; elsewhere what one register holds.
        """
        return 8 if not {"+avx512f", "+avx2"}.isdisjoint(self.features.split(",")) else 2


@cache
def binding() -> Any:
    """llvmlite's binding, initialised for this machine alone: all that LLVM knows takes 2 ms more at every start."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    return llvm


@cache
def _every_target() -> None:
    """All that LLVM knows, for code of another machine."""
    llvm = binding()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


@cache
def host() -> Machine:
    """The machine we run on."""
    import llvmlite

    llvm = binding()
    return Machine(
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        llvmlite.__version__,
    )


@cache
def target_machine(machine: Machine) -> Any:
    """LLVM's own description; kept for ever, as code made with it refers to it."""
    if machine.triple.split("-")[0] != host().triple.split("-")[0]:
        _every_target()
    target = binding().Target.from_triple(machine.triple)
    return target.create_target_machine(
        cpu=machine.cpu, features=machine.features, opt=CODEGEN_LEVEL, reloc="pic", codemodel="small"
    )


def emit_object(text: str, machine: Machine) -> bytes:
    """Compile to an object file."""
    code: bytes = target_machine(machine).emit_object(optimised(text, machine))
    return code


def emit_assembly(text: str, machine: Machine) -> str:
    """Compile to assembly."""
    assembly: str = target_machine(machine).emit_assembly(optimised(text, machine))
    return assembly


def optimised(text: str, machine: Machine) -> Any:
    """The module after LLVM's pipeline."""
    llvm, tm = binding(), target_machine(machine)
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(tm.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=machine.level)
    options.loop_vectorization = True
    is_for_points = FOR_POINTS in text
    options.loop_interleaving = options.loop_unrolling = len(text) <= UNROLLED or is_for_points
    options.slp_vectorization = False  # LLVM 22's ends the process in an assertion for some of our formulas
    builder = llvm.create_pass_builder(tm, options)
    longest = LONG_FOR_POINTS if is_for_points else LONG
    passes = builder.getModulePassManager() if len(text) <= longest else _few_passes()
    passes.run(module, builder)
    return module


def _few_passes() -> Any:
    """What makes good code of what our own optimiser has been through, in a time that grows as the text does."""
    passes = binding().create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.add_global_dead_code_eliminate_pass()
    return passes
