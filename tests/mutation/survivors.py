"""The mutants of the checker that no case can notice, each with its reason."""

from __future__ import annotations

MAY_LIVE: dict[str, str] = {}
