"""Thirty random models beside QuTiP 5: closed, open, driven, open and driven. QuTiP gets matrices written out here."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from tests.quantum.models import TIMES, US, model

import qdsl

pytestmark = pytest.mark.filterwarnings("ignore::qdsl.SimulationWarning")
"""Both sides of a comparison have the same few levels."""

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    qutip = pytest.importorskip("qutip", minversion="5", reason="QuTiP 5 is not installed")


@pytest.mark.parametrize("seed", range(30))
def test_expectations_are_those_of_qutip(seed: int) -> None:
    """To ten times the tolerance asked of steps, over the few that there are."""
    case = model(seed)
    ours = np.asarray(qdsl.compile(case.program).seen(TIMES * US))
    theirs = by_qutip(seed)
    scale = max(1.0, float(np.abs(theirs).max()))
    assert np.abs(ours - theirs).max() < 2e-7 * scale, case.program


def by_qutip(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    case = model(seed)
    hamiltonian = qutip.Qobj(case.hamiltonian(0.0))
    if case.is_driven:
        hamiltonian = qutip.QobjEvo(lambda t: qutip.Qobj(case.hamiltonian(t)))
    options = {"atol": 1e-12, "rtol": 1e-10, "nsteps": 1_000_000, "progress_bar": ""}
    result = qutip.mesolve(
        hamiltonian,
        qutip.Qobj(case.state),
        TIMES,
        c_ops=[qutip.Qobj(jump) for jump in case.jumps],
        e_ops=[qutip.Qobj(each) for each in case.observables],
        options=options,
    )
    return np.array([np.real(each) for each in result.expect])
