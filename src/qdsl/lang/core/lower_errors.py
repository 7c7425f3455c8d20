"""What cannot be compiled, found only when functions are put together: one function per mistake, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qdsl.lang.report import Diagnostic, Label, error
from qdsl.lang.source import Span
from qdsl.lang.typed.words import counted


class Refused(Exception):  # noqa: N818 - a property of the user's program
    """The program asks for what cannot be compiled. Whoever asked for a kernel reports `diagnostic`. Of code that was
    put in the place of a call it tells the call.
    """

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        labels = tuple(replace(each, span=_called(each.span)) for each in diagnostic.labels)
        self.diagnostic = replace(diagnostic, labels=labels)


def _called(span: Span) -> Span:
    *_, outermost = span.chain()
    return outermost


def no_derivative(derivative: Span, kind: str, operation: str, place: Span | None) -> Refused:
    """`grad(f)` where f rounds, or turns into an Int, what is differentiated by."""
    labels = [Label(derivative, f"asked for by this {kind}")]
    if place is not None:
        labels.insert(0, Label(place, "this depends on what is differentiated by"))
    return Refused(error("E0601", f"`{operation}` has no derivative", *labels))


def own_derivative(derivative: Span, kind: str) -> Refused:
    """A function that uses its own derivative: there would be no end to differentiating."""
    return Refused(error("E0602", f"a function cannot use its own {kind}", Label(derivative)))


def function_not_known(place: Span) -> Refused:
    """`let f = if c { sin } else { cos }`: which code to call must be known at compile time."""
    return Refused(
        error(
            "E0350",
            "which function this is must be known when the program is compiled",
            Label(place),
            hint="choose between the results of the functions",
        )
    )


def no_kernel(place: Span, name: str) -> Refused:
    """`m.scaled` from Python where `fn scaled(k: Scalar) = x -> k * x`: it has no code apart from its calls."""
    said = f"`{name}` takes or gives a function, so it is compiled only where another function calls it"
    return Refused(error("E0352", said, Label(place)))


def functions_without_end(place: Span, name: str) -> Refused:
    """A function that calls itself with an ever larger function as argument."""
    return Refused(error("E0351", f"`{name}` would have to be made for ever more functions", Label(place)))


def not_a_number(place: Span, what: str) -> Refused:
    """A text or a table inside a function that is to be machine code."""
    return Refused(error("E0352", f"{what} cannot stand in a compiled function", Label(place)))


def leaves_comprehension(place: Span) -> Refused:
    """`[if c { return 1 } else { 2 } for ..]`."""
    return Refused(
        error(
            "E0353",
            "`return` and `break` cannot stand inside a comprehension",
            Label(place),
            hint="write the array with a loop",
        )
    )


# ── what is quantum ──────────────────────────────────────────────────────────────────────────────────────────────


def space_not_known(place: Span) -> Refused:
    """`X(r[k])` where k is known only when the program runs."""
    said = "which space this is must be known before the program runs"
    return Refused(
        error("E0387", said, Label(place), hint="an index is a number, a const, or that of a loop over a range")
    )


def level_not_known(place: Span) -> Refused:
    """`ket(c, k)` where k is known only when the program runs."""
    said = "which level this is must be known before the program runs"
    return Refused(
        error("E0387", said, Label(place), hint="a level is a number, a const, or that of a loop over a range")
    )


def steps_not_known(place: Span) -> Refused:
    """`[Z(r[k]) for k in range(n)]` where n is known only when the program runs."""
    said = "how often this is done must be known before the program runs: it makes an operator"
    return Refused(error("E0387", said, Label(place), hint="the length of a register is len(r)"))


def staged_not_known(place: Span) -> Refused:
    """An operator that a loop makes as often as it turns out."""
    said = "which operator this is must be known before the program runs; only its numbers need not be"
    return Refused(error("E0387", said, Label(place)))


def outside_list(place: Span, length: int) -> Refused:
    """`ops[3]` of three."""
    return Refused(error("E0317", f"this list has {counted(length, 'element')}, counted from 0", Label(place)))


def outside_register(place: Span, name: str, length: int) -> Refused:
    """`r[k]` in a function, where k is too large for the register that the call brings."""
    said = f"`{name}` has {counted(length, 'space')}, counted from 0"
    return Refused(error("E0317", said, Label(place)))


def no_level(place: Span, name: str, level: int, count: int) -> Refused:
    """`ket(c, k)` in a function, where k is too large for the space that the call brings."""
    said = f"`{name}` has no level {level}: its levels are 0 to {count - 1}"
    return Refused(error("E0374", said, Label(place)))


def h_not_hermitian(place: Span) -> Refused:
    """`evolve(g * a(c), ..)`."""
    said = "H is not Hermitian: it differs from dag(H)"
    hint = "the adjoint of a term is added: A + dag(A); damping is said by jump operators: loss = [..]"
    return Refused(error("E0381", said, Label(place), hint=hint))


def needs_constant_h(place: Span, method: str) -> Refused:
    """`evolve(t -> .., psi, ts, method = "krylov")`."""
    said = f'"{method}" is for an H and jump operators that do not depend on time'
    return Refused(error("E0389", said, Label(place), hint='"adaptive" and "fine" follow what changes with time'))


def needs_a_ket(place: Span) -> Refused:
    """`evolve(H, psi, ts, loss = [..], method = "chebyshev")`."""
    said = '"chebyshev" is for kets without losses: its polynomials are those of H alone'
    return Refused(error("E0389", said, Label(place), hint='"krylov" takes densities and losses'))


def observable_not_hermitian(place: Span) -> Refused:
    """`expect(a(c), psi)`."""
    said = "what is measured is not Hermitian, so its mean would be complex"
    return Refused(error("E0381", said, Label(place), hint="the complex mean of any operator is trace(A * rho)"))


def returns_early(place: Span, name: str) -> Refused:
    """A function over spaces is written out where it is called, so it has one end."""
    said = f"`{name}` takes or gives spaces or operators, so it cannot `return` early: end it with its value"
    return Refused(error("E0388", said, Label(place)))


def lacks_space(place: Span, names: str) -> Refused:
    """A function over spaces, called with a state that lacks one."""
    return Refused(error("E0372", f"this acts on {names}, which the state does not have", Label(place)))


def not_of_this_kind(place: Span, wanted: str, names: Sequence[str]) -> Refused:
    """`wigner(rho, x, p)` of a qubit and a mode together."""
    said = f"this takes a state of {wanted}, and this is one of {', '.join(f'`{name}`' for name in names)}"
    return Refused(error("E0375", said, Label(place), hint="ptrace(rho, keep = ..) is the state of some of the spaces"))


def spaces_differ(place: Span) -> Refused:
    """`psi * phi†` in a function that is given states of different spaces."""
    return Refused(error("E0361", "states of different spaces do not go together here", Label(place)))


def space_twice(place: Span, name: str) -> Refused:
    """A function over spaces, called with one space for two."""
    said = f"in a product of states each space stands once, and this has `{name}` twice"
    return Refused(error("E0371", said, Label(place)))


# ── measurements ─────────────────────────────────────────────────────────────────────────────────────────────────


def not_the_identity(place: Span, entry: str, value: str) -> Refused:
    """`povm m(q) = [P(q, 0), 0.9 * P(q, 1)]`."""
    said = f"the effects do not add up to the identity: {entry} of their sum is {value}"
    return Refused(error("E0390", said, Label(place), hint="what is lost is an outcome too: 1 - E0 - E1"))


def effect_not_hermitian(place: Span) -> Refused:
    """`povm m(q) = [sp(q), 1 - sp(q)]`."""
    return Refused(error("E0381", "this effect is not Hermitian", Label(place)))


def not_positive(place: Span, value: str) -> Refused:
    """`povm m(q) = [1.5 * P(q, 0), ..]` and its counterpart: a probability that could be negative."""
    said = f"an effect must be positive, and this one has the eigenvalue {value}"
    return Refused(error("E0391", said, Label(place)))


def no_projector(place: Span, value: str) -> Refused:
    """`projective m(q) = [0.5 * P(q, 0), ..]`."""
    said = f"this is no projector: it has the eigenvalue {value}, and a projector has 0 and 1 alone"
    return Refused(error("E0392", said, Label(place), hint="a measurement with such effects is a povm"))


def not_orthogonal(place: Span, other: Span) -> Refused:
    """`projective m(q) = [P(q, 0), |+><+|]`."""
    said = "the projectors of a measurement are orthogonal, and these overlap"
    return Refused(error("E0392", said, Label(place), Label(other, "with this one")))


def measurement_not_known(place: Span) -> Refused:
    """`collapse(m, 0, psi)` where a number in m is known only when the program runs."""
    said = "what a state becomes is known only if all numbers in the measurement are"
    return Refused(error("E0393", said, Label(place), hint="write them as numbers, or as `const`"))


def no_outcome(place: Span, outcome: int, count: int) -> Refused:
    """`collapse(m, k, psi)` where k is known to be none of the outcomes."""
    return Refused(error("E0317", f"there is no outcome {outcome}: they are 0 to {count - 1}", Label(place)))
