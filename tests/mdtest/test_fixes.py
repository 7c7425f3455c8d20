"""Every fix that is sure, in every program of the documents: once applied, its message is gone and the text parses.

What a fix leaves is compared with what was wrong before: there is one message less with its code, and no syntax error
and no unknown name that was not there. The fixes that are only offered must not break the syntax either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mdtest.document import Case, cases
from tests.mdtest.judge import checked_case

from qdsl.cli.explain import PAGES
from qdsl.lang.report import Diagnostic, Fix
from qdsl.lang.report.fixes import apply

HERE = Path(__file__).parent


def _cases() -> Iterator[object]:
    for path in (*sorted(HERE.glob("*.md")), *sorted(PAGES.glob("*.md"))):
        for case in cases(path.read_text(encoding="utf-8")):
            if not case.files:
                yield pytest.param(case, id=f"{path.stem}: {case.name}")


@pytest.mark.parametrize("case", list(_cases()))
def test_fixes_mend(case: Case) -> None:
    before = checked_case(case).diagnostics.in_order()
    complaints = [
        complaint
        for message in before
        for fix in message.fixes
        if (complaint := _complaint(case, before, message, fix)) is not None
    ]
    assert complaints == []


def _complaint(case: Case, before: list[Diagnostic], message: Diagnostic, fix: Fix) -> str | None:
    """What is wrong with the program after the fix, in words; None if nothing is."""
    assert message.span is not None
    text = apply(message.span.source, [fix])
    after = checked_case(Case(case.name, case.line, text, case.prelude)).diagnostics.in_order()
    areas = ("E01", "E02") if fix.sure else ("E01",)
    fresh = _codes(after, areas) - _codes(before, areas)
    if fresh:
        return f"`{fix.title}` of {message.code} ({message.message}) adds {dict(fresh)}:\n{text}"
    if fix.sure and _codes(after, (message.code,)) >= _codes(before, (message.code,)):
        return f"`{fix.title}` of {message.code} ({message.message}) does not mend it:\n{text}"
    return None


def _codes(messages: list[Diagnostic], areas: tuple[str, ...]) -> Counter[str]:
    return Counter(each.code for each in messages if each.code.startswith(areas))
