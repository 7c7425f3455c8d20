"""A table as a CSV file that `load` reads back to the same bits.

The header carries each column's display unit (`tau [us]`); numbers are written in that unit with as many digits as it
takes. The file appears whole or not at all, and beside it, as `file.csv.provenance.json`, where its numbers came from.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from qdsl.lang.report import Diagnostic, Diagnostics, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import Complex, Real
from qdsl.runtime.value.decimal_scale import text_from_si
from qdsl.runtime.value.provenance import Provenance, content_hash
from qdsl.runtime.value.table import Column, Table, header
from qdsl.runtime.whole_file import write_whole


def export_csv(table: Table, path: str | Path, diagnostics: Diagnostics, at: Span | None = None) -> bool:
    """Write the table; False, with the reason reported at `at`, if the file cannot be written."""
    path = Path(path)
    if not names_a_file(path):
        diagnostics.add(no_file_name(path, at))
        return False
    if path.suffix.lower() != ".csv":
        diagnostics.add(names_no_table(path, at))
        return False
    content = csv_text(table).encode()
    try:
        write_whole(path, content)
        if table.provenance is not None:
            write_whole(record_path(path), record_text(table.provenance, content).encode())
    except OSError as problem:
        diagnostics.add(cannot_write(path, problem, at))
        return False
    return True


def record_path(path: Path) -> Path:
    """`file.csv` to `file.csv.provenance.json`."""
    return path.with_name(f"{path.name}.provenance.json")


def record_text(record: Provenance, content: bytes) -> str:
    """As JSON; `content_hash` tells which file this is about, wherever the two are copied."""
    return json.dumps({"content_hash": content_hash(content), **record.as_dict()}, indent=2, ensure_ascii=False) + "\n"


def csv_text(table: Table) -> str:
    """Header and rows, separated by commas, lines ended by a newline."""
    columns = [[_quoted(header(name, column.unit())), *_cells(column)] for name, column in table.columns.items()]
    return "".join(",".join(row) + "\n" for row in zip(*columns, strict=True))


def _cells(column: Column) -> list[str]:
    unit = column.unit()
    match column.type:
        case Real():
            return [text_from_si(value, unit) for value in column.values.tolist()]
        case Complex():
            return [_complex(value, unit) for value in column.values.tolist()]
        case _:
            return [_cell(value) for value in column.values.tolist()]


def _complex(value: complex, unit: DisplayUnit) -> str:
    """As a program writes it: `1.5-2i`."""
    imaginary = text_from_si(value.imag, unit)
    return f"{text_from_si(value.real, unit)}{'' if imaginary.startswith('-') else '+'}{imaginary}i"


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _quoted(str(value))


def _quoted(text: str) -> str:
    """Quoted where a reader would otherwise see another cell, a comment or a blank."""
    plain = text == text.strip() and not any(mark in text for mark in '",;\t\n\r') and not text.startswith("#")
    return text if plain else '"' + text.replace('"', '""') + '"'


def names_a_file(path: Path) -> bool:
    """Not so for `""`, which is the folder itself, nor where a NUL would end the name for the system."""
    return bool(path.name) and not os.path.isdir(path) and "\0" not in str(path)


def no_file_name(path: Path, at: Span | None) -> Diagnostic:
    """`export(t, "")`."""
    return error("E0820", f"{str(path)!r} names no file to write", *(() if at is None else (Label(at),)))


def names_no_table(path: Path, at: Span | None, hint: str = "write .csv") -> Diagnostic:
    """`export(t, "a.xlsx")`: no program would find there what the name promises."""
    labels = () if at is None else (Label(at),)
    return error("E0823", f"{path.name} has no ending that names a table", *labels, hint=hint)


def cannot_write(path: Path, problem: OSError, at: Span | None) -> Diagnostic:
    """The directory is missing, full, or not ours to write in."""
    reason = (
        "there is no such directory" if isinstance(problem, FileNotFoundError) else problem.strerror or str(problem)
    )
    return error("E0820", f"{path} cannot be written: {reason}", *(() if at is None else (Label(at),)))
