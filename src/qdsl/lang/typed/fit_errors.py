"""What is wrong with a question about fits before anything runs. One function per mistake."""

from __future__ import annotations

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
