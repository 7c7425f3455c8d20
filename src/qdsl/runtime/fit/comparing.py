"""Which of several models of the same data to believe: information criteria, and tests of each against the one before.

In: fits, of the simplest model first. Out: a Table with a row for each.

| column         | is                                                                                         |
|----------------|--------------------------------------------------------------------------------------------|
| parameters     | how many numbers were found from the data                                                  |
| nll            | the whole negative log-likelihood                                                          |
| aic, aicc, bic | the criteria, the least is best                                                            |
| weight         | of each model by its aicc, adding up to 1 (K. P. Burnham and D. R. Anderson, "Model        |
|                | selection and multimodel inference" (2002), section 2.9)                                   |
| p_value        | how often data from the model before would make this one fit better by so much, if that    |
|                | one is a special case of this one: the likelihood ratio (S. S. Wilks, 1938), for least     |
|                | squares Fisher's F. nan for the first, and where there are no more parameters              |
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from qdsl.runtime.fit.goodness import chi2_tail
from qdsl.runtime.fit.result import Fit
from qdsl.runtime.value.table import Table, int_column, real_column


def compared(fits: Sequence[Fit]) -> Table:
    """The table of several fits of the same data."""
    corrected = np.array([each.aicc for each in fits])
    with np.errstate(all="ignore"):
        shares = np.exp(-0.5 * (corrected - corrected.min()))
        weights = shares / shares.sum()
    tests = [math.nan, *(_against(before, after) for before, after in pairwise(fits))]
    numbers: dict[str, Sequence[float]] = {
        "nll": [math.nan if each.whole_nll is None else each.whole_nll for each in fits],
        "aic": [each.aic for each in fits],
        "aicc": list(corrected),
        "bic": [each.bic for each in fits],
        "weight": list(weights),
        "p_value": tests,
    }
    columns = {"parameters": int_column([each.n_parameters for each in fits])}
    return Table(columns | {name: real_column(values) for name, values in numbers.items()})


def _against(simple: Fit, rich: Fit) -> float:
    """The p-value of the simpler model beside the richer one."""
    more = rich.n_parameters - simple.n_parameters
    if more <= 0 or simple.whole_nll is None or rich.whole_nll is None:
        return math.nan
    if simple.rss is not None and rich.rss is not None:
        from scipy.special import fdtrc

        if rich.dof <= 0 or rich.rss <= 0.0:
            return math.nan
        better = max(0.0, simple.rss - rich.rss) / more
        return float(fdtrc(more, rich.dof, better / (rich.rss / rich.dof)))
    return chi2_tail(2.0 * max(0.0, simple.whole_nll - rich.whole_nll), more)
