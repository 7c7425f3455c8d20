"""Symbols of units as a figure shows them."""

from __future__ import annotations


def pretty(symbol: str) -> str:
    """`us` as `µs`, `J*s` as `J·s`."""
    symbol = {"ohm": "Ω"}.get(symbol, symbol.replace("*", "·"))
    is_micro = len(symbol) > 1 and symbol[0] == "u" and symbol[1].isalpha()
    return "µ" + symbol[1:] if is_micro else symbol
