"""Tables: access, text, and files that are read back bit for bit."""

from __future__ import annotations

import copy
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qdsl.lang.report import Diagnostics
from qdsl.lang.source import Source
from qdsl.lang.typed.dimension import ONE, TIME, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import INT, TEXT, Complex, Real
from qdsl.runtime.load import Wanted, table_from_csv
from qdsl.runtime.value.decimal_scale import si_from_cells, si_from_text, text_from_si
from qdsl.runtime.value.export import csv_text, export_csv
from qdsl.runtime.value.table import Column, Table, int_column, real_column

UNITS = {
    "ns": DisplayUnit("ns", 1e-9),
    "us": DisplayUnit("us", 1e-6),
    "min": DisplayUnit("min", 60.0),
    "deg": DisplayUnit("deg", math.pi / 180),
    "degC": DisplayUnit("degC", 1.0, 273.15),
    "MHz": DisplayUnit("MHz", 1e6),
}
RUN = Table(
    {
        "tau": real_column(np.arange(12) * 0.25e-6, TIME, UNITS["us"]),
        "p": real_column(np.linspace(1.0, 0.5, 12)),
        "counts": int_column(np.arange(12) * 100),
    }
)


def test_columns_by_attribute_and_item() -> None:
    assert len(RUN) == 12
    assert list(RUN) == ["tau", "p", "counts"]
    assert RUN.tau[1] == 0.25e-6
    assert RUN["counts"].dtype == np.int64
    assert "shots" not in RUN
    with pytest.raises(AttributeError, match="it has tau, p, counts"):
        RUN.shots  # noqa: B018


def test_adding_a_column_leaves_the_table_as_it_was() -> None:
    wider = RUN.with_columns(z=real_column(np.zeros(12)))
    assert list(wider) == ["tau", "p", "counts", "z"]
    assert "z" not in RUN


def test_a_table_survives_copy_and_pickle() -> None:
    for again in (copy.copy(RUN), copy.deepcopy(RUN), pickle.loads(pickle.dumps(RUN))):
        assert csv_text(again) == csv_text(RUN)
    assert repr(RUN) == "<Table of 12 rows: tau [us], p, counts>"


def test_columns_have_one_length() -> None:
    with pytest.raises(ValueError, match="one length"):
        RUN.with_columns(z=real_column(np.zeros(3)))


def test_rows() -> None:
    assert RUN.rows(RUN.counts > 900).counts.tolist() == [1000, 1100]


def test_the_first_rows_are_shown_with_units() -> None:
    assert str(RUN).splitlines()[:3] == [
        "tau [us]         p  counts",
        "       0         1       0",
        "    0.25  0.954545     100",
    ]
    assert str(RUN).splitlines()[-1] == "... 2 more rows"


def test_a_table_without_rows_shows_its_header() -> None:
    assert str(RUN.rows(slice(0, 0))) == "tau [us]  p  counts"


def test_a_file_carries_the_display_unit() -> None:
    assert csv_text(RUN.rows(slice(0, 3))).splitlines()[:2] == ["tau [us],p,counts", "0,1,0"]


def resolve(text: str) -> tuple[Dimension, DisplayUnit] | str:
    dimensions = {"deg": ONE, "MHz": Dimension({"Cycle": 1, "Time": -1}), "degC": Dimension({"Temperature": 1})}
    return (dimensions.get(text, TIME), UNITS[text]) if text in UNITS else f"there is no unit {text}"


@pytest.mark.parametrize("symbol", UNITS)
def test_a_file_reads_back_bit_for_bit(symbol: str) -> None:
    rng = np.random.default_rng(3)
    resolved = resolve(symbol)
    assert not isinstance(resolved, str)
    dimension, unit = resolved
    values = np.concatenate([rng.normal(size=200) * unit.scale + unit.offset, [0.0, unit.scale, 1 / 3]])
    table = Table({"x": real_column(values, dimension, unit), "n": int_column(np.arange(203) - 2**62)})
    diagnostics = Diagnostics()
    wanted = [Wanted("x", Real(dimension)), Wanted("n", INT)]
    again = table_from_csv(Source("x.csv", csv_text(table)), wanted, resolve, diagnostics)
    assert again is not None, diagnostics.found
    assert again.x.tobytes() == values.tobytes()
    assert again.n.tolist() == table.n.tolist()
    assert again.column("x").display == unit


@pytest.mark.parametrize("unit", UNITS.values(), ids=str)
@given(value=st.floats(allow_nan=False, allow_infinity=False, min_value=-1e290, max_value=1e290))
def test_every_float_has_a_decimal_in_every_unit(unit: DisplayUnit, value: float) -> None:
    assume(not unit.offset or value == 0.0 or abs(value) > 1e-60)  # some 10⁻⁶⁰ K do not have a temperature in degC
    text = text_from_si(value, unit)
    assert si_from_text(text, unit) == value
    assert si_from_cells([text], unit) == [value]


def test_a_column_of_nanoseconds_means_what_a_literal_means() -> None:
    assert si_from_cells(["3", "10", "0.1", "1e3"], UNITS["ns"]) == [3e-9, 10e-9, 0.1e-9, 1e-6]
    assert 3 * 1e-9 != 3e-9  # why a product of floats will not do


def test_text_is_quoted_where_it_must_be() -> None:
    words = np.array(["plain", "a,b", 'say "x"', " blank", "#1"])
    assert csv_text(Table({"w": Column(words, TEXT)})) == 'w\nplain\n"a,b"\n"say ""x"""\n" blank"\n"#1"\n'


def test_complex_columns_keep_their_unit() -> None:
    volts = Dimension({"Mass": 1, "Length": 2, "Time": -3, "Current": -1})
    column = Column(np.array([1.5e-3 - 2e-3j, 1e-3j]), Complex(volts), DisplayUnit("mV", 1e-3))
    assert csv_text(Table({"s": column})) == "s [mV]\n1.5-2i\n0+1i\n"
    assert str(Table({"s": column})).splitlines()[1].strip() == "(1.5 - 2i)"


def test_export_writes_all_or_nothing(tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    assert export_csv(RUN, tmp_path / "run.csv", diagnostics)
    assert (tmp_path / "run.csv").read_text() == csv_text(RUN)
    assert not export_csv(RUN, tmp_path / "nowhere" / "run.csv", diagnostics)
    (found,) = diagnostics.found
    assert found.code == "E0820"
    assert found.message.endswith("run.csv cannot be written: there is no such directory")
    assert [each.name for each in tmp_path.iterdir()] == ["run.csv"]
