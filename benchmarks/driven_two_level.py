"""The kernel of driven_two_level.qdsl as Python, line for line, for Numba to compile."""

from math import exp


def pulse(t: float, peak: float, centre: float, width: float) -> float:
    return peak * 1.0 * exp(-(((t - centre) / width) ** 2) / 2)


def population(duration: float, width: float, peak: float, detuning: float, decay: float, steps: int) -> float:
    dt = duration / steps
    centre = duration / 2
    re0 = 1.0
    im0 = 0.0
    re1 = 0.0
    im1 = 0.0
    for k in range(steps):
        t = k * dt
        first = pulse(t, peak, centre, width) / 2
        middle = pulse(t + dt / 2, peak, centre, width) / 2
        last = pulse(t + dt, peak, centre, width) / 2

        a1 = -detuning / 2 * im0 + first * im1
        b1 = detuning / 2 * re0 - first * re1
        c1 = detuning / 2 * im1 + first * im0 - decay / 2 * re1
        d1 = -detuning / 2 * re1 - first * re0 - decay / 2 * im1

        w0 = re0 + dt / 2 * a1
        x0 = im0 + dt / 2 * b1
        y0 = re1 + dt / 2 * c1
        z0 = im1 + dt / 2 * d1
        a2 = -detuning / 2 * x0 + middle * z0
        b2 = detuning / 2 * w0 - middle * y0
        c2 = detuning / 2 * z0 + middle * x0 - decay / 2 * y0
        d2 = -detuning / 2 * y0 - middle * w0 - decay / 2 * z0

        w1 = re0 + dt / 2 * a2
        x1 = im0 + dt / 2 * b2
        y1 = re1 + dt / 2 * c2
        z1 = im1 + dt / 2 * d2
        a3 = -detuning / 2 * x1 + middle * z1
        b3 = detuning / 2 * w1 - middle * y1
        c3 = detuning / 2 * z1 + middle * x1 - decay / 2 * y1
        d3 = -detuning / 2 * y1 - middle * w1 - decay / 2 * z1

        w2 = re0 + dt * a3
        x2 = im0 + dt * b3
        y2 = re1 + dt * c3
        z2 = im1 + dt * d3
        a4 = -detuning / 2 * x2 + last * z2
        b4 = detuning / 2 * w2 - last * y2
        c4 = detuning / 2 * z2 + last * x2 - decay / 2 * y2
        d4 = -detuning / 2 * y2 - last * w2 - decay / 2 * z2

        re0 = re0 + dt / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
        im0 = im0 + dt / 6 * (b1 + 2 * b2 + 2 * b3 + b4)
        re1 = re1 + dt / 6 * (c1 + 2 * c2 + 2 * c3 + c4)
        im1 = im1 + dt / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
    return re1**2 + im1**2
