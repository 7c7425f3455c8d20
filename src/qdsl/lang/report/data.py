"""Messages as data, for programs: `qdsl check --format json`. The field names are stable.

A place has a file, a start and an end (exclusive). Lines and columns count from 1, columns and offsets count
characters, offsets from 0. To apply a fix, replace the text of each of its edits' places by `text`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from qdsl.lang.report.diagnostic import Diagnostic, Edit, Fix, Label
from qdsl.lang.source import Span


class Point(TypedDict):
    line: int
    column: int
    offset: int


class Place(TypedDict):
    file: str
    start: Point
    end: Point


class LabelData(TypedDict):
    place: Place
    text: str


class EditData(TypedDict):
    place: Place
    text: str


class FixData(TypedDict):
    title: str
    sure: bool
    edits: list[EditData]


class Message(TypedDict):
    """`place` is the first label's, or null where the message is about no text."""

    code: str
    severity: str
    message: str
    place: Place | None
    labels: list[LabelData]
    note: str
    hint: str
    fixes: list[FixData]


def as_json(diagnostics: Iterable[Diagnostic]) -> list[Message]:
    """The messages, ready for `json.dumps`."""
    return [_message(each) for each in diagnostics]


def _message(diagnostic: Diagnostic) -> Message:
    return Message(
        code=diagnostic.code,
        severity=diagnostic.severity.value,
        message=diagnostic.message,
        place=None if diagnostic.span is None else _place(diagnostic.span),
        labels=[_label(label) for label in diagnostic.labels],
        note=diagnostic.note,
        hint=diagnostic.hint,
        fixes=[_fix(fix) for fix in diagnostic.fixes],
    )


def _label(label: Label) -> LabelData:
    return LabelData(place=_place(label.span), text=label.text)


def _fix(fix: Fix) -> FixData:
    return FixData(title=fix.title, sure=fix.sure, edits=[_edit(edit) for edit in fix.edits])


def _edit(edit: Edit) -> EditData:
    return EditData(place=_place(edit.span), text=edit.text)


def _place(span: Span) -> Place:
    (start, end), begins, ends = span.absolute, span.begins, span.ends
    return Place(
        file=span.source.name,
        start=Point(line=begins.line, column=begins.column, offset=start),
        end=Point(line=ends.line, column=ends.column, offset=end),
    )
