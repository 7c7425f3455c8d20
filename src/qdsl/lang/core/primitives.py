"""The primitive operations of the core IR: one row each, and nothing else in the compiler lists them.

`exact` primitives give the same bits on every machine, so they may be computed at compile time. `fails` primitives
check themselves (see `core.ir.Code`). Values of `evaluate` are Python's float, int and bool: it *is* the meaning.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qdsl.lang.core.ir import BOOL, INT, REAL, Code, Scalar


@dataclass(frozen=True, slots=True)
class Primitive:
    """`name(operands) -> result`; `fails` is the code it may stop with."""

    name: str
    operands: tuple[Scalar, ...]
    result: Scalar
    exact: bool
    evaluate: Callable[..., Any]
    fails: Code | None = None
    commutes: bool = False


def _table(*rows: Primitive) -> dict[str, Primitive]:
    return {row.name: row for row in rows}


PRIMITIVES: dict[str, Primitive] = _table()
