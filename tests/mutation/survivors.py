"""The mutants of the checker that no case can notice, each with its reason."""

from __future__ import annotations

_CLOSED = "outside of functions, where alone it may be called, the spaces of every state are known"

MAY_LIVE: dict[str, str] = {
    "state_pictures.py _state: c.report(c.quantum.unknown_space(value.span))": _CLOSED,
    "tomography_calls.py measured_by: c.report(errors.open_spaces(value.span))": _CLOSED,
}
