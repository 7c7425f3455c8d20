"""No search for garbage while a compiler builds trees: nearly all of what it makes is kept, and searched in vain.

    with no_collection():
        ...

It takes a twentieth of the time of compiling. What is not part of a cycle is given back at once all the same.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Inside, Python's cyclic collector rests, unless it does so anyway."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
