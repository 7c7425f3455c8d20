"""Operations on states and operators that give numbers or states: `lower_states`, `lower_dynamics` and their kin, which
need NumPy and are loaded when the first is met.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from qdsl.lang.core.lower_body import Body, rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed


@rule(typed.Quantum)
def quantum(body: Body, node: typed.Quantum) -> Data:
    found = _rules().get(node.name)
    if found is None:
        raise InternalError(f"no way to lower {node.name}")
    return found(body, node)


@cache
def _rules() -> dict[str, Callable[[Body, typed.Quantum], Data]]:
    """The rules of all modules; importing the first adds to those of `lower_states`."""
    from qdsl.lang.core import (  # noqa: F401
        lower_alike,
        lower_channels,
        lower_expectations,
        lower_matrices,
        lower_measurements,
        lower_products,
        lower_readings,
    )
    from qdsl.lang.core.lower_dynamics import EVOLUTIONS
    from qdsl.lang.core.lower_response import RESPONSES
    from qdsl.lang.core.lower_states import STATES
    from qdsl.lang.core.lower_trajectory import TRAJECTORIES

    return STATES | EVOLUTIONS | RESPONSES | TRAJECTORIES
