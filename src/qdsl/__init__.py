"""QDSL: a statically typed, unit-aware language for quantum and physics experiments.

    import qdsl
    m = qdsl.compile("fn decay(t: Time, tau: Time) -> Scalar = exp(-t / tau)")
    m.decay(1e-6, 2e-6)

Importing this loads nothing heavy; the compiler comes with the first program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qdsl import version

if TYPE_CHECKING:
    from qdsl.runtime.embedded import CompileError, Module, compile, load
    from qdsl.runtime.kernel_error import KernelError
    from qdsl.runtime.watching import SimulationWarning

__version__ = version.VERSION

__all__ = ["CompileError", "KernelError", "Module", "SimulationWarning", "__version__", "compile", "load"]


def __getattr__(name: str) -> Any:
    if name == "KernelError":
        from qdsl.runtime.kernel_error import KernelError

        return KernelError
    if name == "SimulationWarning":
        from qdsl.runtime.watching import SimulationWarning

        return SimulationWarning
    if name in __all__:
        from qdsl.runtime import embedded

        return getattr(embedded, name)
    raise AttributeError(f"module 'qdsl' has no attribute {name!r}")
