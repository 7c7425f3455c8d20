"""The templates for tests: their names, and their declarations as a program of which nothing runs."""

from __future__ import annotations

from functools import cache

import qdsl
from qdsl.runtime.templates import catalogue

NAMES = tuple(catalogue.headers())

SHOTS = {
    "rabi": 400,
    "ramsey": 500,
    "t1": 1000,
    "t2_echo": 500,
    "cpmg": 500,
    "jaynes_cummings": 500,
    "dispersive_shift": 500,
    "zeno": 5000,
    "bell": 1000,
}


@cache
def declarations(name: str) -> qdsl.Module:
    """What stands above the first statement: the functions of a template, which it has for its experiment."""
    return qdsl.compile(catalogue.text(name).split("\nlet run")[0], f"{name}.qdsl")
