"""Data files: what is read, and what is said of every fault, with file, row and column."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from qdsl.lang.report import Diagnostics, Severity
from qdsl.lang.source import Source
from qdsl.lang.typed.dimension import FREQUENCY, TIME, Dimension
from qdsl.lang.typed.tree import DisplayUnit
from qdsl.lang.typed.types import INT, Real
from qdsl.runtime.load import Limit, Wanted, load_csv, table_from_csv
from qdsl.runtime.value.table import Table

T1 = Path(__file__).parents[3] / "examples" / "data" / "t1_counts.csv"
WANTED = (
    Wanted("delay", Real(TIME), DisplayUnit("ns", 1e-9)),
    Wanted("excited", INT, low=0),
    Wanted("shots", INT, low=0),
)
LIMITS = [Limit("excited", "shots")]
UNITS = {
    "ns": (TIME, DisplayUnit("ns", 1e-9)),
    "us": (TIME, DisplayUnit("us", 1e-6)),
    "min": (TIME, DisplayUnit("min", 60.0)),
    "MHz": (FREQUENCY, DisplayUnit("MHz", 1e6)),
}


def resolve(text: str) -> tuple[Dimension, DisplayUnit] | str:
    return UNITS.get(text) or f"there is no unit {text}"


def read(text: str, wanted: Sequence[Wanted] = WANTED) -> tuple[Table | None, Diagnostics]:
    diagnostics = Diagnostics()
    table = table_from_csv(Source("t1.csv", text), wanted, resolve, diagnostics, LIMITS if len(wanted) == 3 else ())
    return table, diagnostics


def good(text: str) -> Table:
    table, diagnostics = read(text)
    assert table is not None, [each.message for each in diagnostics]
    return table


def test_the_t1_counts() -> None:
    table = load_csv(T1, WANTED, resolve, Diagnostics(), limits=LIMITS)
    assert table is not None
    assert table.delay.tolist() == [float(f"{k}e-9") for k in range(1, 38, 3)]
    assert table.excited[:2].tolist() == [9250, 8200]
    assert set(table.shots.tolist()) == {10000}
    assert table.column("delay").display == DisplayUnit("ns", 1e-9)
    assert table.provenance is not None
    assert table.provenance.source == str(T1)
    assert table.provenance.source_hash.startswith("sha256:")


PLAIN = "delay [us],excited,shots\n1.5,2,30\n2,3,30\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", " , "),
        PLAIN.rstrip("\n"),
        PLAIN + "\n  \n",
        "# cooldown 3\n\n" + PLAIN,
        PLAIN.replace("2,3,30", "# a bad point: 7,8\n2,3,30"),
        PLAIN.replace("delay [us]", '"delay [us]"').replace("1.5", '"1.5"'),
        "shots,excited,delay[us]\n30,2,1.5\n30,3,2\n",
        "delay [ns],excited,shots\n1500,2.0,3e1\n2e3,3,30\n",
    ],
)
def test_ways_to_write_the_same_table(text: str) -> None:
    table = good(text)
    assert table.delay.tolist() == [1.5e-6, 2e-6]
    assert table.excited.tolist() == [2, 3]
    assert table.excited.dtype == np.int64


def test_other_columns_are_ignored_with_a_note() -> None:
    table, diagnostics = read("delay [us],room,excited,shots,who\n1,21,2,30,me\n")
    assert table is not None
    assert list(table) == ["delay", "excited", "shots"]
    (note,) = diagnostics.found
    assert (note.code, note.severity) == ("W0801", Severity.NOTE)
    assert note.message == "t1.csv: the columns room, who are not used by the experiment"


def test_an_ignored_column_without_a_name_is_told_by_its_place() -> None:
    _, diagnostics = read("delay [us],,excited,shots\n1,21,2,30\n")
    assert [each.message for each in diagnostics.found] == ["t1.csv: the column number 2 is not used by the experiment"]


def test_lines_may_end_with_a_carriage_return_alone(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(PLAIN.replace("\n", "\r").encode())
    table = load_csv(path, WANTED, resolve, Diagnostics(), limits=LIMITS)
    assert table is not None
    assert table.excited.tolist() == [2, 3]


HEAD = "delay [ns],excited,shots\n"


@pytest.mark.parametrize(
    ("text", "code", "message", "marked"),
    [
        ("", "E0803", "t1.csv is empty", ""),
        ("# only a remark\n", "E0803", "t1.csv is empty", ""),
        ("1,2,3\n4,5,6\n", "E0804", "t1.csv has no header: its first row is numbers", "1,2,3"),
        (HEAD, "E0805", "t1.csv has a header but no rows", HEAD.strip()),
        (HEAD + '1,"2,3\n', "E0806", 't1.csv, row 2: a cell begins with " and does not end', '"'),
        (HEAD + "1,2\n", "E0807", "t1.csv, row 2: 2 cells where the header has 3 columns", "1,2"),
        (HEAD + "1,2,3,4\n", "E0807", "t1.csv, row 2: 4 cells where the header has 3 columns", "1,2,3,4"),
        (
            "delay [ns,excited,shots\n1,2,3\n",
            "E0808",
            "t1.csv: the heading `delay [ns` is not a name with a unit in brackets",
            "delay [ns",
        ),
        (
            "delay [ns],excited,shots,excited\n1,2,3,2\n",
            "E0809",
            "t1.csv has 2 columns called excited",
            "excited",
        ),
        ("delay [ns],exited,shots\n1,2,3\n", "E0810", "t1.csv has no column excited", "exited"),
        ("delay (ns),excited,shots\n1,2,3\n", "E0810", "t1.csv has no column delay", "delay (ns)"),
        ("delay,excited,shots\n1,2,3\n", "E0811", "t1.csv: the column delay has no unit", "delay"),
        ("delay [nos],excited,shots\n1,2,3\n", "E0812", "t1.csv: the heading's unit `nos` cannot be read", "nos"),
        (
            "delay [MHz],excited,shots\n1,2,3\n",
            "E0813",
            "t1.csv: the column delay is Cycle/Time, not Time",
            "MHz",
        ),
        (
            "delay [ns],excited [us],shots\n1,2,3\n",
            "E0813",
            "t1.csv: the column excited is Time, not a plain number",
            "us",
        ),
        (HEAD + "1,2,3\n,2,3\n", "E0814", "t1.csv, row 3: 1 value of the column delay is missing", ""),
        (HEAD + "1,nan,3\n", "E0814", "t1.csv, row 2: 1 value of the column excited is missing", "nan"),
        (HEAD + "1,NA,3\n", "E0814", "t1.csv, row 2: 1 value of the column excited is missing", "NA"),
        (HEAD + "x1,2,3\n", "E0815", "t1.csv, row 2, column delay: `x1` is not a number", "x1"),
        (HEAD + "1_0,2,3\n", "E0815", "t1.csv, row 2, column delay: `1_0` is not a number", "1_0"),
        (HEAD + "inf,2,3\n", "E0816", "t1.csv, row 2, column delay: inf is not a finite number", "inf"),
        (HEAD + "1e999,2,3\n", "E0816", "t1.csv, row 2, column delay: 1e999 is not a finite number", "1e999"),
        (HEAD + "1,2.5,3\n", "E0817", "t1.csv, row 2, column excited: 2.5 is not a whole number", "2.5"),
        (
            HEAD + "1,2,9223372036854775808\n",
            "E0817",
            "t1.csv, row 2, column shots: 9223372036854775808 is too large for an Int, which has 64 bits",
            "9223372036854775808",
        ),
        (
            HEAD + "1,-2,3\n",
            "E0818",
            "t1.csv, row 2, column excited: -2 is below 0, the least this measurement can be",
            "-2",
        ),
        (
            HEAD + "1,2,3\n2,4,3\n",
            "E0819",
            "t1.csv, row 3, column excited: 4 is more than shots, which is 3",
            "4",
        ),
    ],
)
def test_every_fault_is_named_and_shown(text: str, code: str, message: str, marked: str) -> None:
    table, diagnostics = read(text)
    assert table is None
    (found,) = diagnostics.found
    assert (found.code, found.message) == (code, message)
    assert found.span is not None
    assert found.span.text == marked


def test_all_faults_are_reported_in_one_run() -> None:
    _, diagnostics = read(HEAD + "x,2,3\n1,-2,3\n1,2,y\n,2,3\n1,2.5,3\n")
    assert [each.message.partition(": ")[0] for each in diagnostics] == [
        "t1.csv, row 2, column delay",
        "t1.csv, row 5",
        "t1.csv, row 3, column excited",
        "t1.csv, row 6, column excited",
        "t1.csv, row 4, column shots",
    ]


def test_many_faults_of_a_kind_are_counted() -> None:
    _, diagnostics = read(HEAD + "x,2,3\n" * 5000)
    assert len(diagnostics) == 10
    assert diagnostics.found[0].note == "the file has 5000 cells of this column like it; the first 10 are shown"


def test_missing_values_are_counted_in_one_message() -> None:
    _, diagnostics = read(HEAD + "1,,3\n" * 12)
    (found,) = diagnostics.found
    rows = ", ".join(str(k) for k in range(2, 12))
    assert found.message == f"t1.csv, rows {rows}, ...: 12 values of the column excited are missing"


def test_a_unit_in_round_brackets_can_be_mended() -> None:
    _, diagnostics = read("delay (ns),excited,shots\n1,2,3\n")
    (fix,) = diagnostics.found[0].fixes
    (edit,) = fix.edits
    assert (edit.span.text, edit.text) == ("delay (ns)", "delay [ns]")


def test_a_decimal_comma_is_recognised() -> None:
    _, diagnostics = read("delay [ns];excited;shots\n1,5;2;3\n")
    (found,) = diagnostics.found
    assert found.message == "t1.csv, row 2, column delay: `1,5` is not a number"
    assert found.hint == "write a point, not a comma, before the decimals"


def test_the_two_dimensions_are_aligned() -> None:
    _, diagnostics = read("delay [MHz],excited,shots\n1,2,3\n")
    assert diagnostics.found[0].note == "the file's delay [MHz]  Cycle/Time\nthe experiment's delay  Time"


def test_bounds_of_a_real_column_have_units() -> None:
    wanted = (Wanted("delay", Real(TIME), low=0.0, high=1e-6),)
    _, diagnostics = read("delay [ns]\n-1\n2000\n5\n", wanted)
    assert [each.message for each in diagnostics] == [
        "t1.csv, row 2, column delay: -1 is below 0 ns, the least this measurement can be",
        "t1.csv, row 3, column delay: 2000 is above 1000 ns, the most this measurement can be",
    ]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "bom.csv"
    path.write_bytes(b"\xef\xbb\xbf" + PLAIN.encode())
    assert load_csv(path, WANTED, resolve, Diagnostics()) is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD.encode() + b"1,2,3\n2,\xb5,3\n", "row 3: the byte 0xB5 is not UTF-8"),
        (PLAIN.encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
    ],
)
def test_other_encodings_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bytes.csv"
    path.write_bytes(content)
    diagnostics = Diagnostics()
    assert load_csv(path, WANTED, resolve, diagnostics) is None
    (found,) = diagnostics.found
    assert found.code == "E0802"
    assert found.message.endswith(message)


def test_a_missing_file_names_the_one_meant(tmp_path: Path) -> None:
    (tmp_path / "t1_counts.csv").write_text(PLAIN)
    diagnostics = Diagnostics()
    place = Source("t1.qdsl", 'load("t1_count.csv", t1)').span(5, 19)
    assert load_csv(tmp_path / "t1_count.csv", WANTED, resolve, diagnostics, place) is None
    (found,) = diagnostics.found
    assert (found.code, found.span) == ("E0801", place)
    assert found.hint == f"did you mean {tmp_path / 't1_counts.csv'}?"


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    assert load_csv(tmp_path, WANTED, resolve, diagnostics) is None
    assert diagnostics.found[0].message == f"{tmp_path} is a directory, not a data file"


@pytest.mark.parametrize("unit", ["us", "min"])
def test_a_thousand_rows_in_under_ten_milliseconds(unit: str) -> None:
    text = f"delay [{unit}],excited,shots\n" + "".join(f"{k * 0.37:.4f},{k},5000\n" for k in range(1000))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        table, _ = read(text)
        seconds.append(time.perf_counter() - start)
        assert table is not None
        assert len(table) == 1000
    assert min(seconds) < 0.010


def test_rows_that_lack_a_value_can_be_left_out() -> None:
    text = HEAD + "1,2,3\n,2,3\n2,NA,3\n3,1,4\n"
    diagnostics = Diagnostics()
    table = table_from_csv(Source("t1.csv", text), WANTED, resolve, diagnostics, skip=True)
    assert table is not None
    whole = table_from_csv(Source("t1.csv", HEAD + "1,2,3\n3,1,4\n"), WANTED, resolve, Diagnostics())
    assert whole is not None
    for name in whole:
        assert (table[name] == whole[name]).all()
    (note,) = diagnostics.in_order()
    assert note.code == "W0802"
    assert note.message == "t1.csv: the rows 3, 4 lack values, and are left out"


def test_where_nothing_lacks_a_value_nothing_is_said() -> None:
    diagnostics = Diagnostics()
    table_from_csv(Source("t1.csv", HEAD + "1,2,3\n3,1,4\n"), WANTED, resolve, diagnostics, skip=True)
    assert diagnostics.in_order() == []


def test_where_every_row_lacks_a_value_nothing_is_left() -> None:
    diagnostics = Diagnostics()
    assert table_from_csv(Source("t1.csv", HEAD + ",2,3\n2,NA,3\n"), WANTED, resolve, diagnostics, skip=True) is None
    assert [each.code for each in diagnostics.errors] == ["E0805"]
