"""Numbers in formulas: Python's operators on them write LLVM instructions, for one double or for W side by side.

    x * x + 1.0      =>    %v1 = fmul double %x, %x                    width 1
                           %v2 = fadd double %v1, 0x3FF0000000000000
                     =>    %v1 = fmul <4 x double> %x, %x              width 4
                           %v2 = fadd <4 x double> %v1, splat (double 0x3FF0000000000000)

A formula is a Python function from `Real`s to a `Real`. It is the same text at every width, and every operation is one
IEEE operation on each element, so each element has the bits that it has alone. There is no branch: where ways part,
both are gone and `where` chooses. No operator fuses: x * y + z rounds twice, `fma` once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from qdsl.lang.native.writer import Writer, real


@dataclass(frozen=True, slots=True)
class Width:
    """How many elements stand side by side, and what LLVM calls so many."""

    lanes: int = 1

    def of(self, element: str) -> str:
        """The type: `double` or `<4 x double>`."""
        return element if self.lanes == 1 else f"<{self.lanes} x {element}>"

    def constant(self, element: str, value: str) -> str:
        return value if self.lanes == 1 else f"splat ({element} {value})"

    @property
    def suffix(self) -> str:
        """What the names of functions end in."""
        return "" if self.lanes == 1 else f".v{self.lanes}"

    def intrinsic(self, name: str, element: str = "f64") -> str:
        """LLVM's name of the function on so many: `llvm.fma.v4f64`."""
        return f"llvm.{name}.{element}" if self.lanes == 1 else f"llvm.{name}.v{self.lanes}{element}"


@dataclass(frozen=True, slots=True)
class Code:
    """Where a formula is written, and how wide."""

    writer: Writer
    width: Width

    def real(self, name: str) -> Real:
        return Real(self, name)

    def result(self, text: str) -> str:
        return self.writer.value(text)


@dataclass(frozen=True, slots=True, eq=False)
class _Value:
    """A name in the text being written."""

    code: Code
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Real(_Value):
    """Doubles. A comparison with nan is false."""

    def _text(self, operand: Real | float) -> str:
        return operand.name if isinstance(operand, Real) else self.code.width.constant("double", real(operand))

    def _write(self, operation: str, a: Real | float, b: Real | float) -> Real:
        type_ = self.code.width.of("double")
        return Real(self.code, self.code.result(f"{operation} {type_} {self._text(a)}, {self._text(b)}"))

    def call(self, function: str, *others: Real | float) -> Real:
        """A function of LLVM's, by the name it has without types."""
        type_ = self.code.width.of("double")
        given = ", ".join(f"{type_} {self._text(each)}" for each in (self, *others))
        return Real(self.code, self.code.result(f"call {type_} @{self.code.width.intrinsic(function)}({given})"))

    def __add__(self, other: Real | float) -> Real:
        return self._write("fadd", self, other)

    def __radd__(self, other: float) -> Real:
        return self._write("fadd", other, self)

    def __sub__(self, other: Real | float) -> Real:
        return self._write("fsub", self, other)

    def __rsub__(self, other: float) -> Real:
        return self._write("fsub", other, self)

    def __mul__(self, other: Real | float) -> Real:
        return self._write("fmul", self, other)

    def __rmul__(self, other: float) -> Real:
        return self._write("fmul", other, self)

    def __truediv__(self, other: Real | float) -> Real:
        return self._write("fdiv", self, other)

    def __rtruediv__(self, other: float) -> Real:
        return self._write("fdiv", other, self)

    def __neg__(self) -> Real:
        return Real(self.code, self.code.result(f"fneg {self.code.width.of('double')} {self.name}"))

    def __abs__(self) -> Real:
        return self.call("fabs")

    def fma(self, factor: Real | float, addend: Real | float) -> Real:
        """self * factor + addend, rounded once."""
        return self.call("fma", factor, addend)

    def sqrt(self) -> Real:
        return self.call("sqrt")

    def with_sign_of(self, other: Real) -> Real:
        return self.call("copysign", other)

    def constant(self, value: float) -> Real:
        """A number as wide as this one."""
        return Real(self.code, self._text(value))

    # ── comparisons ──────────────────────────────────────────────────────────

    def compare(self, relation: str, other: Real | float) -> Mask:
        """By LLVM's name of the relation."""
        type_ = self.code.width.of("double")
        return Mask(self.code, self.code.result(f"fcmp {relation} {type_} {self.name}, {self._text(other)}"))

    def __lt__(self, other: Real | float) -> Mask:
        return self.compare("olt", other)

    def __le__(self, other: Real | float) -> Mask:
        return self.compare("ole", other)

    def __gt__(self, other: Real | float) -> Mask:
        return self.compare("ogt", other)

    def __ge__(self, other: Real | float) -> Mask:
        return self.compare("oge", other)

    def equals(self, other: Real | float) -> Mask:
        return self.compare("oeq", other)

    def is_nan(self) -> Mask:
        return self.compare("uno", self)

    # ── bits ─────────────────────────────────────────────────────────────────

    def bits(self) -> Word:
        """The 64 bits of the doubles."""
        width = self.code.width
        return Word(self.code, self.code.result(f"bitcast {width.of('double')} {self.name} to {width.of('i64')}"))


@dataclass(frozen=True, slots=True, eq=False)
class Word(_Value):
    """64 bits, added and taken away as two's complement."""

    def _write(self, operation: str, a: Word | int, b: Word | int) -> Word:
        width = self.code.width
        names = [each.name if isinstance(each, Word) else width.constant("i64", str(each)) for each in (a, b)]
        return Word(self.code, self.code.result(f"{operation} {width.of('i64')} {names[0]}, {names[1]}"))

    def __add__(self, other: Word | int) -> Word:
        return self._write("add", self, other)

    def __sub__(self, other: Word | int) -> Word:
        return self._write("sub", self, other)

    def __rsub__(self, other: int) -> Word:
        return self._write("sub", other, self)

    def __and__(self, other: Word | int) -> Word:
        return self._write("and", self, other)

    def __xor__(self, other: Word | int) -> Word:
        return self._write("xor", self, other)

    def __lshift__(self, count: int) -> Word:
        return self._write("shl", self, count)

    def __rshift__(self, count: int) -> Word:
        """Zeros come in: AVX2 has no other shift of 64-bit elements."""
        return self._write("lshr", self, count)

    def is_odd(self) -> Mask:
        """By its sign when shifted, which vector code selects by as it is; a truncation it takes apart."""
        return (self << 63).is_negative()

    def is_negative(self) -> Mask:
        return Mask(self.code, self.code.result(f"icmp slt {self.code.width.of('i64')} {self.name}, {self._zero()}"))

    def _zero(self) -> str:
        return self.code.width.constant("i64", "0")

    def as_real(self) -> Real:
        """The doubles that have these bits."""
        width = self.code.width
        return Real(self.code, self.code.result(f"bitcast {width.of('i64')} {self.name} to {width.of('double')}"))

    def to_real(self) -> Real:
        """The value, which lies between -2^51 and 2^51: AVX2 has no conversion."""
        return (self + MAGIC_BITS).as_real() - MAGIC

    def power_of_two(self) -> Real:
        """2^self for values from -1022 to 1023, and 0 for -1023."""
        return ((self + 1023) << 52).as_real()


@dataclass(frozen=True, slots=True, eq=False)
class Mask(_Value):
    """Truth values."""

    def _write(self, operation: str, other: str) -> Mask:
        return Mask(self.code, self.code.result(f"{operation} {self.code.width.of('i1')} {self.name}, {other}"))

    def __and__(self, other: Mask) -> Mask:
        return self._write("and", other.name)

    def __or__(self, other: Mask) -> Mask:
        return self._write("or", other.name)

    def __xor__(self, other: Mask) -> Mask:
        return self._write("xor", other.name)

    def __invert__(self) -> Mask:
        return self._write("xor", self.code.width.constant("i1", "true"))

    def choose(self, yes: Word, no: Word) -> Word:
        """`where` for words."""
        width = self.code.width
        type_ = width.of("i64")
        text = f"select {width.of('i1')} {self.name}, {type_} {yes.name}, {type_} {no.name}"
        return Word(self.code, self.code.result(text))


def where(mask: Mask, yes: Real | float, no: Real | float) -> Real:
    """One or the other, for each element."""
    width = mask.code.width
    names = [each.name if isinstance(each, Real) else width.constant("double", real(each)) for each in (yes, no)]
    type_ = width.of("double")
    chosen = mask.code.result(f"select {width.of('i1')} {mask.name}, {type_} {names[0]}, {type_} {names[1]}")
    return Real(mask.code, chosen)


def polynomial(x: Real, coefficients: Sequence[float]) -> Real:
    """By Horner's rule, the constant first: as exact as the last addition."""
    *others, last = coefficients
    total: Real | float = last
    for coefficient in reversed(others):
        total = x.fma(total, coefficient)
    assert isinstance(total, Real)
    return total


def wide_polynomial(x: Real, coefficients: Sequence[float]) -> Real:
    """All but the constant by Estrin's scheme: half as long a chain of instructions that wait for each other."""
    first, *rest = coefficients
    terms: list[Real | float] = list(rest)
    power = x
    while len(terms) > 1:
        pairs = [_linear(power, *terms[i : i + 2]) for i in range(0, len(terms), 2)]
        terms, power = pairs, power * power if len(pairs) > 1 else power
    return x.fma(terms[0], first)


def _linear(x: Real, low: Real | float, high: Real | float = 0.0) -> Real | float:
    return low if high == 0.0 else x.fma(high, low)


MAGIC = 1.5 * 2.0**52
"""Added to a double below 2^51 it leaves the nearest integer in the low bits of the sum; taken away, that integer."""

MAGIC_BITS: int = struct.unpack("<q", struct.pack("<d", MAGIC))[0]


def nearest(x: Real, factor: float) -> tuple[Real, Word]:
    """The integer nearest to x * factor, as a double and as a word; below 2^51."""
    moved = x.fma(factor, MAGIC)
    return moved - MAGIC, moved.bits() - MAGIC_BITS
