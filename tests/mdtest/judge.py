"""Run a case of a document, and say what happened in the words of `claims`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.mdtest.claims import Said
from tests.mdtest.document import Case
from tests.mdtest.verdict import Outcome

from qdsl.lang.compile import Checked, Context, check, exports
from qdsl.lang.library import Library, builtins
from qdsl.lang.names import Cycle, Scope, from_surface
from qdsl.lang.names.imports import NoImports
from qdsl.lang.report import Diagnostic, Diagnostics, Fix
from qdsl.lang.report.fixes import apply
from qdsl.lang.report.snippet import extent
from qdsl.lang.source import Source, Span
from qdsl.lang.surface import parse
from qdsl.lang.typed import tree
from qdsl.lang.typed.from_names import from_names
from qdsl.lang.typed.show import Show
from qdsl.runtime.library import standard_library

TINY = Path(__file__).parent / "tiny.qdsl"


def outcome(case: Case) -> Outcome:
    """Check the case, and run it if it may run."""
    checked = checked_case(case)
    shown = _types(checked)
    return Outcome(types=shown, messages=tuple(_said(each) for each in checked.diagnostics.in_order()))


def checked_case(case: Case) -> Checked:
    context = Context(_library(case.prelude))
    context.imports = _Files(case, context)
    return check(Source("case.qdsl", case.text), context)


class _Files:
    """The files of a case, as modules."""

    def __init__(self, case: Case, context: Context) -> None:
        self.case = case
        self.context = context
        self.reading: list[str] = []

    def scope_of(self, path: str, is_file: bool, importer: Source) -> Scope | Cycle | None:
        if path in self.reading:
            return Cycle((*self.reading[self.reading.index(path) :], path))
        if not is_file or path not in self.case.files:
            return None
        self.reading.append(path)
        checked = check(Source(path, self.case.files[path]), self.context)
        self.reading.pop()
        return exports(checked.resolved)


@cache
def _library(prelude: str) -> Library:
    if prelude == "standard":
        return standard_library()
    found = Diagnostics()
    made = Library(Scope(builtins()), {})
    resolved = from_surface(parse(Source("tiny.qdsl", TINY.read_text()), found), made.prelude, NoImports(), found)
    from_names(resolved, made.dimension_names, found)
    made.prelude = resolved.scope
    assert not found.errors
    return made


def _types(checked: Checked) -> dict[int, str]:
    """The type of each line's last statement: of an expression its own, of a `let` its name's."""
    show = Show(_library("standard").dimension_names)
    types: dict[int, str] = {}
    for statement in checked.module.statements:
        match statement:
            case tree.Evaluate(value=value):
                types[statement.span.ends.line] = show.fresh().type(value.type)
            case tree.Let(variable=variable):
                types[statement.span.ends.line] = show.fresh().type(variable.type)
    return types


def _said(diagnostic: Diagnostic) -> Said:
    fixes = tuple(_fixed(diagnostic, fix) for fix in diagnostic.fixes)
    span = diagnostic.span
    if span is None:
        return Said(0, None, None, diagnostic.code, diagnostic.message, fixes, diagnostic.hint)
    start, end = extent(span.source, diagnostic.labels[0])
    begins, ends = span.source.position(start), span.source.position(end)
    last = ends.column - 1 if ends.line == begins.line else len(span.source.line(begins.line))
    column = begins.column - 1
    return Said(begins.line, column, max(last, column + 1), diagnostic.code, diagnostic.message, fixes, diagnostic.hint)


def _fixed(diagnostic: Diagnostic, fix: Fix) -> str:
    """What stands in the message's place after the fix; the whole line where the fix reaches further."""
    span = diagnostic.span
    if span is None:
        return fix.title
    text = apply(span.source, [fix])
    (start, end), grown = span.absolute, len(text) - len(span.source.text)
    if not all(_within(edit.span, start, end) for edit in fix.edits):
        start = span.source.line_starts[min(_lines(fix)) - 1]
        after = span.source.text.find("\n", span.source.line_starts[max(_lines(fix)) - 1])
        end = after if after >= 0 else len(span.source.text)
    return " ⏎ ".join(line.strip() for line in text[start : end + grown].split("\n"))


def _within(span: Span, start: int, end: int) -> bool:
    low, high = span.absolute
    return start <= low and high <= end


def _lines(fix: Fix) -> Iterator[int]:
    for edit in fix.edits:
        yield edit.span.begins.line
        yield edit.span.ends.line
