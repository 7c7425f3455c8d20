"""How a result is shown outside a program: its pictures and pages in files, as methods in Python.

    best.export("fit.html")       found.plot_trace("t.svg")

A Fit, a Bootstrap or a Posterior does not know how it is drawn, which is a matter of floors above. Who makes one gives
it `Faces`; a copy that was unpickled elsewhere has none.
"""

from __future__ import annotations

from os import PathLike
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")

Where = str | PathLike[str]
"""A path, from the folder in which Python runs."""


class Faces(Protocol):
    """What can write a result to files."""

    def write(self, function: str, found: Any, path: Where, names: tuple[str, ...], **options: float) -> None:
        """Carry out `function(found, names .., path, options ..)` of a program."""
        ...


def write(function: str, found: Any, path: Where, names: tuple[str, ...] = (), **options: float) -> None:
    """The same by the faces that a result has. Raises ValueError where it has none, KeyError for a name that is no
    parameter of it, and CompileError for what a program would be told.
    """
    faces: Faces | None = vars(found).get("faces")
    if faces is None:
        raise ValueError("this was made elsewhere, and has not brought its model along")
    known = [each.name for each in found.parameters]
    for name in names:
        if name not in known:
            raise KeyError(f"{name!r} is no parameter; there are {', '.join(known)}")
    faces.write(function, found, path, names, **options)


def copied(found: Result) -> Result:
    """What `copy.copy` makes of a result here, where its faces are; pickling leaves them out."""
    copy = object.__new__(type(found))
    vars(copy).update(vars(found))
    return copy
