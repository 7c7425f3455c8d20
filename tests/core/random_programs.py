"""Random core programs: well typed, always ending, and sometimes failing.

    module = random_program(seed=7, size=30)          the function @f, and @g which it may call
    arguments = random_arguments(seed=7, module=module)

The same seed gives the same program everywhere. `exact` leaves out the functions whose last bits depend on a library,
so that machine code must agree with the interpreter to the bit. `smooth` leaves out whatever has jumps, kinks or
failures and keeps all numbers of order one, for tests of derivatives.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from qdsl.lang.core.builder import Builder
from qdsl.lang.core.ir import (
    BOOL,
    INT,
    REAL,
    ArrayType,
    Code,
    Failure,
    Function,
    Module,
    Scalar,
    Type,
    Value,
    Watch,
    Worry,
)
from qdsl.lang.core.primitives import PRIMITIVES

ARRAY, INTS = ArrayType(REAL), ArrayType(INT)
PARAMETERS: tuple[Type, ...] = (REAL, REAL, INT, BOOL, ARRAY)
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.5, 1e-300, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"))
INT_EDGES = (0, 1, -1, 2, 3, 7, -5, 63, 64, 2**31, 2**63 - 1, -(2**63))
BOUNDED = ("sin", "cos", "tanh", "atan", "erf", "asinh")


def random_program(seed: int, size: int = 30, *, exact: bool = False, smooth: bool = False) -> Module:
    """A module with @f and @g; `size` is about the number of operations in each."""
    dice = random.Random(seed)
    callee = _function(dice, "g", size // 3, None, exact, smooth)
    return Module({"g": callee, "f": _function(dice, "f", size, callee, exact, smooth)})


def random_arguments(seed: int, smooth: bool = False) -> list[Any]:
    """Arguments for @f and @g."""
    dice = random.Random(seed)
    if smooth:
        reals = [dice.uniform(-2.0, 2.0) for _ in range(5)]
        return [reals[0], reals[1], dice.randrange(4), dice.random() < 0.5, reals[2:]]
    array = [_real(dice) for _ in range(dice.randrange(5))]
    return [_real(dice), _real(dice), dice.choice((dice.randrange(6), _int(dice))), dice.random() < 0.5, array]


def _real(dice: random.Random) -> float:
    return dice.choice(EDGES) if dice.random() < 0.3 else dice.uniform(-4.0, 4.0)


def _int(dice: random.Random) -> int:
    return dice.choice(INT_EDGES) if dice.random() < 0.3 else dice.randrange(-9, 10)


def _function(
    dice: random.Random, name: str, size: int, callee: Function | None, exact: bool, smooth: bool
) -> Function:
    writer = _Writer(dice, callee, exact, smooth)
    b = Builder()
    scope = [b.parameter(type_, hint) for type_, hint in zip(PARAMETERS, "xynba", strict=True)]
    writer.write(b, scope, size, depth=0)
    return b.function(name, [writer.pick(b, scope, REAL), writer.pick(b, scope, REAL), writer.pick(b, scope, ARRAY)])


class _Writer:
    """Writes operations whose operands are drawn from a scope: the values that may be used at a place."""

    def __init__(self, dice: random.Random, callee: Function | None, exact: bool, smooth: bool) -> None:
        self.dice = dice
        self.callee = callee
        self.smooth = smooth
        self.primitives = [each for each in PRIMITIVES.values() if each.exact or not exact]
        self.kinds = self.smooth_kinds() if smooth else self.all_kinds()

    def all_kinds(self) -> list[Callable[[Builder, list[Value], int], None]]:
        often = [self.primitive] * 12 + [self.tame_int] * 2
        return [
            *often,
            self.const,
            self.select,
            self.check,
            self.watch,
            self.if_,
            self.for_,
            self.while_,
            *self.array_kinds(),
        ]

    def array_kinds(self) -> list[Callable[[Builder, list[Value], int], None]]:
        arrays = [self.array, self.build, self.len, self.get, self.wild_get, self.set, self.slice, self.matrix]
        return [*arrays, self.table, self.open_table, self.sparse, self.call]

    def smooth_kinds(self) -> list[Callable[[Builder, list[Value], int], None]]:
        control = [self.select, self.if_, self.for_, self.while_, self.call, self.watch]
        tables = [self.table, self.open_table, self.sparse]
        return [*[self.bounded] * 6, *control, *[self.build, self.get, self.set] * 2, self.array, self.compare, *tables]

    def write(self, b: Builder, scope: list[Value], size: int, depth: int) -> None:
        """About `size` operations; what they give joins the scope."""
        for _ in range(size):
            self.dice.choice(self.kinds)(b, scope, depth)

    def pick(self, b: Builder, scope: Sequence[Value], type_: Type) -> Value:
        """Some value of the type, a new constant now and then; late ones are preferred, so that programs are deep."""
        fitting = [value for value in scope if value.type == type_]
        if fitting and self.dice.random() < (0.97 if self.smooth else 0.9):
            return fitting[-1] if self.dice.random() < 0.4 else self.dice.choice(fitting)
        if isinstance(type_, ArrayType):
            elements = [self.pick(b, (), type_.element) for _ in range(self.dice.randrange(1, 4))]
            return b.build([b.const(len(elements))], lambda inner, i: inner.get(b.array(elements), i))
        if type_ is REAL:
            return b.const(self.real())
        return b.const(_int(self.dice) if type_ is INT else self.dice.random() < 0.5)

    def real(self) -> float:
        return self.dice.uniform(-1.0, 1.0) if self.smooth else _real(self.dice)

    # ── scalars ──────────────────────────────────────────────────────────────

    def const(self, b: Builder, scope: list[Value], depth: int) -> None:
        scope.append(self.pick(b, (), self.dice.choice((REAL, INT, BOOL))))

    def primitive(self, b: Builder, scope: list[Value], depth: int) -> None:
        primitive = self.dice.choice(self.primitives)
        if primitive.fails and self.dice.random() < 0.8:
            return
        scope.append(b.op(primitive.name, *(self.pick(b, scope, type_) for type_ in primitive.operands)))

    def tame_int(self, b: Builder, scope: list[Value], depth: int) -> None:
        """0, 1, 2 or 3: a good index or number of trips."""
        scope.append(b.op("band", self.pick(b, scope, INT), b.const(3)))

    def bounded(self, b: Builder, scope: list[Value], depth: int) -> None:
        """A smooth function of a sum, difference or product, often with a parameter; at most 3 if its operands are."""
        x = self.pick(b, scope, REAL)
        y = self.pick(b, scope[:2] if self.dice.random() < 0.6 else scope, REAL)
        mixed = b.op(self.dice.choice(("add", "sub", "mul")), x, y)
        scope.append(b.op(self.dice.choice(BOUNDED), mixed))

    def compare(self, b: Builder, scope: list[Value], depth: int) -> None:
        scope.append(b.op("lt", self.pick(b, scope, REAL), self.pick(b, scope, REAL)))

    def select(self, b: Builder, scope: list[Value], depth: int) -> None:
        type_ = self.dice.choice((REAL, INT, BOOL, ARRAY))
        scope.append(b.select(self.pick(b, scope, BOOL), self.pick(b, scope, type_), self.pick(b, scope, type_)))

    def check(self, b: Builder, scope: list[Value], depth: int) -> None:
        """Mostly true: a failure ends the program."""
        condition = self.pick(b, scope, BOOL)
        if self.dice.random() < 0.9:
            condition = b.op("or", condition, b.op("not", condition))
        b.check(condition, Failure(Code.DOMAIN, f"number {self.dice.randrange(100)}: {{0}}"), self.pick(b, scope, REAL))

    def watch(self, b: Builder, scope: list[Value], depth: int) -> None:
        """No two of a program have the same words."""
        worry, threshold = self.dice.choice(list(Worry)), self.dice.choice((0.0, 0.5))
        worst, other = self.pick(b, scope, REAL), self.pick(b, scope, self.dice.choice((REAL, INT)))
        tells_row = other.type is INT and self.dice.random() < 0.5
        b.watch(Watch(worry, threshold, f"{self.dice.random()}: {{0}}, {{1}}", tells_row=tells_row), worst, other)

    def call(self, b: Builder, scope: list[Value], depth: int) -> None:
        if self.callee is not None and depth < 2:
            arguments = [self.pick(b, scope, type_) for type_ in PARAMETERS]
            scope.extend(b.call("g", arguments, self.callee.result_types))

    # ── regions ──────────────────────────────────────────────────────────────

    def inner(
        self, b: Builder, scope: Sequence[Value], own: Sequence[Value], types: Sequence[Type], depth: int
    ) -> list[Value]:
        """What a region yields after a few operations of its own."""
        inside = [*scope, *own]
        self.write(b, inside, self.dice.randrange(1, 5), depth + 1)
        return [self.pick(b, inside, type_) for type_ in types]

    def some_types(self) -> list[Type]:
        return [self.dice.choice((REAL, REAL, INT, BOOL, ARRAY)) for _ in range(self.dice.randrange(1, 4))]

    def trips(self, b: Builder, scope: Sequence[Value]) -> Value:
        return b.op("band", self.pick(b, scope, INT), b.const(3))

    def if_(self, b: Builder, scope: list[Value], depth: int) -> None:
        if depth >= 3:
            return
        types = self.some_types()
        condition = self.pick(b, scope, BOOL)
        scope.extend(
            b.if_(
                condition,
                lambda inner: self.inner(inner, scope, (), types, depth),
                lambda inner: self.inner(inner, scope, (), types, depth),
            )
        )

    def for_(self, b: Builder, scope: list[Value], depth: int) -> None:
        if depth >= 2:
            return
        types = self.some_types()
        carried = [self.pick(b, scope, type_) for type_ in types]
        low, high = b.const(self.dice.randrange(-1, 2)), self.trips(b, scope)
        scope.extend(b.for_(low, high, carried, lambda inner, *own: self.inner(inner, scope, own, types, depth)))

    def while_(self, b: Builder, scope: list[Value], depth: int) -> None:
        """Counts down, so that it ends; also ends when a truth value that it carries is false."""
        if depth >= 2:
            return
        types: list[Type] = [BOOL, *self.some_types()]
        carried = [self.trips(b, scope), *(self.pick(b, scope, type_) for type_ in types)]

        def condition(inner: Builder, count: Value, go: Value, *own: Value) -> list[Value]:
            return [inner.op("and", inner.op("igt", count, inner.const(0)), go)]

        def body(inner: Builder, count: Value, *own: Value) -> list[Value]:
            given = self.inner(inner, scope, own, types, depth)
            return [inner.op("isub", count, inner.const(1)), *given]

        scope.extend(b.while_(carried, condition, body))

    # ── arrays ───────────────────────────────────────────────────────────────

    def array(self, b: Builder, scope: list[Value], depth: int) -> None:
        kind: Scalar = self.dice.choice((REAL, REAL, INT))
        fixed = b.array([self.pick(b, scope, kind) for _ in range(self.dice.randrange(4))], kind)
        scope.append(fixed)
        if self.dice.random() < 0.5:
            scope.append(b.len(fixed))

    def build(self, b: Builder, scope: list[Value], depth: int) -> None:
        if depth >= 2:
            return
        length = self.trips(b, scope)
        scope.append(b.build([length], lambda inner, i: self.inner(inner, scope, (i,), (REAL,), depth)[0]))

    def matrix(self, b: Builder, scope: list[Value], depth: int) -> None:
        """A matrix, one change in it, and one of its elements."""
        if depth >= 2:
            return
        rows, columns = b.const(self.dice.randrange(1, 4)), b.const(self.dice.randrange(1, 4))
        matrix = b.build([rows, columns], lambda inner, *at: self.inner(inner, scope, at, (REAL,), depth)[0])
        at = [b.op("imod", self.pick(b, scope, INT), each) for each in (rows, columns)]
        matrix = b.set(matrix, at, self.pick(b, scope, REAL))
        scope.append(b.get(matrix, b.op("isub", rows, b.const(1)), b.const(0)))
        scope.append(b.len(matrix, self.dice.randrange(2)))

    def len(self, b: Builder, scope: list[Value], depth: int) -> None:
        scope.append(b.len(self.pick(b, scope, ARRAY)))

    def index(self, b: Builder, scope: Sequence[Value], array: Value) -> Value:
        """An index that is good unless the array is empty."""
        length = b.op("imax", b.len(array), b.const(1))
        return b.op("imod", self.pick(b, scope, INT), length)

    def padded(self, b: Builder, scope: Sequence[Value]) -> Value:
        """An array that is mostly not empty, and never where a program must not fail."""
        array = self.pick(b, scope, ARRAY)
        if not self.smooth and self.dice.random() < 0.05:
            return array
        zero = b.const(0)
        length = b.len(array)
        return b.build(
            [b.op("imax", length, b.const(1))],
            lambda inner, i: inner.if_(
                inner.op("ilt", i, length), lambda deep: [deep.get(array, i)], lambda deep: [deep.op("to_real", zero)]
            )[0],
        )

    def get(self, b: Builder, scope: list[Value], depth: int) -> None:
        array = self.padded(b, scope)
        scope.append(b.get(array, self.index(b, scope, array)))

    def wild_get(self, b: Builder, scope: list[Value], depth: int) -> None:
        if self.dice.random() < 0.1:
            scope.append(b.get(self.pick(b, scope, ARRAY), self.trips(b, scope)))

    def set(self, b: Builder, scope: list[Value], depth: int) -> None:
        array = self.padded(b, scope)
        scope.append(b.set(array, [self.index(b, scope, array)], self.pick(b, scope, REAL)))

    def slice(self, b: Builder, scope: list[Value], depth: int) -> None:
        array = self.pick(b, scope, ARRAY)
        high = b.op("imin", b.len(array), self.trips(b, scope))
        scope.append(b.slice(array, b.op("imin", self.trips(b, scope), high), high))

    # ── tables ───────────────────────────────────────────────────────────────

    def some_table(self, b: Builder) -> tuple[Value, Value]:
        """A table, and how many numbers it has."""
        count = self.dice.randrange(1, 6)
        return b.table([self.real() for _ in range(count)]), b.const(count)

    def table(self, b: Builder, scope: list[Value], depth: int) -> None:
        """One of its numbers, before and after another is written in its place."""
        table, count = self.some_table(b)
        at, other = (b.op("imod", self.pick(b, scope, INT), count) for _ in range(2))
        changed = b.set(table, [other], self.pick(b, scope, REAL))
        scope.append(b.get(changed, at))
        scope.append(b.get(table, at, inside=self.dice.random() < 0.5))

    def open_table(self, b: Builder, scope: list[Value], depth: int) -> None:
        """A table where any array may stand, handed on in one of the ways that there are."""
        table, count = self.some_table(b)
        match self.dice.randrange(5):
            case 0 if self.callee is not None and depth < 2:
                given = [self.pick(b, scope, type_) for type_ in PARAMETERS[:-1]]
                scope.extend(b.call("g", [*given, table], self.callee.result_types))
            case 1:
                scope.append(b.slice(table, b.op("imin", self.trips(b, scope), count), count))
            case 2:
                array, at = self.padded(b, scope), b.op("imod", self.pick(b, scope, INT), count)
                x = self.pick(b, scope, REAL)
                rounds = self.trips(b, scope)
                scope.extend(
                    b.for_(
                        b.const(0),
                        rounds,
                        [table, array],
                        lambda inner, i, one, two: (inner.set(table, [at], x), one),
                        [ARRAY, ARRAY],
                    )
                )
            case _:
                array, condition = self.pick(b, scope, ARRAY), self.pick(b, scope, BOOL)
                scope.extend(b.if_(condition, lambda _: (table,), lambda _: (array,), [ARRAY]))

    def sparse(self, b: Builder, scope: list[Value], depth: int) -> None:
        """Rows of a matrix with two numbers each, whose columns a table says, times an array."""
        rows, columns = self.dice.randrange(1, 4), self.dice.randrange(1, 5)
        numbers = b.table([self.real() for _ in range(2 * rows)], (rows, 2))
        places = b.table([self.dice.randrange(columns) for _ in range(2 * rows)], (rows, 2))
        array = self.padded(b, scope)
        length = b.len(array)

        def term(inner: Builder, i: Value, k: Value, total: Value) -> Value:
            y = inner.get(array, inner.op("imod", inner.get(places, i, k, inside=True), length))
            return inner.op("add", total, inner.op("mul", inner.get(numbers, i, k, inside=True), y))

        def row(inner: Builder, i: Value) -> Value:
            low, high, zero = inner.const(0), inner.const(2), inner.const(0.0)
            return inner.for_(low, high, [zero], lambda deep, k, total: (term(deep, i, k, total),))[0]

        scope.append(b.build([b.const(rows)], row))
