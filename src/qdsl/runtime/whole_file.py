"""Files that are there whole or not at all: written beside their place and moved there in one step.

    with beside(path) as partial:
        figure.savefig(partial)         at the end `partial` is renamed to `path`; after an exception it is removed
    write_whole(path, b"...")

A reader sees the old file or the new one, never half of one, whatever happens to us in between. A file that is written
over keeps its permissions, and a link still points to it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PARTIAL = ".part"
"""What the names of unfinished files end with."""

SHORT = 50
"""Characters of a name that an unfinished file has too: a system takes no more than 255 bytes."""


@contextlib.contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A new path in the same folder, which takes the place of `path` at the end. Raises OSError where it cannot."""
    target = Path(os.path.realpath(path))
    partial = target.with_name(f".{target.name[:SHORT]}.{os.getpid()}-{os.urandom(4).hex()}{PARTIAL}")
    try:
        yield partial
        with contextlib.suppress(FileNotFoundError):
            partial.chmod(target.stat().st_mode)
        partial.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def write_whole(path: Path, data: bytes) -> None:
    """A file with this content."""
    with beside(path) as partial:
        partial.write_bytes(data)
