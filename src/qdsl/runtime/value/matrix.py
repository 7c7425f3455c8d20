"""Kets, densities and operators as a person reads them.

0.7071|0> + 0.7071i|1>          a ket of q
a density of q, c (80 by 80)    what is too large to be written out
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.lang.typed.spaces import Of, Register, Space, in_order, is_open, names, one_by_one, size_together
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.words import counted, with_article
from qdsl.runtime.value.quantity import best_unit, in_unit, number

MOST_LEVELS = 16
"""Rows of a matrix that are written out, and terms of a ket."""

_NOTHING = 5e-13


def labels(spaces: Sequence[Space]) -> list[str]:
    """The basis states, the first space's level changing slowest: `00 01 10 11`, or `0,12` where numbers are long."""
    is_long = any((space.size or 0) > 10 for space in spaces)
    return [(("," if is_long else "").join(map(str, each))) for each in product(*(range(s.size or 1) for s in spaces))]


def ket_text(amplitudes: Any, type_: types.Ket) -> str:
    """`0.7071|00> + 0.7071|11>`."""
    spaces = in_order(type_.places)
    values = np.asarray(amplitudes)
    size = float(np.max(np.abs(values), initial=0.0))
    terms = [
        f"{_coefficient(value)}|{label}>"
        for value, label in zip(values.tolist(), labels(spaces), strict=True)
        if abs(value) > _NOTHING * max(size, 1e-300)
    ]
    if len(terms) > MOST_LEVELS:
        terms = [*terms[:MOST_LEVELS], f"({len(terms) - MOST_LEVELS} more)"]
    return " + ".join(terms).replace("+ -", "- ") or "0"


def _coefficient(value: complex) -> str:
    if abs(value.imag) <= _NOTHING * abs(value):
        if abs(abs(value.real) - 1) <= _NOTHING:
            return "" if value.real > 0 else "-"
        return number(value.real)
    if abs(value.real) <= _NOTHING * abs(value):
        return f"{number(value.imag)}i"
    sign = "+" if value.imag >= 0 else "-"
    return f"({number(value.real)} {sign} {number(abs(value.imag))}i)"


def density_text(matrix: Any, type_: types.Density) -> str:
    values = np.asarray(matrix)
    if len(values) > MOST_LEVELS:
        return summary(type_)
    return matrix_text(values, type_, None)


def summary(type_: types.Type) -> str:
    """`an operator of q, c (40 by 40)`, `3 operators of q, c (40 by 40)`."""
    type_ = types.pruned(type_)
    match type_:
        case types.Array(element, (length, *_)):
            one = types.pruned(element)
            word = _WORDS[type(one)]
            return f"{counted(length, word) if isinstance(length, int) else f'{word}s'} {_spaces_of(one)}"
        case types.SpaceType(Register(length=int(length)) as register):
            return f"{register.name}, {counted(length, 'space')} of {register.size} levels"
        case types.SpaceType(space):
            kind = "a space" if isinstance(space, Space) else "spaces"
            return f"{', '.join(each.name for each in one_by_one(space))}, {kind} of {size_together([space])} levels"
        case _:
            return f"{with_article(_WORDS[type(type_)])} {_spaces_of(type_)}"


def _spaces_of(type_: types.Type) -> str:
    """`of q, c (40 by 40)`; without the size where a call has to tell."""
    assert isinstance(type_, types.Operator | types.Density | types.Bra | types.Povm | types.Channel)
    spaces = in_order(type_.places)
    if is_open(type_.places):
        labels_ = sorted({each.name.partition("[")[0] or ".." for each in type_.places if not isinstance(each, Of)})
        return f"of {', '.join(labels_) or names(type_.places)}"
    size = prod(space.size or 1 for space in spaces)
    return f"of {names(type_.places)} ({size} by {size})"


_WORDS: dict[type[types.Type], str] = {
    types.Operator: "operator",
    types.Density: "density",
    types.Bra: "bra",
    types.Povm: "measurement",
    types.Channel: "channel",
}


def matrix_text(matrix: Any, type_: types.Type, display: DisplayUnit | None) -> str:
    """The matrix with its unit and the basis states beside the rows; a ket is a column."""
    type_ = types.resolved(type_)
    assert isinstance(type_, types.Operator | types.Density | types.Ket)
    values = np.asarray(matrix)
    if values.ndim == 1:
        values = values[:, None]
    dimension = type_.dimension if isinstance(type_, types.Operator) else ONE
    sizes = np.maximum(np.abs(values.real), np.abs(values.imag))
    unit = display or best_unit(float(np.max(sizes, initial=0.0)), dimension)
    states = labels(in_order(type_.places))
    shown = values[:MOST_LEVELS, :MOST_LEVELS]
    least = 1e-12 * float(np.max(sizes, initial=0.0))
    cells = [[_cell(value, unit, least) for value in row] for row in shown.tolist()]
    if values.shape[0] > MOST_LEVELS:
        cells = [[*row, "…"] for row in cells] + [["…"] * (len(cells[0]) + 1)]
    kets = [f"|{label}>" for label in states[:MOST_LEVELS]] + (["…"] if values.shape[0] > MOST_LEVELS else [])
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    edge = max(map(len, kets))
    lines = [
        f"{ket.ljust(edge)}  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for ket, row in zip(kets, cells, strict=True)
    ]
    names = ", ".join(space.name for space in in_order(type_.places))
    head = f"{names}, in {unit.symbol}" if unit.symbol else names
    return "\n".join([head, *(line.rstrip() for line in lines)])


def _cell(value: complex, unit: DisplayUnit, least: float) -> str:
    re = 0.0 if abs(value.real) <= least else value.real
    im = 0.0 if abs(value.imag) <= least else value.imag
    if not im:
        return number(in_unit(re, unit)) if re else "0"
    if not re:
        return f"{number(in_unit(im, unit))}i"
    sign = "+" if im > 0 else "-"
    return f"{number(in_unit(re, unit))} {sign} {number(in_unit(abs(im), unit))}i"
