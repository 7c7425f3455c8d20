"""Bytes by key, kept on disk between runs: compiled objects, the checked standard library.

    cache = DiskCache.default()             None where it is switched off
    cache.put("object-12ab", blob); cache.get("object-12ab")

A file is written whole or not at all; it carries a checksum of its key and its bytes, and one that does not fit, or
came from elsewhere, is removed and forgotten. Whatever goes wrong (a full disk, no permission, a file half gone), `get`
answers None and `put` does nothing. The folder stays near `limit` bytes: the entries read longest ago go first. To look
at all of them takes as long as compiling does, so only every large entry and one in sixteen of the others sees to it.

`QDSL_CACHE` names another folder; `QDSL_CACHE=off` does without.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qdsl.runtime.whole_file import PARTIAL, write_whole

LIMIT = 256 * 1024 * 1024
MAGIC = b"qdsl2\n"
DIGEST_BYTES = 16
SEAL_BYTES = len(MAGIC) + DIGEST_BYTES


@dataclass(frozen=True)
class DiskCache:
    """A folder of files, each a checksum and a blob."""

    folder: Path
    limit: int = LIMIT

    @staticmethod
    def default() -> DiskCache | None:
        """The user's cache, or what `QDSL_CACHE` says; None for a user who has no home."""
        chosen = os.environ.get("QDSL_CACHE", "")
        if chosen.lower() in ("off", "0", "no"):
            return None
        try:
            return DiskCache(Path(chosen) if chosen else user_cache_folder())
        except RuntimeError:  # from `Path.home`
            return None

    def get(self, key: str) -> bytes | None:
        """The blob, if it is there and whole."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        blob = data[SEAL_BYTES:]
        whole = data[:SEAL_BYTES] == _seal(key, blob)
        with contextlib.suppress(OSError):
            if whole:
                os.utime(path)
            else:
                path.unlink()
        return blob if whole else None

    def put(self, key: str, blob: bytes) -> None:
        """Keep the blob, if the disk allows and it is not larger than the whole cache may be."""
        data = _seal(key, blob) + blob
        if len(data) > self.limit:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self._path(key)
            write_whole(path, data)
            if len(data) > self.limit // 64 or path.name.startswith("0"):
                self._trim()

    def clear(self) -> None:
        """Forget everything."""
        for _, _, path in self._entries():
            with contextlib.suppress(OSError):
                path.unlink()

    def _path(self, key: str) -> Path:
        """Keys become file names by their hash, so that any text will do."""
        return self.folder / f"{hashlib.blake2b(key.encode(), digest_size=20).hexdigest()}.bin"

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """When each entry was last read, its size and place."""
        with contextlib.suppress(OSError):
            for each in os.scandir(self.folder):
                if each.name.endswith((".bin", PARTIAL)):
                    with contextlib.suppress(OSError):
                        status = each.stat()
                        yield status.st_mtime, status.st_size, Path(each.path)

    def _trim(self) -> None:
        """Remove what was read longest ago until the rest fits; a writer's leftover counts as an entry."""
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self.limit:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size


def _seal(key: str, blob: bytes) -> bytes:
    """What a file begins with."""
    digest = hashlib.blake2b(key.encode(), digest_size=DIGEST_BYTES)
    digest.update(b"\0" + blob)
    return MAGIC + digest.digest()


def user_cache_folder() -> Path:
    """Where this platform keeps what can be made again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        return base / "qdsl" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "qdsl"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qdsl"
