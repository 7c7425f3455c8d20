"""Files are written whole or not at all, and what is written over stays as it was in all but its content."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from qdsl.runtime.whole_file import beside, write_whole


def test_what_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    write_whole(path, b"old")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(path)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["run.csv"]


def _interrupted(path: Path) -> None:
    with beside(path) as partial:
        partial.write_bytes(b"half")
        raise KeyboardInterrupt


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    with beside(path) as partial:
        partial.write_bytes(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "run.csv", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and links")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "tool.qdsl", tmp_path / "link.qdsl"
    path.write_bytes(b"old")
    path.chmod(0o755)
    link.symlink_to(path)
    write_whole(link, b"new")
    assert (path.read_bytes(), link.is_symlink()) == (b"new", True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_new_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "ours", b"")
    (tmp_path / "plain").write_bytes(b"")
    assert os.stat(tmp_path / "ours").st_mode == os.stat(tmp_path / "plain").st_mode
