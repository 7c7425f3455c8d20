"""Compiled code is found again, and a cache that is broken, full or forbidden only costs time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.native.running import module

from qdsl.lang import native
from qdsl.lang.native import target
from qdsl.lang.native.cache import object_key
from qdsl.runtime.cache import DiskCache, user_cache_folder
from qdsl.runtime.kernel import Kernel

TEXT = "func @f(%x: real) -> (real) {\n %r = mul %x, %x\n return %r }"


class Counting:
    """A cache in memory that counts."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.hits = self.misses = 0

    def get(self, key: str) -> bytes | None:
        found = self.kept.get(key)
        self.hits += found is not None
        self.misses += found is None
        return found

    def put(self, key: str, blob: bytes) -> None:
        self.kept[key] = blob


def squared(cache: native.ObjectCache | None, text: str = TEXT) -> float:
    answer: float = Kernel(native.compile(module(text), ["f"], cache).entry("f"))(3.0)
    return answer


@pytest.fixture(autouse=True, scope="module")
def polling() -> None:
    """The code that looks for interrupts is compiled once in a process: before anything is counted."""
    squared(None)


def test_the_second_time_llvm_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Counting()
    assert squared(cache) == 9.0
    monkeypatch.setattr(target, "emit_object", lambda *_: pytest.fail("compiled again"))
    assert squared(cache) == 9.0
    assert (cache.hits, cache.misses, len(cache.kept)) == (1, 1, 1)


def test_another_program_or_machine_is_another_object() -> None:
    cache = Counting()
    squared(cache)
    assert squared(cache, TEXT.replace("mul", "add")) == 6.0
    text = native.compile(module(TEXT), ["f"]).llvm
    here = target.host()
    others = [
        target.Machine("aarch64-linux-gnu", here.cpu, here.features, here.llvm),
        target.Machine(here.triple, "generic", here.features, here.llvm),
        target.Machine(here.triple, here.cpu, "", here.llvm),
        target.Machine(here.triple, here.cpu, here.features, "0"),
        target.Machine(here.triple, here.cpu, here.features, here.llvm, level=0),
    ]
    assert len({object_key(text, machine) for machine in (here, *others)}) == 6


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", "cut", "of another program"])
def test_an_object_that_does_not_link_is_made_anew(rubbish: bytes | str) -> None:
    cache = Counting()
    squared(cache)
    ((key, code),) = cache.kept.items()
    other = native.compile(module(TEXT.replace("@f", "@g")), ["g"]).code
    wrong = {"cut": code[: len(code) // 2], "of another program": other}
    cache.kept[key] = rubbish if isinstance(rubbish, bytes) else wrong[rubbish]
    assert squared(cache) == 9.0
    assert cache.kept == {key: code}


# ── on disk ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_put_is_found(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "deep" / "er")
    assert cache.get("k") is None
    cache.put("k", b"one")
    cache.put("any / key\0 at all", b"")
    assert DiskCache(cache.folder).get("k") == b"one"
    assert cache.get("any / key\0 at all") == b""
    cache.put("k", b"two")
    assert cache.get("k") == b"two"
    cache.clear()
    assert cache.get("k") is None


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "longer"])
def test_a_damaged_entry_is_forgotten_and_made_anew(tmp_path: Path, damage: str) -> None:
    cache = DiskCache(tmp_path)
    assert squared(cache) == 9.0
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(
        {
            "empty": b"",
            "cut": data[:-1],
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "longer": data + b"\0",
        }[damage]
    )
    assert squared(cache) == 9.0
    assert path.read_bytes() == data


def test_the_oldest_entries_go_when_it_is_full(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, limit=12_500)
    for place in range(6):
        cache.put(str(place), bytes(2000))
        os.utime(cache._path(str(place)), (place, place))
    assert cache.get("0") == bytes(2000)  # read, so no longer the oldest
    cache.put("new", bytes(2000))
    assert [key for key in ("0", "1", "2", "3", "4", "5", "new") if cache.get(key)] == ["0", "2", "3", "4", "5", "new"]
    cache.put("too large", bytes(20_000))
    assert cache.get("too large") is None


def test_an_entry_in_the_place_of_another_is_forgotten(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.put("mine", b"one")
    cache.put("yours", b"two")
    cache._path("mine").write_bytes(cache._path("yours").read_bytes())
    assert (cache.get("mine"), cache.get("yours")) == (None, b"two")


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in the way is another error there")
def test_a_folder_that_cannot_be_is_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = DiskCache(tmp_path / "file" / "below")
    cache.put("k", b"v")
    assert cache.get("k") is None
    assert squared(cache) == 9.0


def test_the_environment_chooses_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QDSL_CACHE", raising=False)
    assert DiskCache.default() == DiskCache(user_cache_folder())
    monkeypatch.setenv("QDSL_CACHE", str(tmp_path))
    assert DiskCache.default() == DiskCache(tmp_path)
    monkeypatch.setenv("QDSL_CACHE", "off")
    assert DiskCache.default() is None


def test_a_user_without_a_home_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("QDSL_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert DiskCache.default() is None
    assert squared(DiskCache.default()) == 9.0
