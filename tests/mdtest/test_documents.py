"""Every case of every document beside this file, and of the pages that `qdsl explain` prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.mdtest.claims import claims
from tests.mdtest.document import Case, cases, with_texts
from tests.mdtest.judge import outcome
from tests.mdtest.update import updated
from tests.mdtest.verdict import complaints

HERE = Path(__file__).parent


def _every_case() -> list[object]:
    return [
        pytest.param(path, case, id=f"{path.stem}: {case.name}")
        for path in sorted(HERE.glob("*.md"))
        for case in cases(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("path", "case"), _every_case())
def test_document(path: Path, case: Case, request: pytest.FixtureRequest) -> None:
    did = outcome(case)
    wrong = complaints(claims(case.text), did)
    if wrong and request.config.getoption("--update"):
        _rewrite(path, case, updated(case.text, did))
        pytest.skip(f"rewritten: {path.name}, line {case.line}")
    if wrong:
        pytest.fail(f"{path.name}, from line {case.line}:\n{case.text}\n" + "\n".join(wrong), pytrace=False)


def _rewrite(path: Path, case: Case, text: str) -> None:
    """Replace one case's text, found by its words, since earlier ones may have moved it."""
    document = path.read_text(encoding="utf-8")
    line = next(each.line for each in cases(document) if each.name == case.name and each.text == case.text)
    path.write_text(with_texts(document, {line: text}), encoding="utf-8")
