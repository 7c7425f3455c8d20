"""A template in Python: `qdsl.template("rabi")`, an experiment that says what it is about.

rabi = qdsl.template("rabi")
rabi.params["T1"].default                             3e-05
rabi.bind(rabi_frequency=2e6).simulate(seed=1)        a Table
rabi.header.cites                                     the papers
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from qdsl.lang.source import Source
from qdsl.runtime.embedded_experiment import Experiment
from qdsl.runtime.program import COMPILING, CompileError, Live
from qdsl.runtime.templates import catalogue
from qdsl.runtime.templates.header import Header


class Template(Experiment):
    """The experiment of a template, and what the template says of itself. `text` is the whole program."""

    def __init__(self, header: Header) -> None:
        super().__init__(header.name, self._checked)
        self.header = header
        self.text = catalogue.text(header.name)

    def __repr__(self) -> str:
        return f"<template {self.header.name}: {self.header.title}>"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Pickled by its name."""
        return template, (self.header.name,)

    def _checked(self) -> Live:
        """The program, of which nothing runs: its lets simulate and fit."""
        from qdsl.runtime.session import Session, Settings

        source = Source(str(catalogue.path_of(self.header.name)), self.text)
        with COMPILING:
            session = Session(Settings(folder=catalogue.FOLDER))
            checked = session.check(source)
            if not checked.ok:
                raise CompileError(checked.diagnostics.in_order())
            session.bind_lets(replace(checked, module=replace(checked.module, statements=())))
        return Live(session, checked)


@cache
def template(name: str) -> Template:
    """The template of that name; a `LookupError` where there is none."""
    found = catalogue.headers().get(name)
    if found is None:
        raise LookupError(catalogue.unknown(name))
    return Template(found)
