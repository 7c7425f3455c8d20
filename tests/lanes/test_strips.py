"""Loops that go several rounds at a time: the same bits, failures included, as one round after the other."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.native.test_widths import needs_fma

from qdsl.lang import native
from qdsl.lang.core.ir import Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.verify import verify
from qdsl.lang.lanes.strips import strips
from qdsl.runtime.kernel import Kernel, KernelError

pytestmark = needs_fma

HEAD = "func @f(%n: int, %k: real, %a: [real], %b: [real], %m: [int], %c: [bool]) -> "

ONE = ("sin", "cos", "exp", "tanh", "atan", "erf", "abs", "neg")
TWO = ("add", "sub", "mul", "div", "min", "max", "hypot", "atan2")


def round_text(dice: random.Random, size: int, mark: str) -> tuple[str, str]:
    """Operations of a round at index %i with a mark, and the name of what they lead to."""
    i, x, y, j, z, d, r, e, g, h, s = (f"%{name}.{mark}" for name in "ixyjzdreghs")
    lines = [f"{x} = get %a, {i} -> real", f"{y} = get %b, {i} -> real", f"{j} = get %m, {i} -> int"]
    lines += [f"{z} = to_real {j}", f"{d} = get %c, {i} -> bool", f"{r} = to_real {i}", f"{e} = sin {x}"]
    numbers = ", ".join(str(dice.uniform(-2.0, 2.0)) for _ in range(8))
    lines += [f"{g} = table {numbers} -> [real; 8]", f"{h} = band {i}, %seven", f"{s} = get {g}, {h} inside -> real"]
    reals = [x, y, "%k", z, r, e, s]
    for at in range(size):
        t, q, u = (f"%{name}{at}.{mark}" for name in "tqu")
        first, second = dice.choice(reals), dice.choice(reals)
        match dice.randrange(6):
            case 0 | 1:
                lines.append(f"{t} = {dice.choice(ONE)} {first}")
            case 2 | 3:
                lines.append(f"{t} = {dice.choice(TWO)} {first}, {second}")
            case 4:
                lines.append(f"{t} = select {d}, {first}, {second} -> real")
            case _:
                arms = f"{{ {u} = exp {dice.choice(reals)} yield {u} }} else {{ yield {second} }}"
                lines.append(f"{q} = lt {first}, {second} {t} = if {q} -> real {arms}")
        reals.append(t)
        if dice.random() < 0.1:
            w = f"%w{at}.{mark}"
            lines.append(f'{w} = lt {t}, %limit check {w}, {t} or DOMAIN "{{0}} is too large"')
    return " ".join(lines), reals[-1]


def program(seed: int, low: int) -> Module:
    """Two sums and an array written in one loop, and an array built."""
    dice = random.Random(seed)
    (body, last), (built, end) = (round_text(dice, dice.randrange(2, 12), mark) for mark in "fb")
    module = parse_module(
        f"""
        {HEAD} (real, real, [real], [real]) {{
          %limit = const {dice.choice((1e3, 20.0, 2.0))}
          %low = const {low}
          %one = const 1.5
          %seven = const 7
          %s, %p, %w = for %low, %n, %one, %k, %b -> real, real, [real] {{ |%i.f: int, %u: real, %v: real, %o: [real]|
            {body}
            %before = get %o, %i.f -> real
            %after = add %before, {last}
            %u.1 = add %u, {last}
            %v.1 = add %e.f, %v
            %o.1 = set %o, %i.f, %after -> [real]
            yield %u.1, %v.1, %o.1
          }}
          %h = build %n -> [real] {{ |%i.b: int| {built} yield {end} }}
          return %s, %p, %w, %h
        }}
        """
    )
    verify(module)
    return module


def arguments(seed: int, length: int) -> list[Any]:
    dice = np.random.default_rng(seed)
    reals = dice.normal(size=(2, length)) * dice.choice([0.5, 3.0])
    return [length, 0.7, reals[0], reals[1], dice.integers(-5, 6, length), dice.random(length) < 0.5]


def outcome(kernel: Kernel, given: list[Any]) -> tuple[Any, ...]:
    try:
        return tuple(np.nan_to_num(each, nan=-1e99).tobytes() for each in kernel(*given, nonfinite="keep"))
    except KernelError as failure:
        return failure.kind, str(failure), repr(failure.values)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), length=st.integers(0, 37), low=st.integers(0, 3), width=st.sampled_from([2, 4, 8]))
def test_random_loops(seed: int, length: int, low: int, width: int) -> None:
    module = program(seed, low)
    assert len(strips(module, ["f"], width)[0]) == 2
    one, several = (Kernel(native.compile(module, ["f"], width=each).entry("f")) for each in (1, width))
    assert outcome(several, arguments(seed, length)) == outcome(one, arguments(seed, length))


@pytest.mark.parametrize(
    ("loop", "is_one"),
    [
        ("%u: real| %x = get %a, %i -> real %e = exp %x %v = add %u, %e yield %v", True),
        ("%u: real| %x = get %a, %i -> real %v = add %u, %x yield %v", False),  # nothing for vectors to gain
        ("%u: real| %x = get %a, %i -> real %e = exp %u %v = add %u, %e yield %v", False),  # needs the round before
        ("%u: real| %x = get %a, %i -> real %e = exp %x %v = mul %u, %e yield %v", False),  # not a sum
        ("%u: real| %j = wadd %i, %n %x = get %a, %j -> real %e = exp %x %v = add %u, %e yield %v", True),  # gathered
        ("%u: real| %t = table 1, 0 -> [int; 2] %j = get %t, %i -> int %x = get %a, %j -> real %e = exp %x "
         "%v = add %u, %e yield %v", True),
    ],
)  # fmt: skip
def test_which_loops(loop: str, is_one: bool) -> None:
    text = f"{HEAD} (real) {{ %low = const 0 %s = for %low, %n, %k -> real {{ |%i: int, {loop} }} return %s }}"
    assert bool(strips(parse_module(text), ["f"], 4)[0]) is is_one


def test_an_index_that_is_outside_is_told() -> None:
    text = f"""{HEAD} (real) {{ %low = const 0 %s = for %low, %n, %k -> real {{ |%i: int, %u: real|
        %x = get %a, %i -> real %e = exp %x %v = add %u, %e yield %v }} return %s }}"""
    kernel = Kernel(native.compile(parse_module(text), ["f"]).entry("f"))
    count, *others = arguments(1, 20)
    assert kernel(count, *others) == pytest.approx(0.7 + np.exp(others[1]).sum(), rel=1e-14)
    with pytest.raises(KernelError, match="index 20 is outside an array of length 20"):
        kernel(21, *others)


ROWS = """
func @f(%m: [real; ?, ?], %r: int, %n: int) -> (real, [real; ?, ?]) {
  %low = const 0
  %zero = const 0.0
  %s, %w = for %low, %n, %zero, %m -> real, [real; ?, ?] { |%i: int, %u: real, %o: [real; ?, ?]|
    %x = get %m, %r, %i -> real
    %e = exp %x
    %v = add %u, %e
    %p = set %o, %r, %i, %e -> [real; ?, ?]
    yield %v, %p
  }
  return %s, %w
}
"""


@pytest.mark.parametrize("width", [2, 4, 8])
@pytest.mark.parametrize("row", [0, 4, 5, 6, -1, -2, 10**6])
def test_rows_of_matrices(width: int, row: int) -> None:
    """A row that is not there is told, and nothing outside the matrix is read or written."""
    matrix = np.linspace(-1.0, 1.0, 40).reshape(5, 8)
    one, several = (Kernel(native.compile(parse_module(ROWS), ["f"], width=each).entry("f")) for each in (1, width))
    assert outcome(several, [matrix, row, 8]) == outcome(one, [matrix, row, 8])


@pytest.mark.parametrize("low", [-(2**63), -3, 0, 1, 2**62])
@pytest.mark.parametrize("high", [-(2**63), -(2**63) + 7, -1, 0, 1, 5])
def test_bounds_of_any_size(low: int, high: int) -> None:
    """A loop that has no rounds has none in strips; one that would take for ever is left out."""
    text = """func @f(%low: int, %high: int) -> (real) { %z = const 0.0 %s = for %low, %high, %z -> real
        { |%i: int, %u: real| %x = to_real %i %e = sin %x %v = add %u, %e yield %v } return %s }"""
    if high - low < 100:
        one, several = (Kernel(native.compile(parse_module(text), ["f"], width=each).entry("f")) for each in (1, 4))
        assert several(low, high) == one(low, high)
