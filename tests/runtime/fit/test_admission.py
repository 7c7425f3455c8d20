"""What is refused before a fit begins, and with which message."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fit.decay import Decay, measured

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.runtime.fit import fit

FEW = replace(measured(), delay=np.array([1e-9, 2e-9]), excited=np.array([5.0, 4.0]), shots=np.array([10.0, 10.0]))
NONE = replace(measured(), delay=np.array([]), excited=np.array([]), shots=np.array([]))
FIXED = {name: {"start": 0.5, "low": 0.5, "high": 0.5} for name in ("tau", "amplitude", "baseline")}


@pytest.mark.parametrize(
    ("objective", "code", "says"),
    [
        (NONE, "E0850", "there are no data points to fit"),
        (FEW, "E0851", "2 data points cannot fix 3 parameters"),
        (measured().starting(tau={"low": 2e-6}), "E0852", "the bounds of tau leave nothing between them"),
        (measured().starting(tau={"start": 2e-6}), "E0853", "the start of tau, 2000 ns, is outside its bounds"),
        (measured().starting(tau={"low": math.nan}), "E0852", "the bounds of tau leave nothing between them"),
        (measured().starting(tau={"start": math.nan}), "E0854", "the start of tau is nan, not a finite number"),
        (measured().starting(baseline={"start": 0.9}), "E0855", "the model is not defined where the fit would start"),
        (measured().starting(**FIXED), "E0856", "the experiment has no free parameter to fit"),
    ],
)
def test_refusals(objective: Decay, code: str, says: str) -> None:
    diagnostics = Diagnostics()
    place = Source("t1.qdsl", "fit(t1, run)").span(0, 12)
    assert fit(objective, diagnostics, place) is None
    (found,) = diagnostics.found
    assert (found.code, found.message, found.span) == (code, says, place)


def test_every_reason_is_reported_at_once() -> None:
    diagnostics = Diagnostics()
    assert fit(measured().starting(tau={"start": 1.0}, amplitude={"start": 2.0}), diagnostics) is None
    assert [each.code for each in diagnostics] == ["E0853", "E0853"]
