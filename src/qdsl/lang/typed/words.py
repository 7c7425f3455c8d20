"""English around types and numbers in messages."""

from __future__ import annotations


def with_article(type_: str) -> str:
    """`an Int`, `a Speed`; a type written with signs, as `[Int; 2]` or `Length/Mass`, stands alone."""
    if type_ == "Nothing":
        return "nothing"
    if type_ == "Text" or any(sign in type_ for sign in "/*^<[(?"):
        return type_
    return f"an {type_}" if type_[:1].lower() in "aeio" else f"a {type_}"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 element`, `3 elements`."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
