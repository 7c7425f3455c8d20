"""Calls of the mathematical functions, and the definitions that the calls need.

    y = sin x     =>     %v1 = call double @qdsl.sin(double %x)        careful: holds for every x
                         %v1 = call double @qdsl.near.sin(double %x)   fast: a straight line, with |x| > 2^30 suspect

Where the machine fuses multiply and add, all are our own, so they give the same bits on every such machine; elsewhere
they are the C library's. `definitions` writes them for one double or, with the same bits, for several side by side.
digamma and trigamma are core IR (`polygamma`), and are what the functions they call are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qdsl.lang.core.ir import Function
from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.native.math import (
    error_function,
    exponential,
    far_angle,
    inverse_trigonometric,
    log_gamma,
    logarithm,
    polygamma,
    power,
    roots,
    trigonometric,
)
from qdsl.lang.native.math.formula import Code, Mask, Real, Width
from qdsl.lang.native.places import result_struct
from qdsl.lang.native.program import Mode
from qdsl.lang.native.writer import Writer, symbol

if TYPE_CHECKING:
    from qdsl.lang.native.body import Body


@dataclass(frozen=True, slots=True)
class Formula:
    """A function as a straight line, `near`. Where it is not right everywhere, `holds` says where it is, and `far` is
    for one double anywhere else, with what it reads. A `long` one is called where it cannot become vector code, not
    written out.
    """

    near: Callable[..., Real]
    holds: Callable[[Real], Mask] | None = None
    far: Callable[[Real], Real] | None = None
    reads: str = ""
    long: bool = True


def _angle(near: Callable[[Real], Real], far: Callable[[Real], Real], long: bool = False) -> Formula:
    return Formula(near, trigonometric.in_reach, far, far_angle.TABLE, long)


FORMULAS = {
    "exp": Formula(exponential.exp, long=False),
    "expm1": Formula(exponential.expm1),
    "sinh": Formula(exponential.sinh),
    "cosh": Formula(exponential.cosh),
    "tanh": Formula(exponential.tanh),
    "log": Formula(logarithm.log, long=False),
    "log1p": Formula(logarithm.log1p),
    "log2": Formula(logarithm.log2),
    "log10": Formula(logarithm.log10),
    "asinh": Formula(logarithm.asinh),
    "acosh": Formula(logarithm.acosh),
    "atanh": Formula(logarithm.atanh),
    "pow": Formula(power.pow),
    "hypot": Formula(roots.hypot, long=False),
    "cbrt": Formula(roots.cbrt),
    "sin": _angle(trigonometric.sin, lambda x: trigonometric.sin_of(*far_angle.reduced(x))),
    "cos": _angle(trigonometric.cos, lambda x: trigonometric.cos_of(*far_angle.reduced(x))),
    "tan": _angle(trigonometric.tan, lambda x: trigonometric.tan_of(*far_angle.reduced(x)), long=True),
    "asin": Formula(inverse_trigonometric.asin),
    "acos": Formula(inverse_trigonometric.acos),
    "atan": Formula(inverse_trigonometric.atan),
    "atan2": Formula(inverse_trigonometric.atan2),
    "erf": Formula(error_function.erf),
    "erfc": Formula(error_function.erfc),
    "lgamma": Formula(log_gamma.right, log_gamma.in_reach, log_gamma.left),
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
    formula = FORMULAS[name]
    if not body.program.inline_math:
        return _called(body, name, operands)
    if body.mode is not Mode.FAST:
        return _called(body, name, operands, " noinline" if formula.long else "")
    if formula.holds is None:
        return _called(body, name, operands)
    holds = formula.holds(Code(w, Width()).real(operands[0]))
    body.suspect((~holds).name)
    return _called(body, f"near.{name}", operands)


def call_wide(body: Body, name: str, operands: Sequence[str], width: int) -> str:
    """The same on vectors."""
    body.program.wide_mathematics[name] = None
    type_ = f"<{width} x double>"
    return body.writer.call(type_, f"@qdsl.{name}{Width(width).suffix}", *((type_, each) for each in operands))


def _called(body: Body, name: str, operands: tuple[str, ...], attribute: str = "") -> str:
    body.program.mathematics[name] = None
    given = ", ".join(f"double {operand}" for operand in operands)
    return body.writer.value(f"call double @qdsl.{name}({given}){attribute}")


# ── definitions ──────────────────────────────────────────────────────────────────────────────────────────────────


def definitions(names: Iterable[str], width: int = 1, inline: bool = True) -> list[str]:
    """The text of `@qdsl.NAME`, for `width` > 1 `@qdsl.NAME.vWIDTH` on vectors, and of what these call.

    A name is a function's, or `near.` and a function's for the straight line alone. Not `inline` is by the C library.
    """
    parts: dict[str, str] = {}
    for name in names:
        of = Definition(name.removeprefix("near."), Width(width), parts)
        if not inline:
            of.library()
        elif name.startswith("near."):
            of.near()
        else:
            of.whole()
    return list(parts.values())


@dataclass(frozen=True, slots=True)
class Definition:
    """A function at one width. What is written is put under its symbol in `parts`, so that it is there once."""

    name: str
    width: Width
    parts: dict[str, str]

    @property
    def type(self) -> str:
        return self.width.of("double")

    @property
    def parameters(self) -> tuple[str, ...]:
        return ("%x", "%y")[: len(PRIMITIVES[self.name].operands)]

    def near(self) -> None:
        """The straight line."""
        w = Writer()
        given = [Code(w, self.width).real(each) for each in self.parameters]
        w.do(f"ret {self.type} {FORMULAS[self.name].near(*given).name}")
        self._define("near." if FORMULAS[self.name].holds else "", "nounwind alwaysinline", w)

    def whole(self) -> None:
        """The straight line where it holds; elsewhere each element by itself, by the other."""
        formula = FORMULAS[self.name]
        self.near()
        if formula.holds is None:
            return
        one = self.width == Width()
        if one:
            self._far()
        else:
            Definition(self.name, Width(), self.parts).whole()
        w = Writer()
        mask = formula.holds(Code(w, self.width).real("%x")).name
        lanes = self.width.lanes
        if one:
            w.branch(mask, "near", "far", likely=True)
            w.begin("near")
            w.do(f"ret {self.type} {self._call(w, 'near.', alone=formula.long)}")
            w.begin("far")
            w.do(f"ret {self.type} {self._call(w, 'far.')}")
        else:
            # The straight line comes before it is known to hold: sin and cos of one angle then share most of theirs.
            near = self._call(w, "near.")
            every = w.value(f"call i1 @llvm.vector.reduce.and.v{lanes}i1(<{lanes} x i1> {mask})")
            w.branch(every, "near", "far", likely=True)
            w.begin("near")
            w.do(f"ret {self.type} {near}")
            w.begin("far")
            w.do(f"ret {self.type} {self._each(w)}")
        self._define("", "nounwind", w)

    def library(self) -> None:
        """The C library's."""
        if self.width != Width():
            Definition(self.name, Width(), self.parts).library()
            w = Writer()
            w.do(f"ret {self.type} {self._each(w)}")
            self._define("", "nounwind", w)
        elif self.name == "lgamma":
            self.parts["lgamma"] = LGAMMA
        else:
            types = ", ".join("double" for _ in self.parameters)
            self.parts[f"C.{self.name}"] = f"declare double @{self.name}({types}) nounwind willreturn memory(none)"
            w = Writer()
            w.do(f"ret double {w.intrinsic(self.name, *self.parameters)}")
            self._define("", "nounwind alwaysinline", w)

    def _far(self) -> None:
        """For one double where the straight line does not hold: seldom, so not written out where it is called."""
        formula = FORMULAS[self.name]
        assert formula.far is not None
        if formula.reads:
            self.parts[formula.reads] = formula.reads
        w = Writer()
        w.do(f"ret double {formula.far(Code(w, self.width).real('%x')).name}")
        self._define("far.", "nounwind noinline optnone cold", w)

    def _each(self, w: Writer) -> str:
        """By the function of one double, element after element."""
        result = "poison"
        for i in range(self.width.lanes):
            given = [w.value(f"extractelement {self.type} {each}, i32 {i}") for each in self.parameters]
            one = w.call("double", f"@qdsl.{self.name}", *(("double", each) for each in given))
            result = w.value(f"insertelement {self.type} {result}, double {one}, i32 {i}")
        return result

    def _symbol(self, part: str) -> str:
        return f"qdsl.{part}{self.name}{self.width.suffix}"

    def _call(self, w: Writer, part: str, alone: bool = False) -> str:
        """`alone`: not written out here, so that there is one of it."""
        given = ", ".join(f"{self.type} {each}" for each in self.parameters)
        return w.value(f"call {self.type} @{self._symbol(part)}({given}){' noinline' if alone else ''}")

    def _define(self, part: str, attributes: str, w: Writer) -> None:
        given = ", ".join(f"{self.type} {each}" for each in self.parameters)
        head = f"define internal {self.type} @{self._symbol(part)}({given}) {attributes} {{"
        self.parts[self._symbol(part)] = "\n".join([head, "body:", *w.lines, "}", ""])


LGAMMA = """declare double @lgamma_r(double, ptr) nounwind
define internal double @qdsl.lgamma(double %x) nounwind {
  %sign = alloca i32
  %value = call double @lgamma_r(double %x, ptr %sign)
  ret double %value
}
"""
"""C's lgamma also writes to a global; this one does not."""
