"""A function of 2, 4 or 8 doubles side by side gives each of them the bits it has alone."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.native.object_loops import loops
from tests.native.samples import FUNCTIONS, SPECIAL, points

from qdsl.lang.core.primitives import PRIMITIVES
from qdsl.lang.native import jit, target
from qdsl.lang.native.math.functions import FORMULAS

Column = NDArray[np.float64]
POINTS = 400
NAMES = list(FORMULAS)


def columns(name: str) -> tuple[Column, Column]:
    """The special arguments, then near and far ones mixed, so that lanes side by side go different ways."""
    arity = len(PRIMITIVES[name].operands)
    where = list(itertools.product(SPECIAL, repeat=arity))
    for function in FUNCTIONS:
        if function.name == name:
            where += points(function, POINTS)
    mixed = np.random.default_rng(1).permutation(np.array(where))
    filled = np.resize(np.concatenate([np.array(where), mixed]), (-(-2 * len(where) // 8) * 8, arity))
    return np.ascontiguousarray(filled[:, 0]), np.ascontiguousarray(filled[:, -1])


def runner(lanes: int, inline: bool = True) -> Callable[[str], Column]:
    text = loops(NAMES, lanes, inline)
    library = jit.link(target.emit_object(text, target.host()), [f"run.{name}" for name in NAMES], {})

    def run(name: str) -> Column:
        x, y = columns(name)
        results = np.empty_like(x)
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(library.addresses[f"run.{name}"])
        call(x.ctypes.data, y.ctypes.data, results.ctypes.data, len(x))
        return results

    return run


needs_fma = pytest.mark.skipif(not target.host().has_fma, reason="our formulas need fused multiply-add")


@needs_fma
@pytest.mark.parametrize("lanes", [2, 4, 8])
def test_every_width_gives_the_same_bits(lanes: int) -> None:
    alone, side_by_side = runner(1), runner(lanes)
    for name in NAMES:
        assert same_bits(alone(name), side_by_side(name)), name


def test_the_library_serves_every_width() -> None:
    alone, side_by_side = runner(1, inline=False), runner(4, inline=False)
    for name in NAMES:
        assert same_bits(alone(name), side_by_side(name)), name


def same_bits(a: Column, b: Column) -> bool:
    """One nan is like another."""
    both = np.isnan(a) & np.isnan(b)
    return bool(np.all(both | (a.view(np.int64) == b.view(np.int64))))
