"""Tomography from programs: answers that are known on paper, states by construction, files of counts.

Counts are worked out here from Bloch vectors and matrices, without the language's operators.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.session.running import lines, run

Matrix = NDArray[np.complex128]

I2 = np.eye(2, dtype=complex)
X = np.array([[0, 1], [1, 0]], dtype=complex)
Y = np.array([[0, -1j], [1j, 0]], dtype=complex)
Z = np.diag([1, -1]).astype(complex)


def bloch(x: float, y: float, z: float) -> Matrix:
    return (I2 + x * X + y * Y + z * Z) / 2


def pair(state: Matrix, shots: float) -> list[list[float]]:
    """Expected counts of two qubits along XX, XY, .., ZZ; of each ++, +-, -+, --."""
    effects = [
        [np.kron((I2 + s * a) / 2, (I2 + t * b) / 2) for s in (1, -1) for t in (1, -1)]
        for a in (X, Y, Z)
        for b in (X, Y, Z)
    ]
    return [[max(shots * float(np.trace(effect @ state).real), 0.0) for effect in each] for each in effects]


def one(x: float, y: float, z: float, shots: float) -> list[list[float]]:
    """Expected counts of a qubit along X, Y, Z."""
    return [[shots * (1 + each) / 2, shots * (1 - each) / 2] for each in (x, y, z)]


def written(counts: list[list[float]] | list[list[list[float]]]) -> str:
    """As the language writes an array of real numbers."""
    return str(np.asarray(counts, dtype=float).tolist())


# ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("r", [(0.0, 0.0, 0.0), (0.3, -0.2, 0.5), (0.6, 0.0, 0.8), (0.0, 0.0, -1.0)])
def test_counts_without_noise_give_the_state_of_a_qubit(r: tuple[float, float, float]) -> None:
    ran = run(f"space q: Qubit\nlet found = state_tomography(pauli_settings(q), {written(one(*r, 1e6))})")
    assert ran.messages == []
    found = ran.value("found")
    assert np.abs(found.linear - bloch(*r)).max() < 1e-12
    assert np.abs(found.state - bloch(*r)).max() < 1e-5
    assert_state(found.state)


@pytest.mark.parametrize("mixed", [0.0, 0.1, 1.0])
def test_counts_without_noise_give_the_state_of_two_qubits(mixed: float) -> None:
    """Of (|00> + i|11>) / sqrt(2), whose order of qubits and sign of i show, in noise."""
    psi = np.array([1, 0, 0, 1j]) / np.sqrt(2) if mixed else np.array([0.6, 0.8j, 0, 0])
    state = (1 - mixed) * np.outer(psi, psi.conj()) + mixed * np.eye(4) / 4
    ran = run(f"space r: Qubit[2]\nlet found = state_tomography(pauli_settings(r), {written(pair(state, 1e5))})")
    assert ran.messages == []
    found = ran.value("found")
    assert np.abs(found.linear - state).max() < 1e-10
    assert np.abs(found.state - state).max() < 1e-4
    assert_state(found.state)


def assert_state(rho: Matrix) -> None:
    assert np.abs(rho - rho.conj().T).max() == 0
    assert abs(np.trace(rho) - 1) < 1e-12
    assert np.linalg.eigvalsh(rho)[0] > -1e-14


def test_where_linear_inversion_is_no_state_the_likeliest_one_is() -> None:
    """0.8 along X, Y and Z is a vector of length 1.39: an eigenvalue of (1 - 1.39) / 2. By symmetry the likeliest state
    is the pure one along (1, 1, 1), of which linear inversion has the fidelity (1 + 1.39) / 2.
    """
    said = lines("""
        space q: Qubit
        let found = state_tomography(pauli_settings(q), [[90, 10], [90, 10], [90, 10]], seed = 1)
        let along = (X(q) + Y(q) + Z(q)) / sqrt(3)
        print(abs(trace(found.linear * (1 - along) / 2) - (1 - 0.8 * sqrt(3)) / 2) < 1e-12)
        print(abs(expect(along, found.state) - 1) < 1e-6)
        print(found.rank)
        print(abs(purity(found.state) - 1) < 1e-6)
        print(abs(estimated_purity(found).value - purity(found.state)) < 1e-12)
    """)
    assert said == ["true", "true", "1", "true", "true"]


TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)

SIC = """
space q: Qubit
povm sic(q) = [
    (1 + (X(q) + Y(q) + Z(q)) / sqrt(3)) / 4, (1 + (X(q) - Y(q) - Z(q)) / sqrt(3)) / 4,
    (1 + (-X(q) + Y(q) - Z(q)) / sqrt(3)) / 4, (1 + (-X(q) - Y(q) + Z(q)) / sqrt(3)) / 4,
]
"""


def test_a_measurement_of_four_outcomes_sees_a_qubit_whole() -> None:
    """The state with the frequencies f of a tetrahedron is 3 sum f |k><k| - 1 (J. M. Renes et al., J. Math. Phys. 45,
    2171 (2004)), and where that is a state none is likelier.
    """
    counts = np.array([300, 260, 230, 210])
    state = 3 * sum(f * bloch(*r) for f, r in zip(counts / 1000, TETRAHEDRON, strict=True)) - I2
    ran = run(f"{SIC}\nlet found = state_tomography(sic, {counts.tolist()})")
    assert ran.messages == []
    found = ran.value("found")
    assert np.abs(found.linear - state).max() < 1e-12
    assert np.abs(found.state - state).max() < 1e-6
    assert found.deviance == 0


def test_what_the_library_reads_off_the_state_is_what_numpy_reads_off_it() -> None:
    ran = run("""
        space r: Qubit[2]
        let bell = (|00>(r) + |11>(r)) / sqrt(2)
        let rho = 0.8 * density(bell) + 0.2 * maximally_mixed(r)
        let counts = simulated_counts(pauli_settings(r), rho, 400, seed = 5)
        let found = state_tomography(pauli_settings(r), counts, target = bell, errors = "information")
        let f = fidelity(found.state, bell)
        let p = purity(found.state)
        let c = concurrence(found.state)
        let e = estimated_fidelity(found, bell)
    """)
    assert ran.messages == [], ran.messages
    found, psi = ran.value("found"), np.array([1, 0, 0, 1]) / np.sqrt(2)
    assert ran.value("f") == pytest.approx(float((psi @ found.state @ psi).real), abs=1e-12)
    assert ran.value("p") == pytest.approx(float(np.trace(found.state @ found.state).real), abs=1e-12)
    assert ran.value("e").value == pytest.approx(ran.value("f"), abs=1e-12)
    # of the true state 0.8 + 0.2 / 4; a Werner state of the fidelity F has the concurrence 2 F - 1
    assert abs(ran.value("f") - 0.85) < 4 * ran.value("e").error
    assert abs(ran.value("c") - 0.7) < 8 * ran.value("e").error
    # (1 + XX - YY + ZZ) / 4 from three settings of 400 alone would have the error sqrt(3 (1 - 0.8²) / 400) / 4 = 0.013
    assert 0.006 < ran.value("e").error < 0.0135


def test_a_file_of_counts_is_read_with_its_settings(tmp_path: Path) -> None:
    said = lines(
        """
        space q: Qubit
        experiment lab {
            param p: Scalar = 0.5 in 0 .. 1
            axis setting: Int
            measure n ~ Multinomial(1000, [p, 1 - p])
        }
        let found = state_tomography(pauli_settings(q), load("counts.csv", lab))
        print(found.shots)
        print(expect(X(q), found))
        print(expect(Y(q), found))
        print(expect(Z(q), found))
        """,
        folder=tmp_path,
        files={"counts.csv": "setting,n_0,n_1\n2,100,900\n0,620,380\n1,450,550\n2,360,640\n"},
    )
    # Z: 460 of 2000 up, so -0.54 ± sqrt((1 - 0.54²) / 2000) = 0.0188; X and Y of 1000: sqrt((1 - z²) / 1000)
    assert said == ["4000", "0.240(31)", "-0.100(31)", "-0.540(19)"]


def test_a_seed_makes_the_same_errors_again() -> None:
    ran = run("""
        space q: Qubit
        let counts = [[50, 50], [50, 50], [100, 0]]
        let a = estimated_fidelity(state_tomography(pauli_settings(q), counts, seed = 1), |0>(q)).err
        let b = estimated_fidelity(state_tomography(pauli_settings(q), counts, seed = 1), |0>(q)).err
        let c = estimated_fidelity(state_tomography(pauli_settings(q), counts, seed = 2), |0>(q)).err
    """)
    assert ran.messages == []
    assert ran.value("a") == ran.value("b") != ran.value("c")


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────

PREPARED = [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0, 1, 0)]


def damped(gamma: float, shots: float) -> list[list[list[float]]]:
    """What becomes of |0>, |1>, |+>, |+i> where an excitation is lost with the chance gamma."""
    root = np.sqrt(1 - gamma)
    return [one(root * x, root * y, gamma + (1 - gamma) * z, shots) for x, y, z in PREPARED]


@pytest.mark.parametrize("gamma", [0.0, 0.19])
def test_a_damping_comes_back(gamma: float) -> None:
    """Its transfer matrix and its fidelity with the identity, ((1 + sqrt(1 - gamma)) / 2)², are known on paper."""
    ran = run(f"""
        space q: Qubit
        let counts = {written(damped(gamma, 1e6))}
        let found = process_tomography(pauli_states(q), pauli_settings(q), counts, errors = "information")
        let f = process_fidelity(found, I(q))
        let g = average_fidelity(found, I(q))
    """)
    assert ran.messages == []
    found, root = ran.value("found"), np.sqrt(1 - gamma)
    wanted = np.diag([1, root, root, 1 - gamma])
    wanted[3, 0] = gamma
    assert np.abs(found.ptm - wanted).max() < 1e-3
    kraus = [np.diag([1, root]), np.array([[0, np.sqrt(gamma)], [0, 0]])]
    vectors = [each.T.ravel() for each in kraus]
    assert np.abs(found.linear - sum(np.outer(v, v) for v in vectors)).max() < 1e-10
    fidelity = ((1 + root) / 2) ** 2
    assert ran.value("f").value == pytest.approx(fidelity, abs=1e-3)
    assert ran.value("g").value == pytest.approx((2 * fidelity + 1) / 3, abs=1e-3)
    assert_channel(found.choi)


def test_few_counts_give_a_channel_where_linear_inversion_gives_none() -> None:
    ran = run("""
        space q: Qubit
        let gate = (X(q) + Z(q)) / sqrt(2)
        let counts = simulated_counts(pauli_settings(q), [gate * each for each in pauli_states(q)], 40, seed = 2)
        let found = process_tomography(pauli_states(q), pauli_settings(q), counts, errors = "information")
    """)
    assert ran.messages == []
    found = ran.value("found")
    assert np.linalg.eigvalsh(found.linear)[0] < -0.01
    assert np.allclose(np.einsum("abcb->ac", found.linear.reshape(2, 2, 2, 2)), I2, atol=1e-12)
    assert_channel(found.choi)


def assert_channel(choi: Matrix) -> None:
    """Positive, and tracing out what comes out leaves the identity."""
    assert np.linalg.eigvalsh(choi)[0] > -1e-12
    assert np.allclose(np.einsum("abcb->ac", choi.reshape(2, 2, 2, 2)), I2, atol=1e-10)


def test_a_declared_measurement_sees_a_process() -> None:
    """The tetrahedron after |0>, |1>, |+> and |+i> sent through nothing at all."""
    counts = [[1e5 * (1 + float(np.dot(r, each))) / 4 for each in TETRAHEDRON] for r in PREPARED]
    ran = run(f'{SIC}\nlet found = process_tomography(pauli_states(q), sic, {written(counts)}, errors = "information")')
    assert ran.messages == []
    found = ran.value("found")
    assert np.abs(found.ptm - np.eye(4)).max() < 2e-3
    assert_channel(found.choi)


# ── what a person reads ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_says_what_was_found_and_whether_it_can_be_trusted() -> None:
    said = lines("""
        space q: Qubit
        print(state_tomography(pauli_settings(q), [[620, 380], [450, 550], [230, 770]], target = |1>(q)))
    """)
    assert said[0] == "state of q: 3 settings, 3000 counts"
    assert said[2].split()[:2] == ["|0>", "0.230(13)"]  # (1 + z) / 2, with half the error of z
    assert "fidelity 0.770(13) with the target" in said
    assert any(line.startswith("converged") for line in said)
    assert said[-1] == "errors by Fisher's information"
