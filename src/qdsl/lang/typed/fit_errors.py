"""What is wrong with a question about fits before anything runs. One function per mistake."""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed import tree as typed


def two_columns(at: Span, name: str) -> Diagnostic:
    """Params `a` and `a_err` in a table that has an error for each."""
    return error("E0204", f"the table would have two columns `{name}`: rename a param", Label(at))


def name_taken(at: Span, param: typed.Variable) -> Diagnostic:
    labels = () if param.span is None else (Label(param.span, "declared here"),)
    words = f"a Bootstrap has a `{param.name}` of its own, so no param of it can be called that"
    return error("E0528", words, Label(at), *labels)


def no_group_column(at: Span, name: str, columns: Iterable[str]) -> Diagnostic:
    """`fit_each(e, load("runs.csv", e), by = "device")`: what an experiment does not name is not loaded."""
    return error(
        "E0517",
        "`by` is one of " + ", ".join(f'"{each}"' for each in columns),
        Label(at),
        hint=f'a column of texts is kept from a file by `load(.., by = "{name}")`',
    )


def column_not_written(at: Span) -> Diagnostic:
    """`load("runs.csv", e, by = word)`."""
    return error("E0517", "`by` is written here: what columns a table has is known before it runs", Label(at))
