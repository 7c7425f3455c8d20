"""Matrices as squares: areas, colours, labels, and where the unit stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from qdsl.lang.typed.dimension import FREQUENCY
from qdsl.runtime.plot import Quantity
from qdsl.runtime.plot.matrix import MatrixPicture, squares

STATES = ("00", "01", "10", "11")
BELL = 0.5 * np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]], dtype=complex)


def drawn(values: Any, quantity: Quantity | None = None, states: tuple[str, ...] = STATES) -> Any:
    """The axes of the matrix, those of the bar, and the squares."""
    axes, bar = MatrixPicture(quantity or Quantity("rho"), np.asarray(values, dtype=complex), states).figure().axes
    return axes, bar, next(each for each in axes.collections if isinstance(each, PolyCollection))


def test_the_area_of_a_square_is_the_size_of_its_element() -> None:
    values = np.array([[1.0, -0.25], [0.25j, 0.0]])
    corners, elements = squares(values, 1.0)
    sides = corners[:, 1, 0] - corners[:, 0, 0]
    assert elements.tolist() == [1.0, -0.25, 0.25j]
    assert sides**2 / sides[0] ** 2 == pytest.approx([1.0, 0.25, 0.25])
    assert corners.mean(axis=1).tolist() == pytest.approx(np.array([[0, 0], [1, 0], [0, 1]]))  # (column, row)


def test_small_elements_are_dots_and_smaller_ones_are_none() -> None:
    corners, elements = squares(np.diag([1.0, 1e-3, 1e-6]), 1.0)
    assert elements.tolist() == [1.0, 1e-3]
    assert corners[1, 1, 0] - corners[1, 0, 0] == pytest.approx(0.12)


def test_kets_are_rows_and_bras_are_columns_from_the_top() -> None:
    axes, _, _ = drawn(BELL)
    assert [each.get_text() for each in axes.get_yticklabels()] == ["|00⟩", "|01⟩", "|10⟩", "|11⟩"]
    assert [each.get_text() for each in axes.get_xticklabels()] == ["⟨00|", "⟨01|", "⟨10|", "⟨11|"]
    low, high = axes.get_ylim()
    assert low > high


def test_real_elements_are_told_by_sign_with_the_unit_at_the_bar() -> None:
    values = 1e9 * np.diag([5.0, -2.0, 0.0, 0.5])
    axes, bar, found = drawn(values, Quantity("H", FREQUENCY))
    assert np.asarray(found.get_array()) == pytest.approx([5.0, -2.0, 0.5])
    assert found.get_clim() == (-5.0, 5.0)
    assert bar.get_ylabel() == "H (GHz)"
    red, blue, _ = found.to_rgba(np.asarray(found.get_array()))
    assert red[0] > red[2]
    assert blue[2] > blue[0]
    assert [each.get_text() for each in axes.texts] == ["5", "−2", "0.5"]


def test_complex_elements_are_told_by_phase_with_the_unit_above() -> None:
    values = 1e6 * np.array([[1.0, 0.5j], [-0.5j, -1.0]])
    axes, bar, found = drawn(values, Quantity("A", FREQUENCY), ("0", "1"))
    assert np.asarray(found.get_array()) == pytest.approx([0.0, np.pi / 2, -np.pi / 2, np.pi])
    assert bar.get_ylabel() == "phase"
    assert [each.get_text() for each in bar.get_yticklabels()] == ["−π", "−π/2", "0", "π/2", "π"]
    assert axes.get_title() == "A (MHz)"
    ends = found.to_rgba(np.array([-np.pi, np.pi]))
    assert ends[0] == pytest.approx(ends[1], abs=0.01)  # a wheel


def test_a_large_complex_matrix_shows_sizes_below() -> None:
    phases = np.exp(1j * np.arange(10))
    axes, _, _ = drawn(0.07 * np.outer(phases, phases.conj()), states=tuple(map(str, range(10))))
    assert [each.get_text() for each in axes.texts] == ["0.07", "0.035", "0.007"]


def test_many_states_have_fewer_labels() -> None:
    axes, _, _ = drawn(np.eye(100) + 0.1 * np.eye(100, k=1), states=tuple(map(str, range(100))))
    assert len(axes.get_yticks()) <= 32


def test_a_matrix_of_zeros_is_a_frame() -> None:
    axes, _, found = drawn(np.zeros((4, 4)))
    assert len(found.get_paths()) == 0
    assert len(axes.texts) == 0


def test_infinite_elements_are_no_picture() -> None:
    assert MatrixPicture(Quantity("H"), np.array([[np.inf + 0j]]), ("0",)).lacks()
