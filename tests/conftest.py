"""Options of the whole suite: `--slow` runs what is marked slow too, `--update` rewrites golden files and documents."""

from __future__ import annotations

import pytest

from qdsl.lang.optimise import passes


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")
    parser.addoption("--update", action="store_true", help="rewrite what golden tests and documents claim")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes long; runs only with --slow")
    passes.VERIFIED_BETWEEN = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow; run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)
