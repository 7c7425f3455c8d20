"""A failure's sentence with its numbers, and the element it happened at.

    sentence("index {0} is outside an array of length {1}", (3, 2))     index 3 is outside an array of length 2
    at_element((1,))                                                    , at element 1

The interpreter and compiled code say the same thing in the same words.
"""

from __future__ import annotations

from collections.abc import Sequence


def sentence(message: str, values: Sequence[bool | int | float]) -> str:
    """The message with the numbers in the place of `{0}`, `{1}`, ..: an Int with all its digits."""
    for place, value in enumerate(values):
        message = message.replace(f"{{{place}}}", _shown(value))
    return message


def at_element(indices: Sequence[int]) -> str:
    """What a sentence ends with where it is about an element of an array."""
    match indices:
        case ():
            return ""
        case (only,):
            return f", at element {only}"
        case several:
            return f", at element ({', '.join(map(str, several))})"


def _shown(value: bool | int | float) -> str:
    """A number as a person writes it: `-1`, not `-1.0`."""
    return f"{value:.15g}" if isinstance(value, float) else str(value).lower()
