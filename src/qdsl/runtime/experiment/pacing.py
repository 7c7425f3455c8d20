"""Sets of data in chunks that a person can wait for: small enough to be told of and to be ended between, large enough
to fill lanes and threads.

    for chunk in chunks(count, rows):       slice(0, 64), then as many as `CHUNK_SECONDS` take
        ...
"""

from __future__ import annotations

import time
from collections.abc import Iterator

MOST_NUMBERS = 1 << 21  # of one column in a chunk: some 16 MB
MANY_NUMBERS = 1 << 18  # that are worth being told of while they are worked on
FIRST_CHUNK, CHUNK_SECONDS = 64, 0.5


def chunks(count: int, rows: int, takes_long: bool = False) -> Iterator[slice]:
    """All of `count` sets of so many rows, in order; at once where they are few and do not take long."""
    most = max(1, MOST_NUMBERS // max(1, rows))
    size = FIRST_CHUNK if takes_long or rows * count > MANY_NUMBERS else count
    done = 0
    while done < count:
        before = time.perf_counter()
        end = min(count, done + min(size, most))
        yield slice(done, end)
        rate = (end - done) / max(time.perf_counter() - before, 1e-9)
        done = end
        size = int(max(1, min(rate * CHUNK_SECONDS, 16 * size)))
