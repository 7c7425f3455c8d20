"""Linear algebra against NumPy, at well and at badly conditioned matrices; derivatives against their formulas."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
from linear_algebra import solve, inverse, det, lu, lu_solve, cholesky, solve_least_squares
from eigen import symmetric_eigen, hermitian_eigen
fn solved(a: [Scalar; n, n], b: [Scalar; n]) = solve(a, b)
fn solved_slopes(a: [Scalar; n, n], b: [Scalar; n]) = jacobian(solved)(a, b)
fn inverted(a: [Scalar; n, n]) = inverse(a)
fn determinant(a: [Scalar; n, n]) = det(a)
fn determinant_slopes(a: [Scalar; n, n]) = grad(determinant)(a)
fn by_factors(a: [Scalar; n, n], b: [Scalar; n]) -> [Scalar; n] {
    let found = lu(a)
    lu_solve(found.factors, found.order, b)
}
fn lower(a: [Scalar; n, n]) = cholesky(a)
fn nearest(a: [Scalar; m, n], b: [Scalar; m]) = solve_least_squares(a, b)
fn nearest_slopes(a: [Scalar; m, n], b: [Scalar; m]) = jacobian(nearest)(a, b).b
fn eigen(a: [Scalar; n, n]) = symmetric_eigen(a)
fn bent(a: [Scalar; n, n], b: [Scalar; n, n], t: Scalar, k: Int) = symmetric_eigen(a + t * b).values[k]
fn turned(a: [Scalar; n, n], b: [Scalar; n, n], t: Scalar) = symmetric_eigen(a + t * b).vectors[0, 0]
fn bent_slope(a: [Scalar; n, n], b: [Scalar; n, n], t: Scalar, k: Int) = grad(s -> bent(a, b, s, k))(t)
fn bent_slope_slope(a: [Scalar; n, n], b: [Scalar; n, n]) = grad(t -> bent_slope(a, b, t, 0))(0)
fn turned_slope(a: [Scalar; n, n], b: [Scalar; n, n]) = grad(t -> turned(a, b, t))(0)
fn hermitian(re: [Scalar; n, n], im: [Scalar; n, n]) = hermitian_eigen(re + 1i * im)
fn level(g: Scalar, d: Scalar) = hermitian_eigen([[d, g * exp(0.7i)], [g * exp(-0.7i), -d]]).values[1]
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


def square(n: int) -> np.ndarray:
    return np.random.default_rng(n).normal(size=(n, n))


def symmetric(n: int) -> np.ndarray:
    return square(n) + square(n).T


@pytest.mark.parametrize("n", [1, 2, 3, 8, 25])
def test_systems(compiled: Kernels, n: int) -> None:
    a, b = square(n), np.arange(1.0, n + 1)
    spread = np.linalg.cond(a)
    x = np.linalg.solve(a, b)
    for name in ("solved", "by_factors"):
        assert np.linalg.norm(getattr(compiled, name)(a, b) - x) <= 1e-15 * spread * np.linalg.norm(x)
    np.testing.assert_allclose(compiled.inverted(a) @ a, np.eye(n), atol=4e-15 * spread)
    assert compiled.determinant(a) == pytest.approx(np.linalg.det(a), rel=1e-13 * n)
    lower = compiled.lower(a @ a.T + np.eye(n))
    assert np.array_equal(lower, np.tril(lower))
    np.testing.assert_allclose(lower @ lower.T, a @ a.T + np.eye(n), rtol=1e-14, atol=1e-13)


def test_a_pivot_is_looked_for(compiled: Kernels) -> None:
    a = np.array([[0.0, 1.0, 2.0], [1e-20, 1.0, 1.0], [3.0, 0.0, 1.0]])
    exact = mpmath.lu_solve(mpmath.matrix(a.tolist()), mpmath.matrix([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(compiled.solved(a, np.array([1.0, 2.0, 3.0])), [float(x) for x in exact], rtol=1e-15)
    assert compiled.determinant(a) == pytest.approx(-3.0, rel=1e-15)


def test_slopes_of_a_solution(compiled: Kernels) -> None:
    """dx = inv(a) (db - da x)."""
    a, b = square(4), np.array([1.0, -2.0, 0.5, 3.0])
    slopes = compiled.solved_slopes(a, b)
    turned, x = np.linalg.inv(a), np.linalg.solve(a, b)
    np.testing.assert_allclose(slopes["b"], turned, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(slopes["a"], -np.einsum("ij,k->ijk", turned, x), rtol=1e-11, atol=1e-12)


def test_slopes_of_a_determinant(compiled: Kernels) -> None:
    a = square(5)
    np.testing.assert_allclose(compiled.determinant_slopes(a), np.linalg.det(a) * np.linalg.inv(a).T, rtol=1e-11)
    flat = np.array([[1.0, 2.0], [2.0, 4.0]])  # singular: the cofactors are what they are
    np.testing.assert_allclose(compiled.determinant_slopes(flat), [[4.0, -2.0], [-2.0, 1.0]], rtol=1e-15)


def test_no_slope_is_given_where_elimination_has_none(compiled: Kernels) -> None:
    empty = np.array([[0.0, 1.0], [0.0, 1.0]])
    assert compiled.determinant(empty) == 0.0
    assert np.isnan(compiled.determinant_slopes(empty)).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 2), (40, 4), (6, 6)])
def test_least_squares(compiled: Kernels, shape: tuple[int, int]) -> None:
    a = np.vander(np.linspace(-1, 2, shape[0]), shape[1])
    b = np.cos(3 * np.arange(shape[0]))
    x, *_ = np.linalg.lstsq(a, b)
    np.testing.assert_allclose(compiled.nearest(a, b), x, rtol=1e-11)
    np.testing.assert_allclose(compiled.nearest_slopes(a, b), np.linalg.pinv(a), rtol=1e-10, atol=1e-12)


def test_least_squares_do_not_square_the_condition(compiled: Kernels) -> None:
    """Läuchli's matrix: its normal equations are singular in 64 bits."""
    a = np.array([[1.0, 1.0], [1e-9, 0.0], [0.0, 1e-9]])
    np.testing.assert_allclose(compiled.nearest(a, a @ [1.0, 2.0]), [1.0, 2.0], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (("solved", np.ones((3, 3)), np.ones(3)), "the matrix is singular: its column 1"),
        (("lower", np.array([[1.0, 2.0], [2.0, 1.0]])), "the matrix is not positive: its pivot in row 1 is -3"),
        (("nearest", np.zeros((3, 1)), np.ones(3)), "the matrix is singular: its column 0"),
        (("nearest", np.ones((1, 2)), np.ones(1)), "there are 1 equations for 2 unknowns"),
        (("lower", np.array([[2.0, 1.0], [0.0, 2.0]])), r"not symmetric: element \(1, 0\) is 0, and \(0, 1\) is 1"),
        (("eigen", np.array([[1.0, 2.0], [3.0, 4.0]])), r"not symmetric: element \(1, 0\) is 3, and \(0, 1\) is 2"),
        (("hermitian", np.eye(2), np.ones((2, 2))), r"not Hermitian: element \(0, 0\)"),
    ],
    ids=lambda call: call[0],
)
def test_what_has_no_answer_stops(compiled: Kernels, call: tuple[str, np.ndarray], words: str) -> None:
    name, *arguments = call
    with pytest.raises(KernelError, match=words):
        getattr(compiled, name)(*arguments)


# ── eigenvalues ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("a", [symmetric(n) for n in (1, 2, 3, 7, 20)] + [np.diag([3.0, 1.0, 1.0]), np.zeros((3, 3))])
def test_symmetric_matrices(compiled: Kernels, a: np.ndarray) -> None:
    found = compiled.eigen(a)
    values, vectors = found["values"], found["vectors"]
    size = np.abs(a).max() + 1e-300
    np.testing.assert_allclose(values, np.linalg.eigvalsh(a), atol=1e-14 * size * len(a))
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(len(a)), atol=1e-14)
    np.testing.assert_allclose(a @ vectors, vectors * values, atol=1e-14 * size * len(a))


def test_small_eigenvalues_keep_their_digits(compiled: Kernels) -> None:
    """A positive matrix of very different scales, whose determinant is known: 1e40 (1 - 0.01)."""
    a = np.array([[1e40, 1e19], [1e19, 1.0]])
    small, large = compiled.eigen(a)["values"]
    exact = mpmath.eigsy(mpmath.matrix(a.tolist()), eigvals_only=True)
    assert (small, large) == pytest.approx((float(exact[0]), float(exact[1])), rel=1e-15) or small == pytest.approx(
        0.99, rel=1e-14
    )


@pytest.mark.slow
def test_slopes_of_eigenvalues_and_vectors(compiled: Kernels) -> None:
    """Perturbation theory: l' = v b v, v' = sum over others of v_j (v_j b v) / (l - l_j)."""
    a, b = symmetric(5), symmetric(6)[:5, :5]
    values, vectors = np.linalg.eigh(a)
    seen = vectors.T @ b @ vectors
    for k in range(5):
        assert compiled.bent_slope(a, b, 0.0, k) == pytest.approx(seen[k, k], rel=1e-12)
    change = sum(vectors[0, j] * seen[j, 0] / (values[0] - values[j]) for j in range(1, 5))
    sign = np.sign(compiled.turned(a, b, 0.0) / vectors[0, 0])
    assert compiled.turned_slope(a, b) == pytest.approx(sign * change, rel=1e-11)
    second = sum(2 * seen[j, 0] ** 2 / (values[0] - values[j]) for j in range(1, 5))
    assert compiled.bent_slope_slope(a, b) == pytest.approx(second, rel=1e-11)


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_hermitian_matrices(compiled: Kernels, n: int) -> None:
    a = symmetric(n) + 1j * (square(n) - square(n).T)
    found = compiled.hermitian(a.real.copy(), a.imag.copy())
    values, vectors = found["values"], np.asarray(found["vectors"])
    size = np.abs(a).max() * n
    np.testing.assert_allclose(values, np.linalg.eigvalsh(a), atol=1e-14 * size)
    np.testing.assert_allclose(vectors.conj().T @ vectors, np.eye(n), atol=1e-14)
    np.testing.assert_allclose(a @ vectors, vectors * values, atol=1e-14 * size)


@pytest.mark.slow
def test_slopes_of_a_hermitian_eigenvalue(compiled: Kernels) -> None:
    """The upper level is hypot(g, d)."""
    assert compiled.level(3.0, 4.0) == pytest.approx(5.0, rel=1e-15)
    assert compiled.gradient("level", 3.0, 4.0) == pytest.approx({"g": 0.6, "d": 0.8}, rel=1e-14)
