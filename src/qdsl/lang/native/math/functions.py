"""Calls of the mathematical functions, and the definitions that the calls need.

Where the machine fuses multiply and add, exp, log, tanh, sin, cos and hypot are our own lines of instructions. Some
of them hold only in reach of a condition: careful code asks it and else calls the C library; fast code takes the
result for suspect (`native.body`). digamma and trigamma are core IR of our own; everything else is the C library's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import Function
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.native.math import distance, exponential, polygamma, trigonometric
from qdsl.lang.native.places import result_struct
from qdsl.lang.native.program import Mode
from qdsl.lang.native.writer import Writer, symbol

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body


@dataclass(frozen=True, slots=True)
class Formula:
    """A function written out. `holds` writes the condition under which it may be used; None is always."""

    write: Callable[..., str]
    holds: Callable[..., str] | None = None


FORMULAS = {
    "exp": Formula(exponential.exp),
    "log": Formula(exponential.log),
    "tanh": Formula(exponential.tanh),
    "sin": Formula(trigonometric.sin, trigonometric.in_reach),
    "cos": Formula(trigonometric.cos, trigonometric.in_reach),
    "hypot": Formula(distance.hypot, distance.in_reach),
}

EXPANSIONS: dict[str, Callable[[], Function]] = {"digamma": polygamma.digamma, "trigamma": polygamma.trigamma}


def call(body: Body, name: str, operands: tuple[str, ...]) -> str:
    """Write a call of the function; its result's name."""
    w = body.writer
    if name in EXPANSIONS:
        body.program.expansions[name, body.mode] = None
        struct = result_struct(PRIMITIVES[name].operands[:1])
        given = (*(("double", operand) for operand in operands), ("ptr", "%context"))
        returned = w.call(struct, symbol(f"{body.mode.value}.math.{name}"), *given)
        return w.value(f"extractvalue {struct} {returned}, 1")
    formula = FORMULAS.get(name) if body.program.inline_math else None
    if formula is None:
        return w.intrinsic(_wanted(body, _library_name(name)), *operands)
    if formula.holds is None:
        return w.intrinsic(_wanted(body, f"math.{name}"), *operands)
    if body.mode is not Mode.FAST:
        return w.intrinsic(_wanted(body, f"math.careful.{name}"), *operands)
    body.suspect(w.value(f"xor i1 {formula.holds(w, *operands)}, true"))
    return w.intrinsic(_wanted(body, f"math.{name}"), *operands)


def _wanted(body: Body, symbol_: str) -> str:
    body.program.mathematics[symbol_] = None
    return symbol_


def _library_name(name: str) -> str:
    """C's lgamma also writes to a global; `math.lgamma` wraps the one that does not."""
    return "math.lgamma" if name == "lgamma" else name


# ── definitions ──────────────────────────────────────────────────────────────────────────────────────────────────


def definitions(wanted: list[str]) -> list[str]:
    """The text of the functions that calls refer to, and of those that these refer to."""
    parts: dict[str, str] = {}
    for symbol_ in wanted:
        name = symbol_.rpartition(".")[2]
        if symbol_ == "math.lgamma":
            parts[symbol_] = LGAMMA
        elif symbol_.startswith("math.careful."):
            parts[f"math.{name}"] = _written_out(name)
            parts[name] = _declared(name)
            parts[symbol_] = _careful(name)
        elif symbol_.startswith("math."):
            parts[symbol_] = _written_out(name)
        else:
            parts[symbol_] = _declared(name)
    return list(parts.values())


def _parameters(name: str) -> list[str]:
    return ["%x", "%y"][: len(PRIMITIVES[name].operands)]


def _declared(name: str) -> str:
    return f"declare double @{name}({', '.join('double' for _ in _parameters(name))}) nounwind willreturn memory(none)"


def _define(name: str, symbol_: str, w: Writer, attributes: str) -> str:
    given = ", ".join(f"double {each}" for each in _parameters(name))
    return "\n".join([f"define internal double @{symbol_}({given}) {attributes} {{", "body:", *w.lines, "}", ""])


def _written_out(name: str) -> str:
    w = Writer()
    w.do(f"ret double {FORMULAS[name].write(w, *_parameters(name))}")
    return _define(name, f"math.{name}", w, "nounwind alwaysinline")


def _careful(name: str) -> str:
    """The formula in its reach, the library beyond."""
    holds = FORMULAS[name].holds
    assert holds is not None
    w = Writer()
    given = _parameters(name)
    w.branch(holds(w, *given), "near", "far")
    for label, function in (("near", f"math.{name}"), ("far", name)):
        w.begin(label)
        w.do(f"ret double {w.intrinsic(function, *given)}")
    return _define(name, f"math.careful.{name}", w, "nounwind")


LGAMMA = """declare double @lgamma_r(double, ptr) nounwind
define internal double @math.lgamma(double %x) nounwind {
  %sign = alloca i32
  %value = call double @lgamma_r(double %x, ptr %sign)
  ret double %value
}
"""
