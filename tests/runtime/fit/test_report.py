"""How a fit is written."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest
from tests.runtime.fit.decay import Decay, constant_counts, measured

from qdsl.lang.report import Diagnostics
from qdsl.runtime.fit import Fit, fit
from qdsl.runtime.value.estimate import correlation, propagated


def fitted(objective: Decay) -> Fit:
    result = fit(objective, Diagnostics())
    assert result is not None
    return result


def test_a_good_fit_reads_like_a_logbook() -> None:
    assert str(fitted(measured())) == (
        "tau       = 23.88(65) ns\n"
        "amplitude = 0.923(12)\n"
        "baseline  = 0.040(13)\n"
        "converged\n"
        "deviance 8.942 on 10 degrees of freedom, p = 0.538\n"
        "-log L = 77260.3316 (65.6856 with the constant), 13 points, errors from observed information"
    )


def test_a_fit_survives_copy_and_pickle() -> None:
    result = fitted(measured())
    for again in (copy.copy(result), pickle.loads(pickle.dumps(result))):
        assert str(again) == str(result)
        assert correlation(again.tau, again.amplitude) == correlation(result.tau, result.amplitude)
    assert repr(result) == "<Fit converged: tau = 23.88(65) ns, amplitude = 0.923(12), baseline = 0.040(13)>"


def test_likelihood_fits_need_no_scipy() -> None:
    code = "import sys, qdsl.runtime.fit, qdsl.runtime.load; print('scipy' in sys.modules, 'matplotlib' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False False\n"
    )


def test_a_bound_is_said_instead_of_an_error() -> None:
    lines = str(fitted(measured().starting(tau={"high": 22e-9}))).splitlines()
    assert lines[0] == "tau       = 22 ns  (at its upper bound)"
    assert lines[3] == "at_bound(tau)"


def test_a_free_parameter_is_not_given_an_error() -> None:
    lines = str(fitted(constant_counts(0, 10))).splitlines()
    assert lines[0].endswith("(the data do not fix it)")
    assert lines[1] == "amplitude = 0  (at its lower bound)"
    assert lines[3] == "unidentifiable(tau)"


def test_a_fixed_parameter_says_so() -> None:
    fixed = {"start": 0.04, "low": 0.04, "high": 0.04}
    assert "baseline  = 0.04  (fixed)" in str(fitted(measured().starting(baseline=fixed)))


def test_a_fit_is_one_row_of_a_table() -> None:
    result = fitted(measured())
    table = result.table()
    assert len(table) == 1
    assert table.tau[0] == result.tau.value
    assert table.tau_err[0] == result.tau.error
    assert table.verdict[0] == "converged"
    assert table.column("tau_err").display == result.tau.display


def test_estimates_of_a_fit_stay_correlated() -> None:
    result = fitted(measured())
    tau, amplitude = result.tau, result.amplitude
    expected = result.covariance[0, 1] / (tau.error * amplitude.error)
    assert correlation(tau, amplitude) == pytest.approx(expected, rel=1e-12)
    assert propagated(0.0, [(tau, 1.0), (tau, -1.0)]).error == 0.0


def test_an_unknown_parameter_names_those_there_are() -> None:
    with pytest.raises(AttributeError, match="it has tau, amplitude, baseline"):
        fitted(measured()).tua  # noqa: B018
