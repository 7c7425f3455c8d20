"""Pictures of programs: `plot_bloch` and its like, from the text of a program to the data in the figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.session.running import run

from qdsl.lang.report import Diagnostics
from qdsl.runtime.pictures import drawing
from qdsl.runtime.plot.bloch import Arrow
from qdsl.runtime.plot.bloch import Path as Trajectory
from qdsl.runtime.plot.wigner import wigner

Drawn = Callable[[str], Any]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Drawn:
    """Runs a program, and gives the one picture that it draws."""
    found: list[Any] = []

    def keep(picture: Any, path: Path, diagnostics: Diagnostics, at: object) -> bool:
        assert not picture.lacks()
        picture.figure()
        found.append(picture)
        return True

    monkeypatch.setattr(drawing, "save_plot", keep)

    def draw(program: str) -> Any:
        ran = run(program, tmp_path)
        assert ran.messages == [], [each.message for each in ran.messages]
        (picture,) = found
        return picture

    return draw


SPACES = """
space q: Qubit
space r: Qubit
space c: Fock(12)
let ts = linspace(0 us, 1 us, 21)
"""


# ── the Bloch sphere ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "vector"),
    [
        ("|0>(q)", (0, 0, 1)),
        ("|1>(q)", (0, 0, -1)),
        ("|+>(q)", (1, 0, 0)),
        ("|->(q)", (-1, 0, 0)),
        ("|+i>(q)", (0, 1, 0)),
        ("ptrace((|00>(q, r) + |11>(q, r)) / sqrt(2), keep = q)", (0, 0, 0)),
    ],
)
def test_a_state_is_an_arrow_from_the_middle(state: str, vector: tuple[float, ...], drawn: Drawn) -> None:
    (arrow,) = drawn(SPACES + f'plot_bloch({state}, "b.svg")').states
    assert isinstance(arrow, Arrow)
    assert arrow.vector == pytest.approx(np.array(vector, dtype=float), abs=1e-15)


def test_arrows_are_called_as_they_are_written(drawn: Drawn) -> None:
    program = 'let psi = |+>(q)\nplot_bloch(psi, [|0>(q), |1>(q)], "b.svg")'
    states = drawn(SPACES + program).states
    assert [each.label for each in states] == ["psi", "|0⟩(q)", "|1⟩(q)"]


def test_many_states_are_a_path_over_what_is_said(drawn: Drawn) -> None:
    program = """
    let states = evolve(2pi * (1 MHz) / 2 * X(q), |0>(q), ts)
    plot_bloch(states, "b.svg", along = ts)
    """
    (path,) = drawn(SPACES + program).states
    assert isinstance(path, Trajectory)
    t = np.linspace(0.0, 1e-6, 21)
    angle = 2.0 * np.pi * 1e6 * t  # about x, from z towards -y
    wanted = np.stack([np.zeros(21), -np.sin(angle), np.cos(angle)], axis=1)
    assert path.vectors == pytest.approx(wanted, abs=1e-7)
    assert path.along is not None
    quantity, over = path.along
    assert quantity.name == "ts"
    assert over == pytest.approx(t)


def test_a_handful_of_an_array_are_arrows_unless_they_go_over_something(drawn: Drawn) -> None:
    program = "let few = evolve(2pi * (1 MHz) * X(q), |0>(q), [0 us, 1 us])\n"
    states = drawn(SPACES + program + 'plot_bloch(few, "b.svg")').states
    assert [each.label for each in states] == ["few[0]", "few[1]"]


def test_a_loss_ends_inside_the_ball(drawn: Drawn) -> None:
    program = """
    let states = evolve(0 * X(q) / (1 s), |+>(q), ts, loss = [sqrt(1 / (1 us)) * sm(q)])
    plot_bloch(states, "b.svg")
    """
    (path,) = drawn(SPACES + program).states
    assert path.vectors[-1] == pytest.approx([np.exp(-0.5), 0.0, 1.0 - np.exp(-1.0)], abs=1e-6)


def test_of_a_state_over_more_spaces_one_is_kept(drawn: Drawn) -> None:
    (arrow,) = drawn(SPACES + 'plot_bloch(|1>(q) * |+>(r) * |3>(c), "b.svg", keep = r)').states
    assert arrow.vector == pytest.approx([1.0, 0.0, 0.0], abs=1e-14)


# ── populations ──────────────────────────────────────────────────────────────────────────────────────────────────

JAYNES = """
let H = 2pi * (1 MHz) * (a(c) * sp(q) + a(c)† * sm(q))
let states = evolve(H, |1>(q) * |0>(c), ts)
"""


def test_populations_of_a_qubit_go_to_and_fro(drawn: Drawn) -> None:
    program = "let states = evolve(2pi * (1 MHz) / 2 * X(q), |0>(q), ts)\n"
    picture = drawn(SPACES + program + 'plot_populations(ts, states, "p.svg")')
    zero, one = picture.lines
    assert (zero.label, one.label, picture.title, picture.x.name) == ("|0⟩", "|1⟩", "q", "ts")
    assert one.values == pytest.approx(np.sin(np.pi * np.linspace(0, 1, 21)) ** 2, abs=1e-8)
    assert zero.values + one.values == pytest.approx(1.0)
    assert picture.limits == (0.0, 1.0)


def test_of_many_basis_states_those_that_are_populated_are_drawn(drawn: Drawn) -> None:
    picture = drawn(SPACES + JAYNES + 'plot_populations(ts, states, "p.svg")')
    assert [each.label for each in picture.lines] == ["|0,1⟩", "|1,0⟩"]
    assert picture.title == "q, c"


def test_what_is_left_out_is_said(drawn: Drawn) -> None:
    program = """
    let spread = evolve(2pi * (1 MHz) * x(d), |0>(d), ts)
    plot_populations(ts, spread, "p.svg")
    """
    picture = drawn(SPACES + "space d: Fock(64)\n" + program)
    assert len(picture.lines) == 7
    assert picture.lines[-1].is_rest
    assert sum(each.values for each in picture.lines) == pytest.approx(1.0)


def test_kept_spaces_and_chosen_levels(drawn: Drawn) -> None:
    picture = drawn(SPACES + JAYNES + 'plot_populations(ts, states, "p.svg", keep = q)')
    excited = np.cos(2.0 * np.pi * np.linspace(0, 1, 21)) ** 2
    assert picture.lines[1].values == pytest.approx(excited, abs=1e-7)


@pytest.mark.parametrize("loss", ["", ", loss = [sqrt(1 / (1 us)) * a(c)]"])
def test_levels_may_be_any_kets_of_some_of_the_spaces(loss: str, drawn: Drawn) -> None:
    program = JAYNES.replace(", ts)", f", ts{loss})") + (
        'plot_populations(ts, states, "p.svg", levels = [|1>(c), |1>(q) * |0>(c), |+>(q)])'
    )
    picture = drawn(SPACES + program)
    assert [each.label for each in picture.lines] == ["|1⟩(c)", "|1⟩(q) * |0⟩(c)", "|+⟩(q)"]
    photon, both, plus = (each.values for each in picture.lines)
    assert plus == pytest.approx(0.5, abs=1e-7)
    assert np.all(photon + both <= 1.0 + 1e-7)
    if not loss:
        assert photon + both == pytest.approx(1.0, abs=1e-7)


def test_one_level_alone_is_named_at_the_axis(drawn: Drawn) -> None:
    picture = drawn(SPACES + JAYNES + 'plot_populations(ts, states, "p.svg", levels = |1>(q))')
    (axes,) = picture.figure().axes
    assert axes.get_ylabel() == "population of |1⟩(q)"


# ── Wigner functions and matrices ────────────────────────────────────────────────────────────────────────────────


def test_the_wigner_function_is_on_a_plane_around_the_state(drawn: Drawn) -> None:
    picture = drawn(SPACES + 'let psi = (|0>(c) + 1i * |1>(c)) / sqrt(2)\nplot_wigner(psi, "w.svg")')
    (layer,) = picture.layers
    assert (picture.title, picture.x.name, picture.y.name) == ("psi", "x  (ħ = 1)", "p  (ħ = 1)")
    assert picture.is_plane
    assert picture.signed
    cell = (picture.xs[1] - picture.xs[0]) * (picture.ys[1] - picture.ys[0])
    assert np.sum(layer.values) * cell == pytest.approx(1.0, abs=1e-3)
    assert np.sum(layer.values * picture.ys[None, :]) * cell == pytest.approx(1 / np.sqrt(2), abs=1e-3)  # <p>


def test_a_wigner_function_is_drawn_where_it_is_asked_for(drawn: Drawn) -> None:
    program = 'plot_wigner(|1>(q) * |2>(c), "w.svg", keep = c, xs = linspace(-1, 1, 3), ps = [0, 2])'
    picture = drawn(SPACES + program)
    assert (picture.xs.tolist(), picture.ys.tolist()) == ([-1.0, 0.0, 1.0], [0.0, 2.0])
    rho = np.diag([0.0, 0.0, 1.0])
    assert picture.layers[0].values == pytest.approx(wigner(rho, picture.xs, picture.ys), abs=1e-14)


def test_a_matrix_knows_its_basis_and_its_unit(drawn: Drawn) -> None:
    program = 'let H = h * (5 GHz) / 2 * Z(q) + h * (1 GHz) * X(q) * X(r)\nplot_matrix(H, "m.svg")'
    picture = drawn(SPACES + program)
    assert picture.states == ("00", "01", "10", "11")
    plank = 6.62607015e-34
    assert picture.values[0] == pytest.approx(plank * np.array([2.5e9, 0, 0, 1e9]), abs=1e-30)
    assert picture.quantity.name == "H"
    assert picture.figure().axes[1].get_ylabel() == "H (10⁻²⁴ J)"


def test_a_ket_is_drawn_as_its_density(drawn: Drawn) -> None:
    picture = drawn(SPACES + 'plot_matrix((|00>(q, r) + 1i * |11>(q, r)) / sqrt(2), "m.svg")')
    assert picture.values[0, 3] == pytest.approx(-0.5j)
    assert picture.values[3, 0] == pytest.approx(0.5j)


def test_a_kept_part_of_an_entangled_state_is_mixed(drawn: Drawn) -> None:
    picture = drawn(SPACES + 'plot_matrix((|00>(q, r) + |11>(q, r)) / sqrt(2), "m.svg", keep = r)')
    assert picture.values == pytest.approx(0.5 * np.eye(2))


# ── maps and levels ──────────────────────────────────────────────────────────────────────────────────────────────

CHEVRON = """
experiment chevron {
    param omega: Frequency = 1 MHz
    axis detuning: Frequency = linspace(-3 MHz, 3 MHz, 7)
    axis t: Time = linspace(0 us, 3 us, 5)
    let w = hypot(omega, detuning)
    measure n ~ Binomial(100, (omega / w)^2 * sin(pi * w * t)^2)
}
"""


def test_a_matrix_has_a_row_for_each_x(drawn: Drawn) -> None:
    program = """
    let xs = [1 MHz, 2 MHz]
    let ys = [0 s, 1 s, 2 s]
    plot_map(xs, ys, [[x * y for y in ys] for x in xs], "m.svg")
    """
    picture = drawn(program)
    (layer,) = picture.layers
    assert layer.values.tolist() == [[0.0, 1e6, 2e6], [0.0, 2e6, 4e6]]
    assert (picture.x.name, picture.y.name, layer.quantity.name) == ("xs", "ys", "")
    assert picture.x.unit_for(picture.xs).symbol == "MHz"


def test_axes_are_put_in_order(drawn: Drawn) -> None:
    picture = drawn('plot_map([3, 1], [5, 4], [[35, 34], [15, 14]], "m.svg")')
    assert (picture.xs.tolist(), picture.ys.tolist()) == ([1.0, 3.0], [4.0, 5.0])
    assert picture.layers[0].values.tolist() == [[14.0, 15.0], [34.0, 35.0]]


def test_a_table_with_two_axes_is_a_map_of_what_was_measured(drawn: Drawn) -> None:
    picture = drawn(CHEVRON + 'plot_map(expected(chevron), "m.svg")')
    (layer,) = picture.layers
    w = np.hypot(1e6, picture.xs[:, None])
    wanted = 100.0 * (1e6 / w) ** 2 * np.sin(np.pi * w * picture.ys[None, :]) ** 2
    assert layer.values == pytest.approx(wanted, abs=1e-9)
    names = (picture.x.name, picture.y.name, layer.quantity.name)
    assert names == ("detuning", "t", "n")
    assert picture.y.unit_for(picture.ys).symbol == "us"


def test_columns_may_be_named_one_by_one(drawn: Drawn) -> None:
    program = 'let run = simulate(chevron, seed = 1)\nplot_map(run.t, run.detuning, run.n, "m.svg")'
    picture = drawn(CHEVRON + program)
    assert (picture.x.name, picture.y.name) == ("t", "detuning")
    assert picture.layers[0].values.shape == (5, 7)


def test_places_that_were_measured_again_have_their_mean_and_others_none(drawn: Drawn) -> None:
    picture = drawn('plot_map([1, 1, 2, 1], [5, 5, 5, 6], [10, 20, 30, 40], "m.svg")')
    assert picture.layers[0].values[0].tolist() == [15.0, 40.0]
    assert picture.layers[0].values[1, 0] == 30.0
    assert np.isnan(picture.layers[0].values[1, 1])


def test_levels_are_the_columns_of_a_matrix(drawn: Drawn) -> None:
    program = """
    let flux = [0.0, 0.5, 1.0]
    let energies = [[k * x * 1 GHz for k in range(4)] for x in flux]
    plot_levels(flux, energies, "e.svg")
    """
    picture = drawn(program)
    assert [each.label for each in picture.lines] == ["0", "1", "2", "3"]
    assert picture.lines[2].values.tolist() == [0.0, 1e9, 2e9]
    assert (picture.x.name, picture.y.name, picture.title) == ("flux", "energies", "level")


def test_levels_may_be_several_arrays(drawn: Drawn) -> None:
    picture = drawn('let up = [1 GHz, 2 GHz]\nlet down = [-1 GHz, -2 GHz]\nplot_levels([1, 2], up, down, "e.svg")')
    assert [each.label for each in picture.lines] == ["up", "down"]
    (axes,) = picture.figure().axes
    assert axes.get_ylabel() == "GHz"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("plot_populations(linspace(0 s, 1 s, n), states, PATH)", "E0705"),
        ("plot_bloch(states, PATH, along = linspace(0 s, 1 s, n))", "E0705"),
        (
            "plot_map(linspace(0, 1, n), linspace(0, 1, n), [zeros(n) for _j in range(2)], PATH)",
            "E0705",
        ),
        ("plot_map(linspace(0, 1, n), linspace(0, 1, n), zeros(n + 1), PATH)", "E0705"),
        ("plot_levels(linspace(0, 1, n), zeros(n + 1), PATH)", "E0705"),
    ],
)
def test_lengths_that_are_known_only_in_the_run_are_compared_there(call: str, code: str, tmp_path: Path) -> None:
    program = "let n = round(3.2)\nlet states = evolve(2pi * (1 MHz) * X(q), |0>(q), ts)\n"
    assert run(SPACES + program + call.replace("PATH", '"x.svg"'), tmp_path).codes == [code]
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("|0>(q) + |1>(q)", "the square of the ket's norm is 2, not 1"),
        ("0.5 * ptrace(|0>(q) * |0>(r), keep = q)", "the trace of the density is 0.5, not 1"),
        ("[|0>(q), 2 * |0>(q)]", "the square of the ket's norm of state 1 is 4, not 1"),
    ],
)
def test_what_is_not_normalised_is_no_state(state: str, said: str, tmp_path: Path) -> None:
    ran = run(SPACES + f'plot_bloch({state}, "b.svg")', tmp_path)
    assert [(each.code, each.message) for each in ran.messages] == [("E0712", said)]


def test_a_picture_is_a_file_beside_the_program(tmp_path: Path) -> None:
    ran = run(
        SPACES + 'plot_bloch(|0>(q), "b.svg")\nplot_matrix(X(q), "m.png")\nplot_wigner(|1>(c), "w.pdf")', tmp_path
    )
    assert ran.finished
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.svg", "m.png", "w.pdf"]
