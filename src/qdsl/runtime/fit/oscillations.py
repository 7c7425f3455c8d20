"""What data show at a glance: at which frequencies they oscillate, and where they have peaks or dips.

In: places on an axis and what was measured there. Out: a few frequencies, in turns, or a few places.
"""

from __future__ import annotations

import numpy as np

from qdsl.runtime.fit.objective import Matrix, Vector

PEAKS = 6
FINER = 4
"""Frequencies for each that the data resolve."""

MOST = 4096
"""Frequencies that are tried at most where the data are not evenly apart."""

ROWS, SEED = 400, 4


def frequencies(x: Vector, y: Vector, count: int = PEAKS) -> Vector:
    """The highest peaks of the periodogram, in turns, the highest first. At each frequency it is the sum of squares
    that a sine and a cosine explain (N. R. Lomb, "Least-squares frequency analysis of unequally spaced data",
    Astrophysics and Space Science 39 (1976) 447). Of data that are not evenly apart `ROWS` are looked at.
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order] - y.mean()
    places = np.unique(x)
    if len(places) < 4:
        return np.empty(0)
    gaps = np.diff(places)
    span, gap = float(places[-1] - places[0]), float(np.median(gaps))
    if len(places) == len(x) and np.ptp(gaps) < 1e-6 * gap:
        power = np.abs(np.fft.rfft(y, FINER * len(y)))[1:] ** 2
        trials = np.arange(1, len(power) + 1) / (FINER * len(y) * gap)
    else:
        rows = np.random.default_rng(SEED).permutation(len(x))[:ROWS]
        trials = np.arange(1, min(MOST, int(FINER * 0.5 * span / gap)) + 1) / (FINER * span)
        power = _explained(2.0 * np.pi * trials[:, None] * (x[rows] - places[0]), y[rows])
    inner = np.concatenate([[-np.inf], power, [-np.inf]])
    tops = np.flatnonzero((power >= inner[:-2]) & (power >= inner[2:]))
    best = tops[np.argsort(-power[tops], kind="stable")][:count]
    return np.asarray(trials[best])


def _explained(angles: Matrix, y: Vector) -> Vector:
    """What a sine and a cosine of these angles, a row each, explain of y."""
    cosine, sine = np.cos(angles), np.sin(angles)
    cc, ss, cs = (np.einsum("fn,fn->f", a, b) for a, b in ((cosine, cosine), (sine, sine), (cosine, sine)))
    yc, ys = cosine @ y, sine @ y
    determinant = np.maximum(cc * ss - cs * cs, 1e-9 * cc * np.maximum(ss, 1e-300) + 1e-300)
    return np.asarray((ss * yc * yc - 2.0 * cs * yc * ys + cc * ys * ys) / determinant)


def extremes(x: Vector, y: Vector, count: int = PEAKS) -> Vector:
    """Places where y, averaged over neighbours, is farthest from its median, none close to another."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    width = max(1, len(y) // 40)
    smooth = np.convolve(y, np.ones(width) / width, mode="same") if width > 1 else y
    away = np.abs(smooth - np.median(smooth))
    close = 0.05 * (x[-1] - x[0])
    chosen: list[float] = []
    for k in np.argsort(-away, kind="stable"):
        if len(chosen) == count:
            break
        if all(abs(x[k] - other) > close for other in chosen):
            chosen.append(float(x[k]))
    return np.array(chosen)
