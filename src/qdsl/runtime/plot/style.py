"""What figures look like: colours, the style under which they are drawn, how heavy points are, labels of axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qdsl.lang.typed.tree import DisplayUnit
from qdsl.runtime.plot.picture import Quantity
from qdsl.runtime.plot.symbols import pretty

INK, POINTS, CURVE, FAINT = "#222222", "#1f5f99", "#c8452f", "#9a9a9a"
BRANCHES = (POINTS, CURVE, "#2f8a5b", "#8a5bb0", "#c98a1b", "#5b6770")
"""Told apart by those who see few colours too: they differ in lightness."""

SHADES = "viridis"

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
    """`delay (ns)`, or the bare name of a number."""
    symbol = pretty(unit.symbol)
    return f"{quantity.name} ({symbol})" if symbol else quantity.name
