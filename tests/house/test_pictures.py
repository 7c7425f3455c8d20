"""The pictures in docs are those that the programs beside them draw."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.pictures import FOLDER, ROOT, draw


def test_the_programs_draw_the_pictures_that_are_there(tmp_path: Path) -> None:
    assert draw(tmp_path) == []
    made, kept = ({each.name: _words(each) for each in folder.iterdir()} for folder in (tmp_path, FOLDER))
    assert made == kept, "python3 tasks.py pictures draws them anew"


def _words(picture: Path) -> list[str]:
    """What is written in a picture: matplotlib says it in a comment before the outlines of the letters."""
    return re.findall(r"<!-- (.+?) -->", picture.read_text(encoding="utf-8"))


def test_every_picture_that_the_page_shows_is_drawn() -> None:
    page = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"!\[[^\]]+\]\(pictures/(\w+\.svg)\)", page))
    assert shown == {each.name for each in FOLDER.iterdir()}
