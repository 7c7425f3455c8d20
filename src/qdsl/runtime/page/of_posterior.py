"""A posterior -> what its page says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qdsl.lang.typed import tree as typed
from qdsl.runtime.fit.verdict import NotConverged
from qdsl.runtime.page.correlations import MOST, correlations
from qdsl.runtime.page.origin import origin_of
from qdsl.runtime.page.page import Drawing, Grid, Page
from qdsl.runtime.pictures.of_draws import corner_of_draws, trace_of
from qdsl.runtime.plot.file import svg_text
from qdsl.runtime.posterior.result import Posterior
from qdsl.runtime.value.quantity import number


def page_of_posterior(experiment: typed.Experiment, found: Posterior) -> Page:
    """All of it."""
    return Page(
        title=f"The posterior of {experiment.name}",
        about=experiment.doc,
        verdict=str(found.verdict),
        is_good=found.converged,
        words=(_words(found),),
        drawings=tuple(_drawings(found)),
        grids=(_params(experiment, found), _chains(found), *correlations(*_free(found))),
        model=experiment.span.chunk.text.strip(),
        origin=tuple(origin_of(found.provenance, found.data)),
    )


def _words(found: Posterior) -> str:
    """The verdict as a sentence."""
    if isinstance(found.verdict, NotConverged):
        return "The draws are not to be relied on: they may miss a part of what is likely, or weigh it wrongly."
    return "The chains agree, none of their steps diverged, and the draws are worth enough for means and for tails."


def _params(experiment: typed.Experiment, found: Posterior) -> Grid:
    meanings = {each.variable.name: each.doc for each in experiment.params}
    table = found.summary
    rows = []
    for place, each in enumerate(found.parameters):
        low, median, high = (str(table[name][place]) for name in ("q5", "median", "q95"))
        if each.low == each.high:
            rows.append((each.name, f"{median} (fixed)", "", "", "", "", "", meanings[each.name]))
            continue
        worth = [_count(float(table[name][place])) for name in ("ess_bulk", "ess_tail")]
        r_hat = float(table["r_hat"][place])
        agree = "" if np.isnan(r_hat) else f"{r_hat:.3f}"
        rows.append(
            (each.name, str(found[each.name]), low, median, high, " and ".join(worth), agree, meanings[each.name])
        )
    return Grid("Params", ("param", "mean", "90 % from", "median", "90 % to", "worth", "R-hat", "is"), rows)


def _count(value: float) -> str:
    return "?" if np.isnan(value) else f"{value:,.0f}"


def _chains(found: Posterior) -> Grid:
    lengths = found.lengths
    each = f"{lengths[0]:,}" if len(set(lengths)) == 1 else " and ".join(f"{length:,}" for length in lengths)
    rows = [
        ("verdict", str(found.verdict)),
        ("method", "no-U-turn sampler, by exact gradients"),
        ("chains", f"{len(lengths)} of {each} draws, after {found.wish.warmup:,} each to find their way"),
        ("divergences", f"{found.divergences:,}"),
        ("worth", "independent draws, for what is in the middle and for the tails"),
    ]
    return Grid("Chains", (), rows)


def _free(found: Posterior) -> tuple[list[str], np.ndarray]:
    """The params that vary, and their covariance."""
    sizes = np.diag(found.covariance)
    places = [place for place in range(len(found.parameters)) if 0.0 < sizes[place] < np.inf]
    return [found.parameters[place].name for place in places], found.covariance[np.ix_(places, places)]


def _drawings(found: Posterior) -> Iterator[Drawing]:
    trace = trace_of(found)
    if not trace.lacks():
        texts = [f"{row.text} ({row.worth})" if row.worth else row.text for row in trace.rows]
        says = (
            "For each param the density of each chain, and beside it the draws of the chains one after the other: "
            f"{', '.join(texts)}. The verdict is {found.verdict}."
        )
        yield Drawing(svg_text(trace), says, "Densities of the chains, and the chains, draw after draw.")
    corner = corner_of_draws(found)
    if not corner.lacks() and 1 < len(corner.values) <= MOST:
        texts = [f"{each.name} = {text}" for each, text in zip(corner.quantities, corner.texts, strict=True)]
        said = " and ".join(f"{number(100.0 * each, 4)} %" for each in corner.levels)
        says = f"How densely draws lie for each pair of params, and for each alone: {', '.join(texts)}."
        yield Drawing(svg_text(corner), says, f"Params by pairs, with the regions of {said} of the draws.")
