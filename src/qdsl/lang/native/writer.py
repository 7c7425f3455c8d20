"""LLVM text, an instruction at a time: in go operations and labels, out come the lines of one function body.

    w = Writer()
    y = w.value("fmul double %x, %x")       # "%v0"
    w.do(f"ret double {y}")

A `Writer` knows nothing of QDSL. It hands out fresh names, remembers which block is being written (a phi needs to
know where a value came from), and keeps what must stand in the entry block apart, so that it can be added late.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from qdsl.lang.core.ir import BOOL, INT, REAL, Lanes, Number, scalar_of

LLVM_TYPE = {BOOL: "i1", INT: "i64", REAL: "double"}


def llvm_type(number: Number) -> str:
    """The type of a number, or of lanes of it."""
    kind = LLVM_TYPE[scalar_of(number)]
    return f"<{number.width} x {kind}>" if isinstance(number, Lanes) else kind


def real(value: float) -> str:
    """A double as LLVM reads it without rounding: by its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def literal(value: bool | int | float) -> str:
    """A constant of any scalar type."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return real(value)


def symbol(name: str) -> str:
    """A global's name, quoted, whatever characters it has."""
    escaped = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else _hex(c) for c in name)
    return f'@"{escaped}"'


def _hex(character: str) -> str:
    return "".join(f"\\{byte:02X}" for byte in character.encode())


@dataclass(eq=False)
class Phi:
    """A phi whose incoming values are not all known yet."""

    name: str
    type: str
    line: int


@dataclass(eq=False)
class Writer:
    """The lines of one function body, and the block that is being written."""

    lines: list[str] = field(default_factory=list)
    block: str = "body"
    _serial: int = 0

    # ── instructions ─────────────────────────────────────────────────────────

    def name(self, hint: str = "v") -> str:
        self._serial += 1
        return f"%{hint}{self._serial}"

    def value(self, text: str) -> str:
        """Write an instruction that has a result; the result's name."""
        name = self.name()
        self.lines.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """Write an instruction that has none."""
        self.lines.append(f"  {text}")

    def call(self, result: str, function: str, *arguments: tuple[str, str]) -> str:
        """Call `function`, named with its @; each argument is (type, value)."""
        return self.value(f"call {result} {function}({', '.join(f'{type_} {value}' for type_, value in arguments)})")

    def intrinsic(self, name: str, *operands: str) -> str:
        """A function from doubles to a double."""
        return self.call("double", f"@{name}", *(("double", operand) for operand in operands))

    # ── doubles ──────────────────────────────────────────────────────────────

    def fmul(self, a: str, b: str) -> str:
        return self.value(f"fmul double {a}, {b}")

    def fabs(self, a: str) -> str:
        return self.intrinsic("llvm.fabs.f64", a)

    def fcmp(self, relation: str, a: str, b: str) -> str:
        return self.value(f"fcmp {relation} double {a}, {b}")

    def select(self, condition: str, yes: str, no: str, type_: str = "double") -> str:
        return self.value(f"select i1 {condition}, {type_} {yes}, {type_} {no}")

    def bits(self, a: str) -> str:
        """The 64 bits of a double as an i64."""
        return self.value(f"bitcast double {a} to i64")

    def integer(self, operation: str, a: str, b: str | int) -> str:
        """`add`, `shl`, `and`, ... of two i64."""
        return self.value(f"{operation} i64 {a}, {b}")

    # ── memory ───────────────────────────────────────────────────────────────

    def at(self, pointer: str, index: str | int, element: str = "i64") -> str:
        """The address of element `index` from `pointer`."""
        return self.value(f"getelementptr inbounds {element}, ptr {pointer}, i64 {index}")

    def load(self, type_: str, pointer: str) -> str:
        return self.value(f"load {type_}, ptr {pointer}{_alignment(type_)}")

    def store(self, type_: str, value: str, pointer: str) -> None:
        self.do(f"store {type_} {value}, ptr {pointer}{_alignment(type_)}")

    def reserve(self) -> int:
        """A line to be written later, by `fill`."""
        self.lines.append("")
        return len(self.lines) - 1

    def fill(self, line: int, text: str) -> None:
        self.lines[line] = f"  {text}"

    # ── blocks ───────────────────────────────────────────────────────────────

    def label(self, hint: str) -> str:
        """A fresh label, not yet placed."""
        return self.name(hint)[1:]

    def begin(self, label: str) -> None:
        """Place the label: what follows belongs to its block."""
        self.lines.append(f"{label}:")
        self.block = label

    def jump(self, label: str) -> None:
        self.do(f"br label %{label}")

    def branch(self, condition: str, yes: str, no: str, unlikely: bool = False, likely: bool = False) -> None:
        """`unlikely` says that `yes` is the way of failure, `likely` that `no` is seldom taken."""
        weight = ", !prof !1" if unlikely else ", !prof !0" if likely else ""
        self.do(f"br i1 {condition}, label %{yes}, label %{no}{weight}")

    def phi(self, type_: str, incoming: Sequence[tuple[str, str]]) -> str:
        """The value that belongs to the block control came from; `incoming` is (value, block)."""
        return self.value(f"phi {type_} {_incoming(incoming)}")

    def open_phi(self, type_: str) -> Phi:
        """A phi at the head of a loop, to be closed when the loop's end is known."""
        return Phi(self.name(), type_, self.reserve())

    def close_phi(self, phi: Phi, incoming: Sequence[tuple[str, str]]) -> None:
        self.fill(phi.line, f"{phi.name} = phi {phi.type} {_incoming(incoming)}")


def _alignment(type_: str) -> str:
    """Vectors lie where their elements may lie."""
    if not type_.startswith("<"):
        return ""
    return ", align 1" if type_.endswith("x i8>") else ", align 8"


def _incoming(pairs: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"[ {value}, %{block} ]" for value, block in pairs)


METADATA = """!0 = !{!"branch_weights", i32 1000000, i32 1}
!1 = !{!"branch_weights", i32 1, i32 1000000}
!2 = distinct !{!2, !3}
!3 = !{!"llvm.loop.vectorize.enable", i1 false}"""
"""At the end of every module: `!prof !0` on a branch mostly taken, `!prof !1` on one mostly not, `!llvm.loop !2` on a
loop that is not worth vectorising."""
