"""Primitives on numbers: each row of `core.primitives.PRIMITIVES` as LLVM instructions.

    iadd %a, %b   =>   %r = call { i64, i1 } @llvm.sadd.with.overflow.i64(i64 %a, i64 %b), and a stop if it overflowed

Real arithmetic is IEEE 754 as written: no fast-math flag, no contraction, so `exact` primitives give the bits the
interpreter gives. Functions whose last digit is an approximation are in `native.math`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import FAILURES, INT, REAL, Code
from qdsl.lang.native.math import functions
from qdsl.lang.native.writer import real

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body

INT_MIN = -(2**63)

INSTRUCTIONS = {
    "add": "fadd double {0}, {1}",
    "sub": "fsub double {0}, {1}",
    "mul": "fmul double {0}, {1}",
    "div": "fdiv double {0}, {1}",
    "neg": "fneg double {0}",
    "abs": "call double @llvm.fabs.f64(double {0})",
    "min": "call double @llvm.minimum.f64(double {0}, double {1})",
    "max": "call double @llvm.maximum.f64(double {0}, double {1})",
    "fma": "call double @llvm.fma.f64(double {0}, double {1}, double {2})",
    "sqrt": "call double @llvm.sqrt.f64(double {0})",
    "floor": "call double @llvm.floor.f64(double {0})",
    "ceil": "call double @llvm.ceil.f64(double {0})",
    "round": "call double @llvm.roundeven.f64(double {0})",
    "trunc": "call double @llvm.trunc.f64(double {0})",
    "imin": "call i64 @llvm.smin.i64(i64 {0}, i64 {1})",
    "imax": "call i64 @llvm.smax.i64(i64 {0}, i64 {1})",
    "wadd": "add i64 {0}, {1}",
    "wsub": "sub i64 {0}, {1}",
    "wmul": "mul i64 {0}, {1}",
    "band": "and i64 {0}, {1}",
    "bor": "or i64 {0}, {1}",
    "bxor": "xor i64 {0}, {1}",
    "lt": "fcmp olt double {0}, {1}",
    "le": "fcmp ole double {0}, {1}",
    "gt": "fcmp ogt double {0}, {1}",
    "ge": "fcmp oge double {0}, {1}",
    "eq": "fcmp oeq double {0}, {1}",
    "ne": "fcmp une double {0}, {1}",
    "ilt": "icmp slt i64 {0}, {1}",
    "ile": "icmp sle i64 {0}, {1}",
    "igt": "icmp sgt i64 {0}, {1}",
    "ige": "icmp sge i64 {0}, {1}",
    "ieq": "icmp eq i64 {0}, {1}",
    "ine": "icmp ne i64 {0}, {1}",
    "beq": "icmp eq i1 {0}, {1}",
    "and": "and i1 {0}, {1}",
    "or": "or i1 {0}, {1}",
    "xor": "xor i1 {0}, {1}",
    "not": "xor i1 {0}, true",
    "to_real": "sitofp i64 {0} to double",
}
"""Primitives that are one instruction."""


@cache
def instruction(name: str, width: int) -> str:
    """The same instruction on vectors of that width."""
    text = re.sub(r"\.(f64|i64)\(", rf".v{width}\1(", INSTRUCTIONS[name])
    text = re.sub(r"(?<![.\w])(double|i64|i1)\b", rf"<{width} x \1>", text)
    return text.replace("true", "splat (i1 true)")


def primitive(body: Body, name: str, operands: tuple[str, ...]) -> str:
    """Write the primitive; the name of its result."""
    if name in INSTRUCTIONS:
        return body.writer.value(INSTRUCTIONS[name].format(*operands))
    if name in COMPOSED:
        return COMPOSED[name](body, *operands)
    return functions.call(body, name, operands)


# ── integers that check themselves ───────────────────────────────────────────────────────────────────────────────


def _overflowing(intrinsic: str) -> Callable[[Body, str, str], str]:
    def write(body: Body, a: str, b: str) -> str:
        w = body.writer
        pair = w.call("{ i64, i1 }", f"@llvm.{intrinsic}.with.overflow.i64", ("i64", a), ("i64", b))
        overflowed = w.value(f"extractvalue {{ i64, i1 }} {pair}, 1")
        body.refuse(overflowed, FAILURES[Code.OVERFLOW], (INT, a), (INT, b))
        return w.value(f"extractvalue {{ i64, i1 }} {pair}, 0")

    return write


def _ineg(body: Body, a: str) -> str:
    _refuse_int_min(body, a)
    return body.writer.value(f"sub i64 0, {a}")


def _iabs(body: Body, a: str) -> str:
    _refuse_int_min(body, a)
    return body.writer.value(f"call i64 @llvm.abs.i64(i64 {a}, i1 false)")


def _refuse_int_min(body: Body, a: str) -> None:
    body.refuse(body.writer.value(f"icmp eq i64 {a}, {INT_MIN}"), FAILURES[Code.OVERFLOW], (INT, a))


def _idiv(body: Body, a: str, b: str) -> str:
    """Rounded down, as in Python; the machine rounds towards zero, one too high if the remainder has the other sign."""
    w = body.writer
    b = _nonzero(body, a, b)
    lowest = w.value(f"icmp eq i64 {a}, {INT_MIN}")
    minus_one = w.value(f"icmp eq i64 {b}, -1")
    outside = w.value(f"and i1 {lowest}, {minus_one}")
    body.refuse(outside, FAILURES[Code.OVERFLOW], (INT, a), (INT, b))
    b = body.harmless(outside, b, "1", INT)
    quotient = w.integer("sdiv", a, b)
    low = w.value(f"zext i1 {_signs_differ(body, w.integer('srem', a, b), b)} to i64")
    return w.integer("sub", quotient, low)


def _imod(body: Body, a: str, b: str) -> str:
    """With the sign of the divisor, as in Python. INT_MIN mod -1 traps on some machines: it is 0, as mod 1 is."""
    w = body.writer
    b = _nonzero(body, a, b)
    b = w.select(w.value(f"icmp eq i64 {b}, -1"), "1", b, "i64")
    remainder = w.integer("srem", a, b)
    return w.select(_signs_differ(body, remainder, b), w.integer("add", remainder, b), remainder, "i64")


def _nonzero(body: Body, a: str, b: str) -> str:
    zero = body.writer.value(f"icmp eq i64 {b}, 0")
    body.refuse(zero, FAILURES[Code.DIVISION], (INT, a), (INT, b))
    return body.harmless(zero, b, "1", INT)


def _signs_differ(body: Body, remainder: str, divisor: str) -> str:
    """The remainder is not zero and its sign is not the divisor's."""
    w = body.writer
    nonzero = w.value(f"icmp ne i64 {remainder}, 0")
    negative = w.value(f"icmp slt i64 {w.integer('xor', remainder, divisor)}, 0")
    return w.value(f"and i1 {nonzero}, {negative}")


def _ipow(body: Body, a: str, n: str) -> str:
    """By `qdsl.ipow` (see `native.support`), which says whether it left the integers."""
    w = body.writer
    negative = w.value(f"icmp slt i64 {n}, 0")
    body.refuse(negative, FAILURES[Code.DOMAIN], (INT, a), (INT, n))
    pair = w.call("{ i64, i1 }", "@qdsl.ipow", ("i64", a), ("i64", n))
    overflowed = w.value(f"extractvalue {{ i64, i1 }} {pair}, 1")
    body.refuse(overflowed, FAILURES[Code.OVERFLOW], (INT, a), (INT, n))
    return w.value(f"extractvalue {{ i64, i1 }} {pair}, 0")


def _shift(instruction: str) -> Callable[[Body, str, str], str]:
    """The machine's shift is undefined from 64 on; ours counts modulo 64."""

    def write(body: Body, a: str, count: str) -> str:
        return body.writer.integer(instruction, a, body.writer.integer("and", count, 63))

    return write


# ── between the kinds ────────────────────────────────────────────────────────────────────────────────────────────


def _to_int(body: Body, x: str) -> str:
    w = body.writer
    low = w.fcmp("oge", x, real(-(2.0**63)))
    high = w.fcmp("olt", x, real(2.0**63))
    outside = w.value(f"xor i1 {w.value(f'and i1 {low}, {high}')}, true")
    body.refuse(outside, FAILURES[Code.CAST], (REAL, x))
    return w.value(f"fptosi double {body.harmless(outside, x, real(0.0), REAL)} to i64")


def _is_finite(body: Body, x: str) -> str:
    return body.writer.fcmp("olt", body.writer.fabs(x), real(float("inf")))


def _copysign(body: Body, x: str, y: str) -> str:
    """The sign of a nan is an accident of the machine, so it gives nan."""
    w = body.writer
    signed = w.intrinsic("llvm.copysign.f64", x, y)
    return w.select(w.fcmp("uno", y, y), real(float("nan")), signed)


COMPOSED: dict[str, Callable[..., str]] = {
    "iadd": _overflowing("sadd"),
    "isub": _overflowing("ssub"),
    "imul": _overflowing("smul"),
    "ineg": _ineg,
    "iabs": _iabs,
    "idiv": _idiv,
    "imod": _imod,
    "ipow": _ipow,
    "shl": _shift("shl"),
    "shr": _shift("lshr"),
    "to_int": _to_int,
    "is_finite": _is_finite,
    "copysign": _copysign,
    "grafted": lambda body, x, y: x,
    "noted": lambda body, x, y: x,
}
"""Primitives that take several instructions, or may stop."""
