"""The standard library read from its bytes is the one that was built, with bodies made when they are wanted."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qdsl.cli.outline import outline
from qdsl.lang import library
from qdsl.lang.library import EVERY, Library
from qdsl.lang.typed import tree as typed
from qdsl.lang.typed import types
from qdsl.lang.typed.show import Show
from qdsl.runtime import library_bytes
from qdsl.runtime.library import FOLDER
from qdsl.runtime.library_bytes import StoredFunction
from qdsl.runtime.stamp import state


@pytest.fixture(scope="module")
def built() -> Library:
    return library.build({name: (FOLDER / f"{name}.qdsl").read_text(encoding="utf-8") for name in EVERY})


@pytest.fixture
def read(built: Library) -> Library:
    found = library_bytes.read(library_bytes.written(built))
    assert found is not None
    return found


def functions(of: Library) -> dict[str, typed.Function]:
    return {
        f"{name} {place}": function
        for name, symbol in of.prelude.values.items()
        if isinstance(symbol.entity, list)
        for place, function in enumerate(symbol.entity)
    }


def test_every_function_has_its_type_and_its_body(built: Library, read: Library) -> None:
    show, mine, theirs = Show(built.dimension_names), functions(built), functions(read)
    assert list(mine) == list(theirs)
    for name, function in mine.items():
        assert show.type(theirs[name].type) == show.type(function.type)
        assert lines(theirs[name].body, show) == lines(function.body, show)


def test_names_and_dimensions_are_the_same(built: Library, read: Library) -> None:
    assert list(read.prelude.values) == list(built.prelude.values)
    assert list(read.prelude.units) == list(built.prelude.units)
    assert list(read.scopes) == list(built.scopes) == list(EVERY)
    show, other = Show(built.dimension_names), Show(read.dimension_names)
    for name in ("Length", "Rate", "Frequency"):
        assert other.dimension(read.prelude.types[name].entity) == show.dimension(built.prelude.types[name].entity)


def test_no_body_is_made_before_it_is_wanted(read: Library) -> None:
    stored = [each for each in functions(read).values() if isinstance(each, StoredFunction)]
    assert len(stored) > 100
    assert not any(is_made(each) for each in stored)
    assert stored[0].body is stored[0].body
    assert sum(is_made(each) for each in stored) == 1


def test_what_a_body_shares_with_the_rest_is_the_same_object(read: Library) -> None:
    known = {id(each) for each in functions(read).values()}
    calls = 0
    for function in functions(read).values():
        for node in below(function.body):
            if isinstance(node, typed.Call):
                calls += 1
                assert id(node.function) in known
    assert calls > 50


def test_a_function_has_no_other_late_parts(read: Library) -> None:
    stored = next(each for each in functions(read).values() if isinstance(each, StoredFunction))
    with pytest.raises(AttributeError, match="boody"):
        stored.boody  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("blob", [b"", b"\x80\x05N.", b"not a pickle", b"\x80\x05\x95"])
def test_foreign_bytes_are_no_library(blob: bytes) -> None:
    assert library_bytes.read(blob) is None


def is_made(function: StoredFunction) -> bool:
    try:
        object.__getattribute__(function, "body")
    except AttributeError:
        return False
    return True


def lines(body: object, show: Show) -> list[str]:
    """What the body says, line by line."""

    def short(value: object) -> str | None:
        match value:
            case typed.Variable(name=name) | typed.Function(name=name):
                return name
            case types.Type():
                return show.type(value)
        return None

    return list(outline(body, short)) if body is not None else []


def below(node: object) -> Iterator[object]:
    if isinstance(node, typed.Expr | typed.Statement):
        yield node
        for name in node.__dataclass_fields__:  # type: ignore[attr-defined]
            yield from below(getattr(node, name))
    elif isinstance(node, tuple):
        for each in node:
            yield from below(each)


def test_a_changed_text_is_another_library(tmp_path: Path) -> None:
    """Even where size and time stamp are as they were."""
    folder = tmp_path / "stdlib"
    shutil.copytree(FOLDER, folder)
    before = state(folder)
    assert before.count("\n") == len(list(folder.rglob("*.qdsl")))
    assert state(folder) == before
    constants = folder / "constants.qdsl"
    times = constants.stat()
    text = constants.read_text(encoding="utf-8")
    time.sleep(0.05)  # file systems may count time in ticks
    constants.write_text(text.replace("299792458", "299792459"), encoding="utf-8")
    os.utime(constants, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert constants.stat().st_size == times.st_size
    assert state(folder) != before
