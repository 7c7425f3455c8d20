"""Words of other packages for quantum mechanics (QuTiP above all), and what is written here instead.

Each example is of a qubit q, a mode c or a spin s, and a test checks that it is well typed. Where a convention differs,
a note says so.
"""

from __future__ import annotations

from dataclasses import dataclass

OPERATORS = frozenset(("X", "Y", "Z", "sp", "sm", "a", "n", "x", "p", "Sx", "Sy", "Sz", "Sp", "Sm", "I", "P", "parity"))
"""Operators of a space, which stand only with it: X(q)."""


@dataclass(frozen=True, slots=True)
class Instead:
    """What is written here, and what else there is to know."""

    example: str
    note: str = ""

    @property
    def hint(self) -> str:
        return f"here it is written {self.example}" + (f"; {self.note}" if self.note else "")


_X, _Y, _Z = Instead("X(q)"), Instead("Y(q)"), Instead("Z(q)", "Z|0> = +|0>, and |1> is the excited state")
_IDENTITY = Instead("I(q)", "a number in a sum of operators stands for itself times the identity")
_BASIS = Instead("|0>(q)", "or ket(c, k) with a number k")
_DENSITY = Instead("density(|0>(q))", "a ket is a density wherever one is needed")
_LOSES = Instead("evolve(H, psi, ts, loss = [sqrt(kappa) * a(c)])", "H is a Rate or an Energy: 2pi * f * n(c)")

INSTEAD: dict[str, Instead] = {
    **dict.fromkeys(("sigmax", "sigma_x", "PauliX", "σx", "σ_x"), _X),
    **dict.fromkeys(("sigmay", "sigma_y", "PauliY", "σy", "σ_y"), _Y),
    **dict.fromkeys(("sigmaz", "sigma_z", "PauliZ", "σz", "σ_z"), _Z),
    "sigmap": Instead("sm(q)", "QuTiP's sigmap is |0><1|, which lowers here: |1> is the excited state"),
    "sigmam": Instead("sp(q)", "QuTiP's sigmam is |1><0|, which raises here: |1> is the excited state"),
    "destroy": Instead("a(c)"),
    **dict.fromkeys(("create", "adag", "adagger"), Instead("dag(a(c))")),
    **dict.fromkeys(("num", "number"), Instead("n(c)")),
    "position": Instead("x(c)"),
    "momentum": Instead("p(c)"),
    **dict.fromkeys(("jmat", "spin_Jx", "spin_Jy", "spin_Jz"), Instead("Sz(s)", "Sx, Sy, Sp, Sm too")),
    **dict.fromkeys(("qeye", "eye", "identityoperator"), _IDENTITY),
    **dict.fromkeys(("basis", "fock", "basisstate", "fockstate"), _BASIS),
    **dict.fromkeys(("ket2dm", "fock_dm"), _DENSITY),
    **dict.fromkeys(("projection", "proj"), Instead("P(q, 1)", "a ket with a bra is |0><1|(q)")),
    "kron": Instead("X(q) * n(c)", "operators act on named spaces, and on the others by the identity"),
    "commutator": Instead("comm(X(q), Y(q))"),
    "anticommutator": Instead("acomm(X(q), Y(q))"),
    "displace": Instead("D(c, alpha)"),
    "squeeze": Instead("S(c, alpha)"),
    "coherent_dm": Instead("density(coherent(c, alpha))", "a ket is a density wherever one is needed"),
    "thermal_dm": Instead("thermal(c, 0.5)", "the number is the mean one of photons"),
    "entropy_vn": Instead("entropy(psi)", "it counts bits"),
    "tracedist": Instead("trace_distance(psi, psi)"),
    **dict.fromkeys(("Qobj", "DenseOperator"), Instead("Operator(q, [[0, 1], [1, 0]])")),
    **dict.fromkeys(
        ("sesolve", "timeevolution"), Instead("evolve(H, psi, ts)", "H is a Rate or an Energy: 2pi * f * Z(q)")
    ),
    **dict.fromkeys(("mesolve", "liouvillian", "lindblad_dissipator"), _LOSES),
    "QobjEvo": Instead("evolve(t -> cos(2pi * f * t) * H, psi, ts)"),
    "steadystate": Instead("steady_state(H, loss = [sqrt(kappa) * a(c)])"),
    **dict.fromkeys(("full", "toarray"), Instead("matrix(X(q))")),
    "expm": Instead("exp(X(q))"),
    "tr": Instead("trace(X(q))"),
    **dict.fromkeys(("dagger", "adjoint", "ctranspose"), Instead("dag(X(q))")),
}
