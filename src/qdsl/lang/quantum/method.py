"""By which method a state is evolved, and why: said by `qdsl dump`.

| method    | what it does                                                | chosen for                              |
|-----------|-------------------------------------------------------------|-----------------------------------------|
| closed    | the formula for two levels, once for equal steps            | a ket of two levels with a constant H   |
| exact     | the exponential of the generator, once for equal steps      | a constant generator of few unknowns    |
| adaptive  | Tsit5, steps of its own size                                | all else                                |
| fine      | Dop853, a method of order 8                                 | on request; tolerances below 1e-9       |
| krylov    | the exponential on a Krylov space                           | on request                              |
| chebyshev | Chebyshev polynomials of H                                  | on request                              |
| stiff     | a Rosenbrock method                                         | on request; strong damping              |
"""

from __future__ import annotations

from dataclasses import dataclass

EXACT_UP_TO = 16
"""Unknowns of a generator whose exponential is a few thousand operations."""

WRITTEN_OUT_UP_TO = 64
"""Unknowns of a right-hand side that is written out number by number."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A method, and why it."""

    method: str
    why: str


def choose(unknowns: int, depends_on_time: bool, wanted: str | None, is_two_level: bool = False) -> Choice:
    """The method for a generator; `is_two_level` tells that it is one of a ket of two levels."""
    if is_two_level and not depends_on_time and wanted in (None, "exact"):
        return Choice("closed", "two levels with a constant H have a closed form")
    if wanted is not None:
        return Choice(wanted, "asked for")
    if depends_on_time:
        return Choice("adaptive", "H or a jump operator depends on time")
    if unknowns <= EXACT_UP_TO:
        return Choice("exact", f"H is constant and {unknowns} unknowns are few")
    return Choice("adaptive", f"{unknowns} unknowns are too many for the exponential of a matrix")
