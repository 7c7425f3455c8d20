"""Where a result came from: enough to make it again."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from qdsl.version import VERSION

_LIBRARIES = ("numpy", "scipy", "llvmlite", "nutpie")


@dataclass(frozen=True, slots=True)
class Provenance:
    """The program (and the hash of its text), what was asked of it, the seed, the versions and the time in UTC.

    `source` is the data file of what was loaded. `data` is where the data of a fit came from. `sweep` is how the points
    of a sweep were chosen, how many there are and how many of them are done.
    """

    action: str
    source: str
    source_hash: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    data: Provenance | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    time: str = ""
    sweep: Mapping[str, object] | None = None

    def as_dict(self) -> dict[str, object]:
        """As plain data, for JSON."""
        return {
            "action": self.action,
            "source": self.source,
            "source_hash": self.source_hash,
            "parameters": dict(self.parameters),
            "seed": self.seed,
            "data": None if self.data is None else self.data.as_dict(),
            "versions": dict(self.versions),
            "time": self.time,
            **({} if self.sweep is None else {"sweep": dict(self.sweep)}),
        }


def recorded(
    action: str,
    source: str,
    text: str,
    parameters: Mapping[str, float] | None = None,
    seed: int | None = None,
    data: Provenance | None = None,
    sweep: Mapping[str, object] | None = None,
) -> Provenance:
    """A record made now; `parameters` are in SI."""
    return Provenance(
        action=action,
        source=source,
        source_hash=content_hash(text.encode()),
        parameters=dict(parameters or {}),
        seed=seed,
        data=data,
        versions=installed_versions(),
        time=now(),
        sweep=sweep,
    )


def now() -> str:
    """The time of this moment, as a record keeps it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def content_hash(content: bytes) -> str:
    """A name for exactly this content: `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def installed_versions() -> dict[str, str]:
    """QDSL, Python, the kind of machine, and the libraries numbers depend on, from metadata: none is imported."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    """Read once: it takes milliseconds, and does not change while a process lives."""
    versions = {
        "qdsl": VERSION,
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
    }
    for library in _LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            continue
    return versions
