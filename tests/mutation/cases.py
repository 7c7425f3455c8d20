"""The cases of tests/mdtest as questions that a mutant of the checker has to answer: does one of them fail?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.mdtest import test_cycle_rule
from tests.mdtest.claims import claims
from tests.mdtest.document import Case, cases
from tests.mdtest.judge import only_checked, outcome
from tests.mdtest.verdict import complaints

from qdsl.cli.explain import PAGES

DOCUMENTS = Path(test_cycle_rule.__file__).parent


@dataclass(frozen=True)
class Probe:
    """`fails(run)` tells whether the case fails.

    Where `run` is False the program is only checked, which is faster. What a running program says is missed then, so
    that some cases fail, and count only when they are run.
    """

    name: str
    fails: Callable[[bool], bool]


def probes() -> list[Probe]:
    """Documents, pages, formulas."""
    documents = [
        Probe(f"{path.stem}: {case.name}", _document(case))
        for path in sorted(DOCUMENTS.glob("*.md"))
        for case in cases(path.read_text(encoding="utf-8"))
    ]
    pages = [
        Probe(f"{path.stem}: {case.name}", _page(path.stem, case))
        for path in sorted(PAGES.glob("*.md"))
        for case in cases(path.read_text(encoding="utf-8"))
    ]
    formulas = [Probe(row.formula, _formula(row)) for row in test_cycle_rule.ROWS]
    return [*documents, *formulas, *pages]


def _document(case: Case) -> Callable[[bool], bool]:
    claimed = claims(case.text)
    of_checking = replace(claimed, values={}, prints=())

    def fails(run: bool) -> bool:
        did = outcome(case) if run else only_checked(case)
        return bool(complaints(claimed if run else of_checking, did))

    return fails


def _page(code: str, case: Case) -> Callable[[bool], bool]:
    wrong = case.name.startswith("Wrong")

    def fails(run: bool) -> bool:
        did = outcome(case) if run else only_checked(case)
        return (code in [said.code for said in did.messages]) != wrong

    return fails


def _formula(row: test_cycle_rule.Row) -> Callable[[bool], bool]:
    def fails(run: bool) -> bool:
        try:
            test_cycle_rule.test_the_verdict_of_a_formula(row)
        except (AssertionError, ValueError):
            return True
        return False

    return fails
