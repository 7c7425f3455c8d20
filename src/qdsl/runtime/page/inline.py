"""An SVG file as a part of a page: as large as its place, with a text for those who do not see it, and with names that
no other picture of the page has. What refers to other places (a document type, metadata) is left out.
"""

from __future__ import annotations

import re
from html import escape


def inline(svg: str, says: str, prefix: str) -> str:
    """The element. `prefix` comes before each of its ids."""
    inside = svg[svg.index("<svg") :].strip()
    for unwanted in (r"<metadata>.*?</metadata>", r"<style[^>]*>.*?</style>", r"<!--.*?-->"):
        inside = re.sub(unwanted, "", inside, flags=re.DOTALL)
    inside = re.sub(r"(?<=\bid=\")", prefix, inside)
    inside = re.sub(r"(?<=url\(#)|(?<=href=\"#)", prefix, inside)
    head, rest = inside.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)
    assert box is not None
    opening = (
        f'<svg role="img" aria-label="{escape(says)}" {box[0]} style="stroke-linejoin: round; stroke-linecap: butt" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return opening + re.sub(r"\n\s*", "\n", rest)
