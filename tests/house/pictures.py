"""Draws the pictures of docs/language.md: runs the programs of its section in docs/pictures.

python -m tests.house.pictures
"""

from __future__ import annotations

from pathlib import Path

from tests.mdtest.document import Case, cases
from tests.session.running import run

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"


def programs() -> list[Case]:
    """The programs of the section."""
    page = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    return [case for case in cases(page) if case.name.startswith("Pictures ")]


def draw(folder: Path) -> list[str]:
    """Draw all of them into a folder; what went wrong."""
    folder.mkdir(exist_ok=True)
    return [message.message for case in programs() for message in run(case.text, folder).messages]


if __name__ == "__main__":
    for wrong in draw(FOLDER):
        print(wrong)
    print("\n".join(sorted(str(each.relative_to(ROOT)) for each in FOLDER.iterdir())))
