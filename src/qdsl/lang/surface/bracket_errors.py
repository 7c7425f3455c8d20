"""What can be wrong with brackets, and with the newlines between them. One function per mistake."""

from __future__ import annotations

from qdsl.lang.report import Diagnostic, Edit, Fix, Label, error
from qdsl.lang.source import Span


def never_closed(place: Span, opener: Span, sign: str, closer: str) -> Diagnostic:
    """`f(1, 2` at the end of its statement; a brace is closed on its own line, under the line that opened it."""
    text = closer if closer != "}" else "\n" + _indent(opener) + closer
    fix = Fix(f"insert `{closer}`", (Edit(place, text),), sure=False)
    return error(
        "E0103",
        f"`{sign}` is never closed",
        Label(opener),
        Label(place, f"`{closer}` is missing here"),
        fixes=(fix,),
    )


def closes_nothing(closer: Span, unfinished: bool) -> Diagnostic:
    """`f(x))`. Of what is unfinished without it, as `let a = )`, leaving it out would be no mend."""
    fixes = () if unfinished else (Fix("leave it out", (Edit(closer, ""),), sure=False),)
    return error("E0104", f"`{closer.text}` closes nothing", Label(closer), fixes=fixes)


def wrong_closer(closer: Span, opener: Span, right: str) -> Diagnostic:
    """`f(1, 2]`."""
    return error(
        "E0104",
        f"`{opener.text}` is closed by `{right}`, not by `{closer.text}`",
        Label(closer),
        Label(opener, "opened here"),
        fixes=(Fix(f"write `{right}`", (Edit(closer, right),), sure=False),),
    )


def too_deep(place: Span, limit: int) -> Diagnostic:
    return error("E0118", f"nested too deeply: brackets and operations may stand {limit} deep", Label(place))


def product_over_lines(place: Span, factor: Span) -> Diagnostic:
    """`[1` and `x]` on the next line: a comma, or a product?"""
    return error(
        "E0102",
        "an operator or a comma is missing: a number multiplies what follows only on the same line",
        Label(place),
        Label(factor, "this starts a new line"),
        fixes=(
            Fix("insert a comma", (Edit(place, ","),), sure=False),
            Fix("make it a product", (Edit(place, " *"),), sure=False),
        ),
    )


def _indent(span: Span) -> str:
    line = span.chunk.text[span.chunk.text.rfind("\n", 0, span.start) + 1 : span.start]
    return line[: len(line) - len(line.lstrip())]
