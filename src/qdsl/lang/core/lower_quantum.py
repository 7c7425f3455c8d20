"""Operations on states and operators that give numbers or states: `lower_states` and `lower_dynamics`, which need NumPy
and are loaded when the first is met.
"""

from __future__ import annotations

from qdsl.lang.core.lower_body import Body, rule
from qdsl.lang.core.lower_values import Data
from qdsl.lang.report import InternalError
from qdsl.lang.typed import tree as typed


@rule(typed.Quantum)
def quantum(body: Body, node: typed.Quantum) -> Data:
    from qdsl.lang.core import lower_dynamics, lower_matrices, lower_measurements, lower_readings, lower_states

    assert lower_matrices is not None  # importing it registers its rules
    assert lower_measurements is not None
    assert lower_readings is not None

    found = lower_states.STATES.get(node.name) or lower_dynamics.DYNAMICS.get(node.name)
    if found is None:
        raise InternalError(f"no way to lower {node.name}")
    return found(body, node)
