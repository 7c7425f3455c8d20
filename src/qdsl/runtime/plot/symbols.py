"""Symbols of units as a figure shows them."""

from __future__ import annotations

import re


def pretty(symbol: str) -> str:
    """`us` as `µs`, `1/us` as `1/µs`, `J*s` as `J·s`."""
    symbol = {"ohm": "Ω"}.get(symbol, symbol.replace("*", "·"))
    return re.sub(r"(^|/)u(?=[A-Za-z])", r"\1µ", symbol)
