"""A posterior as a person writes it into a logbook, and as tables.

    tau       = 23.88(65) ns   90 % in 22.83 ns .. 24.97 ns
    amplitude = 0.923(12)      90 % in 0.9034 .. 0.9431
    converged
    4 chains of 1,000 draws, R-hat at most 1.003, worth 1,823 independent draws or more

In: a `Posterior`. Out: the lines above (`posterior_text`), a row for each param (`summary_table`) or each draw.
"""

from __future__ import annotations

import numpy as np

from qdsl.lang.typed.posterior_fields import COUNTERS, SUMMARY
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import TEXT
from qdsl.runtime.fit.objective import Parameter, Vector
from qdsl.runtime.posterior.result import Posterior
from qdsl.runtime.value.quantity import shown
from qdsl.runtime.value.table import Column, Table, int_column, real_column

QUANTILES = (0.05, 0.5, 0.95)
DIGITS = 4


def posterior_text(posterior: Posterior) -> str:
    """The whole report, several lines."""
    names = max((len(name) for name in posterior.estimates), default=0)
    values = [_value(posterior, each) for each in posterior.parameters]
    width = max(map(len, values), default=0)
    lines = [
        f"{each.name:<{names}} = {value:<{width}}{_interval(posterior, k)}".rstrip()
        for k, (each, value) in enumerate(zip(posterior.parameters, values, strict=True))
    ]
    return "\n".join([*lines, str(posterior.verdict), _quality(posterior)])


def _value(posterior: Posterior, each: Parameter) -> str:
    if each.low == each.high:
        return f"{shown(each.low, each.dimension, each.display)}  (fixed)"
    return str(posterior[each.name])


def _interval(posterior: Posterior, k: int) -> str:
    each = posterior.parameters[k]
    if each.low == each.high:
        return ""
    low, _, high = _quantiles(posterior, k)
    return f"   90 % in {low} .. {high}"


def _quality(posterior: Posterior) -> str:
    """How many draws there are, and what they are worth."""
    found, lengths = posterior.diagnosis, posterior.lengths
    each = f"{lengths[0]:,}" if len(set(lengths)) == 1 else " and ".join(f"{length:,}" for length in lengths)
    chains = f"1 chain of {each} draws" if len(lengths) == 1 else f"{len(lengths)} chains of {each} draws"
    worth = np.concatenate([found.ess_bulk, found.ess_tail])
    known = []
    if not np.isnan(found.r_hat).all():
        known.append(f"R-hat at most {np.nanmax(found.r_hat):.3f}")
    if not np.isnan(worth).all():
        known.append(f"worth {np.nanmin(worth):,.0f} independent draws or more")
    return ", ".join([chains, *known])


def summary_table(posterior: Posterior) -> Table:
    """Quantities are texts: each row has a unit of its own."""
    found = posterior.diagnosis
    texts = {
        "param": [each.name for each in posterior.parameters],
        "mean": [_shown(each, posterior[each.name].value) for each in posterior.parameters],
        "sd": [_shown(each, posterior[each.name].error, is_difference=True) for each in posterior.parameters],
    }
    rows = [_quantiles(posterior, k) for k in range(len(posterior.parameters))]
    texts |= {name: [row[k] for row in rows] for k, name in enumerate(("q5", "median", "q95"))}
    numbers: dict[str, Vector] = {"ess_bulk": found.ess_bulk, "ess_tail": found.ess_tail, "r_hat": found.r_hat}
    columns = {name: Column(np.array(texts[name]), TEXT) for name in SUMMARY if name in texts}
    return Table(columns | {name: real_column(values) for name, values in numbers.items()}, posterior.provenance)


def draws_table(posterior: Posterior) -> Table:
    """Chain after chain."""
    lengths = posterior.lengths
    counters = (np.repeat(np.arange(len(lengths)), lengths), np.concatenate([np.arange(each) for each in lengths]))
    columns = {name: int_column(values) for name, values in zip(COUNTERS, counters, strict=True)}
    for each, values in zip(posterior.parameters, posterior.samples.T, strict=True):
        columns[each.name] = real_column(np.ascontiguousarray(values), each.dimension, each.display)
    return Table(columns, posterior.provenance, COUNTERS)


def _quantiles(posterior: Posterior, k: int) -> list[str]:
    each = posterior.parameters[k]
    return [_shown(each, float(value)) for value in np.quantile(posterior.samples[:, k], QUANTILES)]


def _shown(each: Parameter, value: float, is_difference: bool = False) -> str:
    unit = each.display
    if unit is not None and is_difference:
        unit = DisplayUnit(unit.symbol, unit.scale)
    return shown(value, each.dimension, unit, digits=DIGITS)
