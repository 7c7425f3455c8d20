"""Data files: from the bytes of a CSV file to a checked `Table`, or to messages that name file, row and column.

bytes ─file→ Source ─sheet→ Sheet (header, rows of text) ─header→ which column is which, in what unit ─columns→
Table
"""

from qdsl.runtime.load.columns import Limit, Wanted
from qdsl.runtime.load.file import load_csv, table_from_csv
from qdsl.runtime.load.header import UnitResolver

__all__ = ["Limit", "UnitResolver", "Wanted", "load_csv", "table_from_csv"]
