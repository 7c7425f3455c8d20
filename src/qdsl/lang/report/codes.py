"""Every code a message may carry, and its title.

A code is `E` (error) or `W` (warning) and four digits; the first two say what part of the language it is about. Each
has a page in `qdsl/errors`, which `qdsl explain` prints, with a wrong program and its mend. A code is never used anew
for something else.
"""

from __future__ import annotations

AREAS = {
    "01": "the text of a program",
    "02": "names",
    "03": "types",
    "04": "dimensions and 2π",
    "05": "experiments",
    "06": "derivatives",
    "07": "while a program runs",
    "08": "data and fits",
    "09": "files and the command line",
}

TITLES: dict[str, str] = {}
