"""Which QDSL this is, to the file: what is kept in the cache is only for the one that made it."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import cache
from pathlib import Path

from qdsl.version import VERSION

PACKAGE = Path(__file__).parent.parent
_PARTS = (".py", ".json", ".qdsl")


@cache
def stamp() -> str:
    """A name for this version of QDSL and of Python, and the state of the package's files."""
    files = "".join(state(PACKAGE / each) for each in ("lang", "runtime", "stdlib"))
    return hashlib.blake2b(f"{VERSION} {sys.version}\n{files}".encode(), digest_size=20).hexdigest()


def state(folder: Path) -> str:
    """A line for each file below: another one after any change.

    Reading all files would take longer than anything that is kept takes to load. Size and times tell a change too: the
    time of change (`ctime`) is the system's own, and no program can put it back.
    """
    lines: list[str] = []
    folders = [str(folder)]
    for each in folders:  # it grows as folders are found
        with os.scandir(each) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(_PARTS):
                    status = entry.stat()
                    state = status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
                    lines.append(f"{entry.path} {state}\n")
                elif name[0] not in "_." and entry.is_dir():
                    folders.append(entry.path)
    lines.sort()
    return "".join(lines)
