"""Random models of quantum dynamics, each as a QDSL program and as matrices written out by hand.

`model(seed)` has spaces, a Hermitian H of random products with random coefficients, perhaps a drive and jump operators,
a product state and observables. The matrices are Kronecker products of small arrays that are spelled out here, so that
nothing of the compiler's own tables goes into them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.complex128]

US = 1e-6
TIMES = np.linspace(0.0, 3.0, 7)
"""In us."""


@dataclass(frozen=True)
class Space:
    """A space as it is declared, its size, and its operators as QDSL and as matrices."""

    declaration: str
    name: str
    size: int
    operators: tuple[tuple[str, Matrix], ...]
    jumps: tuple[tuple[str, Matrix], ...]


@dataclass(frozen=True)
class Model:
    """`program` defines `seen(ts) -> [Scalar; k, m]`; the rest is the same in matrices, rates in 1/us."""

    program: str
    hamiltonian: Callable[[float], Matrix]
    jumps: tuple[Matrix, ...]
    state: Matrix
    observables: tuple[Matrix, ...]
    is_driven: bool


def qubit(name: str) -> Space:
    x, y, z = (np.array(m, complex) for m in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]))
    sm, one = np.array([[0, 1], [0, 0]], complex), np.array([[0, 0], [0, 1]], complex)
    q = name
    return Space(
        f"space {q}: Qubit",
        q,
        2,
        ((f"X({q})", x), (f"Y({q})", y), (f"Z({q})", z), (f"P({q}, 1)", one)),
        ((f"sm({q})", sm), (f"Z({q})", z)),
    )


def fock(name: str, size: int) -> Space:
    a = np.diag(np.sqrt(np.arange(1, size)), 1).astype(complex)
    n = np.diag(np.arange(size)).astype(complex)
    c = name
    return Space(
        f"space {c}: Fock({size})",
        c,
        size,
        (
            (f"n({c})", n),
            (f"(a({c}) + a({c})†)", a + a.T),
            (f"n({c})^2", n @ n),
            (f"1i*(a({c})† - a({c}))", 1j * (a.T - a)),
        ),
        ((f"a({c})", a), (f"a({c})†", a.T.copy()), (f"n({c})", n)),
    )


def spin(name: str, twice: int) -> Space:
    size, j = twice + 1, twice / 2
    m = j - np.arange(size)
    plus = np.diag(np.sqrt(j * (j + 1) - m[1:] * (m[1:] + 1)), 1).astype(complex)
    s = name
    written = f"{twice}/2" if twice % 2 else f"{twice // 2}"
    sx, sy, sz = (plus + plus.T) / 2, (plus - plus.T) / 2j, np.diag(m).astype(complex)
    return Space(
        f"space {s}: Spin({written})",
        s,
        size,
        ((f"Sx({s})", sx), (f"Sy({s})", sy), (f"Sz({s})", sz), (f"Sz({s})^2", sz @ sz)),
        ((f"Sm({s})", plus.T.copy()), (f"Sz({s})", sz)),
    )


def model(seed: int) -> Model:
    """The model of a number: pure, open, driven, or open and driven in turn."""
    rng = np.random.default_rng(seed)
    is_open, is_driven = bool(seed % 2), bool(seed // 2 % 2)
    count = int(rng.integers(1, 4))
    makers: list[Callable[[str], Space]] = [
        qubit,
        lambda name: fock(name, int(rng.integers(3, 6))),
        lambda name: spin(name, int(rng.integers(1, 4))),
    ]
    spaces = [makers[int(rng.integers(0, 3))](f"s{k}") for k in range(count)]
    sizes = [space.size for space in spaces]

    def full(parts: dict[int, Matrix]) -> Matrix:
        return reduce(np.kron, [parts.get(k, np.eye(size, dtype=complex)) for k, size in enumerate(sizes)])

    def product(pool: str = "operators") -> tuple[str, Matrix]:
        chosen = sorted(rng.choice(count, size=int(rng.integers(1, min(count, 2) + 1)), replace=False).tolist())
        picks = {k: getattr(spaces[k], pool)[int(rng.integers(0, len(getattr(spaces[k], pool))))] for k in chosen}
        return " * ".join(text for text, _ in picks.values()), full({k: m for k, (_, m) in picks.items()})

    terms = [(float(rng.uniform(-2, 2)), *product()) for _ in range(int(rng.integers(2, 5)))]
    fixed = sum(c * m for c, _, m in terms)
    text = " + ".join(f"({c!r} rad/us) * {t}" for c, t, _ in terms)
    hamiltonian, written = (lambda t: fixed), text
    if is_driven:
        drive_text, drive = product()
        amplitude, rate = float(rng.uniform(0.5, 2)), float(rng.uniform(1, 5))
        written = f"t -> {text} + {amplitude!r} rad/us * cos({rate!r} rad/us * t) * {drive_text}"
        hamiltonian = lambda t: fixed + amplitude * np.cos(rate * t) * drive  # noqa: E731
    losses = [(float(rng.uniform(0.05, 0.5)), *product("jumps")) for _ in range(2 if is_open else 0)]
    loss = ", loss = [" + ", ".join(f"sqrt({r!r} / us) * {t}" for r, t, _ in losses) + "]" if losses else ""
    levels = [int(rng.integers(0, size)) for size in sizes]
    state = full({k: np.diag(np.arange(size) == levels[k]).astype(complex) for k, size in enumerate(sizes)})
    psi = " * ".join(f"ket({space.name}, {level})" for space, level in zip(spaces, levels, strict=True))
    seen = [product() for _ in range(3)]
    lets = "\n".join(f"    let e{k} = expect({t}, rho)" for k, (t, _) in enumerate(seen))
    program = "\n".join(
        [
            *(space.declaration for space in spaces),
            "fn seen(ts: [Time]) -> [Scalar; 3, m] {",
            f"    let rho = evolve({written}, {psi}, ts{loss}, rtol = 1e-9, atol = 1e-11)",
            lets,
            "    [e0, e1, e2]",
            "}",
            "",
        ]
    )
    jumps = tuple(np.sqrt(r) * m for r, _, m in losses)
    return Model(program, hamiltonian, jumps, state, tuple(m for _, m in seen), is_driven)
