"""Kernels out of core text, for the tests of machine code.

f = kernel("(%x: real) -> (real)", "%1 = mul %x, %x\\nreturn %1")
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from tests.core.outcome import bits

from qdsl.lang import native
from qdsl.lang.core.interpret import interpret
from qdsl.lang.core.ir import Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.verify import verify
from qdsl.runtime.kernel import Kernel


def module(text: str) -> Module:
    """A module, verified."""
    parsed = parse_module(text)
    verify(parsed)
    return parsed


def kernels(text: str) -> dict[str, Kernel]:
    """A kernel for every function of the module."""
    parsed = module(text)
    compiled = native.compile(parsed, list(parsed.functions))
    return {name: Kernel(compiled.entry(name)) for name in parsed.functions}


def kernel(signature: str, body: str, others: str = "") -> Kernel:
    """A kernel for one function, called @f."""
    return kernels(f"{others}\nfunc @f{signature} {{\n{body}\n}}")["f"]


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
