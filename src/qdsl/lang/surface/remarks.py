"""Where the comments and empty lines of a source go when it is printed anew.

Built from the source's text and its comments in order; the printer takes each comment out where it prints it. All
places are absolute offsets.
"""

from __future__ import annotations

from bisect import bisect_left

from qdsl.lang.surface.pages import Doc, Remark
from qdsl.lang.surface.tree import Comment


class Remarks:
    """The comments not yet printed."""

    def __init__(self, text: str, comments: tuple[Comment, ...]) -> None:
        self.text = text
        self.comments = sorted(comments, key=_place)

    def any_between(self, begin: int, end: int) -> bool:
        at = bisect_left(self.comments, begin, key=_place)
        return at < len(self.comments) and _place(self.comments[at]) < end

    def take(self, begin: int, end: int) -> list[Comment]:
        """The comments that start from `begin` up to `end`, which are then no longer here."""
        if not self.comments:
            return []
        low = bisect_left(self.comments, begin, key=_place)
        high = bisect_left(self.comments, end, key=_place)
        taken = self.comments[low:high]
        del self.comments[low:high]
        return taken

    def beside(self, end: int) -> tuple[Doc, int] | None:
        """The comment that follows on the same line after `end` and at most a comma or semicolon, and where it ends."""
        at = bisect_left(self.comments, end, key=_place)
        if at == len(self.comments) or self.comments[at].own_line:
            return None
        begin, stop = self.comments[at].span.absolute
        between = self.text[end:begin]
        if "\n" in between or between.strip() not in ("", ",", ";"):
            return None
        return Remark(f"  {self.comments.pop(at).text}"), stop

    def blank_between(self, begin: int, end: int) -> bool:
        """Whether an empty line stands between two places."""
        between = self.text[max(begin, 0) : end]
        lines = between.split("\n")
        return any(not line.strip() for line in lines[1:-1])

    def lead(self, begin: int, doc: str) -> int:
        """Where the doc comment begins that stands above what begins at `begin`."""
        if not doc or not self.text:
            return begin
        wanted = doc.count("\n") + 1
        at = begin
        while wanted and at > 0:
            at = self.text.rfind("\n", 0, at - 1) + 1 if at > 0 else 0
            wanted -= self.text[at:begin].lstrip(" \t").startswith("##")
        return at


def _place(comment: Comment) -> int:
    return comment.span.absolute[0]
