"""What Python gives `fit_each`, and what is said where it cannot be fitted: rows are found again by what is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qdsl

Array = NDArray[Any]

MODELS: Any = qdsl.compile("""
experiment level {
    param a: Voltage = 1 V
    axis t: Time = linspace(0 s, 3 s, 4)
    measure y ~ Normal(a, 0.1 V)
}
experiment coin {
    param p: Scalar = 0.5 in 0 .. 1
    axis shots: Int
    measure heads ~ Binomial(shots, p)
}
experiment fixed {
    param p: Scalar = 0.5 in 0 .. 1
    axis k: Int
    measure heads ~ Binomial(100, p)
}
experiment wide {
    param a: Voltage = 1 V
    axis sigma: Voltage
    measure y ~ Normal(a, sigma)
}
""")

T = np.arange(4.0)


def refused(experiment: Any, data: dict[str, Any], **options: Any) -> str:
    with pytest.raises((qdsl.BindError, qdsl.CompileError)) as found:
        experiment.fit_each(data, **options)
    return str(found.value)


def sets(value: float, dtype: type = float) -> Array:
    """Five sets of four rows, one of which is odd: row 2 of set 3."""
    found = np.full((5, 4), 1, dtype=dtype)
    found[3, 2] = value
    return found


def test_a_value_that_cannot_be_is_found_by_its_set_and_row() -> None:
    for value in (np.nan, np.inf):
        text = refused(MODELS.level, {"t": T, "y": sets(value)})
        assert "error E0816: row 2 of set 3, column y: " in text
        assert 'sets and rows are counted from 0, as in `data["y"][3, 2]`' in text
    assert "E0818: row 2 of set 3, column heads" in refused(
        MODELS.coin, {"shots": np.full(4, 10), "heads": sets(-1, int)}
    )
    assert "E0819: row 2 of set 3, column heads" in refused(
        MODELS.coin, {"shots": np.full(4, 10), "heads": sets(11, int)}
    )
    assert "E0819: row 2 of set 3, column heads" in refused(MODELS.coin, {"shots": sets(0, int), "heads": sets(1, int)})
    assert "E0819: row 2 of set 3, column heads" in refused(MODELS.fixed, {"k": np.arange(4), "heads": sets(101, int)})
    assert "E0885: row 2 of set 3, column y" in refused(MODELS.wide, {"sigma": sets(0.0), "y": np.ones((5, 4))})


def test_several_of_them_are_counted() -> None:
    y = sets(np.nan)
    y[4] = np.nan
    text = refused(MODELS.level, {"t": T, "y": y})
    assert "row 2 of set 3" in text
    assert "the data have 5 rows like it" in text


def test_a_column_of_all_sets_is_named_by_its_row() -> None:
    text = refused(MODELS.level, {"t": [0.0, np.nan, 2.0, 3.0], "y": np.ones((5, 4))})
    assert "error E0816: row 1 of the data, column t: " in text
    assert "rows like it" not in text


def test_what_is_no_number_is_found_too() -> None:
    assert "this holds 1.5 in row 2 of set 3" in refused(MODELS.coin, {"shots": np.full(4, 9), "heads": sets(1.5)})
    masked = np.ma.masked_array(np.ones((5, 4)), mask=sets(1.0) != 1.0)
    masked[3, 2] = np.ma.masked
    assert "this has none in row 2 of set 3" in refused(MODELS.level, {"t": T, "y": masked})
    column = np.ma.masked_array(T, mask=[False, True, False, False])
    with pytest.raises(qdsl.BindError, match="this has none in row 1"):
        MODELS.level.fit({"t": T, "y": column})


def test_shapes_that_do_not_go_together_are_told() -> None:
    text = refused(MODELS.coin, {"shots": np.ones((6, 4), dtype=int), "heads": np.ones((5, 4), dtype=int)})
    assert "`shots` has 6 sets of 4 rows, `heads` has 5 sets of 4 rows" in text
    assert "`t` has 3 rows, `y` has 5 sets of 4 rows" in refused(MODELS.level, {"t": T[:3], "y": np.ones((5, 4))})


@pytest.mark.parametrize("labels", [
    [1.0, 1.0, np.nan, 2.0],
    np.array(["a", "a", None, "b"], dtype=object),
    np.array(["a", "a", np.nan, "b"], dtype=object),
    ["a", "a", "", "b"],
    ["a", "a", "  ", "b"],
    np.ma.masked_array([1, 1, 2, 2], mask=[False, False, True, False]),
    np.array(["2026-01-01", "2026-01-01", "NaT", "2026-01-02"], dtype="datetime64[D]"),
    np.array(["2026-01-01", "2026-01-01", "NaT", "2026-01-02"], dtype="datetime64[ns]"),
])  # fmt: skip
def test_a_row_of_no_group_is_named(labels: Any) -> None:
    text = refused(MODELS.level, {"t": T, "y": T, "run": labels}, by="run")
    assert "error E0900: row 2 of the data, column run: there is no label" in text
    assert "rows like it" not in text


def test_labels_of_a_data_frame_are_looked_at_too() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"t": T, "y": T, "run": pandas.array([1, None, 2, None], dtype="Int64")})
    text = refused(MODELS.level, frame, by="run")
    assert "error E0900: row 1 of the data, column run" in text
    assert "the data have 2 rows like it" in text


def test_words_and_numbers_tell_groups_apart() -> None:
    for labels in (["b", "b", "a", "a"], [7, 7, 3, 3], [True, True, False, False], [0.5, 0.5, 0.25, 0.25]):
        found = MODELS.level.fit_each({"t": T, "y": [1.0, 3.0, 5.0, 7.0], "run": labels}, by="run")
        assert found["run"].tolist() == labels[::2]
        assert found["a"] == pytest.approx([2.0, 6.0])
