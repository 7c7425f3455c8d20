"""What figures look like: colours, the style under which they are drawn, how heavy points are, labels of axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.picture import Quantity
from qdsl.runtime.plot.symbols import pretty

INK, POINTS, CURVE, FAINT = "#222222", "#1f5f99", "#c8452f", "#9a9a9a"
BRANCHES = (POINTS, CURVE, "#2f8a5b", "#8a5bb0", "#c98a1b", "#5b6770")
"""Told apart by those who see few colours too: they differ in lightness."""

SHADES = "viridis"
AROUND_ZERO = ("#0f3557", "#1f5f99", "#86b3d9", "#f8f8f8", "#eda491", "#c8452f", "#741a0d")
"""White at zero, red above and blue below."""

SIGNS = ("#174a78", "#2f74b0", "#a3c6e4"), ("#f3baaa", "#d0583f", "#a83420")
"""The same for what is not drawn at zero: however small it is, it is seen."""

PHASES = (
    "#1f5f99", "#4b4ba6", "#8a5bb0", "#b84a7a", "#c8452f", "#dd8a2b", "#d6b92e", "#4a9d6b", "#1f5f99"
)  # fmt: skip
"""A wheel of colours from phase -π to π: red at 0, gold at π/2, blue at π, violet at -π/2."""

# A fixed hash salt and paths for text make an SVG depend on nothing but what it shows.
STYLE: Any = {
    "svg.hashsalt": "qdsl",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": INK,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "legend.title_fontsize": 9.0,
}


def colour_map(name: str, *ranges: Sequence[str]) -> Any:
    """A colour map through the colours of each range; between ranges it jumps."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = np.linspace(0.0, 1.0, len(ranges) + 1)
    stops = [
        (float(place), colour)
        for low, high, colours in zip(ends[:-1], ends[1:], ranges, strict=True)
        for place, colour in zip(np.linspace(low, high, len(colours)), colours, strict=True)
    ]
    return LinearSegmentedColormap.from_list(name, stops, N=512)


@dataclass(frozen=True, slots=True)
class Weight:
    """How points are drawn. Many are drawn small and faint, below the curve; very many as an image, also in an SVG."""

    size: float
    bar: float
    cap: float
    alpha: float
    is_dense: bool
    is_image: bool


def weight(points: int) -> Weight:
    """The weight of so many points."""
    if points <= 300:
        return Weight(4.0, 1.0, 2.0, 1.0, is_dense=False, is_image=False)
    if points <= 5000:
        return Weight(2.5, 0.6, 0.0, 0.6, is_dense=True, is_image=False)
    return Weight(1.5, 0.3, 0.0, 0.3, is_dense=True, is_image=True)


def label(quantity: Quantity, unit: DisplayUnit) -> str:
    """`delay (ns)`, the bare name of a number, or the unit of what has no name."""
    symbol = pretty(unit.symbol)
    return f"{quantity.name} ({symbol})" if symbol and quantity.name else symbol or quantity.name
