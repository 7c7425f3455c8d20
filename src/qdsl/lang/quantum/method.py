"""By which method a state is evolved, and why: said by `qdsl dump`.

| method    | what it does                                                | chosen for                              |
|-----------|-------------------------------------------------------------|-----------------------------------------|
| closed    | the formula for two levels, once for equal steps            | a ket of two levels with a constant H   |
| exact     | the exponential of the generator, once for equal steps      | a constant generator of few unknowns,   |
|           |                                                             | or of several blocks of few; of some    |
|           |                                                             | tens where damping is strong            |
| chebyshev | Chebyshev polynomials of H                                  | other kets with a constant H            |
| adaptive  | Tsit5, steps of its own size                                | all else; a constant generator of some  |
|           |                                                             | tens of unknowns only where steps cost  |
|           |                                                             | less than exponentials: strong damping  |
|           |                                                             | and long times are left to these        |
| fine      | Dop853, a method of order 8                                 | on request; tolerances below 1e-9       |
| krylov    | the exponential on a Krylov space                           | on request                              |
| stiff     | a Rosenbrock method                                         | on request                              |
"""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.lang.quantum.blocks import Blocks

EXACT_UP_TO = 16
"""Unknowns of a block of a generator whose exponential is a few ten thousand operations."""

PRODUCT_UP_TO = 2 * EXACT_UP_TO**3
"""Multiplications for a product of matrices of all blocks."""

COMPARED_UP_TO = 48**3
"""The same, where it is seen when the program runs whether exponentials or steps cost less. With both there is half as
much again to compile, so that above this exponentials are left to those who ask for them.
"""

STRONG_FROM = 10.0
"""How many times as fast as H damping is from which on exponentials cost less than steps; up to `DAMPED_UP_TO`."""

DAMPED_UP_TO = 128**3
"""Multiplications for a product of matrices of all blocks, where exponentials are taken because of strong damping."""

STIFF_FROM = 300.0
"""How many times as fast as H damping is from which on implicit steps cost less than explicit ones."""

WRITTEN_OUT_UP_TO = 64
"""Unknowns of a right-hand side that is written out number by number."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A method, and why it; the blocks whose exponentials are taken, if that is the method, or where it costs less."""

    method: str
    why: str
    blocks: Blocks | None = None
    cheaper: Blocks | None = None


def choose(
    blocks: Blocks,
    depends_on_time: bool,
    wanted: str | None,
    is_ket: bool = False,
    is_two_level: bool = False,
    damping: float | None = None,
) -> Choice:
    """The method for a generator with these blocks; `is_ket` tells that it is one of a ket that loses nothing,
    `damping` how many times as fast as H losses are, where that is known.
    """
    if is_two_level and not depends_on_time and wanted in (None, "exact"):
        return Choice("closed", "two levels with a constant H have a closed form")
    if wanted is not None:
        return Choice(wanted, "asked for", blocks if wanted == "exact" else None)
    if depends_on_time:
        return Choice("adaptive", "H or a jump operator depends on time")
    unknowns = len(blocks.slots)
    if unknowns <= EXACT_UP_TO:
        return Choice("exact", f"H is constant and {unknowns} unknowns are few", blocks)
    if blocks.width <= EXACT_UP_TO and blocks.cost <= PRODUCT_UP_TO:
        why = f"H is constant and {unknowns} unknowns fall into {blocks.count} blocks of {blocks.width}"
        return Choice("exact", why, blocks)
    if is_ket:
        return Choice("chebyshev", f"H is constant and a ket of {unknowns} unknowns is long")
    if damping is not None and damping >= STRONG_FROM and blocks.cost <= DAMPED_UP_TO:
        return Choice("exact", f"damping is {damping:.3g} times as fast as H, so that steps would be short", blocks)
    if blocks.cost <= COMPARED_UP_TO:
        return Choice("adaptive", f"{unknowns} unknowns, or exact where that costs less", cheaper=blocks)
    return Choice("adaptive", f"{unknowns} unknowns are too many for the exponential of a matrix")
