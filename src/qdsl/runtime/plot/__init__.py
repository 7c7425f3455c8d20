"""Figures for a logbook: data with error bars, the fitted curve, residuals, the estimates; columns of a table; states,
operators, maps and lines over axes.

    Picture (what to draw, in SI) ─figure→ matplotlib Figure ─file→ SVG, PNG or PDF

matplotlib comes with `pip install "qdsl[plot]"` and is imported when the first figure is drawn.
"""

from qdsl.runtime.plot.branches import Branches, branches_of
from qdsl.runtime.plot.file import Picture, save_plot
from qdsl.runtime.plot.picture import FitPicture, Panel, Quantity, Series, TablePicture, picture_of_table

__all__ = [
    "Branches",
    "FitPicture",
    "Panel",
    "Picture",
    "Quantity",
    "Series",
    "TablePicture",
    "branches_of",
    "picture_of_table",
    "save_plot",
]
