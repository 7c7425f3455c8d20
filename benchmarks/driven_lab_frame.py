"""Excited populations as in driven_lab_frame.qdsl, by hand in Python for Numba to compile: Dormand and Prince's method
of order 5 with its own polynomial between the steps, one variable for each number.

E. Hairer, S. P. Norsett and G. Wanner, "Solving ordinary differential equations I" (2nd edition, 1993), section II.5.
"""

from math import cos

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]


def slope(a: float, b: float, c: float, d: float, x: float, half: float) -> tuple[float, float, float, float]:
    return half * b + x * d, -half * a - x * c, x * b - half * d, -x * a + half * c


def excited(delta: float, drive: float, w: float, times: Column, relative: float, out: Column) -> None:
    half = delta / 2
    t = times[0]
    a = 1.0
    b = 0.0
    c = 0.0
    d = 0.0
    k1a, k1b, k1c, k1d = slope(a, b, c, d, drive * cos(w * t), half)
    end = times[-1]
    m = times.size
    size = max(max(abs(k1a), abs(k1b)), max(abs(k1c), abs(k1d)))
    h = 0.01 / size if size > 0 else 1e-3 * (end - t)
    row = 0
    while row < m:
        last = t + h >= end
        if last:
            h = end - t
        h5 = h * 0.2
        k2a, k2b, k2c, k2d = slope(
            a + h5 * k1a, b + h5 * k1b, c + h5 * k1c, d + h5 * k1d, drive * cos(w * (t + h5)), half
        )
        k3a, k3b, k3c, k3d = slope(
            a + h * (3 / 40 * k1a + 9 / 40 * k2a),
            b + h * (3 / 40 * k1b + 9 / 40 * k2b),
            c + h * (3 / 40 * k1c + 9 / 40 * k2c),
            d + h * (3 / 40 * k1d + 9 / 40 * k2d),
            drive * cos(w * (t + 0.3 * h)),
            half,
        )
        a41, a42, a43 = 44 / 45, -56 / 15, 32 / 9
        k4a, k4b, k4c, k4d = slope(
            a + h * (a41 * k1a + a42 * k2a + a43 * k3a),
            b + h * (a41 * k1b + a42 * k2b + a43 * k3b),
            c + h * (a41 * k1c + a42 * k2c + a43 * k3c),
            d + h * (a41 * k1d + a42 * k2d + a43 * k3d),
            drive * cos(w * (t + 0.8 * h)),
            half,
        )
        a51, a52, a53, a54 = 19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729
        k5a, k5b, k5c, k5d = slope(
            a + h * (a51 * k1a + a52 * k2a + a53 * k3a + a54 * k4a),
            b + h * (a51 * k1b + a52 * k2b + a53 * k3b + a54 * k4b),
            c + h * (a51 * k1c + a52 * k2c + a53 * k3c + a54 * k4c),
            d + h * (a51 * k1d + a52 * k2d + a53 * k3d + a54 * k4d),
            drive * cos(w * (t + 8 / 9 * h)),
            half,
        )
        x = drive * cos(w * (t + h))
        a61, a62, a63, a64, a65 = 9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656
        k6a, k6b, k6c, k6d = slope(
            a + h * (a61 * k1a + a62 * k2a + a63 * k3a + a64 * k4a + a65 * k5a),
            b + h * (a61 * k1b + a62 * k2b + a63 * k3b + a64 * k4b + a65 * k5b),
            c + h * (a61 * k1c + a62 * k2c + a63 * k3c + a64 * k4c + a65 * k5c),
            d + h * (a61 * k1d + a62 * k2d + a63 * k3d + a64 * k4d + a65 * k5d),
            x,
            half,
        )
        a71, a73, a74, a75, a76 = 35 / 384, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84
        na = a + h * (a71 * k1a + a73 * k3a + a74 * k4a + a75 * k5a + a76 * k6a)
        nb = b + h * (a71 * k1b + a73 * k3b + a74 * k4b + a75 * k5b + a76 * k6b)
        nc = c + h * (a71 * k1c + a73 * k3c + a74 * k4c + a75 * k5c + a76 * k6c)
        nd = d + h * (a71 * k1d + a73 * k3d + a74 * k4d + a75 * k5d + a76 * k6d)
        k7a, k7b, k7c, k7d = slope(na, nb, nc, nd, x, half)
        e1, e3, e4, e5, e6, e7 = 71 / 57600, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40
        ea = h * (e1 * k1a + e3 * k3a + e4 * k4a + e5 * k5a + e6 * k6a + e7 * k7a)
        eb = h * (e1 * k1b + e3 * k3b + e4 * k4b + e5 * k5b + e6 * k6b + e7 * k7b)
        ec = h * (e1 * k1c + e3 * k3c + e4 * k4c + e5 * k5c + e6 * k6c + e7 * k7c)
        ed = h * (e1 * k1d + e3 * k3d + e4 * k4d + e5 * k5d + e6 * k6d + e7 * k7d)
        before = max(max(abs(a), abs(b)), max(abs(c), abs(d)))
        after = max(max(abs(na), abs(nb)), max(abs(nc), abs(nd)))
        err = max(max(abs(ea), abs(eb)), max(abs(ec), abs(ed))) / (relative * max(before, after))
        if err <= 1:
            tn = end if last else t + h
            if times[row] <= tn:
                d1, d3, d4, d5, d6, d7 = (
                    -12715105075 / 11282082432,
                    87487479700 / 32700410799,
                    -10690763975 / 1880347072,
                    701980252875 / 199316789632,
                    -1453857185 / 822651844,
                    69997945 / 29380423,
                )
                rc = nc - c
                rd = nd - d
                sc = h * k1c - rc
                sd = h * k1d - rd
                uc = rc - h * k7c - sc
                ud = rd - h * k7d - sd
                vc = h * (d1 * k1c + d3 * k3c + d4 * k4c + d5 * k5c + d6 * k6c + d7 * k7c)
                vd = h * (d1 * k1d + d3 * k3d + d4 * k4d + d5 * k5d + d6 * k6d + d7 * k7d)
                while row < m and times[row] <= tn:
                    s = (times[row] - t) / h
                    s1 = 1 - s
                    yc = c + s * (rc + s1 * (sc + s * (uc + s1 * vc)))
                    yd = d + s * (rd + s1 * (sd + s * (ud + s1 * vd)))
                    out[row] = yc * yc + yd * yd
                    row += 1
            t = tn
            a = na
            b = nb
            c = nc
            d = nd
            k1a = k7a
            k1b = k7b
            k1c = k7c
            k1d = k7d
        h = h * (5.0 if err == 0 else min(max(0.9 * err**-0.2, 0.2), 5.0))
