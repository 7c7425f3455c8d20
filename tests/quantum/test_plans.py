"""How states are evolved, as `qdsl dump --stage quantum` says it: goldens whose numbers can be counted on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from qdsl.cli.main import main

PLANS = {
    # From |1, 3> with losses the density has populations of |0, n> and |1, n> and, of coherences, only those between
    # |1, n - 1> and |0, n>: 20 + 20 + 2 * 19 numbers. The coupling goes between the imaginary part of each of the 19
    # and its two populations, both ways: 4 * 19. A photon that is lost leaves 38 populations and as many parts of
    # coherences for the next lower ones, of which there are 38 and 36: 38 + 38 + 38 + 36. Photons that come from the
    # bath lead out of the last level. All populations are there, and a trace is kept by the steps themselves.
    "Jaynes-Cummings with losses": (
        """\
space q: Qubit
space c: Fock(20)
fn photons(delta: Rate, g: Rate, kappa: Rate, ts: [Time]) -> [Scalar] = expect(
    n(c),
    evolve(
        delta * n(c) + g * (sp(q) * a(c) + sm(q) * dag(a(c))),
        |1>(q) * ket(c, 3),
        ts,
        loss = [sqrt(kappa) * a(c), sqrt(kappa / 10) * dag(a(c))],
    ),
)
""",
        """\
# photons: (Rate, Rate, Rate, [Time]) -> [Scalar]
evolve of q, c: a density of 40 by 40, 1600 real numbers
  matter    78, reached from the start and needed for what is read
  equation  y' = (delta A + g B + kappa C + .. D) y    A: 38 numbers, B: 76 numbers, C: 150 numbers, D: 150 numbers
  method    adaptive: 78 unknowns are too many for the exponential of a matrix
  watched   the last level of c, populations below 0
""",
    ),
    # Without losses from |1, 0> there are two amplitudes, of which one stays real and the other imaginary.
    "vacuum Rabi": (
        """\
space q: Qubit
space c: Fock(20)
fn excited(g: Rate, ts: [Time]) -> [Scalar] =
    expect(P(q, 1), evolve(g * (sp(q) * a(c) + sm(q) * dag(a(c))), |1>(q) * |0>(c), ts))
""",
        """\
# excited: (Rate, [Time]) -> [Scalar]
evolve of q, c: a ket of 40 amplitudes, 80 real numbers
  matter    2, reached from the start and needed for what is read
  equation  y' = (g A) y    A: 2 numbers
  method    exact: H is constant and 2 unknowns are few
""",
    ),
    # A coherent state reaches everything but |0, 0>, which nothing that is read comes from. |1, n> and |0, n + 1>
    # exchange, four real numbers for each n below 19; what is left, |1, 19>, has a block of its own.
    "coherent state": (
        """\
space q: Qubit
space c: Fock(20)
fn excited(delta: Rate, g: Rate, ts: [Time]) -> [Scalar] = expect(
    P(q, 1),
    evolve(delta * n(c) + g * (sp(q) * a(c) + sm(q) * dag(a(c))), |1>(q) * coherent(c, 2 + 1i), ts),
)
""",
        """\
# excited: (Rate, Rate, [Time]) -> [Scalar]
evolve of q, c: a ket of 40 amplitudes, 80 real numbers
  matter    78, needed for what is read
  equation  y' = (delta A + g B) y    A: 76 numbers, B: 76 numbers
  method    exact: H is constant and 78 unknowns fall into 20 blocks of 4
  watched   the last level of c
""",
    ),
    # A chain with a field across it conserves nothing that a block would show. Of 32 amplitudes each of the 4 products
    # flips two bits, in both parts: 4 * 32 * 2. A field has a number for each, never zero, and 5 flips: 6 * 32 * 2.
    "a long ket": (
        """\
space r: Qubit[5]
fn up(J: Rate, h: Rate, ts: [Time]) -> [Scalar] = expect(
    Z(r[0]),
    evolve(J * sum([X(r[k]) * X(r[k + 1]) for k in range(4)]) + h * sum([Z(s) + Y(s) for s in r]), |00000>(r), ts),
)
""",
        """\
# up: (Rate, Rate, [Time]) -> [Scalar]
evolve of r[0], r[1], r[2], r[3], r[4]: a ket of 32 amplitudes, 64 real numbers
  matter    64, all of them
  equation  y' = (J A + h B) y    A: 256 numbers, B: 384 numbers
  method    chebyshev: H is constant and a ket of 64 unknowns is long
  watched   the norm
""",
    ),
    "two levels": (
        """\
space q: Qubit
fn excited(delta: Rate, omega: Rate, t: Time) -> Scalar =
    expect(P(q, 1), evolve(-delta / 2 * Z(q) + omega / 2 * X(q), |0>(q), t))
""",
        """\
# excited: (Rate, Rate, Time) -> Scalar
evolve of q: a ket of 2 amplitudes, 4 real numbers
  matter    4, all of them
  equation  y' = (.. A + .. B) y    A: 4 numbers, B: 4 numbers
  method    closed: two levels with a constant H have a closed form
""",
    ),
    "asked for": (
        """\
space q: Qubit
fn excited(omega: Rate, t: Time) -> Scalar =
    expect(P(q, 1), evolve(s -> omega * cos(omega * s) * X(q), |0>(q), t, method = "fine"))
""",
        """\
# excited: (Rate, Time) -> Scalar
evolve of q: a ket of 2 amplitudes, 4 real numbers
  matter    2, reached from the start and needed for what is read
  equation  y' = (.. A) y    A: 2 numbers
  method    fine: asked for
  watched   the norm
""",
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_says_what_is_evolved_and_why(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program, plan = PLANS[name]
    path = tmp_path / "model.qdsl"
    path.write_text(program, encoding="utf-8")
    assert main(["dump", str(path), "--stage", "quantum"]) == 0
    assert capsys.readouterr().out.strip() == plan.strip()
