"""What may be said by name of fits, posteriors and what is asked of them, of draws and of searches.

What one function has and another has not is no slip of the pen: `fit_each(.., starts = 5)` does not mean `start`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from qdsl.lang.report.near import nearest

OPTIONS: dict[str, tuple[str, ...]] = {
    "fit": ("start", "fixed", "weights", "errors", "starts"),
    "fit_each": ("by", "start", "fixed", "weights", "errors"),
    "posterior": ("start", "draws", "chains", "warmup", "seed"),
    "bootstrap": ("n", "method", "seed"),
    "profile": ("level",),
    "interval": ("level",),
    "cross_validate": ("folds", "seed"),
    "kl_divergence": ("n", "seed"),
    "minimize": ("start", "starts"),
    "maximize": ("start", "starts"),
}
"""The options of each function, in order."""


def meant(function: str, name: str, known: Sequence[str]) -> tuple[str | None, str]:
    """The argument of a function that an unknown name was meant to be, if it is a slip; and a hint for a message."""
    elsewhere = _owners(function, name, known)
    near = None if elsewhere else nearest(name, known)
    if near is not None:
        return near, f"did you mean `{near}`?"
    has = f"it has {', '.join(f'`{each}`' for each in known)}" if known else ""
    if not elsewhere:
        return None, has
    *rest, last = (f"`{each}`" for each in elsewhere)
    return (
        None,
        f"`{name}` is an option of {', '.join(rest)}{' and ' if rest else ''}{last}; `{function}` has {has[7:]}",
    )


def _owners(function: str, name: str, known: Collection[str]) -> list[str]:
    """The other functions that have this option; none where the function, whose arguments are `known`, is not one of
    them itself.
    """
    own = OPTIONS.get(function)
    if own is None or name in known or not set(own) <= set(known):
        return []
    return [each for each, options in OPTIONS.items() if name in options]
