"""The function by_hand of driven_bloch.qdsl as Python, line for line, for Numba to compile."""

from math import exp

Slope = tuple[float, float, float]


def drive(t: float, peak: float, duration: float) -> float:
    return peak * exp(-(((t / duration - 0.5) / 0.125) ** 2))


def slope(x: float, y: float, z: float, rate: float, detuning: float, decay: float) -> Slope:
    return -decay * x - detuning * y, detuning * x - decay * y - rate * z, rate * y


def size(x: float, y: float, z: float) -> float:
    return max(abs(x), max(abs(y), abs(z)))


def by_hand(duration: float, peak: float, detuning: float, decay: float, tolerance: float) -> float:
    t = 0.0
    x = 0.0
    y = 0.0
    z = -1.0
    h = duration / 1000
    k1x, k1y, k1z = slope(x, y, z, drive(t, peak, duration), detuning, decay)
    while t < duration:
        is_last = t + h >= duration
        if is_last:
            h = duration - t

        x2 = x + h * 0.161 * k1x
        y2 = y + h * 0.161 * k1y
        z2 = z + h * 0.161 * k1z
        k2x, k2y, k2z = slope(x2, y2, z2, drive(t + 0.161 * h, peak, duration), detuning, decay)

        x3 = x + h * (-0.008480655492356989 * k1x + 0.335480655492357 * k2x)
        y3 = y + h * (-0.008480655492356989 * k1y + 0.335480655492357 * k2y)
        z3 = z + h * (-0.008480655492356989 * k1z + 0.335480655492357 * k2z)
        k3x, k3y, k3z = slope(x3, y3, z3, drive(t + 0.327 * h, peak, duration), detuning, decay)

        x4 = x + h * (2.8971530571054935 * k1x - 6.359448489975075 * k2x + 4.3622954328695815 * k3x)
        y4 = y + h * (2.8971530571054935 * k1y - 6.359448489975075 * k2y + 4.3622954328695815 * k3y)
        z4 = z + h * (2.8971530571054935 * k1z - 6.359448489975075 * k2z + 4.3622954328695815 * k3z)
        k4x, k4y, k4z = slope(x4, y4, z4, drive(t + 0.9 * h, peak, duration), detuning, decay)

        x5 = x + h * (
            5.325864828439257 * k1x - 11.748883564062828 * k2x + 7.4955393428898365 * k3x - 0.09249506636175525 * k4x
        )
        y5 = y + h * (
            5.325864828439257 * k1y - 11.748883564062828 * k2y + 7.4955393428898365 * k3y - 0.09249506636175525 * k4y
        )
        z5 = z + h * (
            5.325864828439257 * k1z - 11.748883564062828 * k2z + 7.4955393428898365 * k3z - 0.09249506636175525 * k4z
        )
        k5x, k5y, k5z = slope(x5, y5, z5, drive(t + 0.9800255409045097 * h, peak, duration), detuning, decay)

        x6 = x + h * (
            5.86145544294642 * k1x
            - 12.92096931784711 * k2x
            + 8.159367898576159 * k3x
            - 0.071584973281401 * k4x
            - 0.028269050394068383 * k5x
        )
        y6 = y + h * (
            5.86145544294642 * k1y
            - 12.92096931784711 * k2y
            + 8.159367898576159 * k3y
            - 0.071584973281401 * k4y
            - 0.028269050394068383 * k5y
        )
        z6 = z + h * (
            5.86145544294642 * k1z
            - 12.92096931784711 * k2z
            + 8.159367898576159 * k3z
            - 0.071584973281401 * k4z
            - 0.028269050394068383 * k5z
        )
        late = drive(t + h, peak, duration)
        k6x, k6y, k6z = slope(x6, y6, z6, late, detuning, decay)

        x7 = x + h * (
            0.09646076681806523 * k1x
            + 0.01 * k2x
            + 0.4798896504144996 * k3x
            + 1.379008574103742 * k4x
            - 3.290069515436081 * k5x
            + 2.324710524099774 * k6x
        )
        y7 = y + h * (
            0.09646076681806523 * k1y
            + 0.01 * k2y
            + 0.4798896504144996 * k3y
            + 1.379008574103742 * k4y
            - 3.290069515436081 * k5y
            + 2.324710524099774 * k6y
        )
        z7 = z + h * (
            0.09646076681806523 * k1z
            + 0.01 * k2z
            + 0.4798896504144996 * k3z
            + 1.379008574103742 * k4z
            - 3.290069515436081 * k5z
            + 2.324710524099774 * k6z
        )
        k7x, k7y, k7z = slope(x7, y7, z7, late, detuning, decay)

        off_x = h * (
            -0.001780011052225777 * k1x
            - 0.0008164344596567469 * k2x
            + 0.007880878010261995 * k3x
            - 0.1447110071732629 * k4x
            + 0.5823571654525552 * k5x
            - 0.45808210592918697 * k6x
            + 0.015151515151515152 * k7x
        )
        off_y = h * (
            -0.001780011052225777 * k1y
            - 0.0008164344596567469 * k2y
            + 0.007880878010261995 * k3y
            - 0.1447110071732629 * k4y
            + 0.5823571654525552 * k5y
            - 0.45808210592918697 * k6y
            + 0.015151515151515152 * k7y
        )
        off_z = h * (
            -0.001780011052225777 * k1z
            - 0.0008164344596567469 * k2z
            + 0.007880878010261995 * k3z
            - 0.1447110071732629 * k4z
            + 0.5823571654525552 * k5z
            - 0.45808210592918697 * k6z
            + 0.015151515151515152 * k7z
        )
        before = size(x, y, z)
        after = size(x7, y7, z7)
        error = size(off_x, off_y, off_z) / (tolerance * max(before, after))

        if error <= 1:
            t = duration if is_last else t + h
            x = x7
            y = y7
            z = z7
            k1x, k1y, k1z = k7x, k7y, k7z
        h = h * (5.0 if error == 0 else min(max(0.9 * error**-0.2, 0.2), 5.0))
    return (1 + z) / 2
