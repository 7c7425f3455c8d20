"""Messages as text for a person: a `Diagnostic` goes in, lines come out.

    error E0412: cos takes radians, but its argument counts cycles
      --> ramsey.qdsl:7:17
       |
     7 |     let p = cos(detuning * tau)
       |                 ^^^^^^^^^^^^^^ this is a number of cycles
       |
       help: multiply by 2pi
     7 |     let p = cos(2pi * detuning * tau)
       |                 ++++++

Colours are escape codes and come only when asked for; nothing else changes with them.
"""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.lang.report.diagnostic import Diagnostic, Fix, Label, Severity
from qdsl.lang.report.fixes import edited_lines
from qdsl.lang.report.paint import Canvas, Row, Style, painted
from qdsl.lang.report.snippet import Snippet, extent
from qdsl.lang.report.width import cut, shown
from qdsl.lang.source import Source

LIMIT = 120
_MOST_LINES = 6
_STYLE: dict[Severity, Style] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(diagnostic: Diagnostic, *, colour: bool = False, limit: int = LIMIT) -> str:
    """One message, without a newline at its end. Source lines wider than `limit` are cut around what matters."""
    style = _STYLE[diagnostic.severity]
    gutter = _gutter(diagnostic)
    head = f"{diagnostic.severity.value} {diagnostic.code}"
    rows: list[Row] = [[(head, style), (f": {diagnostic.message}", "bold")]]
    bar: Row = [(" " * gutter + " |", "gutter")]
    for index, (source, labels) in enumerate(_by_source(diagnostic, style)):
        begins = source.position(extent(source, labels[0][0])[0])
        arrow = "-->" if index == 0 else ":::"
        rows.append([(f"{' ' * gutter}{arrow} ", "gutter"), (f"{source.name}:{begins.line}:{begins.column}", "")])
        rows += [bar, *Snippet(source, labels, gutter, limit).rows()]
    below = _remarks(diagnostic, gutter, limit)
    if below and diagnostic.labels:
        rows.append(bar)
    return painted(rows + below, colour)


def render_all(diagnostics: Iterable[Diagnostic], *, colour: bool = False, limit: int = LIMIT) -> str:
    """Messages with an empty line between them."""
    return "\n\n".join(render(each, colour=colour, limit=limit) for each in diagnostics)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty where there is nothing to count."""
    counts = dict.fromkeys((Severity.ERROR, Severity.WARNING), 0)
    for each in diagnostics:
        if each.severity in counts:
            counts[each.severity] += 1
    return ", ".join(f"{n} {kind.value}{'s' if n > 1 else ''}" for kind, n in counts.items() if n)


def _gutter(diagnostic: Diagnostic) -> int:
    """The width of the line numbers, those of the fixes included."""
    spans = [label.span for label in diagnostic.labels]
    spans += [edit.span for fix in diagnostic.fixes for edit in fix.edits]
    return len(str(max((span.ends.line for span in spans), default=1))) + 1


def _by_source(diagnostic: Diagnostic, style: Style) -> list[tuple[Source, list[tuple[Label, Style]]]]:
    groups: dict[Source, list[tuple[Label, Style]]] = {}
    for index, label in enumerate(diagnostic.labels):
        groups.setdefault(label.span.source, []).append((label, "secondary" if index else style))
    return list(groups.items())


def _remarks(diagnostic: Diagnostic, gutter: int, limit: int) -> list[Row]:
    """Note, hint and fixes; the words of each in line with the source above."""
    indent = " " * (gutter + 1)
    rows: list[Row] = [[(indent, ""), (line, "")] for line in diagnostic.note.splitlines()]
    if diagnostic.hint:
        rows.append([(f"{indent}hint: ", "note"), (diagnostic.hint, "")])
    for fix in diagnostic.fixes:
        rows.append([(f"{indent}{'help' if fix.sure else 'perhaps'}: ", "fresh"), (fix.title, "")])
        rows += _edited(fix, gutter, limit)
    return rows


def _edited(fix: Fix, gutter: int, limit: int) -> list[Row]:
    rows: list[Row] = []
    for source in dict.fromkeys(edit.span.source for edit in fix.edits):
        lines = edited_lines(source, fix)
        for line in lines[:_MOST_LINES]:
            text = shown(line.text)
            low = _scroll(text.width, [text.column(start) for start, _ in line.fresh], limit - gutter - 3)
            rows.append(
                [(f"{line.number:>{gutter}} | ", "gutter"), (cut(text.text, low, low + limit - gutter - 3), "")]
            )
            marks = Canvas()
            for start, end in line.fresh:
                begin = max(text.column(start) - low, 0)
                marks.put(begin, "+" * max(text.column(end) - low - begin, 0), "fresh")
            if marks.end:
                rows.append([(" " * gutter + " | ", "gutter"), *marks.row()])
        if len(lines) > _MOST_LINES:
            rows.append([("...", "gutter")])
    return rows


def _scroll(width: int, starts: list[int], area: int) -> int:
    """The first column to print of a line, so that what is new can be seen."""
    if width <= area or not starts or starts[0] < area - 20:
        return 0
    return starts[0] - 12
