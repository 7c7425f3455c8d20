"""Run a case of a document, and say what happened in the words of `claims`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.mdtest.claims import Said
from tests.mdtest.document import Case
from tests.mdtest.verdict import Outcome

from qdsl.lang.compile import Checked, Context, check
from qdsl.lang.library import Library, builtins
from qdsl.lang.names import NoImports, Scope, from_surface
from qdsl.lang.report import Diagnostic, Diagnostics, Fix
from qdsl.lang.report.fixes import apply
from qdsl.lang.report.snippet import extent
from qdsl.lang.source import Source, Span
from qdsl.lang.surface import parse
from qdsl.lang.typed import tree, types
from qdsl.lang.typed.from_names import from_names
from qdsl.lang.typed.show import Show
from qdsl.runtime.imports import FileImports
from qdsl.runtime.library import standard_library
from qdsl.runtime.session import Session, Settings
from qdsl.runtime.show import text_of
from qdsl.runtime.value.quantity import best_unit, in_unit

TINY = Path(__file__).parent / "tiny.qdsl"


def outcome(case: Case) -> Outcome:
    """Check the case, and run it if it may run."""
    if case.prelude == "tiny":
        return only_checked(case)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in case.files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        return _run(Source(str(Path(folder, "case.qdsl")), case.text), Path(folder))


def checked_case(case: Case) -> Checked:
    """The case as the checker sees it, for tests about messages alone."""
    library = _tiny() if case.prelude == "tiny" else standard_library()
    return check(Source("case.qdsl", case.text), Context(library, FileImports(library, lambda checked: None)))


class _Watched(Session):
    """A session that keeps what each line's last statement gave."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.values: dict[int, str] = {}
        self.numbers: dict[int, float] = {}

    def _evaluate(self, value: tree.Expr, echo: bool) -> None:
        result = self.environment.evaluate(value)
        line, type_ = value.span.ends.line, types.resolved(value.type)
        if not isinstance(type_, types.Function):
            self.values[line] = text_of(result, type_, self.environment.unit_of(value))
        if isinstance(type_, types.Real):
            unit = value.display or best_unit(abs(result), type_.dimension)
            self.numbers[line] = float(in_unit(result, unit).real)


def _run(source: Source, folder: Path) -> Outcome:
    printed: list[str] = []
    reported: list[Diagnostic] = []
    session = _Watched(Settings(printed.append, reported.append, seed=1, folder=folder))
    checked = session.check(source)
    reported += checked.diagnostics.in_order()
    if checked.ok:
        session.execute(checked)
    lines = tuple(line for text in printed for line in text.splitlines())
    messages = tuple(_said(each, source) for each in reported)
    return Outcome(session.values, session.numbers, _types(checked), lines, messages)


def only_checked(case: Case) -> Outcome:
    """What the checker says of a case that needs no other file."""
    checked = checked_case(case)
    source = checked.tree.source
    return Outcome(
        types=_types(checked), messages=tuple(_said(each, source) for each in checked.diagnostics.in_order())
    )


@cache
def _tiny() -> Library:
    found = Diagnostics()
    made = Library(Scope(builtins()), {})
    text = TINY.read_text(encoding="utf-8")
    resolved = from_surface(parse(Source("tiny.qdsl", text), found), made.prelude, NoImports(), found)
    from_names(resolved, made.dimension_names, found)
    made.prelude = resolved.scope
    assert not found.errors
    return made


def _types(checked: Checked) -> dict[int, str]:
    """The type of each line's last statement: of an expression its own, of a `let` its name's."""
    names = {**_tiny().dimension_names, **standard_library().dimension_names}
    found: dict[int, str] = {}
    for statement in checked.module.statements:
        match statement:
            case tree.Evaluate(value=value):
                found[statement.span.ends.line] = Show(names).type(value.type)
            case tree.Let(variable=variable):
                found[statement.span.ends.line] = Show(names).type(variable.type)
    return found


def _said(diagnostic: Diagnostic, source: Source) -> Said:
    """Where the message is about another file, as of data, its line is 0."""
    fixes = tuple(_fixed(diagnostic, fix) for fix in diagnostic.fixes)
    span = diagnostic.span
    message = diagnostic.message.replace(f"{Path(source.name).parent}/", "")
    if span is None or span.source is not source:
        return Said(0, None, None, diagnostic.code, message, fixes, diagnostic.hint)
    start, end = extent(source, diagnostic.labels[0])
    begins, ends = source.position(start), source.position(end)
    last = ends.column - 1 if ends.line == begins.line else len(source.line(begins.line))
    column = begins.column - 1
    return Said(begins.line, column, max(last, column + 1), diagnostic.code, message, fixes, diagnostic.hint)


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
