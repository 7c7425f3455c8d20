"""What can be wrong with a tomography before it runs. One function per mistake."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed import types

MOST_QUBITS = 6
"""Of which all Pauli settings are written out: 729 of 64 outcomes."""


def not_settings(span: Span, function: str, found: str) -> Diagnostic:
    """`state_tomography(3, counts)`."""
    return error(
        "E0396",
        f"{function} takes settings here, each a list of effects, and this is {found}",
        Label(span),
        hint="all Pauli settings of qubits are pauli_settings(q), one is [P(q, 0), P(q, 1)], or a povm",
    )


def effects_with_dimension(span: Span, found: str) -> Diagnostic:
    """`state_tomography([[2 MHz * P(q, 0), ..]], counts)`."""
    return error("E0396", f"an effect is a plain operator, and these have the dimension {found}", Label(span))


def other_outcomes(span: Span, found: int | None, wanted: int | None, first: Span) -> Diagnostic:
    """`[readout, sic]`, of two outcomes and of four."""
    return error(
        "E0396",
        f"this has {found} outcomes, and the first setting has {wanted}",
        Label(span),
        Label(first, f"{wanted} outcomes"),
    )


def not_states(span: Span, function: str, found: str) -> Diagnostic:
    """`process_tomography(3, settings, counts)`."""
    return error(
        "E0396",
        f"{function} takes an array of states here, and this is {found}",
        Label(span),
        hint="[|0>(q), |1>(q), |+>(q), |+i>(q)] are pauli_states(q)",
    )


def not_counts(span: Span, found: str) -> Diagnostic:
    """`state_tomography(settings, true)`."""
    return error("E0397", f"counts are an array of numbers or a Table, and this is {found}", Label(span))


def other_shape(span: Span, wanted: str, found: str, settings: Span, setting: str) -> Diagnostic:
    """Counts of 4 outcomes for settings of 2."""
    return error(
        "E0397", f"counts of {wanted} are needed, and these are {found}", Label(span), Label(settings, setting)
    )


def no_outcome_columns(span: Span, outcomes: int) -> Diagnostic:
    """A table without `n_0`, `n_1`, .. for as many outcomes as a setting has."""
    return error(
        "E0397",
        f"this Table has no columns of counts of {outcomes} outcomes",
        Label(span),
        note=f"they are called n_0 to n_{outcomes - 1}, or something else in place of n",
    )


def no_places(span: Span, column: str, found: str) -> Diagnostic:
    """A Table whose column `setting` is no Int."""
    return error("E0397", f"the column `{column}` tells which {column} a row is of, and this is {found}", Label(span))


def shots_of_many(span: Span, outcomes: str, settings: Span) -> Diagnostic:
    """`state_tomography(pauli_settings(r), counts, shots = 100)` of two qubits."""
    message = f"shots are told where only outcome 1 of two is counted, and these settings have {outcomes} outcomes"
    return error("E0397", message, Label(span), Label(settings, f"{outcomes} outcomes"))


def not_one_column(span: Span, counting: Sequence[str]) -> Diagnostic:
    """A Table with shots, and with no column of Ints or with several."""
    found = f"it has {', '.join(counting)}" if counting else "it has none"
    return error("E0397", f"one column of this Table has to count outcome 1, and {found}", Label(span))


def not_qubits(span: Span, function: str, name: str, kind: str) -> Diagnostic:
    """`pauli_settings(c)` of a Fock space."""
    return error("E0398", f"{function} is of qubits, and `{name}` is a {kind}", Label(span))


def length_not_known(span: Span, function: str) -> Diagnostic:
    """`pauli_settings(r)` in a function of a register of any length."""
    return error("E0398", f"{function} needs to know how many qubits there are", Label(span))


def too_many_qubits(span: Span, function: str, count: int, most: int) -> Diagnostic:
    """`pauli_settings(r)` of 10 qubits."""
    return error("E0398", f"{function} of {count} qubits would be too many: it goes up to {most}", Label(span))


def not_a_word(span: Span, count: int) -> Diagnostic:
    """`pauli_setting(r, "XQ")`, `pauli_setting(r, word)`."""
    example = ("XYZ" * count)[:count]
    qubits = "the qubit" if count == 1 else f"each of {count} qubits"
    return error("E0399", f'a setting is written here, X, Y or Z for {qubits}: "{example}"', Label(span))


def other_spaces(span: Span, what: str, own: str, wanted: str, other: Span, label: str) -> Diagnostic:
    """States of q and measurements of r; a target of other spaces."""
    return error("E0394", f"{what} of {own}, and should be of {wanted}", Label(span), Label(other, label))


def open_spaces(span: Span) -> Diagnostic:
    """Effects of whatever a parameter is over."""
    return error("E0394", "which spaces these are of must be known", Label(span))


def not_a_target(span: Span, wanted: str, found: str) -> Diagnostic:
    """`estimated_fidelity(found, 3)`."""
    return error("E0395", f"the fidelity is with {wanted}, and this is {found}", Label(span))


def not_asked_of(span: Span, function: str, kind: str, found: str) -> Diagnostic:
    """`estimated_purity(rho)`, `average_fidelity(found, U)` of a state."""
    return error("E0395", f"{function} is asked of a {kind}, and this is {found}", Label(span), hint=_INSTEAD[function])


_INSTEAD = {
    "estimated_purity": "of a state it is purity(rho)",
    "estimated_fidelity": "of states it is fidelity(rho, psi), of a process process_fidelity(found, U)",
    "process_fidelity": "of a state it is estimated_fidelity(found, psi)",
    "average_fidelity": "of a state it is estimated_fidelity(found, psi)",
}


def state_in(found: Sequence[types.Type]) -> str:
    """A hint for where a state was meant, and a tomography is given: `purity(found)`."""
    is_there = any(isinstance(types.pruned(each), types.StateTomography) for each in found)
    return "the state that a tomography found is its field `state`" if is_there else ""
