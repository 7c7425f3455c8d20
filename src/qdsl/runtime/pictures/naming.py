"""What things are called in a picture: as the program writes them, where that is short."""

from __future__ import annotations

from typing import Any

import numpy as np

from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.dimension import ONE
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.plot import Quantity

LONGEST = 32
"""So many characters are a name; what is longer is left out."""


def name_of(expr: typed.Expr) -> str:
    """`detuning`, `|+⟩(q)`, a column's own name; nothing for a list or for what is long."""
    match expr:
        case typed.GetField(name=name):
            return name
        case typed.ArrayLiteral() | typed.Comprehension():
            return ""
    text = " ".join(expr.span.text.split())
    return pretty_kets(text) if len(text) <= LONGEST else ""


def pretty_kets(text: str) -> str:
    """`|0>(q)` as `|0⟩(q)`: a text with `|` in it is no comparison."""
    return text.replace(">", "⟩").replace("<", "⟨") if "|" in text else text


def quantity_of(env: Environment, expr: typed.Expr) -> Quantity:
    """What an array of real numbers is called, and what it is counted in."""
    array = types.resolved(expr.type)
    assert isinstance(array, types.Array)
    dimension = array.element.dimension if isinstance(array.element, types.Real) else ONE
    return Quantity(name_of(expr), dimension, env.unit_of(expr))


def reals(env: Environment, expr: typed.Expr) -> Any:
    """The numbers of an array or a matrix."""
    return np.asarray(env.evaluate(expr), dtype=float)
