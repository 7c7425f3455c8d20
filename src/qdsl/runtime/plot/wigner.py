"""The Wigner function of a density in the basis of photon numbers, with hbar = 1: x = (a + a†)/√2, p = (a - a†)/(i√2).

W(x, p) = 1/π ∑ rho[m, n] W_mn, where for n = m + k, with the Laguerre polynomials L,
W_mn = (-1)^m sqrt(m!/n!) z^k L_m^k(|z|²) exp(-|z|²/2),    z = √2 (x + ip)

Its integral over the plane is the trace of rho. (K. E. Cahill and R. J. Glauber, Phys. Rev. 177, 1882 (1969), with
z = 2α.)
"""

from __future__ import annotations

import numpy as np

from qdsl.runtime.plot.picture import Array

FAINTEST = 1e-15
"""Levels above the last one with such a population add nothing that is seen."""


def wigner(rho: Array, xs: Array, ps: Array) -> Array:
    """W at each x (rows) and p (columns).

    The sum over each diagonal of rho is Clenshaw's, over functions that are kept of the size 1, and that over the
    diagonals is Horner's: nothing overflows that the factor exp(-|z|²/2), which comes first, does not hold down.
    """
    rho = np.asarray(rho)[: (size := _levels(rho)), :size]
    z = np.sqrt(2.0) * (np.asarray(xs)[:, None] + 1j * np.asarray(ps)[None, :])
    square = np.abs(z) ** 2
    damping = np.exp(-0.5 * square)
    total = np.zeros_like(z)
    for k in range(size - 1, -1, -1):
        # rho[m, n] with m above n gives the conjugate of its mirror image: twice the real part of one is both.
        own = np.diag(rho, k) * (1.0 if k == 0 else 2.0)
        total = total * z / np.sqrt(k + 1.0)
        if np.any(own):
            total += _diagonal(own, k, square, damping)
    return np.asarray(total.real / np.pi)


def _levels(rho: Array) -> int:
    filled = np.flatnonzero(np.abs(np.diag(rho)) > FAINTEST)
    return int(filled[-1]) + 1 if len(filled) else 1


def _diagonal(own: Array, k: int, square: Array, damping: Array) -> Array:
    """∑ own[m] f_m damping, f_m = (-1)^m sqrt(m! k!/(m + k)!) L_m^k(square): from the recurrence

    f_(m+1) = -(2m + 1 + k - square) / sqrt((m + 1)(m + 1 + k)) f_m - sqrt(m (m + k) / ((m + 1)(m + 1 + k))) f_(m-1)
    """
    after = next_after = np.zeros_like(square, dtype=complex)
    for m in range(len(own) - 1, -1, -1):
        root = np.sqrt((m + 1.0) * (m + 1.0 + k))
        fall = np.sqrt((m + 1.0) * (m + 1.0 + k) / ((m + 2.0) * (m + 2.0 + k)))
        now = own[m] * damping + (square - (2.0 * m + 1.0 + k)) / root * after - fall * next_after
        after, next_after = now, after
    return after


def places(rho: Array) -> Array:
    """Where along x and p there is something to see: beyond the classical radius of the highest filled level, and as
    close as fringes need, the narrowest of which are π over that radius wide.
    """
    filled = np.flatnonzero(np.cumsum(np.abs(np.diag(rho))[::-1])[::-1] > 1e-2)
    radius = np.sqrt(2.0 * (float(filled[-1]) if len(filled) else 0.0) + 1.0)
    reach = np.ceil(2.0 * (radius + 1.2)) / 2.0
    count = int(np.clip(2.0 * reach * 5.0 * radius / np.pi, 120, 180))
    return np.linspace(-reach, reach, 2 * count + 1)
