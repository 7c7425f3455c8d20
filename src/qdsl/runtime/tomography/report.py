"""A tomography as a person writes it into a logbook.

state of q: 3 settings, 3000 counts
               |0>                      |1>
|0>  0.9313(80)     0.2303(140) - 0.0101(158)i
|1>                 0.0687(80)
eigenvalues 0.9871(83), 0.0129(83)
purity 0.9746(161)
converged: no state is likelier by more than a factor 1 + 2e-09
deviance 0.000 on 0 degrees of freedom
errors by Fisher's information
"""

from __future__ import annotations

from collections.abc import Sequence
from math import expm1, isnan

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.fit.goodness import REJECTED_BELOW
from qdsl.runtime.tomography.hermitian import Reals, above, words
from qdsl.runtime.tomography.result import ProcessTomography, StateTomography, Tomography
from qdsl.runtime.value.estimate import Estimate, shown_estimate
from qdsl.runtime.value.matrix import labels
from qdsl.runtime.value.quantity import number

MOST_ROWS = 4
"""Rows of a matrix that is written out, each entry with its uncertainty; of larger ones the largest entries."""

MOST_ENTRIES = 10

_PLAIN = DisplayUnit("", 1.0)


def text(found: Tomography) -> str:
    """The whole report, several lines."""
    body = _state(found) if isinstance(found, StateTomography) else _process(found)
    return "\n".join([_head(found), *body, *_eigenvalues(found), *_summary(found), *_verdict(found), _origin(found)])


def _head(found: Tomography) -> str:
    what = "state" if isinstance(found, StateTomography) else "process"
    names = ", ".join(space.name for space in found.spaces)
    used = int((found.observed.totals > 0).sum())
    settings = "setting" if isinstance(found, StateTomography) else "prepared and measured pair"
    return (
        f"{what} of {names}: {used} {settings}{'s' if used > 1 else ''}, {number(round(found.observed.total))} counts"
    )


# ── matrices ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _state(found: StateTomography) -> list[str]:
    """The density, its upper half."""
    kets = [f"|{each}>" for each in labels(found.spaces)]
    size = found.observed.size
    values, errors = found.fitted.numbers, np.sqrt(np.maximum(np.diag(found.spread.covariance), 0.0))
    entries = _entries(values, errors, size)
    if size <= MOST_ROWS:
        return _table(kets, kets, [[entries.get((i, j), "") for j in range(size)] for i in range(size)])
    sizes = np.abs(found.state)
    places = sorted(entries, key=lambda place: -sizes[place])[:MOST_ENTRIES]
    rows = [[f"{kets[i]}<{kets[j][1:-1]}|", entries[i, j]] for i, j in places]
    width = max(len(each) for each, _ in rows)
    return [f"{name.ljust(width)}  {entry}" for name, entry in rows] + [f"({len(entries) - len(rows)} smaller entries)"]


def _entries(values: Reals, errors: Reals, size: int) -> dict[tuple[int, int], str]:
    """The diagonal and what is above it, each with its uncertainty."""
    rows, columns = above(size)
    half, count = 0.5**0.5, len(rows)
    made = {(k, k): _estimate(values[k], errors[k]) for k in range(size)}
    for at, place in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        re, im = size + at, size + count + at
        sign = "-" if values[im] < 0 else "+"
        imaginary = _estimate(abs(values[im]) * half, errors[im] * half)
        made[place] = f"{_estimate(values[re] * half, errors[re] * half)} {sign} {imaginary}i"
    return made


def _process(found: Tomography) -> list[str]:
    """The transfer matrix of a qubit; of more qubits its largest entries; of other spaces nothing: J says it all."""
    assert isinstance(found, ProcessTomography)
    if any(space.size != 2 for space in found.spaces):
        return []
    names = words("IXYZ", len(found.spaces))
    ptm = found.ptm
    errors = _entry_errors(found)
    cells = [
        [_estimate(value, error) for value, error in zip(row, own, strict=True)]
        for row, own in zip(ptm, errors, strict=True)
    ]
    if len(names) <= MOST_ROWS:
        return ["Pauli transfer matrix, output by input", *_table(names, names, cells)]
    places = np.argsort(-np.abs(ptm).ravel(), kind="stable")[1 : MOST_ENTRIES + 1]
    lines = [
        f"{names[k % len(names)]} -> {names[k // len(names)]}  {cells[k // len(names)][k % len(names)]}" for k in places
    ]
    return ["the largest entries of the Pauli transfer matrix", *lines]


def _entry_errors(found: ProcessTomography) -> Reals:
    size = len(found.ptm)
    slopes = found.transfers.reshape(size * size, -1)
    variances = np.einsum("ka,ka->k", slopes @ found.spread.covariance, slopes)
    return np.asarray(np.sqrt(np.maximum(variances, 0.0))).reshape(size, size)


def _table(rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(name), *(len(row[k]) for row in cells)) for k, name in enumerate(columns)]
    edge = max(map(len, rows))
    head = " " * edge + "".join(f"  {name.ljust(width)}" for name, width in zip(columns, widths, strict=True))
    lines = [
        name.ljust(edge) + "".join(f"  {cell.ljust(width)}" for cell, width in zip(row, widths, strict=True))
        for name, row in zip(rows, cells, strict=True)
    ]
    return [line.rstrip() for line in [head, *lines]]


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _eigenvalues(found: Tomography) -> list[str]:
    """The largest ones; those that are zero are counted."""
    rank, size = found.fitted.rank, found.observed.size
    pairs = list(zip(found.fitted.eigenvalues, found.eigenvalue_errors, strict=True))[: min(rank, MOST_ENTRIES)]
    shown = ", ".join(_estimate(value, error) for value, error in pairs)
    rest = rank - len(pairs)
    more = f", {rest} smaller" if rest else ""
    zero = f", {size - rank} at zero" if rank < size else ""
    return [f"eigenvalues {shown}{more}{zero}"]


def _summary(found: Tomography) -> list[str]:
    lines = [f"purity {_shown(found.purity())}"] if isinstance(found, StateTomography) else []
    if found.target is not None:
        lines.append(f"fidelity {_shown(found.overlap(found.target))} with the target")
    return lines


def _verdict(found: Tomography) -> list[str]:
    what = "state" if isinstance(found, StateTomography) else "channel"
    gap = found.fitted.gap
    if found.fitted.converged:
        proof = f"converged: no {what} is likelier" + (f" by more than a factor 1 + {expm1(gap):.0e}" if gap else "")
    else:
        proof = f"not converged: another {what} may be likelier, with a log-likelihood up to {number(gap, 3)} larger"
    return [proof, _goodness(found)]


def _goodness(found: Tomography) -> str:
    degrees = f"{found.dof} degree{'' if found.dof == 1 else 's'} of freedom"
    line = f"deviance {number(found.deviance, 4)} on {degrees}"
    p = found.p_value
    if isnan(p):
        return line
    if p < REJECTED_BELOW:
        return f"{line}, p < {number(REJECTED_BELOW)}: the counts reject this model"
    return f"{line}, p = {p:.3f}"


def _origin(found: Tomography) -> str:
    """Where the errors come from, and why from there."""
    size, rank = found.observed.size, found.fitted.rank
    if found.spread.by == "bootstrap":
        line = f"errors from {found.wish.resamples} resamples with seed {found.wish.seed}, bias included"
    else:
        line = "errors by Fisher's information"
    if rank < size:
        what = "" if found.spread.by == "bootstrap" else " and count only changes that keep it"
        return f"{line}; the rank is {rank} of {size}, on the boundary{what}"
    return f"{line}; near the boundary" if found.is_near_boundary else line


def _shown(estimate: Estimate) -> str:
    return _estimate(estimate.value, estimate.error)


def _estimate(value: float, error: float) -> str:
    """What is exact but for rounding is written without an uncertainty."""
    if error < 1e-12:
        return number(round(float(value), 12) + 0.0)
    if abs(value) < error / 200:  # neither 0.000 nor -0.000 has a sign
        value = 0.0
    return shown_estimate(float(value), float(error), display=_PLAIN)
