"""Why a tomography is refused when it runs. One function per mistake."""

from __future__ import annotations

from qdsl.lang.report import Label, error
from qdsl.lang.source import Span
from qdsl.runtime.failures import Stopped


def not_hermitian(at: Span, where: str, off: float) -> Stopped:
    """An effect a(c)."""
    return Stopped(error("E0860", f"{where} is not Hermitian: it differs from its adjoint by {off:.3g}", Label(at)))


def negative_effect(at: Span, where: str, eigenvalue: float) -> Stopped:
    """An effect Z(q)."""
    message = f"{where} has the eigenvalue {eigenvalue:.3g}, so that it would have negative probabilities"
    return Stopped(error("E0860", message, Label(at)))


def not_a_measurement(at: Span, setting: str, where: str, total: complex) -> Stopped:
    """Effects that do not add up to 1."""
    value = f"{total.real:.6g}" if abs(total.imag) < 1e-12 else f"{total:.6g}"
    return Stopped(
        error(
            "E0860",
            f"the effects of {setting} do not add up to 1",
            Label(at),
            note=f"at {where} their sum has {value}",
        )
    )


def not_a_state(at: Span, which: str, why: str) -> Stopped:
    """A prepared density that is none."""
    return Stopped(error("E0861", f"{which} is no state: {why}", Label(at)))


def not_unitary(at: Span, off: float) -> Stopped:
    """A target X(q) / 2."""
    return Stopped(error("E0861", f"the target is not unitary: U† * U differs from 1 by {off:.3g}", Label(at)))


def not_hermitian_operator(at: Span, off: float) -> Stopped:
    """`expect(a(c), found)`."""
    message = f"the expectation of what is not Hermitian has no uncertainty: it differs from its adjoint by {off:.3g}"
    return Stopped(error("E0861", message, Label(at)))


def unseen_state(at: Span, directions: str, unmeasured: int) -> Stopped:
    """Settings X and Z of a qubit."""
    note = (
        f"{unmeasured} settings have no counts" if unmeasured > 1 else "one setting has no counts" if unmeasured else ""
    )
    return Stopped(
        error(
            "E0862",
            f"these settings leave the state open: no outcome depends on {directions}",
            Label(at),
            note=note,
        )
    )


def unseen_process(at: Span, directions: str) -> Stopped:
    """States |0> and |1> alone."""
    return Stopped(
        error(
            "E0862",
            f"these states and settings leave the process open: no outcome depends on {directions}",
            Label(at),
            note="A -> B is how much of B comes out where A goes in",
        )
    )


def no_counts(at: Span) -> Stopped:
    """All of them zero, or none at all."""
    return Stopped(error("E0863", "there are no counts", Label(at)))


def impossible_count(at: Span, value: float, place: str) -> Stopped:
    """A count of -1, or one that is not finite."""
    return Stopped(error("E0864", f"the counts at {place} have {value:.6g}, and a count is 0 or more", Label(at)))


def parts_of_a_count(at: Span, total: float, place: str) -> Stopped:
    """`state_tomography(pauli_settings(q), [[0.4, 0.5], ..])`."""
    message = f"the counts at {place} are {total:.6g} together, and what was measured has at least one"
    return Stopped(error("E0864", message, Label(at), hint="a share of the shots times their number is a count"))


def too_many_counts(at: Span, most: int) -> Stopped:
    """1e300 of them."""
    return Stopped(error("E0864", f"there are more than {most} counts, which nobody counts", Label(at)))


def other_rows(at: Span, rows: int, wanted: int, of: str) -> Stopped:
    """A Table of 8 rows for 9 settings."""
    return Stopped(
        error(
            "E0397",
            f"a row is needed for each of {wanted} {of}, and there are {rows}",
            Label(at),
            hint="a column `setting` says which setting a row is of, from 0",
        )
    )


def other_shape(at: Span, found: str, wanted: str) -> Stopped:
    """An array whose lengths are known only now."""
    return Stopped(error("E0397", f"counts of {wanted} are needed, and these are {found}", Label(at)))


def no_such_setting(at: Span, row: int, column: str, value: int, count: int) -> Stopped:
    """A row of setting 9 where there are 0 to 8."""
    message = f"row {row} is of {column} {value}, and there are 0 to {count - 1}"
    return Stopped(error("E0397", message, Label(at)))


def no_resamples(at: Span, count: int) -> Stopped:
    """`resamples = 1`."""
    return Stopped(error("E0865", f"at least 2 resamples are needed, and this is {count}", Label(at)))


def too_few_shots(at: Span, shots: int) -> Stopped:
    """`simulated_counts(.., -1)`."""
    return Stopped(error("E0864", f"a number of shots is 0 or more, and this is {shots}", Label(at)))


def too_many_shots(at: Span, shots: int, most: int) -> Stopped:
    """`simulated_counts(.., 9_000_000_000_000_000_000)`."""
    return Stopped(error("E0864", f"a number of shots is at most {most}, and this is {shots}", Label(at)))


def beyond_shots(at: Span, count: float, place: str, shots: int, told: Span) -> Stopped:
    """120 of 100."""
    message = f"the counts at {place} have {count:.6g}, and there were {shots} shots"
    return Stopped(error("E0864", message, Label(at), Label(told, f"{shots} shots")))


def too_large(at: Span, levels: int, gigabytes: float) -> Stopped:
    """Eight qubits."""
    what = f"a tomography of matrices of {levels} by {levels}"
    return Stopped(error("E0866", f"{what} would need {gigabytes:.0f} GB of memory", Label(at)))
