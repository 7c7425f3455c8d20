"""The derivative of each primitive: one row each.

`PARTIALS[name]` has for each operand the partial derivative, written as mathematics over `Number`s: its arguments are
the operands and then the result, so that exp' is the result itself. A partial that is 0, 1 or -1 everywhere is given as
that float and costs nothing. `CHOICES[name]` is for min and max, whose derivative is that of the operand chosen.

At a kink the derivative is one-sided: abs at 0 has +1; min and max of equal operands take the first one's. copysign
does not depend on its second operand but for the jump at zero. Where the formula is singular so is the derivative: sqrt
at 0 has inf, hypot at (0, 0) nan; x^y at x = 0 by y is taken as 0 for every y. What has no row has no derivative
(floor, ceil, round, trunc and trigamma): the compiler says so, instead of answering zero.

The forms are those that neither overflow nor cancel before the derivative itself does: tanh' is 1 / cosh², not
1 - tanh², and hypot' is x / r.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import Value


@dataclass(frozen=True, slots=True)
class Number:
    """A real value with arithmetic that writes operations."""

    builder: Builder
    value: Value

    def __add__(self, other: Number | float) -> Number:
        return self.with_("add", self, other)

    def __radd__(self, other: float) -> Number:
        return self.with_("add", other, self)

    def __sub__(self, other: Number | float) -> Number:
        return self.with_("sub", self, other)

    def __rsub__(self, other: float) -> Number:
        return self.with_("sub", other, self)

    def __mul__(self, other: Number | float) -> Number:
        return self.with_("mul", self, other)

    def __rmul__(self, other: float) -> Number:
        return self.with_("mul", other, self)

    def __truediv__(self, other: Number | float) -> Number:
        return self.with_("div", self, other)

    def __rtruediv__(self, other: float) -> Number:
        return self.with_("div", other, self)

    def __neg__(self) -> Number:
        return self.with_("neg", self)

    def with_(self, name: str, *operands: Number | float) -> Number:
        """The primitive `name` of these operands."""
        values = [each.value if isinstance(each, Number) else self.builder.const(each) for each in operands]
        return Number(self.builder, self.builder.op(name, *values))

    def where(self, comparison: str, bound: float, then: Number | float, otherwise: Number | float) -> Number:
        """`then` where `self comparison bound`, else `otherwise`."""
        condition = self.with_(comparison, self, bound)
        sides = [each.value if isinstance(each, Number) else self.builder.const(each) for each in (then, otherwise)]
        return Number(self.builder, self.builder.select(condition.value, *sides))


Partial = Callable[..., Number | float]


def apply(name: str) -> Callable[[Number], Number]:
    """A primitive of one operand as a function."""
    return lambda x: x.with_(name, x)


cos, sin, exp, sqrt, cosh, sinh, log = map(apply, ("cos", "sin", "exp", "sqrt", "cosh", "sinh", "log"))
digamma, trigamma = apply("digamma"), apply("trigamma")


def _zero(*_: Number) -> float:
    return 0.0


def is_zero(partial: Partial) -> bool:
    """Whether it is 0 wherever the function is."""
    return partial is _zero


def one(*_: Number) -> float:
    return 1.0


def _minus_one(*_: Number) -> float:
    return -1.0


def _tan(x: Number, r: Number) -> Number:
    return 1.0 + r * r


def _asin(x: Number, r: Number) -> Number:
    return 1.0 / sqrt((1.0 - x) * (1.0 + x))


def _tanh(x: Number, r: Number) -> Number:
    inverse = 1.0 / cosh(x)
    return inverse * inverse


def _atan(x: Number, r: Number) -> Number:
    """1 / (1 + x²), as the square of 1 / hypot(1, x): the intermediate cannot overflow, for a Hessian's sake."""
    inverse = 1.0 / x.with_("hypot", x, 1.0)
    return inverse * inverse


def _atan2_y(y: Number, x: Number, r: Number) -> Number:
    radius = y.with_("hypot", y, x)
    return x / radius / radius


def _atan2_x(y: Number, x: Number, r: Number) -> Number:
    radius = y.with_("hypot", y, x)
    return -(y / radius / radius)


def _pow_base(x: Number, y: Number, r: Number) -> Number:
    """y x^(y-1), and 0 where y is 0, also for x = 0."""
    return y.where("eq", 0.0, 0.0, y * x.with_("pow", x, y - 1.0))


def _pow_exponent(x: Number, y: Number, r: Number) -> Number:
    """x^y log(x), and at x = 0 its limit 0; for y = 0 there is no limit, and 0 is what JAX and PyTorch say too."""
    return x.where("eq", 0.0, 0.0, r * log(x))


def _cbrt(x: Number, r: Number) -> Number:
    return 1.0 / (3.0 * (r * r))


def _sign(x: Number) -> Number:
    return x.where("lt", 0.0, -1.0, 1.0)


def _copysign(x: Number, y: Number, r: Number) -> Number:
    return x.with_("copysign", 1.0, x) * x.with_("copysign", 1.0, r)


PARTIALS: dict[str, tuple[Partial, ...]] = {
    "add": (one, one),
    "sub": (one, _minus_one),
    "mul": (lambda x, y, r: y, lambda x, y, r: x),
    "div": (lambda x, y, r: 1.0 / y, lambda x, y, r: -(r / y)),
    "neg": (_minus_one,),
    "abs": (lambda x, r: _sign(x),),
    "fma": (lambda x, y, z, r: y, lambda x, y, z, r: x, one),
    "sqrt": (lambda x, r: 0.5 / r,),
    "cbrt": (_cbrt,),
    "exp": (lambda x, r: r,),
    "expm1": (lambda x, r: exp(x),),
    "log": (lambda x, r: 1.0 / x,),
    "log2": (lambda x, r: (1.0 / math.log(2.0)) / x,),
    "log10": (lambda x, r: (1.0 / math.log(10.0)) / x,),
    "log1p": (lambda x, r: 1.0 / (1.0 + x),),
    "sin": (lambda x, r: cos(x),),
    "cos": (lambda x, r: -sin(x),),
    "tan": (_tan,),
    "asin": (_asin,),
    "acos": (lambda x, r: -_asin(x, r),),
    "atan": (_atan,),
    "atan2": (_atan2_y, _atan2_x),
    "sinh": (lambda x, r: cosh(x),),
    "cosh": (lambda x, r: sinh(x),),
    "tanh": (_tanh,),
    "asinh": (lambda x, r: 1.0 / x.with_("hypot", x, 1.0),),
    "acosh": (lambda x, r: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
    "atanh": (lambda x, r: 1.0 / ((1.0 - x) * (1.0 + x)),),
    "pow": (_pow_base, _pow_exponent),
    "hypot": (lambda x, y, r: x / r, lambda x, y, r: y / r),
    "erf": (lambda x, r: (2.0 / math.sqrt(math.pi)) * exp(-(x * x)),),
    "erfc": (lambda x, r: (-2.0 / math.sqrt(math.pi)) * exp(-(x * x)),),
    "lgamma": (lambda x, r: digamma(x),),
    "digamma": (lambda x, r: trigamma(x),),
    "copysign": (_copysign, _zero),
    "grafted": (_zero, one),
    "noted": (one, _zero),
}

CHOICES = {"min": "le", "max": "ge"}
"""min(x, y) is x where x <= y."""
