"""`export(best, "fit.csv")`, `export(best, "fit.html")`: a fit or a posterior into a file, whole or not at all."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.fit import Fit
from qdsl.runtime.plot.file import no_matplotlib
from qdsl.runtime.posterior.result import Posterior
from qdsl.runtime.value.export import cannot_write, export_csv, names_a_file, names_no_table, no_file_name
from qdsl.runtime.whole_file import write_whole


def export_result(
    env: Environment,
    experiment: typed.Experiment,
    found: Fit | Posterior,
    path: Path,
    diagnostics: Diagnostics,
    at: Span,
) -> None:
    """Write a table, or a page, as the ending says; why it cannot be is reported at `at`. The table has a row for a
    fit, the draws of a posterior.
    """
    match path.suffix.lower():
        case _ if not names_a_file(path):
            diagnostics.add(no_file_name(path, at))
        case ".csv":
            export_csv(found.table() if isinstance(found, Fit) else found.draws, path, diagnostics, at)
        case ".html":
            _export_page(env, experiment, found, path, diagnostics, at)
        case _:
            diagnostics.add(names_no_table(path, at, "write .csv for a table, .html for a page"))


def _export_page(
    env: Environment,
    experiment: typed.Experiment,
    found: Fit | Posterior,
    path: Path,
    diagnostics: Diagnostics,
    at: Span,
) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        diagnostics.add(no_matplotlib(at))
        return
    from qdsl.runtime.page.html import html_of

    if isinstance(found, Fit):
        from qdsl.runtime.page.of_fit import page_of

        page = page_of(env, experiment, found)
    else:
        from qdsl.runtime.page.of_posterior import page_of_posterior

        page = page_of_posterior(experiment, found)
    try:
        write_whole(path, html_of(page).encode())
    except OSError as problem:
        diagnostics.add(cannot_write(path, problem, at))
