"""Where a result and its data come from, as lines of a page: a name and a text each."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.runtime.value.provenance import Provenance
from qdsl.runtime.value.quantity import number
from qdsl.runtime.value.table import Table


def origin_of(record: Provenance | None, data: Table | None) -> Iterator[tuple[str, str]]:
    """Of what was made from this data; nothing where no record was kept."""
    if record is None:
        return
    yield "program", record.source
    yield "its hash", record.source_hash
    if record.seed is not None:
        yield "seed", str(record.seed)
    if record.data is not None:
        yield from _of_data(record.data)
    elif data is not None:
        yield "data", f"a table of {len(data)} rows that the program made"
    yield "time", record.time
    yield "versions", ", ".join(f"{name} {value}" for name, value in record.versions.items())


def _of_data(record: Provenance) -> Iterator[tuple[str, str]]:
    where = f"{record.action} {record.source}"
    yield "data", where if record.seed is None else f"{where}, seed {record.seed}"
    yield "their hash", record.source_hash
    if record.parameters:
        yield "made with", ", ".join(f"{name} = {number(value)}" for name, value in record.parameters.items()) + " (SI)"
