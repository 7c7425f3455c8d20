"""Chains of loops over the same indices, put together: the same bits and the same failures."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.outcome import outcome

from qdsl.lang.core.ir import Module
from qdsl.lang.core.parser import parse_module
from qdsl.lang.core.verify import verify
from qdsl.lang.optimise import optimise

TWO = ("add", "sub", "mul", "min", "max")


def chain(seed: int) -> Module:
    """Arrays built and loops run one after the other, over the length of %a; each reads some of those before."""
    dice = random.Random(seed)
    arrays, numbers, lines = ["%a", "%b"], ["%x", "%y"], []
    for at in range(dice.randrange(2, 7)):
        body, value = _round(dice, at, arrays, numbers)
        if dice.random() < 0.5:
            lines.append(f"%r{at} = build %n -> [real] {{ |%i{at}: int| {body} yield {value} }}")
            arrays.append(f"%r{at}")
        else:
            start = dice.choice(arrays)
            lines.append(
                f"%s{at}, %r{at} = for %low, %n, {dice.choice(numbers)}, {start} -> real, [real] "
                f"{{ |%i{at}: int, %t{at}: real, %o{at}: [real]| {body} %u{at} = add %t{at}, {value} "
                f"%p{at} = set %o{at}, %i{at}, {value} -> [real] yield %u{at}, %p{at} }}"
            )
            numbers.append(f"%s{at}")
            arrays.append(f"%r{at}")
        if dice.random() < 0.3:
            lines.append(f"%m{at} = mul {dice.choice(numbers)}, {dice.choice(numbers)}")
            numbers.append(f"%m{at}")
        if dice.random() < 0.15:
            lines.append(f'%q{at} = le {dice.choice(numbers)}, %limit check %q{at} or DOMAIN "between {at}"')
    module = parse_module(
        "func @f(%x: real, %y: real, %a: [real], %b: [real]) -> (real, real, [real]) { %low = const 0 "
        '%limit = const 3.0 %n = len %a axis 0 %nb = len %b axis 0 %equal = ieq %n, %nb check %equal or SHAPE "no" '
        + " ".join(lines)
        + f" return {dice.choice(numbers)}, {dice.choice(numbers)}, {dice.choice(arrays)} }}"
    )
    verify(module)
    return module


def _round(dice: random.Random, at: int, arrays: list[str], numbers: list[str]) -> tuple[str, str]:
    lines, values = [f"%c{at} = to_real %i{at}"], [f"%c{at}", dice.choice(numbers)]
    for k in range(dice.randrange(1, 4)):
        lines.append(f"%g{at}.{k} = get {dice.choice(arrays)}, %i{at} -> real")
        values.append(f"%g{at}.{k}")
    for k in range(dice.randrange(1, 4)):
        lines.append(f"%v{at}.{k} = {dice.choice(TWO)} {dice.choice(values)}, {dice.choice(values)}")
        values.append(f"%v{at}.{k}")
    if dice.random() < 0.2:
        lines.append(f'%k{at} = le {values[-1]}, %limit check %k{at}, {values[-1]} or DOMAIN "loop {at}: {{0}}"')
    return " ".join(lines), values[-1]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), length=st.integers(0, 4))
def test_chains(seed: int, length: int) -> None:
    module = chain(seed)
    dice = random.Random(seed)
    arrays = [[dice.uniform(-2, 2) for _ in range(length)] for _ in "ab"]
    arguments = [dice.uniform(-2, 2), dice.uniform(-2, 2), *arrays]
    assert outcome(optimise(module, ["f"]), "f", arguments) == outcome(module, "f", arguments)


def test_chains_are_put_together() -> None:
    """Else the test above would say nothing."""

    def loops(module: Module) -> int:
        return sum(op.name in ("for", "build") for op in module.functions["f"].body.walk())

    modules = list(map(chain, range(100)))
    fewer = [loops(optimise(module, ["f"])) < loops(module) for module in modules]
    assert sum(fewer) > 30
