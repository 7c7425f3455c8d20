"""The parse table is the grammar's, is small, and needs no lark."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.surface.reading import CORPUS, reduced, unused_rules

from qdsl.lang.surface import build_table
from qdsl.lang.surface.from_parse import ACTIONS
from qdsl.lang.surface.table import table


def test_the_table_is_current() -> None:
    """After a change of the grammar or the examples: python -m qdsl.lang.surface.build_table."""
    assert build_table.as_text(build_table.table()) == (build_table.HERE / "table.json").read_text(encoding="utf-8")


def test_every_rule_has_its_action_and_every_action_its_rule() -> None:
    assert set(filter(None, table().actions)) == set(ACTIONS)


def test_users_never_import_lark_or_numpy() -> None:
    program = "import sys, qdsl.lang.surface; print([m for m in ('lark', 'numpy', 'llvmlite') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.replace("'", '"')) == []


def test_the_corpus_uses_every_rule() -> None:
    used, _ = reduced("m/s^2", "unit_start")
    for path in CORPUS:
        rules, whole = reduced(path.read_text(encoding="utf-8"))
        assert whole, path
        used |= rules
    assert unused_rules(used) == []
