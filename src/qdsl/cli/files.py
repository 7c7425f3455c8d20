"""Files for the commands: text in and out, and a message instead of an exception where that cannot be."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from qdsl.cli.screen import Screen
from qdsl.lang.report import Diagnostic, error
from qdsl.lang.report.near import nearest
from qdsl.lang.source import Source
from qdsl.runtime.source_file import decoded
from qdsl.runtime.whole_file import write_whole

STDIN = "-"


def read(name: str, screen: Screen) -> Source | None:
    """The program in a file, or on standard input where the name is `-`; None with a message if there is none."""
    try:
        data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as failure:
        screen.report(_unreadable(name, failure))
        return None
    source = decoded("<stdin>" if name == STDIN else name, data)
    if isinstance(source, Source):
        return source
    screen.report(source)
    return None


def programs(names: Iterable[str]) -> Iterator[str]:
    """The files to work on: a folder stands for every program below it but those in hidden folders."""
    for name in names:
        found = sorted(Path(name).rglob("*.qdsl")) if name != STDIN and Path(name).is_dir() else []
        seen = [path for path in found if not any(part.startswith(".") for part in path.relative_to(name).parts)]
        yield from map(str, seen) if seen else (name,)


def folder_of(name: str) -> Path:
    """The folder that paths in a program are relative to: its own."""
    return Path() if name == STDIN else Path(name).parent


def write(path: Path, text: str, screen: Screen) -> bool:
    """Write a file whole or not at all; False, with a message, where that cannot be."""
    try:
        write_whole(path, text.encode())
    except OSError as failure:
        screen.report(_not_written(str(path), failure))
        return False
    return True


def _not_written(name: str, failure: OSError) -> Diagnostic:
    return error("E0907", f"cannot write {name}: {_reason(failure)}")


def _unreadable(name: str, failure: OSError) -> Diagnostic:
    if isinstance(failure, FileNotFoundError):
        return error("E0901", f"there is no file {name}", hint=_meant(name))
    if isinstance(failure, IsADirectoryError) or Path(name).is_dir():
        return _folder(name)
    return error("E0903", f"cannot read {'standard input' if name == STDIN else name}: {_reason(failure)}")


def _folder(name: str) -> Diagnostic:
    """A folder where one program is wanted, or one without programs."""
    inside = sorted(each.name for each in Path(name).glob("*.qdsl"))
    if not inside:
        return error("E0902", f"{name} is a folder, and there is no program in it")
    hint = f"did you mean {Path(name) / inside[0]}?" if len(inside) == 1 else f"there are {', '.join(inside[:3])} in it"
    return error("E0902", f"{name} is a folder, not a program", hint=hint)


def _reason(failure: OSError) -> str:
    return (failure.strerror or str(failure)).lower()


def _meant(name: str) -> str:
    """A file of nearly this name in the same folder."""
    path = Path(name)
    try:
        siblings = [each.name for each in path.parent.iterdir() if each.is_file()]
    except OSError:
        return ""
    if f"{path.name}.qdsl" in siblings:
        return f"did you mean {name}.qdsl?"
    near = nearest(path.name, siblings)
    return f"did you mean {path.with_name(near)}?" if near else ""
