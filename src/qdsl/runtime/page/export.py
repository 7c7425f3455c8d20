"""`export(best, "fit.csv")`, `export(best, "fit.html")`: a fit into a file, whole or not at all."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed
from qdsl.runtime.evaluate import Environment
from qdsl.runtime.fit import Fit
from qdsl.runtime.plot.file import no_matplotlib
from qdsl.runtime.value.export import cannot_write, export_csv, names_a_file, names_no_table, no_file_name
from qdsl.runtime.whole_file import write_whole


def export_fit(
    env: Environment, experiment: typed.Experiment, fit: Fit, path: Path, diagnostics: Diagnostics, at: Span
) -> None:
    """Write a row of a table, or a page, as the ending says; why it cannot be is reported at `at`."""
    match path.suffix.lower():
        case _ if not names_a_file(path):
            diagnostics.add(no_file_name(path, at))
        case ".csv":
            export_csv(fit.table(), path, diagnostics, at)
        case ".html":
            _export_page(env, experiment, fit, path, diagnostics, at)
        case _:
            diagnostics.add(names_no_table(path, at, "write .csv for a table, .html for a page"))


def _export_page(
    env: Environment, experiment: typed.Experiment, fit: Fit, path: Path, diagnostics: Diagnostics, at: Span
) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        diagnostics.add(no_matplotlib(at))
        return
    from qdsl.runtime.page.html import html_of
    from qdsl.runtime.page.of_fit import page_of

    content = html_of(page_of(env, experiment, fit)).encode()
    try:
        write_whole(path, content)
    except OSError as problem:
        diagnostics.add(cannot_write(path, problem, at))
