"""Symbols of units as a figure shows them."""

from __future__ import annotations

import re


def pretty(symbol: str) -> str:
    """`us` as `µs`, `1/us` as `1/µs`, `J*s` as `J·s`, `1e-24 J` as `10⁻²⁴ J`."""
    symbol = {"ohm": "Ω"}.get(symbol, symbol.replace("*", "·"))
    symbol = re.sub(r"^1e(-?\d+) ", lambda found: f"10{found[1].translate(_RAISED)} ", symbol)
    return re.sub(r"(^|[/ ])u(?=[A-Za-z])", r"\1µ", symbol)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
