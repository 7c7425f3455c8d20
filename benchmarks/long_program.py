"""A program of about a thousand lines, as a laboratory has after a year: made, so that its size can be chosen."""

from __future__ import annotations

SECTION = """
# ── run {n} ──────────────────────────────────────────────────────────────────

## Excited-state probability of a driven two-level system.
fn rabi_{n}(t: Time, omega: Rate, delta: Rate) -> Scalar {{
    let w = hypot(omega, delta)
    (omega / w)^2 * sin(w * t / 2)^2
}}

## A resonance on a background.
fn resonance_{n}(f, f0, width, a, b) = b + a / (1 + (2 * (f - f0) / width)^2)

## Ramsey fringes with a decay.
fn fringes_{n}(tau: Time, detuning: Frequency, T2: Time, phase: Scalar = 0) -> Scalar {{
    let envelope = exp(-(tau / T2)^{exponent})
    0.5 + 0.5 * envelope * cos(2pi * detuning * tau + phase)
}}

## Mean photon number from a Stark shift.
fn photons_{n}(shift: Frequency, chi: Frequency) -> Scalar {{
    var n = shift / (2 * chi)
    for _k in range(4) {{
        if n < 0 {{ n = 0 }}
        n = n - (n - shift / (2 * chi)) / 2
    }}
    n
}}

experiment ramsey_{n} {{
    param detuning: Frequency = 0.{n} MHz in 0 MHz .. 5 MHz
    param T2: Time = {n} us in 100 ns .. 1 ms
    param visibility: Scalar = 0.9 in 0 .. 1
    axis tau: Time = linspace(0 us, 60 us, 101)

    let p = 0.5 + visibility * (fringes_{n}(tau, detuning, T2) - 0.5)
    measure counts ~ Binomial(500, p)
}}

let drive_{n} = 2pi * {n} MHz
let ladder_{n} = [rabi_{n}(k * 10 ns, drive_{n}, 1e6 Hz * 2pi) for k in range(50)]
let energy_{n} = h * 5.{n} GHz to ueV
let best_{n} = maximum(ladder_{n})

test "run {n}" {{
    assert rabi_{n}(0 s, drive_{n}, 0) == 0
    assert best_{n} <= 1
    assert photons_{n}(2 MHz, 1 MHz) ~= 1 +/- 1e-9
}}
"""


def long_program(lines: int = 1000) -> str:
    """About so many lines, in sections that differ in their names and numbers."""
    size = SECTION.count("\n")
    return "".join(SECTION.format(n=n, exponent=1 + n % 2) for n in range(1, lines // size + 1))
