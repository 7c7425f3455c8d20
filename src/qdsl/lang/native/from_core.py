"""Core IR to LLVM text.

    func @half(%x: real) -> (real) {       define internal { i1, double } @"careful.half" (double %a0.0, ptr %context)
      %0 = const 0.5                  =>     %v1 = fmul double %a0.0, 0x3FE0000000000000
      %1 = mul %x, %0                        ...
      return %1                            define i32 @"call.half" (ptr %arguments, ptr %results, ptr %context)
    }                                        ...

In: a verified module and the names of its functions to be called from outside. Out: a `Translation`, LLVM text and
the table of sites where it may stop. The text depends on nothing else, least of all on where the program's lines are,
so that equal text means equal machine code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.core import calls
from qdsl.lang.core.ir import Function, Module, Scalar, Type
from qdsl.lang.lanes.strips import strips
from qdsl.lang.native import interruption, loops, python_entry, tables
from qdsl.lang.native.abi import CONTEXT
from qdsl.lang.native.definition import defined
from qdsl.lang.native.math import functions
from qdsl.lang.native.program import Mode, Program
from qdsl.lang.native.sites import Site, Watched
from qdsl.lang.native.support import needed, uses_arena
from qdsl.lang.native.writer import METADATA
from qdsl.lang.source import Span


@dataclass(frozen=True)
class Signature:
    """What a compiled function takes and gives, and where it is declared. `elementwise` ones have a loop entry, other
    functions that give numbers a map entry.
    """

    name: str
    parameters: tuple[tuple[str, Type], ...]
    results: tuple[Type, ...]
    span: Span | None = None

    @property
    def elementwise(self) -> bool:
        return self.gives_numbers and all(isinstance(type_, Scalar) for _, type_ in self.parameters)

    @property
    def gives_numbers(self) -> bool:
        return all(isinstance(type_, Scalar) for type_ in self.results)

    @property
    def for_python(self) -> bool:
        """Whether Python can call it directly, if at all."""
        return self.gives_numbers and bool(self.results) and python_entry.takes(type_ for _, type_ in self.parameters)


@dataclass(frozen=True)
class Translation:
    """LLVM text, what its numbers of sites, calls and watches mean, and the functions that can be called. The loops of
    the `straight` ones have a fast mode.
    """

    text: str
    sites: tuple[Site, ...]
    calls: tuple[Span, ...]
    watches: tuple[Watched, ...]
    signatures: tuple[Signature, ...]
    straight: frozenset[str]
    uses_arena: bool
    polls: bool


def from_core(
    module: Module, roots: Sequence[str], inline_math: bool, for_python: bool = False, width: int = 1
) -> Translation:
    """Translate the roots and what they call. `inline_math` needs a machine with fused multiply-add; `for_python` adds
    the entries of `native.python_entry`, and lets Ctrl-C stop what runs long. Loops go `width` rounds at a time.
    """
    reachable = calls.reachable(module, roots)
    in_strips, wide = strips(module, reachable, width) if width > 1 and inline_math else ({}, Module())
    every = Module({**module.functions, **wide.functions})
    program = Program(every, inline_math, interruptible=for_python, strips=in_strips, width=width)
    signatures = tuple(signature_of(module.functions[name]) for name in dict.fromkeys(roots))
    quick = [each.name for each in signatures if each.elementwise and each.name not in program.unspeculative]
    parts = [defined(program, module.functions[name], Mode.CAREFUL) for name in reachable]
    parts += [defined(program, function, Mode.LANES) for function in wide.functions.values()]
    parts += [defined(program, module.functions[name], Mode.FAST) for name in calls.reachable(module, quick)]
    for each in signatures:
        parts += loops.written(program, module.functions[each.name], each.elementwise, each.name in quick)
    for name, mode in list(program.expansions):
        parts.append(defined(program, functions.EXPANSIONS[name](), mode))
    wide_mathematics = functions.definitions(program.wide_mathematics, width) if wide.functions else []
    parts += dict.fromkeys([*wide_mathematics, *functions.definitions(program.mathematics, inline=inline_math)])
    if for_python:
        arena = uses_arena("\n".join(parts))
        parts.append(python_entry.DECLARATIONS)
        parts += [python_entry.written(program, module.functions[s.name], arena) for s in signatures if s.for_python]
    code = "\n".join([*tables.definitions(program.tables), *parts])
    polls = f"@{interruption.COUNTER}" in code
    declarations = [interruption.DECLARATIONS] if polls else []
    text = "\n".join([CONTEXT, needed(code), *declarations, code, METADATA, ""])
    return Translation(
        text,
        tuple(program.sites.sites),
        tuple(program.sites.calls),
        tuple(program.sites.watches),
        signatures,
        frozenset(quick),
        uses_arena(code),
        polls,
    )


def signature_of(function: Function) -> Signature:
    """What it takes and gives."""
    names = [value.hint or f"argument {i + 1}" for i, value in enumerate(function.parameters)]
    return Signature(
        function.name,
        tuple((name, value.type) for name, value in zip(names, function.parameters, strict=True)),
        function.result_types,
        function.span,
    )
