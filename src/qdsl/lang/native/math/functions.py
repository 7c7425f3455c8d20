"""Calls of the mathematical functions: the C library's, by the names it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body
    from qdsl.lang.native.program import Program


def call(body: Body, name: str, operands: tuple[str, ...]) -> str:
    """Write a call of the function; its result's name."""
    body.program.mathematics[name] = None
    return body.writer.intrinsic(name, *operands)


def definitions(program: Program) -> list[str]:
    """What the calls written so far refer to."""
    return [
        f"declare double @{name}({', '.join(['double'] * (2 if name in ('atan2', 'hypot', 'pow') else 1))}) nounwind memory(none) willreturn"
        for name in program.mathematics
    ]
