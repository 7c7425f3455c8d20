"""QDSL: a statically typed, unit-aware language for quantum and physics experiments.

    import qdsl
    m = qdsl.compile("fn decay(t: Time, tau: Time) -> Scalar = exp(-t / tau)")
    m.decay(1e-6, 2e-6)

Importing this loads nothing heavy; the compiler comes with the first program.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qdsl import version

if TYPE_CHECKING:
    from qdsl.runtime.embedded import CompileError, Module, compile, load
    from qdsl.runtime.embedded_errors import BindError
    from qdsl.runtime.kernel_error import KernelError
    from qdsl.runtime.templates.template import template
    from qdsl.runtime.watching import SimulationWarning

__version__ = version.VERSION

__all__ = [
    "BindError",
    "CompileError",
    "KernelError",
    "Module",
    "SimulationWarning",
    "__version__",
    "compile",
    "load",
    "template",
]

_HOME = {
    "BindError": "qdsl.runtime.embedded_errors",
    "KernelError": "qdsl.runtime.kernel_error",
    "SimulationWarning": "qdsl.runtime.watching",
    "template": "qdsl.runtime.templates.template",
}
"""Where names are that the module `embedded` does not have."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(_HOME.get(name, "qdsl.runtime.embedded")), name)
    raise AttributeError(f"module 'qdsl' has no attribute {name!r}")
