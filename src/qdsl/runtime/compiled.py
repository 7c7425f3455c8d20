"""core.Module -> Kernel, each once: optimised, compiled to machine code, kept by its text."""

from __future__ import annotations

from dataclasses import dataclass, field

from qdsl.lang import differentiate, native
from qdsl.lang.core import ir
from qdsl.lang.core.from_typed import Lowering
from qdsl.lang.core.printer import module_text
from qdsl.lang.library import Library
from qdsl.lang.optimise import optimise
from qdsl.runtime.cache import DiskCache
from qdsl.runtime.kernel import Kernel


@dataclass(eq=False)
class Compiler:
    """What a session compiles with. `nonfinite` is the file's option: "raise" or "keep"."""

    library: Library
    cache: DiskCache | None = None
    nonfinite: str = "raise"
    lowering: Lowering = field(default_factory=lambda: Lowering(differentiate))
    kernels: dict[tuple[str, str], Kernel] = field(default_factory=dict)

    def kernel(self, module: ir.Module, name: str) -> Kernel:
        """The compiled function of that name."""
        key = (module_text(module), name)
        if key not in self.kernels:
            optimised = optimise(module, [name])
            self.kernels[key] = Kernel(native.compile(optimised, [name], self.cache).entry(name))
        return self.kernels[key]
