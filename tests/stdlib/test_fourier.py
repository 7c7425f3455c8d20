"""The Fourier transform against NumPy and against its own laws."""

from __future__ import annotations

import numpy as np
import pytest
from tests.stdlib.running import Kernels

from qdsl.runtime.kernel import KernelError

SOURCE = """
from fourier import fft, inverse_fft, frequencies
fn forth(re: [Scalar], im: [Scalar]) = fft(re + 1i * im)
fn back(re: [Scalar], im: [Scalar]) = inverse_fft(re + 1i * im)
fn places(n: Int, step: Time) = frequencies(n, step)
fn power(xs: [Scalar]) -> Scalar = abs(fft(xs)[1])^2
fn slopes(xs: [Scalar]) = grad(power)(xs)
"""


@pytest.fixture(scope="module")
def compiled() -> Kernels:
    return Kernels(SOURCE)


@pytest.mark.parametrize("n", [1, 2, 4, 8, 64, 1024])
def test_there_and_back(compiled: Kernels, n: int) -> None:
    random = np.random.default_rng(n)
    re, im = random.normal(size=n), random.normal(size=n)
    exact = np.fft.fft(re + 1j * im)
    size = np.abs(exact).max()
    np.testing.assert_allclose(compiled.forth(re, im), exact, atol=1e-15 * size * max(1, np.log2(n)))
    np.testing.assert_allclose(compiled.back(re, im), np.fft.ifft(re + 1j * im), atol=1e-15 * size)
    there = np.asarray(compiled.forth(re, im))
    np.testing.assert_allclose(compiled.back(there.real.copy(), there.imag.copy()), re + 1j * im, atol=1e-14)


def test_frequencies(compiled: Kernels) -> None:
    for n in (1, 2, 8, 9):
        np.testing.assert_allclose(compiled.places(n, 0.25), np.fft.fftfreq(n, 0.25), rtol=1e-15)


def test_slopes(compiled: Kernels) -> None:
    """|X_k|^2 has the slope 2 Re(conj(X_k) exp(-2i pi j k / n)) by x_j."""
    xs = np.random.default_rng(5).normal(size=16)
    turns = np.exp(-2j * np.pi * np.arange(16) / 16)
    exact = 2 * (np.conj(np.fft.fft(xs)[1]) * turns).real
    np.testing.assert_allclose(compiled.slopes(xs), exact, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("n", [0, 3, 12])
def test_lengths_are_powers_of_two(compiled: Kernels, n: int) -> None:
    with pytest.raises(KernelError, match="is_power_of_two"):
        compiled.forth(np.ones(n), np.ones(n))
