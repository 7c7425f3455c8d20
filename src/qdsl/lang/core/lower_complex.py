"""Complex numbers as pairs of reals.

    (a + bi)(c + di) = (ac - bd) + (ad + bc)i

A part that is absent (the imaginary part of a real number raised to Complex, the real part of `2i`) is marked by
`Body.zero`, and no product or sum with it is written: `2i * x` is one multiplication, and an infinite x does not turn
the absent part into nan. Division is Smith's (R. L. Smith, "Algorithm 116: Complex division", CACM 5, 1962), which does
not overflow where |d|^2 would. Functions have their principal values, with the branch cuts of C99.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qdsl.lang.core.builder import Values
from qdsl.lang.core.ir import REAL, Op, Value
from qdsl.lang.core.lower_body import Body
from qdsl.lang.core.lower_values import Data
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed

Pair = tuple[Value, Value]


def complex_operation(body: Body, node: typed.Operation, operands: Sequence[Data]) -> Pair:
    """An operation whose result is complex."""
    if node.name == "pow":
        return _power(body, _pair(operands[0]), node.operands[1], operands[1])
    found = OPERATIONS.get(node.name)
    if found is None:
        raise InternalError(f"no complex operation is called {node.name}")
    return found(body, *map(_pair, operands))


def real_of_complex(body: Body, name: str, operand: Data) -> Value:
    """An operation whose result is a real number."""
    re, im = _pair(operand)
    match name:
        case "real":
            return re
        case "imag":
            return im
        case "abs":
            return body.b.op("hypot", re, im)
        case "arg":
            return body.b.op("atan2", im, re)
        case _:
            raise InternalError(f"no operation on a complex number is called {name}")


def complex_constant(body: Body, number: complex) -> Pair:
    """A constant; a part that is zero is absent, but for both."""
    re, im = number.real, number.imag
    return (
        body.zero() if re == 0 and im != 0 else body.constant(re),
        body.zero() if im == 0 else body.constant(im),
    )


def complex_equal(body: Body, left: Data, right: Data) -> Value:
    (a, b), (c, d) = _pair(left), _pair(right)
    return body.b.op("and", body.b.op("eq", a, c), body.b.op("eq", b, d))


def _pair(operand: Data) -> Pair:
    re, im = operand.values
    return re, im


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────────────────────────


def _plus(body: Body, x: Value, y: Value) -> Value:
    if x in body.zeros:
        return y
    return x if y in body.zeros else body.b.op("add", x, y)


def _minus(body: Body, x: Value, y: Value) -> Value:
    if y in body.zeros:
        return x
    return _negated(body, y) if x in body.zeros else body.b.op("sub", x, y)


def _times(body: Body, x: Value, y: Value) -> Value:
    if x in body.zeros or y in body.zeros:
        return body.zero()
    return body.b.op("mul", x, y)


def _over(body: Body, x: Value, y: Value) -> Value:
    return body.zero() if x in body.zeros else body.b.op("div", x, y)


def _negated(body: Body, x: Value) -> Value:
    return x if x in body.zeros else body.b.op("neg", x)


def add(body: Body, z: Pair, w: Pair) -> Pair:
    return _plus(body, z[0], w[0]), _plus(body, z[1], w[1])


def _sub(body: Body, z: Pair, w: Pair) -> Pair:
    return _minus(body, z[0], w[0]), _minus(body, z[1], w[1])


def _neg(body: Body, z: Pair) -> Pair:
    return _negated(body, z[0]), _negated(body, z[1])


def conj(body: Body, z: Pair) -> Pair:
    return z[0], _negated(body, z[1])


def mul(body: Body, z: Pair, w: Pair) -> Pair:
    (a, b), (c, d) = z, w
    re = _minus(body, _times(body, a, c), _times(body, b, d))
    return re, _plus(body, _times(body, a, d), _times(body, b, c))


def _div(body: Body, z: Pair, w: Pair) -> Pair:
    (a, b), (c, d) = z, w
    if d in body.zeros:
        return _over(body, a, c), _over(body, b, c)
    if c in body.zeros:
        return _over(body, b, d), _negated(body, _over(body, a, d))
    larger = body.b.op("ge", body.b.op("abs", c), body.b.op("abs", d))
    high, low = body.b.select(larger, c, d), body.b.select(larger, d, c)
    first, second = body.b.select(larger, a, b), body.b.select(larger, b, a)
    ratio = body.b.op("div", low, high)
    whole = body.b.op("add", high, body.b.op("mul", low, ratio))
    re = body.b.op("div", body.b.op("add", first, body.b.op("mul", second, ratio)), whole)
    im = body.b.op("div", body.b.op("sub", second, body.b.op("mul", first, ratio)), whole)
    return re, body.b.select(larger, im, body.b.op("neg", im))


# ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────


def _exp(body: Body, z: Pair) -> Pair:
    a, b = z
    cos, sin = body.b.op("cos", b), body.b.op("sin", b)
    if a in body.zeros:
        return cos, sin
    size = body.b.op("exp", a)
    return body.b.op("mul", size, cos), body.b.op("mul", size, sin)


def _log(body: Body, z: Pair) -> Pair:
    return body.b.op("log", body.b.op("hypot", *z)), body.b.op("atan2", z[1], z[0])


def _sqrt(body: Body, z: Pair) -> Pair:
    """t = sqrt((|a| + |z|) / 2): t + (b / 2t) i on the right of the plane, |b| / 2t and t with b's sign on the left."""
    a, b = z
    half, zero = body.constant(0.5), body.constant(0.0)
    sum_ = body.b.op("add", body.b.op("abs", a), body.b.op("hypot", a, b))
    t = body.b.op("sqrt", body.b.op("mul", half, sum_))
    u = body.b.op("div", body.b.op("mul", half, b), t)
    u = body.b.select(body.b.op("eq", t, zero), b, u)  # of 0 the other part is 0 as well, and not 0/0
    right = body.b.op("ge", a, zero)
    re = body.b.select(right, t, body.b.op("abs", u))
    return re, body.b.select(right, u, body.b.op("copysign", t, b))


def _sin(body: Body, z: Pair) -> Pair:
    a, b = z
    re = body.b.op("mul", body.b.op("sin", a), body.b.op("cosh", b))
    return re, body.b.op("mul", body.b.op("cos", a), body.b.op("sinh", b))


def _cos(body: Body, z: Pair) -> Pair:
    a, b = z
    re = body.b.op("mul", body.b.op("cos", a), body.b.op("cosh", b))
    return re, body.b.op("neg", body.b.op("mul", body.b.op("sin", a), body.b.op("sinh", b)))


def _sinh(body: Body, z: Pair) -> Pair:
    a, b = z
    re = body.b.op("mul", body.b.op("sinh", a), body.b.op("cos", b))
    return re, body.b.op("mul", body.b.op("cosh", a), body.b.op("sin", b))


def _cosh(body: Body, z: Pair) -> Pair:
    a, b = z
    re = body.b.op("mul", body.b.op("cosh", a), body.b.op("cos", b))
    return re, body.b.op("mul", body.b.op("sinh", a), body.b.op("sin", b))


LARGEST_PRODUCT = 64
"""Whole powers up to this one are products, by repeated squaring; others are exp(w log z)."""


def _power(body: Body, z: Pair, exponent: typed.Expr, value: Data) -> Pair:
    """z^w; z^n for a small whole n known now is exact where products are."""
    number = exponent.value if isinstance(exponent, typed.Constant) else None
    if isinstance(number, complex) and number.imag == 0:
        number = number.real
    if isinstance(number, int | float) and number % 1 == 0 and abs(number) <= LARGEST_PRODUCT:
        product = _whole_power(body, z, abs(int(number)))
        return product if number >= 0 else _div(body, (body.constant(1.0), body.zero()), product)
    w = _pair(value) if len(value.values) == 2 else (value.value, body.zero())
    return _general_power(body, z, w)


def _whole_power(body: Body, z: Pair, n: int) -> Pair:
    if n == 0:
        return body.constant(1.0), body.zero()
    if n == 1:
        return z
    half = _whole_power(body, z, n // 2)
    square = mul(body, half, half)
    return mul(body, square, z) if n % 2 else square


def _general_power(body: Body, z: Pair, w: Pair) -> Pair:
    """exp(w log z), and 0 for z = 0."""
    zero = body.constant(0.0)
    is_zero = body.b.op("and", body.b.op("eq", z[0], zero), body.b.op("eq", z[1], zero))

    def power() -> Values:
        return _exp(body, mul(body, w, _log(body, z)))

    re, im = body.if_(is_zero, lambda: (zero, zero), power, (REAL, REAL))
    return re, im


OPERATIONS: Mapping[str, Callable[..., Pair]] = {
    "add": add,
    "sub": _sub,
    "mul": mul,
    "div": _div,
    "neg": _neg,
    "conj": conj,
    "sqrt": _sqrt,
    "exp": _exp,
    "log": _log,
    "sin": _sin,
    "cos": _cos,
    "sinh": _sinh,
    "cosh": _cosh,
}


def size_squared(body: Body, number: Pair) -> Value:
    """|z|^2. Of `sqrt(x)` times something it is written with x itself: a slope at x = 0 is then what it is, and not the
    0 * inf of a root and its square.
    """
    re, im = number
    square = _squared(body, re, {result: op for op in body.origins() for result in op.results})
    return square if im in body.zeros else body.b.op("add", square, body.b.op("mul", im, im))


def _squared(body: Body, value: Value, origin: Mapping[Value, Op]) -> Value:
    made = origin.get(value)
    if made is not None and _has_root(made, origin):
        if made.name == "sqrt":
            return made.operands[0]
        squares = [_squared(body, each, origin) for each in made.operands]
        return squares[0] if made.name == "neg" else body.b.op(made.name, *squares)
    return body.b.op("mul", value, value)


def _has_root(op: Op, origin: Mapping[Value, Op]) -> bool:
    """Whether it is a root, or a product or a quotient with one."""
    if op.name in ("mul", "div", "neg"):
        return any(each in origin and _has_root(origin[each], origin) for each in op.operands)
    return op.name == "sqrt"
